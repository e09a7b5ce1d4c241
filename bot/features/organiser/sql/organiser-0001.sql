-- Where the group was set up, when and by whom.
CREATE TABLE organiser_setups (
  group_id TEXT PRIMARY KEY, spot TEXT NOT NULL, by_member TEXT NOT NULL, at TEXT NOT NULL
);

-- What did not run at its time. One message tells of all that was noticed for one route on one day.
CREATE TABLE organiser_skips (
  group_id TEXT NOT NULL, route TEXT NOT NULL, told_on TEXT NOT NULL, at TEXT NOT NULL, why TEXT NOT NULL,
  PRIMARY KEY (group_id, route, told_on, at)
);
