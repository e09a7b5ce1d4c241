-- Who said that they take part in a week. `nudged_at`: when they were reminded, once.
CREATE TABLE mlsd_takers (
  group_id TEXT NOT NULL, week INTEGER NOT NULL, member TEXT NOT NULL, at TEXT NOT NULL, nudged_at TEXT,
  PRIMARY KEY (group_id, week, member)
);

-- Whether the weeks go on. `paused_after`: the week after which nobody had run for a while, 0 while they go on;
-- `since`: the week after which organisers let them go on; `decided`: organisers want them to stay paused.
CREATE TABLE mlsd_series (
  group_id TEXT NOT NULL PRIMARY KEY, paused_after INTEGER NOT NULL, since INTEGER NOT NULL, decided INTEGER NOT NULL
);

-- The items of the next weeks in their order, as far as they were promised. `pinned`: an organiser chose this one.
CREATE TABLE mlsd_calendar (
  group_id TEXT NOT NULL, place INTEGER NOT NULL, item TEXT NOT NULL, pinned INTEGER NOT NULL,
  PRIMARY KEY (group_id, place)
);

-- Local dates on which organisers want no week to open.
CREATE TABLE mlsd_skipped (
  group_id TEXT NOT NULL, day TEXT NOT NULL,
  PRIMARY KEY (group_id, day)
);

-- What organisers changed in the calendar. A number is never given again, so an old button undoes nothing new.
-- "swap": `other` came instead of `item`. "move": the two changed places. "skip": no week opens on `day`.
CREATE TABLE mlsd_changes (
  group_id TEXT NOT NULL, number INTEGER NOT NULL, kind TEXT NOT NULL CHECK (kind IN ('swap', 'move', 'skip')),
  day TEXT NOT NULL, item TEXT NOT NULL, other TEXT NOT NULL, at TEXT NOT NULL, undone_at TEXT,
  PRIMARY KEY (group_id, number)
);
