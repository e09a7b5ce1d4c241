-- A spot is a place's id, or the receipt ("m12") of the message whose thread it is.
CREATE TABLE person (
  id TEXT PRIMARY KEY, name TEXT NOT NULL, zone TEXT NOT NULL DEFAULT '', manages INTEGER NOT NULL DEFAULT 0
);

-- How somebody comes in: a key works once, a cookie until it is replaced. Only hashes are kept.
CREATE TABLE entry (
  hash TEXT PRIMARY KEY, kind TEXT NOT NULL CHECK (kind IN ('key', 'cookie')), person TEXT NOT NULL REFERENCES person (id)
);

CREATE TABLE place (
  id TEXT PRIMARY KEY,
  kind TEXT NOT NULL CHECK (kind IN ('channel', 'room', 'direct')),
  title TEXT NOT NULL,
  name TEXT NOT NULL DEFAULT '',      -- of a room: the name under which the bot knows it
  at TEXT NOT NULL,
  gone INTEGER NOT NULL DEFAULT 0
);

-- Who is in a room or a private conversation; channels are open to everybody.
CREATE TABLE seat (
  place TEXT NOT NULL REFERENCES place (id), person TEXT NOT NULL REFERENCES person (id), PRIMARY KEY (place, person)
);

-- As on any platform, two messages may carry one name: that none does is the sender's care.
CREATE TABLE message (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  place TEXT NOT NULL REFERENCES place (id),
  spot TEXT NOT NULL,
  author TEXT NOT NULL,               -- a person, or empty for the bot
  name TEXT NOT NULL DEFAULT '',      -- of a post of the bot
  words TEXT NOT NULL DEFAULT '',
  card TEXT NOT NULL DEFAULT '',      -- JSON
  thread TEXT NOT NULL DEFAULT '',    -- the title of its thread
  file TEXT NOT NULL DEFAULT '',
  quiet INTEGER NOT NULL DEFAULT 0,
  pinned INTEGER NOT NULL DEFAULT 0,
  closed INTEGER NOT NULL DEFAULT 0,
  at TEXT NOT NULL,
  edited TEXT NOT NULL DEFAULT '',
  delivery TEXT NOT NULL DEFAULT ''   -- the same again is the same message
);
CREATE UNIQUE INDEX message_delivery ON message (author, delivery) WHERE delivery <> '';
CREATE INDEX message_spot ON message (spot, id);
CREATE INDEX message_name ON message (name) WHERE name <> '';

CREATE TABLE seen (
  person TEXT NOT NULL, spot TEXT NOT NULL, upto INTEGER NOT NULL, PRIMARY KEY (person, spot)
);

-- What only one person sees: replies until they are dismissed, forms until they are sent.
CREATE TABLE aside (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  person TEXT NOT NULL REFERENCES person (id),
  spot TEXT NOT NULL,
  origin TEXT NOT NULL,               -- receipt of the message it answers, or empty
  content TEXT NOT NULL,              -- JSON of a card or of a form
  form INTEGER NOT NULL,
  at TEXT NOT NULL
);
CREATE INDEX aside_person ON aside (person, spot);

CREATE TABLE file (
  id TEXT PRIMARY KEY, name TEXT NOT NULL, bytes INTEGER NOT NULL, seconds INTEGER NOT NULL, person TEXT NOT NULL
);
