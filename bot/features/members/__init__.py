"""Joining the group, and what a member sets for themselves: time zone and days a week."""

from bot.features.members.handlers import FEATURE

__all__ = ["FEATURE"]
