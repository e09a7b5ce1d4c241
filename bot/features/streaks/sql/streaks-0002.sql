-- A button names its member itself: looking at somebody's days shall write nothing.
DROP TABLE streaks_people;
