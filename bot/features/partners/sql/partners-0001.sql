-- The last number that was given, by what it numbers: erasing takes rows away, and a number is never used twice.
CREATE TABLE partners_numbers (
  group_id TEXT NOT NULL, what TEXT NOT NULL, last INTEGER NOT NULL, PRIMARY KEY (group_id, what)
);

-- From which Monday the group's terms are counted.
CREATE TABLE partners_groups (group_id TEXT NOT NULL, first_monday TEXT NOT NULL, PRIMARY KEY (group_id));

-- A member who wants, or wanted, partners. Everything else knows them by `number` alone.
-- `parked_at`: silent, and in no round until they come back. `rested_at`: when they last paused. `resting`: they paused
-- while they wanted partners. `waits_since`: nobody sits with them. `solo`: alone until the next round, as they chose.
-- `kept`, `missed`: weeks with partners, the older the lighter; `counted`: the Monday up to which they are counted.
CREATE TABLE partners_seats (
  group_id TEXT NOT NULL, number INTEGER NOT NULL, member TEXT NOT NULL,
  stage INTEGER NOT NULL, blocks TEXT NOT NULL, in_writing INTEGER NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('wants', 'parked', 'off')),
  since TEXT NOT NULL, waits_since TEXT NOT NULL, solo INTEGER NOT NULL,
  resting INTEGER NOT NULL, rested_at TEXT NOT NULL, parked_at TEXT NOT NULL, signed_at TEXT NOT NULL,
  kept DOUBLE PRECISION NOT NULL, missed DOUBLE PRECISION NOT NULL, counted TEXT NOT NULL,
  terms INTEGER NOT NULL,
  PRIMARY KEY (group_id, number)
);
CREATE UNIQUE INDEX partners_seats_member ON partners_seats (group_id, member);

-- Two or three who are partners until `ends`. `asked_seat`: the one who is left alone and may choose, or 0.
-- `looks`: how many looks were planned. `room_number`: partners who go on together keep their room.
CREATE TABLE partners_pairs (
  group_id TEXT NOT NULL, number INTEGER NOT NULL, room_number INTEGER NOT NULL, term INTEGER NOT NULL,
  kind TEXT NOT NULL CHECK (kind IN ('live', 'async')), starts TEXT NOT NULL, ends TEXT NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('live', 'ended')), shaky INTEGER NOT NULL,
  asked_seat INTEGER NOT NULL, asked_at TEXT NOT NULL, looks INTEGER NOT NULL,
  PRIMARY KEY (group_id, number)
);
CREATE INDEX partners_pairs_state ON partners_pairs (group_id, state);

-- Who sits in it. `waits_since`: the oldest request that they have not reacted to, or empty. `in_room`: they can read it.
-- `vote`: what they said of it at the end.
CREATE TABLE partners_sittings (
  group_id TEXT NOT NULL, pair INTEGER NOT NULL, seat INTEGER NOT NULL, place INTEGER NOT NULL,
  phase TEXT NOT NULL CHECK (phase IN ('active', 'quiet', 'nudged', 'parked', 'gone')),
  nudged_at TEXT NOT NULL, waits_since TEXT NOT NULL, joined_at TEXT NOT NULL, left_at TEXT NOT NULL,
  in_room INTEGER NOT NULL, vote TEXT NOT NULL CHECK (vote IN ('', 'again', 'fine', 'else')),
  PRIMARY KEY (group_id, pair, seat)
);
CREATE INDEX partners_sittings_seat ON partners_sittings (group_id, seat);

-- Who knows whom, by seats, the lower number first. `last`: the term in which they last sat together.
CREATE TABLE partners_met (
  group_id TEXT NOT NULL, one INTEGER NOT NULL, other INTEGER NOT NULL,
  last INTEGER NOT NULL, times INTEGER NOT NULL, running INTEGER NOT NULL,
  PRIMARY KEY (group_id, one, other)
);

-- A round by its Monday. `seats`: JSON, the seats that were matched, in the order in which `args` names them.
CREATE TABLE partners_rounds (
  group_id TEXT NOT NULL, monday TEXT NOT NULL, term INTEGER NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('asked', 'done')),
  seats TEXT NOT NULL, args TEXT NOT NULL, result TEXT NOT NULL, at TEXT NOT NULL,
  PRIMARY KEY (group_id, monday)
);
