-- Who it is, for their own download, and so that the row goes with them.
ALTER TABLE partners_sittings ADD COLUMN member TEXT NOT NULL DEFAULT '';
UPDATE partners_sittings SET member = coalesce((
  SELECT s.member FROM partners_seats AS s
   WHERE s.group_id = partners_sittings.group_id AND s.number = partners_sittings.seat), '');
