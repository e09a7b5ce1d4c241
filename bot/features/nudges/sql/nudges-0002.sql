-- The same kind never twice on one day of a member from one group: the key says so. Two groups each have their own
-- problem, and for the days before this change nobody kept which group had said what: then it was each that wrote.
CREATE TABLE nudges_told (
  member TEXT NOT NULL, day_starts TEXT NOT NULL, group_id TEXT NOT NULL, kind TEXT NOT NULL,
  PRIMARY KEY (member, day_starts, group_id, kind)
);
INSERT INTO nudges_told (member, day_starts, group_id, kind)
  SELECT DISTINCT known.member, known.day_starts, sent.group_id, known.kind
    FROM nudges_kinds known
    JOIN nudges_sent sent ON sent.member = known.member AND sent.day_starts = known.day_starts;
DROP TABLE nudges_kinds;
