-- `changed`: counts what happened to the pieces of a run. A form stands only for what was there when it was opened.
ALTER TABLE mlsd_pieces ADD COLUMN changed INTEGER NOT NULL DEFAULT 0;

-- When the clock of a run waited for its member: after a long outage, or because they had left. `ended_at` is empty
-- while it waits.
CREATE TABLE mlsd_waits (
  group_id TEXT NOT NULL, run INTEGER NOT NULL, member TEXT NOT NULL, began_at TEXT NOT NULL,
  ended_at TEXT NOT NULL DEFAULT '', has_left INTEGER NOT NULL DEFAULT 0,
  PRIMARY KEY (group_id, run, began_at)
);
