"""What an organiser may correct: one of a member's last days, with a reason, and back again."""

from collections.abc import Sequence
from datetime import timedelta

from bot.features.streaks.day_rules import Day
from bot.kernel.calendar import LONGEST_DAY
from bot.kernel.errors import Refusal
from bot.kernel.text import clean, count_visible

DAYS = 21  # how far back a correction reaches; a menu holds 25
REACH = DAYS * LONGEST_DAY + timedelta(days=1)  # so many days are not longer, wherever their member flew
REASON = 100  # characters
KINDS = ("count", "excuse")


def choices(days: Sequence[Day]) -> tuple[Day, ...]:
    """The days that can be corrected, newest first."""
    return tuple(reversed(days[-DAYS:]))


def find_day(days: Sequence[Day], chosen: str) -> Day:
    """The day whose `token` this is, if it may still be corrected."""
    for day in choices(days):
        if token(day) == chosen:
            return day
    raise Refusal("That day cannot be corrected any more.", hint=f"The last {DAYS} days can. Press “Correct a day”.")


def accept_kind(chosen: str) -> str:
    if chosen not in KINDS:
        raise Refusal("It is not clear what to do.", hint="Choose “Count it” or “Excuse it”.", field="kind")
    return chosen


def accept_reason(text: str) -> str:
    """One line that the member will read."""
    line = " ".join(clean(text).split())
    if not count_visible(line):
        raise Refusal("The reason is missing.", hint="The member reads it. A few words are enough.", field="reason")
    if len(line) > REASON:
        raise Refusal(f"That has {len(line)} characters; at most {REASON} fit.", hint="Shorten it.", field="reason")
    return line


def number(text: str) -> int:
    """A number out of a button; 0 for anything else."""
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 10 else 0


def token(day: Day) -> str:
    """
    A day for a menu or a button: 2026-01-05, and 2026-01-05.2 for the second of that date.

    An instant would tell organisers in which time zone the member lives.
    """
    return f"{day.date}.{day.nth}" if day.nth > 1 else str(day.date)
