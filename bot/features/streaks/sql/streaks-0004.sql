-- What a member chose, and what happened to one answer, is found without reading years of practice.
CREATE INDEX streaks_events_kind ON streaks_events (group_id, member, kind, what);
