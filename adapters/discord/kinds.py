"""Kinds of channels, as Discord numbers them: its documentation, "Channels Resource", "Channel Types"."""

TEXT, DIRECT, ANNOUNCEMENTS, PRIVATE_THREAD, FORUM, MEDIA = 0, 1, 5, 12, 15, 16
THREADS = (10, 11, PRIVATE_THREAD)
WITH_THREADS = (TEXT, ANNOUNCEMENTS)  # where a message can have a thread
FORUMS = (FORUM, MEDIA)  # where every message is a thread
FOR_GROUPS = (TEXT, ANNOUNCEMENTS, FORUM)  # where a group can meet
