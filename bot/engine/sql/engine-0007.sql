-- What people call the server or workspace of a group, as its platform says it.
ALTER TABLE roster_groups ADD COLUMN title TEXT NOT NULL DEFAULT '';
