"""Days and weeks on which a member practised: told from what happened, kept private, forgiving."""

from bot.features.streaks.correction_handlers import FEATURE

__all__ = ["FEATURE"]
