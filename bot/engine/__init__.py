"""Runs handlers, keeps what should be said, delivers it, watches the calendar."""
