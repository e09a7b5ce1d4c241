-- A request that was drawn for its author, until then; empty where its author asked for it. It spends no right.
ALTER TABLE reviews_requests ADD COLUMN drawn_until TEXT NOT NULL DEFAULT '';

-- Which of the criteria that take turns a reviewer looks at: a number that counts on from lease to lease.
ALTER TABLE reviews_leases ADD COLUMN turn INTEGER NOT NULL DEFAULT 0;

-- For whom a drawn request is kept until then: nobody else is handed it before. Who takes it leaves this table.
CREATE TABLE reviews_drawn (
  group_id TEXT NOT NULL, request INTEGER NOT NULL, member TEXT NOT NULL, until TEXT NOT NULL,
  PRIMARY KEY (group_id, request, member)
);
CREATE INDEX reviews_drawn_of ON reviews_drawn (group_id, member);
