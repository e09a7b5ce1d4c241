-- A submission looks at a member's last days only.
CREATE INDEX streaks_events_member ON streaks_events (group_id, member, at);
CREATE INDEX streaks_tasks_opens ON streaks_tasks (group_id, only_member, opens);
