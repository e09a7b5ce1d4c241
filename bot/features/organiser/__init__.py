"""Setting the group up, the organiser's desk, and what the organiser must know when something fails."""

from bot.features.organiser.handlers import FEATURE

__all__ = ["FEATURE"]
