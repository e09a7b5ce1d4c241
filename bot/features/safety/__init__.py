"""Reporting a text, blocking somebody, and what organisers do about it."""

from bot.features.safety import block_handlers, desk_handlers
from bot.features.safety.handlers import FEATURE

# Each of these registers its handlers when it is imported.
PARTS = (block_handlers, desk_handlers)

__all__ = ["FEATURE"]
