-- Who rests, from when until when. A row whose end has passed means nothing any more.
CREATE TABLE members_pauses (
  group_id TEXT NOT NULL, member TEXT NOT NULL, since TEXT NOT NULL, until TEXT NOT NULL, PRIMARY KEY (group_id, member)
);

-- What the tasks are called, for the file of answers that a member downloads.
CREATE TABLE members_titles (
  group_id TEXT NOT NULL, task TEXT NOT NULL, title TEXT NOT NULL, only_member TEXT NOT NULL,
  PRIMARY KEY (group_id, task)
);
