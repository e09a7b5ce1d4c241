CREATE INDEX daily_rounds_open ON daily_rounds (group_id, only_member, closed);
