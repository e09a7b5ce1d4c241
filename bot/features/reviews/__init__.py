"""Reviews among members: asked for, pulled from a queue, read in numbered passages, given in one form, answered."""

from bot.features.reviews import (
    board_handlers,
    drawn_handlers,
    fact_handlers,
    lease_handlers,
    read_handlers,
    volunteer_handlers,
)
from bot.features.reviews.handlers import FEATURE

__all__ = [
    "FEATURE",
    "board_handlers",
    "drawn_handlers",
    "fact_handlers",
    "lease_handlers",
    "read_handlers",
    "volunteer_handlers",
]
