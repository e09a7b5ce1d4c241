"""Joining the group, and what a member sets for themselves: time zone, days a week, breaks, their own data."""

from bot.features.members import data_handlers, pause_handlers  # they register what they answer
from bot.features.members.handlers import FEATURE

__all__ = ["FEATURE", "data_handlers", "pause_handlers"]
