-- A plan belongs to the pair in whose room it stands: with other partners another one is made, and the old words stay
-- where they were read. The same table with `pair` in its key.
CREATE TABLE partners_plans_now (
  group_id TEXT NOT NULL, member TEXT NOT NULL, week TEXT NOT NULL, number INTEGER NOT NULL, pair INTEGER NOT NULL,
  answers INTEGER NOT NULL, reviews INTEGER NOT NULL, line TEXT NOT NULL, at TEXT NOT NULL,
  held TEXT NOT NULL CHECK (held IN ('', 'reported', 'removed')), designs INTEGER NOT NULL DEFAULT 0,
  PRIMARY KEY (group_id, member, week, pair)
);
INSERT INTO partners_plans_now (group_id, member, week, number, pair, answers, reviews, line, at, held, designs)
SELECT group_id, member, week, number, pair, answers, reviews, line, at, held, designs FROM partners_plans;
DROP TABLE partners_plans;
ALTER TABLE partners_plans_now RENAME TO partners_plans;
CREATE UNIQUE INDEX partners_plans_number ON partners_plans (group_id, number);

-- When its words were written, as in a plan: whoever sat there then can report them later, too.
ALTER TABLE partners_lines ADD COLUMN at TEXT NOT NULL DEFAULT '';
