"""Private reminders: at the member's own hour, few, never at night, and silent once they are not wanted."""

from bot.features.nudges import settings_handlers  # registers its presses
from bot.features.nudges.handlers import FEATURE

__all__ = ["FEATURE", "settings_handlers"]
