-- Runs of a system design: how many a plan names, a check-in says, and which were done.
ALTER TABLE partners_plans ADD COLUMN designs INTEGER NOT NULL DEFAULT 0;
ALTER TABLE partners_lines ADD COLUMN designs INTEGER NOT NULL DEFAULT 0;

-- The same table with one more kind.
CREATE TABLE partners_work_now (
  group_id TEXT NOT NULL, member TEXT NOT NULL,
  kind TEXT NOT NULL CHECK (kind IN ('answer', 'review', 'run', 'design')),
  about TEXT NOT NULL, week TEXT NOT NULL, gone INTEGER NOT NULL,
  PRIMARY KEY (group_id, member, kind, about)
);
INSERT INTO partners_work_now (group_id, member, kind, about, week, gone)
SELECT group_id, member, kind, about, week, gone FROM partners_work;
DROP TABLE partners_work;
ALTER TABLE partners_work_now RENAME TO partners_work;
CREATE INDEX partners_work_week ON partners_work (group_id, week);
