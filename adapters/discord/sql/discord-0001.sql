-- Numbers are Discord's snowflakes: they grow with time.

-- Private conversations that are known, and up to which message they were dealt with.
CREATE TABLE private (channel INTEGER PRIMARY KEY, person INTEGER NOT NULL, upto INTEGER NOT NULL);
CREATE INDEX private_person ON private (person);

-- The same for threads in which replies are read.
CREATE TABLE thread (channel INTEGER PRIMARY KEY, upto INTEGER NOT NULL);

-- Who wrote what stands in those threads: when a message is deleted, Discord does not say whose it was.
CREATE TABLE reply (message INTEGER PRIMARY KEY, channel INTEGER NOT NULL, person INTEGER NOT NULL);
CREATE INDEX reply_person ON reply (person);

-- Servers that were welcomed once.
CREATE TABLE welcome (server INTEGER PRIMARY KEY);
