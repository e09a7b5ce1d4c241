-- What a member wants to do in a week, by its Monday. `number` names it in reports; `pair`: in whose room it stands.
-- `line` is JSON: a quote of its author.
CREATE TABLE partners_plans (
  group_id TEXT NOT NULL, member TEXT NOT NULL, week TEXT NOT NULL, number INTEGER NOT NULL, pair INTEGER NOT NULL,
  answers INTEGER NOT NULL, reviews INTEGER NOT NULL, line TEXT NOT NULL, at TEXT NOT NULL,
  held TEXT NOT NULL CHECK (held IN ('', 'reported', 'removed')),
  PRIMARY KEY (group_id, member, week)
);
CREATE UNIQUE INDEX partners_plans_number ON partners_plans (group_id, number);

-- What a member has done, counted in the week in which it was done first. `about` is the task or the review.
CREATE TABLE partners_work (
  group_id TEXT NOT NULL, member TEXT NOT NULL, kind TEXT NOT NULL CHECK (kind IN ('answer', 'review', 'run')),
  about TEXT NOT NULL, week TEXT NOT NULL, gone INTEGER NOT NULL,
  PRIMARY KEY (group_id, member, kind, about)
);
CREATE INDEX partners_work_week ON partners_work (group_id, week);

-- A check-in that was posted to a pair on this date, about the week that began on `week`.
CREATE TABLE partners_checkins (
  group_id TEXT NOT NULL, pair INTEGER NOT NULL, day TEXT NOT NULL, week TEXT NOT NULL,
  PRIMARY KEY (group_id, pair, day)
);

-- What it says of a member. `said`: they have confirmed it; `line` is JSON: a quote of its author.
CREATE TABLE partners_lines (
  group_id TEXT NOT NULL, pair INTEGER NOT NULL, day TEXT NOT NULL, member TEXT NOT NULL, number INTEGER NOT NULL,
  answers INTEGER NOT NULL, reviews INTEGER NOT NULL, runs INTEGER NOT NULL,
  said INTEGER NOT NULL, line TEXT NOT NULL, held TEXT NOT NULL CHECK (held IN ('', 'reported', 'removed')),
  PRIMARY KEY (group_id, pair, day, member)
);
CREATE UNIQUE INDEX partners_lines_number ON partners_lines (group_id, number);

-- What a member pressed under the check-in of their partners.
CREATE TABLE partners_replies (
  group_id TEXT NOT NULL, pair INTEGER NOT NULL, day TEXT NOT NULL, member TEXT NOT NULL,
  reply TEXT NOT NULL CHECK (reply IN ('saw', 'well', 'talk')),
  PRIMARY KEY (group_id, pair, day, member)
);

-- A time to talk. Up to two are offered; `starts`, `minutes` is the one that all took, or empty and 0.
-- `version` counts how often a time was agreed: calendars want to know; `at` is when that was.
CREATE TABLE partners_slots (
  group_id TEXT NOT NULL, number INTEGER NOT NULL, pair INTEGER NOT NULL,
  first_starts TEXT NOT NULL, first_minutes INTEGER NOT NULL,
  second_starts TEXT NOT NULL, second_minutes INTEGER NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('offered', 'agreed', 'moving', 'called_off', 'no_time')),
  starts TEXT NOT NULL, minutes INTEGER NOT NULL, version INTEGER NOT NULL, round INTEGER NOT NULL, at TEXT NOT NULL,
  PRIMARY KEY (group_id, number)
);
CREATE INDEX partners_slots_pair ON partners_slots (group_id, pair);

-- Who takes which of the two (1 or 2). `round`: the offer that it belongs to; a time that is moved is offered anew.
CREATE TABLE partners_takes (
  group_id TEXT NOT NULL, slot INTEGER NOT NULL, round INTEGER NOT NULL, choice INTEGER NOT NULL, member TEXT NOT NULL,
  PRIMARY KEY (group_id, slot, round, choice, member)
);
