-- Times are UTC text of one fixed width, so that they sort. Cards, places and settings are JSON.
CREATE TABLE inbox (
  id TEXT PRIMARY KEY, group_id TEXT NOT NULL, member TEXT NOT NULL, answers TEXT NOT NULL, at TEXT NOT NULL
);

CREATE TABLE outbox (
  name TEXT PRIMARY KEY,
  group_id TEXT NOT NULL,
  tenant TEXT NOT NULL,
  place TEXT NOT NULL,
  target TEXT NOT NULL,             -- whom a slow or broken place may delay: nobody but itself
  member TEXT NOT NULL DEFAULT '',  -- the reader, of a private message
  parent TEXT,                      -- the message that must stand first
  card TEXT,                        -- NULL: the message should not exist
  thread TEXT,
  quiet INTEGER NOT NULL DEFAULT 0,
  pinned INTEGER NOT NULL DEFAULT 0,
  closed INTEGER NOT NULL DEFAULT 0,
  revision INTEGER NOT NULL,        -- how often the wish changed
  shown INTEGER NOT NULL DEFAULT 0, -- the revision that people can see
  receipt TEXT,
  state TEXT NOT NULL DEFAULT 'open' CHECK (state IN ('open', 'parked')),
  reason TEXT NOT NULL DEFAULT '',
  fix TEXT NOT NULL DEFAULT '',
  attempts INTEGER NOT NULL DEFAULT 0,  -- claims since the last settlement: > 0 means "look first"
  crashes INTEGER NOT NULL DEFAULT 0,   -- claims whose owner vanished
  errors INTEGER NOT NULL DEFAULT 0,    -- claims that ended in doubt
  first_try TEXT,
  due TEXT NOT NULL,
  owner TEXT,
  lease TEXT,
  settled_at TEXT
);
-- Only what waits: a message that stands costs nothing at the next look.
CREATE INDEX outbox_waiting ON outbox (due) WHERE shown < revision;
CREATE INDEX outbox_receipt ON outbox (receipt);

CREATE TABLE wakes (
  name TEXT PRIMARY KEY,
  group_id TEXT NOT NULL,
  route TEXT NOT NULL,
  at TEXT NOT NULL,
  due TEXT NOT NULL,
  late TEXT NOT NULL,
  state TEXT NOT NULL DEFAULT 'due' CHECK (state IN ('due', 'done', 'skipped', 'collapsed', 'cancelled')),
  errors INTEGER NOT NULL DEFAULT 0
);
CREATE INDEX wakes_due ON wakes (state, due);
CREATE INDEX wakes_route ON wakes (group_id, route, state);

CREATE TABLE drafts (
  group_id TEXT NOT NULL, member TEXT NOT NULL, action TEXT NOT NULL, typed TEXT NOT NULL, at TEXT NOT NULL,
  PRIMARY KEY (group_id, member, action)
);

CREATE TABLE roster_tenants (tenant TEXT PRIMARY KEY, paused_at TEXT NOT NULL, why TEXT NOT NULL);
CREATE TABLE roster_groups (group_id TEXT PRIMARY KEY, tenant TEXT NOT NULL, zone TEXT NOT NULL, made_at TEXT NOT NULL);
CREATE TABLE roster_places (
  group_id TEXT NOT NULL, purpose TEXT NOT NULL, spot TEXT NOT NULL, PRIMARY KEY (group_id, purpose)
);
CREATE TABLE roster_people (
  tenant TEXT NOT NULL, member TEXT NOT NULL, name TEXT NOT NULL, zone TEXT NOT NULL, own_zone TEXT NOT NULL DEFAULT '',
  chosen_group TEXT NOT NULL DEFAULT '', PRIMARY KEY (tenant, member)
);
CREATE TABLE roster_members (
  group_id TEXT NOT NULL, member TEXT NOT NULL, joined_at TEXT NOT NULL, left_at TEXT, PRIMARY KEY (group_id, member)
);
CREATE TABLE roster_organisers (group_id TEXT NOT NULL, member TEXT NOT NULL, PRIMARY KEY (group_id, member));
CREATE TABLE roster_settings (
  group_id TEXT NOT NULL, feature TEXT NOT NULL, value TEXT NOT NULL, PRIMARY KEY (group_id, feature)
);
CREATE TABLE roster_heartbeats (started_at TEXT PRIMARY KEY, last_at TEXT NOT NULL);
