-- Words that stand in the chat too, which only people can delete; and texts that a report has not hidden.
ALTER TABLE safety_cases ADD COLUMN also_in_chat INTEGER NOT NULL DEFAULT 0;
ALTER TABLE safety_cases ADD COLUMN hidden INTEGER NOT NULL DEFAULT 1;
CREATE INDEX safety_cases_author ON safety_cases (group_id, author_member);

-- The reason given with a deed. A case has only the newest.
ALTER TABLE safety_log ADD COLUMN why TEXT NOT NULL DEFAULT '';
UPDATE safety_log SET why = (
  SELECT safety_cases.why FROM safety_cases
   WHERE safety_cases.group_id = safety_log.group_id AND safety_cases.number = safety_log.case_number
) WHERE deed = 'removed';

-- What somebody points at is theirs alone: its author must not find in their data that somebody did.
DROP TABLE safety_messages;
DROP TABLE safety_pointed;
CREATE TABLE safety_pointed (
  group_id TEXT NOT NULL, message TEXT NOT NULL, member TEXT NOT NULL,
  author_member TEXT NOT NULL, words TEXT NOT NULL,  -- JSON of a quote
  at TEXT NOT NULL,
  PRIMARY KEY (group_id, message, member)
);
