-- A reported text. One is open for a text at most; who reports it as well joins it.
CREATE TABLE safety_cases (
  group_id TEXT NOT NULL, number INTEGER NOT NULL,
  feature TEXT NOT NULL, place TEXT NOT NULL,   -- where the text stands: its feature's own word for it
  author_member TEXT NOT NULL, shown_where TEXT NOT NULL,
  words TEXT NOT NULL,                          -- JSON of a quote: the text as it was reported; empty once forgotten
  opened_at TEXT NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('open', 'restored', 'removed', 'closed')),
  decided_at TEXT NOT NULL, decided_by_member TEXT NOT NULL, why TEXT NOT NULL,
  PRIMARY KEY (group_id, number)
);
CREATE UNIQUE INDEX safety_cases_open ON safety_cases (group_id, feature, place) WHERE state = 'open';

-- Who reported it, which nobody is told.
CREATE TABLE safety_reports (
  group_id TEXT NOT NULL, case_number INTEGER NOT NULL, number INTEGER NOT NULL,
  reporter_member TEXT NOT NULL, reason TEXT NOT NULL, line TEXT NOT NULL, at TEXT NOT NULL,
  PRIMARY KEY (group_id, case_number, number)
);
CREATE INDEX safety_reports_of ON safety_reports (group_id, reporter_member);

-- Which organisers have a message about a case: theirs follow what becomes of it.
CREATE TABLE safety_told (
  group_id TEXT NOT NULL, case_number INTEGER NOT NULL, member TEXT NOT NULL,
  PRIMARY KEY (group_id, case_number, member)
);

-- What organisers did. Its numbers are never given twice, so they name messages.
CREATE TABLE safety_log (
  group_id TEXT NOT NULL, number INTEGER NOT NULL, case_number INTEGER NOT NULL,
  deed TEXT NOT NULL, by_member TEXT NOT NULL, at TEXT NOT NULL,
  PRIMARY KEY (group_id, number)
);

-- Who neither asks for reviews nor gives any for a while.
CREATE TABLE safety_barred (
  group_id TEXT NOT NULL, member TEXT NOT NULL, until TEXT NOT NULL, number INTEGER NOT NULL,
  PRIMARY KEY (group_id, member)
);

-- Who may not join again. It outlives erasing, so the column is no member's.
CREATE TABLE safety_removed (
  group_id TEXT NOT NULL, removed_person TEXT NOT NULL, number INTEGER NOT NULL, at TEXT NOT NULL,
  PRIMARY KEY (group_id, removed_person)
);

-- A message in the chat that somebody pointed at to report it, and who did.
CREATE TABLE safety_messages (
  group_id TEXT NOT NULL, message TEXT NOT NULL, author_member TEXT NOT NULL, text TEXT NOT NULL, at TEXT NOT NULL,
  PRIMARY KEY (group_id, message)
);
CREATE TABLE safety_pointed (
  group_id TEXT NOT NULL, message TEXT NOT NULL, member TEXT NOT NULL,
  PRIMARY KEY (group_id, message, member)
);

-- `source` is empty where the member chose a name; else the text whose author they blocked, perhaps without a name.
-- A block that has ended, or whose other side was forgotten, has no `blocked_member`.
CREATE TABLE safety_blocks (
  group_id TEXT NOT NULL, member TEXT NOT NULL, number INTEGER NOT NULL, blocked_member TEXT NOT NULL,
  source TEXT NOT NULL, shown_where TEXT NOT NULL, at TEXT NOT NULL,
  PRIMARY KEY (group_id, member, number)
);
CREATE INDEX safety_blocks_of ON safety_blocks (group_id, blocked_member);
