CREATE TABLE answers_tasks (
  group_id TEXT NOT NULL, task TEXT NOT NULL, title TEXT NOT NULL, opens TEXT NOT NULL, closes TEXT,
  post TEXT NOT NULL, only_member TEXT NOT NULL, closed INTEGER NOT NULL DEFAULT 0,
  PRIMARY KEY (group_id, task)
);
CREATE INDEX answers_tasks_post ON answers_tasks (post);

CREATE TABLE answers_kept (
  group_id TEXT NOT NULL, task TEXT NOT NULL, member TEXT NOT NULL,
  text TEXT NOT NULL, claim TEXT NOT NULL,
  upload TEXT NOT NULL,             -- JSON: reference, name, size, seconds; the bytes stay with the platform
  may_show INTEGER NOT NULL, hide_name INTEGER NOT NULL, late INTEGER NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('kept', 'withdrawn')),
  kept_at TEXT NOT NULL, changed_at TEXT NOT NULL,
  PRIMARY KEY (group_id, task, member)
);

-- Not sent yet: only the member sees it.
CREATE TABLE answers_drafts (
  group_id TEXT NOT NULL, task TEXT NOT NULL, member TEXT NOT NULL, text TEXT NOT NULL, claim TEXT NOT NULL,
  may_show INTEGER NOT NULL, hide_name INTEGER NOT NULL, at TEXT NOT NULL,
  PRIMARY KEY (group_id, task, member)
);

-- A private message to the bot that may become an answer; nothing is one by accident.
CREATE TABLE answers_told (
  group_id TEXT NOT NULL, member TEXT NOT NULL, told TEXT NOT NULL, text TEXT NOT NULL, upload TEXT NOT NULL, at TEXT NOT NULL,
  PRIMARY KEY (group_id, member, told)
);

-- Open threads: an answer is what its author's messages there say, in order.
CREATE TABLE answers_said (
  group_id TEXT NOT NULL, task TEXT NOT NULL, member TEXT NOT NULL, receipt TEXT NOT NULL, text TEXT NOT NULL, at TEXT NOT NULL,
  PRIMARY KEY (group_id, task, member, receipt)
);
