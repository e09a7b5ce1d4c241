-- Numbers that stand for something in names and buttons. One that was used is never given again.
CREATE TABLE daily_numbers (
  group_id TEXT NOT NULL, what TEXT NOT NULL, number INTEGER NOT NULL,
  PRIMARY KEY (group_id, what)
);
INSERT INTO daily_numbers (group_id, what, number)
  SELECT group_id, 'stuck/' || round, max(number) FROM daily_stuck GROUP BY group_id, round;

-- What organisers changed in the plan.
CREATE TABLE daily_changes (
  group_id TEXT NOT NULL, number INTEGER NOT NULL, day TEXT NOT NULL,
  kind TEXT NOT NULL,  -- swap, choose or never
  item TEXT NOT NULL, at TEXT NOT NULL, undone_at TEXT,
  PRIMARY KEY (group_id, number)
);

-- Dates whose hour came and brought no problem: a day off, nothing left, or the bot was not running.
CREATE TABLE daily_passed (
  group_id TEXT NOT NULL, day TEXT NOT NULL,
  PRIMARY KEY (group_id, day)
);

-- Practice has a ledger of its own: it never uses up the group's.
CREATE TABLE daily_practised (
  group_id TEXT NOT NULL, member TEXT NOT NULL, number INTEGER NOT NULL, item TEXT NOT NULL, round TEXT NOT NULL,
  at TEXT NOT NULL,
  PRIMARY KEY (group_id, member, number)
);

-- Who offered help to whom; `who` is the number in daily_stuck. The number stands for the helper in the message's name.
CREATE TABLE daily_offers (
  group_id TEXT NOT NULL, round TEXT NOT NULL, who INTEGER NOT NULL, member TEXT NOT NULL, number INTEGER NOT NULL,
  PRIMARY KEY (group_id, round, who, member)
);
