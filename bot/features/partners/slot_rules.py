"""A time at which partners talk: found in the hours that all of them have, taken by all, moved or called off."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from typing import Final

from bot.features.partners.hours_rules import APART, HALF_HOUR, HALF_HOURS, Slot, best_slots
from bot.features.partners.pair_rules import Sat
from bot.kernel.errors import Refusal

OFFERED: Final = 2
REMINDER: Final = timedelta(minutes=30)  # before it begins
WEEK: Final = timedelta(weeks=1)


class State(StrEnum):
    OFFERED = "offered"
    AGREED = "agreed"
    MOVING = "moving"  # agreed, and other times are offered
    CALLED_OFF = "called_off"
    NO_TIME = "no_time"  # none of those offered suits all


@dataclass(frozen=True, slots=True)
class Talk:
    """
    `offers` are one or two times, `agreed` is the one that all took.

    `version` counts how often a time was agreed, `round` how often times were offered; `takes` are (member, number of
    the offer, from 1) of this round; `at` is when it was agreed.
    """

    number: int
    pair: int
    offers: tuple[Slot, ...]
    state: State = State.OFFERED
    agreed: Slot | None = None
    version: int = 0
    round: int = 1
    at: datetime | None = None
    takes: tuple[tuple[str, int], ...] = ()

    def is_open(self, now: datetime) -> bool:
        """Does anything of it still lie ahead?"""
        if self.state in (State.AGREED, State.MOVING):
            return self.agreed is not None and self.agreed.ends > now
        return self.state is State.OFFERED and any(slot.starts > now for slot in self.offers)

    def takers(self, choice: int) -> tuple[str, ...]:
        return tuple(member for member, taken in self.takes if taken == choice)

    def settled(self, members: Sequence[str], now: datetime) -> Slot | None:
        """The first of the offered times that all of these take, and that is still to come."""
        for number, slot in enumerate(self.offers, 1):
            if slot.starts > now and set(members) <= set(self.takers(number)):
                return slot
        return None


def search(
    hours_in: Callable[[date], Sequence[int]], now: datetime, until: datetime, without: Sequence[Slot] = ()
) -> tuple[Slot, ...]:
    """
    At most two times before `until`, the better one first; empty where the members share none.

    `hours_in` gives the members' half hours of the week from a Monday; `without` are times that do not suit.
    """
    today = now.astimezone(UTC).date()
    week = today - timedelta(days=today.weekday())
    found: list[Slot] = []
    while datetime.combine(week, time(), UTC) < until:
        free = [hours & ~_bits(week, without) for hours in hours_in(week)]
        found += best_slots(week, free, now, until)
        week += WEEK
    ranked = sorted(found, key=lambda slot: -slot.minutes)  # and the sooner week first
    if not ranked:
        return ()
    best = ranked[0]
    return (best, *sorted(ranked[1:], key=lambda slot: abs(slot.starts - best.starts) < APART)[: OFFERED - 1])


def suits(hours_in: Callable[[date], Sequence[int]], slot: Slot) -> bool:
    """Have all of them time then?"""
    day = slot.starts.astimezone(UTC).date()
    week = day - timedelta(days=day.weekday())
    needed = _bits(week, (slot,)) & (1 << HALF_HOURS) - 1
    return all(hours & needed == needed for hours in hours_in(week))


def _bits(week: date, slots: Sequence[Slot]) -> int:
    """The half hours of the week that these take."""
    begins = datetime.combine(week, time(), UTC)
    bits = 0
    for slot in slots:
        at = slot.starts
        while at < slot.ends:
            place = (at - begins) // HALF_HOUR
            bits |= 1 << place if place >= 0 else 0
            at += HALF_HOUR
    return bits


def known(talk: Talk | None, pair: int) -> Talk:
    if talk is None or talk.pair != pair:
        raise Refusal("I do not know this time to talk.", "Press “Suggest a time” in your partners' room.")
    return talk


def accept_choice(talk: Talk, typed: str, round_: str, now: datetime) -> int:
    """The number of an offer that stands now."""
    newest = "Look at the newest message in your partners' room."
    if talk.state not in (State.OFFERED, State.MOVING) or round_ != str(talk.round):
        raise Refusal("These times are not offered any more.", newest)
    if typed not in {str(number) for number in range(1, len(talk.offers) + 1)}:
        raise Refusal("I do not know this time.", newest)
    if talk.offers[int(typed) - 1].starts <= now:
        raise Refusal("This time is over.", "Press “Neither fits” to see others.")
    return int(typed)


def need_offer(talk: Talk, round_: str) -> Talk:
    if talk.state not in (State.OFFERED, State.MOVING) or round_ != str(talk.round):
        raise Refusal("These times are not offered any more.", "Look at the newest message in your partners' room.")
    return talk


def need_agreed(talk: Talk, now: datetime) -> Slot:
    if talk.agreed is None or talk.state not in (State.AGREED, State.MOVING) or talk.agreed.starts <= now:
        raise Refusal("There is no talk ahead that could be changed.", "Press “Suggest a time” to find one.")
    return talk.agreed


def takers_of(talk: Talk, sat: Sat) -> tuple[str, ...]:
    """Those who sit there now and have agreed: whoever has joined since has not."""
    return tuple(one.member for one in sat.here if talk.at is None or one.joined_at <= talk.at)


def need_taker(talk: Talk, sat: Sat, member: str) -> None:
    """Only those who have agreed move it or call it off."""
    if talk.agreed and talk.state in (State.AGREED, State.MOVING) and member not in takers_of(talk, sat):
        hint = "Write in your room if you would like to come."
        raise Refusal("Your partners agreed on this talk before you came.", hint)


def need_no_other(found: Talk | None, talk: Talk, sat: Sat) -> None:
    """One talk at a time, and not of one alone."""
    if found or len(takers_of(talk, sat)) < 2:
        raise Refusal("This cannot be taken back any more.", "Press “Suggest a time” to see what stands now.")


def need_called_off(talk: Talk, now: datetime) -> Slot:
    if talk.agreed is None or talk.state is not State.CALLED_OFF or talk.agreed.starts <= now:
        raise Refusal("This cannot be taken back any more.", "Press “Suggest a time” to find another one.")
    return talk.agreed
