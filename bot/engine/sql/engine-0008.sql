-- Slow tasks: what a process of their own has to compute. `args` and `result` are JSON and never name a member.
CREATE TABLE works (
  name TEXT PRIMARY KEY, group_id TEXT NOT NULL, task TEXT NOT NULL, args TEXT NOT NULL, result TEXT NOT NULL DEFAULT '',
  state TEXT NOT NULL DEFAULT 'due' CHECK (state IN ('due', 'done')),
  errors INTEGER NOT NULL DEFAULT 0, due TEXT NOT NULL, at TEXT NOT NULL
);
CREATE INDEX works_due ON works (state, due);
