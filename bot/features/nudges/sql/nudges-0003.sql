-- Both are asked for one member at every moment, over all groups.
CREATE INDEX nudges_log_member ON nudges_log (member, at);
CREATE INDEX nudges_planned_member ON nudges_planned (member);
