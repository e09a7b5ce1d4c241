-- "Is this the newest of its kind?" is asked at every wake.
CREATE INDEX wakes_newest ON wakes (group_id, route, at, state);
