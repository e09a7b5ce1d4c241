-- In which zone a person has lived, and a group has counted: a row at each change. An empty zone means: the group's.
CREATE TABLE roster_zones (
  tenant TEXT NOT NULL, member TEXT NOT NULL, at TEXT NOT NULL, zone TEXT NOT NULL, PRIMARY KEY (tenant, member, at)
);
CREATE TABLE roster_group_zones (
  group_id TEXT NOT NULL, at TEXT NOT NULL, zone TEXT NOT NULL, PRIMARY KEY (group_id, at)
);
INSERT INTO roster_zones (tenant, member, at, zone)
SELECT tenant, member, '2000-01-01T00:00:00.000000+00:00', CASE own_zone WHEN '' THEN zone ELSE own_zone END
  FROM roster_people;
INSERT INTO roster_group_zones (group_id, at, zone) SELECT group_id, made_at, zone FROM roster_groups;

-- When a message was first wished for: the organiser reads when it was due and what became of it.
ALTER TABLE outbox ADD COLUMN made_at TEXT NOT NULL DEFAULT '';
