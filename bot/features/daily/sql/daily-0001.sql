-- A round is one problem put to the group, or (only_member) to one newcomer.
CREATE TABLE daily_rounds (
  group_id TEXT NOT NULL, round TEXT NOT NULL, item TEXT NOT NULL, opens TEXT NOT NULL, closes TEXT,
  late INTEGER NOT NULL, only_member TEXT NOT NULL, closed INTEGER NOT NULL DEFAULT 0,
  told INTEGER NOT NULL DEFAULT 0,  -- messages that the close has put into the thread
  PRIMARY KEY (group_id, round)
);

-- An item meets a group once, for ever: the key says so.
CREATE TABLE daily_ledger (
  group_id TEXT NOT NULL, item TEXT NOT NULL, round TEXT NOT NULL, domain TEXT NOT NULL, strand TEXT NOT NULL,
  PRIMARY KEY (group_id, item)
);

CREATE TABLE daily_hints (
  group_id TEXT NOT NULL, round TEXT NOT NULL, member TEXT NOT NULL, opened INTEGER NOT NULL,
  PRIMARY KEY (group_id, round, member)
);

-- The number stands for the member in what others can see; it does not tell who it is.
CREATE TABLE daily_stuck (
  group_id TEXT NOT NULL, round TEXT NOT NULL, member TEXT NOT NULL, number INTEGER NOT NULL, tried TEXT NOT NULL,
  at TEXT NOT NULL,
  PRIMARY KEY (group_id, round, member)
);

CREATE TABLE daily_clocks (
  group_id TEXT NOT NULL, round TEXT NOT NULL, member TEXT NOT NULL, started_at TEXT NOT NULL, finished_at TEXT,
  PRIMARY KEY (group_id, round, member)
);
