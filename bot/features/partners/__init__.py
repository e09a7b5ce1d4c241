"""Accountability partners: two or three members who tell each other what they will do, for two weeks at a time."""

from bot.features.partners import (
    checkin_handlers,
    fact_handlers,
    known_handlers,
    pair_handlers,
    plan_handlers,
    room_handlers,
    round_handlers,
    slot_handlers,
    wish_handlers,
)
from bot.features.partners.handlers import FEATURE

# Each of these registers its handlers when it is imported.
PARTS = (
    checkin_handlers,
    fact_handlers,
    known_handlers,
    pair_handlers,
    plan_handlers,
    room_handlers,
    round_handlers,
    slot_handlers,
    wish_handlers,
)

__all__ = ["FEATURE"]
