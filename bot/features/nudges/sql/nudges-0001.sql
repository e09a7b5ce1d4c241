-- What a member wants, and how far the bot has drawn back. No row: no private reminders.
CREATE TABLE nudges_wishes (
  group_id TEXT NOT NULL, member TEXT NOT NULL,
  wanted INTEGER NOT NULL,               -- 1: by private message
  hour TEXT NOT NULL,                    -- '18:00' or 'usual'
  evening INTEGER NOT NULL,
  muted_until TEXT, skipped_until TEXT,
  unanswered INTEGER NOT NULL,           -- reminders since the last sign of life
  silent_since TEXT,                     -- the first of them
  stopped INTEGER NOT NULL,              -- 1: the last reminder was sent, until a sign of life
  refused TEXT NOT NULL,                 -- why the platform took no message, or empty
  answered_at TEXT,
  digests INTEGER NOT NULL, evenings INTEGER NOT NULL,  -- how many were ever sent: the openings take turns
  PRIMARY KEY (group_id, member)
);

-- The next moment of each kind. `asking` holds while the other features are asked, inside one transaction.
CREATE TABLE nudges_planned (
  group_id TEXT NOT NULL, member TEXT NOT NULL, evening INTEGER NOT NULL, name TEXT NOT NULL, day TEXT NOT NULL,
  wall TEXT NOT NULL, at TEXT NOT NULL, asking INTEGER NOT NULL DEFAULT 0,
  PRIMARY KEY (group_id, member, evening)
);
CREATE INDEX nudges_planned_name ON nudges_planned (name);

-- What waits to be said. `asked`: told at a moment, and forgotten after it.
CREATE TABLE nudges_waiting (
  group_id TEXT NOT NULL, member TEXT NOT NULL, kind TEXT NOT NULL, about TEXT NOT NULL, line TEXT NOT NULL,
  button TEXT NOT NULL, until TEXT NOT NULL, asked INTEGER NOT NULL, at TEXT NOT NULL,
  PRIMARY KEY (group_id, member, kind, about)
);

-- A member's day holds two messages over all groups: two units that count at once get the same number, and one fails.
CREATE TABLE nudges_sent (
  member TEXT NOT NULL, day_starts TEXT NOT NULL, number INTEGER NOT NULL, day_ends TEXT NOT NULL, at TEXT NOT NULL,
  group_id TEXT NOT NULL, evening INTEGER NOT NULL, kinds TEXT NOT NULL,
  PRIMARY KEY (member, day_starts, number)
);

-- The same kind never twice on one day of a member: the key says so.
CREATE TABLE nudges_kinds (
  member TEXT NOT NULL, day_starts TEXT NOT NULL, kind TEXT NOT NULL,
  PRIMARY KEY (member, day_starts, kind)
);

-- One row for every moment: what was decided, and why.
CREATE TABLE nudges_log (
  group_id TEXT NOT NULL, member TEXT NOT NULL, name TEXT NOT NULL, at TEXT NOT NULL, why TEXT NOT NULL,
  PRIMARY KEY (group_id, member, name)
);
