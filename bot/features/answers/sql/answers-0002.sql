-- The number names an answer within its task, in the order in which answers were first kept. It is never given again.
ALTER TABLE answers_tasks ADD COLUMN numbers INTEGER NOT NULL DEFAULT 0;
ALTER TABLE answers_kept ADD COLUMN number INTEGER NOT NULL DEFAULT 0;
-- 'reported': nobody else may read it until an organiser has decided. 'removed': an organiser took it away for good.
ALTER TABLE answers_kept ADD COLUMN held TEXT NOT NULL DEFAULT '';
UPDATE answers_kept SET number = (
  SELECT count(*) FROM answers_kept AS other
   WHERE other.group_id = answers_kept.group_id AND other.task = answers_kept.task
     AND (other.kept_at < answers_kept.kept_at
          OR (other.kept_at = answers_kept.kept_at AND other.member <= answers_kept.member))
);
UPDATE answers_tasks SET numbers = (
  SELECT count(*) FROM answers_kept
   WHERE answers_kept.group_id = answers_tasks.group_id AND answers_kept.task = answers_tasks.task
);
CREATE INDEX answers_kept_member ON answers_kept (group_id, member, kept_at);
