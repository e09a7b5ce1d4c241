-- What the matching knows of a seat in the week from `monday`: gathered in steps, so that nobody's press waits for all
-- of them. `known` is JSON, or empty where they cannot be seated; `hours` are its half hours, once more, to look for the
-- best of many by. It goes when they change their answers.
CREATE TABLE partners_known (
  group_id TEXT NOT NULL, seat INTEGER NOT NULL, monday TEXT NOT NULL, hours TEXT NOT NULL, known TEXT NOT NULL,
  PRIMARY KEY (group_id, seat)
);
CREATE INDEX partners_met_other ON partners_met (group_id, other);
