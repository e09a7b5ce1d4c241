"""Setting the group up, the organiser's desk with its tools, and what organisers must know when something fails."""

from bot.features.organiser import (
    changes_handlers,
    days_handlers,
    desk_handlers,
    people_handlers,
    places_handlers,
    settings_handlers,
)
from bot.features.organiser.handlers import FEATURE

# Each of these registers its handlers when it is imported.
PARTS = (changes_handlers, days_handlers, desk_handlers, people_handlers, places_handlers, settings_handlers)

__all__ = ["FEATURE"]
