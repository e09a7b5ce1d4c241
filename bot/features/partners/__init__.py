"""Accountability partners: two or three members who tell each other what they will do, for two weeks at a time."""

from bot.features.partners.handlers import FEATURE

__all__ = ["FEATURE"]
