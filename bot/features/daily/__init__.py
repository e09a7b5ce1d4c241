"""One problem a day, as a message with a thread: hints, help, a private clock, and the outline at the close."""

from bot.features.daily.handlers import FEATURE

__all__ = ["FEATURE"]
