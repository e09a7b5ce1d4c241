-- Who ever joined. `days` is how many days a week the member wants to study; 0 until they say.
CREATE TABLE members_profiles (
  group_id TEXT NOT NULL, member TEXT NOT NULL, days INTEGER NOT NULL DEFAULT 0, PRIMARY KEY (group_id, member)
);

-- The messages that stand in the group and say "Join the study group".
CREATE TABLE members_invitations (name TEXT PRIMARY KEY, group_id TEXT NOT NULL);
