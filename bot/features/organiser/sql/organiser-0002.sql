-- What organisers changed. Own kinds are taken back by number; `undo` is the encoded action that does it.
-- `earlier` and `later` hold values by name (JSON); a member stands only in the columns that say so.
CREATE TABLE organiser_changes (
  group_id TEXT NOT NULL, number INTEGER NOT NULL, at TEXT NOT NULL, kind TEXT NOT NULL, what TEXT NOT NULL,
  undo TEXT NOT NULL, feature TEXT NOT NULL, earlier TEXT NOT NULL, later TEXT NOT NULL,
  by_member TEXT NOT NULL, about_member TEXT NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('doing', 'done', 'undoing', 'undone')),
  undone_at TEXT NOT NULL, undone_by_member TEXT NOT NULL,
  PRIMARY KEY (group_id, number)
);

-- Local dates of the group's zone, both ends counted. Rows may overlap.
CREATE TABLE organiser_days_off (
  group_id TEXT NOT NULL, first_day TEXT NOT NULL, last_day TEXT NOT NULL, why TEXT NOT NULL,
  PRIMARY KEY (group_id, first_day, last_day)
);

-- Messages that the platform refused, by the day on which organisers were told: one note lists them all.
CREATE TABLE organiser_parked (
  group_id TEXT NOT NULL, told_on TEXT NOT NULL, name TEXT NOT NULL, fix TEXT NOT NULL,
  PRIMARY KEY (group_id, told_on, name)
);

-- Times without an organiser. An empty `filled_at`: there is none now.
CREATE TABLE organiser_vacancies (
  group_id TEXT NOT NULL, number INTEGER NOT NULL, opened_at TEXT NOT NULL, filled_at TEXT NOT NULL,
  PRIMARY KEY (group_id, number)
);

-- What was put to the group last, so that the desk can say how it goes.
CREATE TABLE organiser_last_tasks (
  group_id TEXT PRIMARY KEY, task TEXT NOT NULL, title TEXT NOT NULL, opens TEXT NOT NULL
);
