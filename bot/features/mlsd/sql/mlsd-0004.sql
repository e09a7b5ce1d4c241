-- How real members find the prompt of a week, 1 to 4.
CREATE TABLE mlsd_votes (
  group_id TEXT NOT NULL, week INTEGER NOT NULL, member TEXT NOT NULL, vote INTEGER NOT NULL, at TEXT NOT NULL,
  PRIMARY KEY (group_id, week, member)
);
