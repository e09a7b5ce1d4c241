-- It stands in a room that its people have left for another one: shown anew, it moves there.
ALTER TABLE outbox ADD COLUMN left_behind INTEGER NOT NULL DEFAULT 0;
