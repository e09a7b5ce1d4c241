-- How far a thread was read is the newest of its replies that are known.
DROP TABLE thread;
CREATE INDEX reply_channel ON reply (channel, message);
