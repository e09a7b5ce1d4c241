-- 'reported': nobody else reads these words until an organiser has decided. 'removed': an organiser took them away.
ALTER TABLE daily_stuck ADD COLUMN held TEXT NOT NULL DEFAULT '';
