-- A private message to somebody who was erased: its row goes as soon as the message is gone from the platform.
ALTER TABLE outbox ADD COLUMN erased INTEGER NOT NULL DEFAULT 0;
