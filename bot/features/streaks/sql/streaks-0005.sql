-- Does the day on which it opens ask something of everybody? What is answered by a run does not.
ALTER TABLE streaks_tasks ADD COLUMN asks INTEGER NOT NULL DEFAULT 1;
