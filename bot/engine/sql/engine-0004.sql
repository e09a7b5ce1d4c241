-- Who was forgotten, without a name: a backup that is put back holds them again. `token` is a hash, salted with `at`.
CREATE TABLE erasures (token TEXT PRIMARY KEY, at TEXT NOT NULL);
-- Backups that were put back. Until `look_until` a new message is looked for, from `look_from` on, before it is sent.
CREATE TABLE restores (
  restored_at TEXT PRIMARY KEY, taken_at TEXT NOT NULL, file TEXT NOT NULL,
  look_from TEXT NOT NULL, look_until TEXT NOT NULL,
  forgot_at TEXT  -- when the erasures since the backup were done again
);
