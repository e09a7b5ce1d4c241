"""
One problem a day, as a message with a thread: hints, help, a private clock, and the outline at the close.

Beside it the organiser's plan of the next days (`plan_*`), and practice that each member does alone (`practice_*`).
"""

from bot.features.daily import clock_handlers, help_handlers, plan_handlers, practice_handlers
from bot.features.daily.handlers import FEATURE

__all__ = ["FEATURE", "clock_handlers", "help_handlers", "plan_handlers", "practice_handlers"]
