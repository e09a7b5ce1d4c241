-- After this instant the message is no use any more: what has not been posted by then is not posted.
ALTER TABLE outbox ADD COLUMN until TEXT;
