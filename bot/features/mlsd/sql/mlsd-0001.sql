-- A system design week. `number` is 1, 2, ... in the group; it is never given again.
-- `lengthened`: seconds by which outages made it longer, in all; `told`: messages that stand in its thread.
CREATE TABLE mlsd_weeks (
  group_id TEXT NOT NULL, number INTEGER NOT NULL, item TEXT NOT NULL, revision INTEGER NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('open', 'review', 'revealed', 'closed')),
  opens TEXT NOT NULL, locks TEXT NOT NULL, reveals TEXT NOT NULL, closes TEXT NOT NULL,
  lengthened INTEGER NOT NULL DEFAULT 0, told INTEGER NOT NULL DEFAULT 0,
  PRIMARY KEY (group_id, number)
);

-- Who said that they take part without a run: they only review.
CREATE TABLE mlsd_readers (
  group_id TEXT NOT NULL, week INTEGER NOT NULL, member TEXT NOT NULL, at TEXT NOT NULL,
  PRIMARY KEY (group_id, week, member)
);
