-- A member's run on their own clock. `number` is 1, 2, ... in the group; it is never given again.
-- `week` 0: practice, of no week. `spare` 1: another prompt than the week's. `deadline`: over at the latest, a pause
-- counted in. `beat`: number of the wake that comes next. `touched_at`: when the member was last heard of.
-- `in_room` 1: private messages are refused, so it is held in a room. `handed_in` 1: its answer was given.
CREATE TABLE mlsd_runs (
  group_id TEXT NOT NULL, number INTEGER NOT NULL, member TEXT NOT NULL, week INTEGER NOT NULL,
  item TEXT NOT NULL, revision INTEGER NOT NULL, plan TEXT NOT NULL, spare INTEGER NOT NULL DEFAULT 0,
  started_at TEXT NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('running', 'paused', 'over', 'closed')),
  ended_at TEXT NOT NULL DEFAULT '', paused_at TEXT NOT NULL DEFAULT '', resumed_at TEXT NOT NULL DEFAULT '',
  deadline TEXT NOT NULL, touched_at TEXT NOT NULL, beat INTEGER NOT NULL DEFAULT 0,
  in_room INTEGER NOT NULL DEFAULT 0, handed_in INTEGER NOT NULL DEFAULT 0, partial INTEGER NOT NULL DEFAULT 0,
  redo_stage TEXT NOT NULL DEFAULT '', hide_name INTEGER NOT NULL DEFAULT 0,
  PRIMARY KEY (group_id, number)
);
CREATE INDEX mlsd_runs_of ON mlsd_runs (member, state);
CREATE INDEX mlsd_runs_in ON mlsd_runs (group_id, week);

-- The last number that a run of the group got.
CREATE TABLE mlsd_numbers (group_id TEXT NOT NULL PRIMARY KEY, last_run INTEGER NOT NULL);

-- What was said in a run and is not said again: stages, twists, the offer of a hint, hints, its end.
CREATE TABLE mlsd_told (
  group_id TEXT NOT NULL, run INTEGER NOT NULL, member TEXT NOT NULL, what TEXT NOT NULL, at TEXT NOT NULL,
  PRIMARY KEY (group_id, run, what)
);

-- What a member wrote, piece by piece. `slot` is a stage or a twist. `source` is the chat message that it came by, and
-- empty for a form. `merged` 1: its words stand in a form's text now.
CREATE TABLE mlsd_pieces (
  group_id TEXT NOT NULL, run INTEGER NOT NULL, member TEXT NOT NULL, piece INTEGER NOT NULL,
  slot TEXT NOT NULL, source TEXT NOT NULL, text TEXT NOT NULL, merged INTEGER NOT NULL DEFAULT 0, at TEXT NOT NULL,
  PRIMARY KEY (group_id, run, piece)
);

-- What falls after a twist (stages, by comma), and the words of a stage as they were when the twist came.
CREATE TABLE mlsd_fell (
  group_id TEXT NOT NULL, run INTEGER NOT NULL, member TEXT NOT NULL, twist TEXT NOT NULL, stages TEXT NOT NULL,
  PRIMARY KEY (group_id, run, twist)
);
CREATE TABLE mlsd_before (
  group_id TEXT NOT NULL, run INTEGER NOT NULL, member TEXT NOT NULL, twist TEXT NOT NULL, stage TEXT NOT NULL,
  text TEXT NOT NULL,
  PRIMARY KEY (group_id, run, twist, stage)
);

-- Which facts were asked for. `fact` is its place in the item, from 0; -1 where nothing was found.
CREATE TABLE mlsd_asked (
  group_id TEXT NOT NULL, run INTEGER NOT NULL, member TEXT NOT NULL, number INTEGER NOT NULL, words TEXT NOT NULL,
  fact INTEGER NOT NULL, at TEXT NOT NULL,
  PRIMARY KEY (group_id, run, number)
);
