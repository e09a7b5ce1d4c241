"""The system design week: one prompt a week, a run on one's own clock, reviews, and what the group can learn of it."""

from bot.features.mlsd import (
    ask_handlers,
    calendar_handlers,
    part_handlers,
    report_handlers,
    reveal_handlers,
    run_handlers,
    stage_handlers,
    start_handlers,
    twist_handlers,
    wait_handlers,
    week_handlers,
)
from bot.features.mlsd.handlers import FEATURE

__all__ = [
    "FEATURE",
    "ask_handlers",
    "calendar_handlers",
    "part_handlers",
    "report_handlers",
    "reveal_handlers",
    "run_handlers",
    "stage_handlers",
    "start_handlers",
    "twist_handlers",
    "wait_handlers",
    "week_handlers",
]
