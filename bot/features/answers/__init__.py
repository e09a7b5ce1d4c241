"""What members answered: kept, changed, withdrawn, read. Closed until one's own answer is in, or open in the thread."""

from bot.features.answers import readers_handlers
from bot.features.answers.handlers import FEATURE

__all__ = ["FEATURE", "readers_handlers"]
