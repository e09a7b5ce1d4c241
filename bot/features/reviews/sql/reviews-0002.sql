-- What counts is whether somebody holds the answer now: whoever took it and gave it back costs its author nothing.
ALTER TABLE reviews_requests DROP COLUMN taken;
-- Its author keeps their name hidden, at this request.
ALTER TABLE reviews_requests ADD COLUMN hide_author INTEGER NOT NULL DEFAULT 0;

-- A reply that its reviewer does not get, because one of the two had blocked the other.
ALTER TABLE reviews_given ADD COLUMN kept_back INTEGER NOT NULL DEFAULT 0;
-- Whose name the other side could read when one blocked the other. What was nameless then vanishes from no list.
ALTER TABLE reviews_given ADD COLUMN reviewer_seen INTEGER NOT NULL DEFAULT 0;
ALTER TABLE reviews_given ADD COLUMN author_seen INTEGER NOT NULL DEFAULT 0;

-- On whose page a request asked for a reviewer. Who was sent a message stands in reviews_asked.
CREATE TABLE reviews_shown (
  group_id TEXT NOT NULL, member TEXT NOT NULL, request INTEGER NOT NULL, at TEXT NOT NULL,
  PRIMARY KEY (group_id, member, request, at)
);

-- When a reminder could last reach a member.
CREATE TABLE reviews_reached (
  group_id TEXT NOT NULL, member TEXT NOT NULL, at TEXT NOT NULL, PRIMARY KEY (group_id, member)
);
