-- What happened to a member, one line each, never changed: everything that is shown is told from it anew.
-- `what` is the task (answer, run, stuck, withdrawn, restored), or what was chosen (paused, rest, goal).
CREATE TABLE streaks_events (
  group_id TEXT NOT NULL, member TEXT NOT NULL,
  number INTEGER NOT NULL,          -- 1, 2, ... for each member: the order of what happened at the same instant
  kind TEXT NOT NULL, what TEXT NOT NULL, at TEXT NOT NULL,
  PRIMARY KEY (group_id, member, number)
);

-- What can be answered. A day on which no problem of the group opened asks nothing of anybody.
CREATE TABLE streaks_tasks (
  group_id TEXT NOT NULL, task TEXT NOT NULL, title TEXT NOT NULL, opens TEXT NOT NULL, only_member TEXT NOT NULL,
  PRIMARY KEY (group_id, task)
);

-- An organiser's word on one day of a member. `day` is an instant: the day that holds it is meant.
CREATE TABLE streaks_corrections (
  group_id TEXT NOT NULL, number INTEGER NOT NULL, member TEXT NOT NULL, day TEXT NOT NULL,
  kind TEXT NOT NULL CHECK (kind IN ('count', 'excuse')), reason TEXT NOT NULL, by_member TEXT NOT NULL,
  at TEXT NOT NULL, undone_at TEXT,
  PRIMARY KEY (group_id, number)
);

-- The number that stands for a member in an organiser's buttons.
CREATE TABLE streaks_people (
  group_id TEXT NOT NULL, number INTEGER NOT NULL, member TEXT NOT NULL,
  PRIMARY KEY (group_id, number), UNIQUE (group_id, member)
);

-- The last number that was given out. It is never given again, or an old button would mean somebody else.
CREATE TABLE streaks_numbers (group_id TEXT PRIMARY KEY, last INTEGER NOT NULL);
