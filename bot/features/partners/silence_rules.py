"""
What is done when a partner falls silent: one nudge to one person, then a choice for the one who is left.

    active -> quiet     a request (plan, check-in) has waited for a day; nobody sees it
    quiet  -> nudged    one private message; while nobody in the group has said anything, to one of them only
    nudged -> parked    silent for two days after it: out of this group, and in no round, until they press I'm back
    any    -> active    any sign of life; from parked by `come_back`

Whoever is left alone chooses, silent or not, since there is nobody left who waits for a word of theirs: third in the
pair that fits best (also when they say nothing), another partner, or nobody. Who has been silent by then for as long as
a silent partner may be is parked instead. With the times below all of it happens in the week in which it began. Times
in which the bot did not run do not count: nobody could press anything.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

QUIET_AFTER: Final = timedelta(hours=24)  # of a request without a reaction
SILENT_AFTER: Final = timedelta(hours=48)  # of a nudge without one
MOST: Final = 3  # members of a group
DECIDES_IN: Final = timedelta(hours=12)  # then the choice is made for them


class Phase(StrEnum):
    ACTIVE = "active"
    QUIET = "quiet"
    NUDGED = "nudged"
    PARKED = "parked"  # silent: back with one press
    GONE = "gone"  # left, paused, blocked or settled elsewhere: no concern of this group any more


HERE: Final = (Phase.ACTIVE, Phase.QUIET, Phase.NUDGED)


class Choice(StrEnum):
    """Of the one who is left."""

    THIRD = "third"  # join the best-fitting pair
    ANOTHER = "another"  # a partner who stands by
    SOLO = "solo"  # alone with the bot until the next round


@dataclass(frozen=True, slots=True)
class Standing:
    """One member in one group. `nudged_at` belongs to the phase NUDGED."""

    phase: Phase = Phase.ACTIVE
    nudged_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Watch:
    """A group in its term: its seats in a fixed order; `asked`: the one who is left, and since when they may choose."""

    seats: tuple[Standing, ...]
    asked: tuple[int, datetime] | None = None

    def here(self) -> list[int]:
        """The seats that still belong to the group, silent ones who are not parked yet among them."""
        return [seat for seat, standing in enumerate(self.seats) if standing.phase in HERE]


@dataclass(frozen=True, slots=True)
class Sign:
    """
    What is known of a member now. `waits_since`: the oldest request that they have not reacted to; None when there is
    none. `gone`: they left, paused or were blocked, so nobody waits for them.
    """

    waits_since: datetime | None = None
    gone: bool = False


class What(StrEnum):
    NUDGE = "nudge"  # privately: your partner would like a first word
    PARK = "park"  # privately: you are parked; press I'm back
    ASK = "ask"  # privately, to the one who is left: what would you like?
    TAKE_BACK = "take_back"  # the question to this seat: it is not alone any more
    SETTLE = "settle"  # they said nothing: as a third


@dataclass(frozen=True, slots=True)
class Deed:
    what: What
    seat: int


def begin(seats: int) -> Watch:
    """A new group of so many."""
    return Watch((Standing(),) * seats)


Gaps = Sequence[tuple[datetime, datetime]]


def look(watch: Watch, signs: Sequence[Sign], now: datetime, down: Gaps = ()) -> tuple[Watch, tuple[Deed, ...]]:
    """
    The group as it is now, and what is to be done. Looking twice at the same moment does nothing more.

    Call it at `next_look`, and whenever somebody gives a sign. After an outage nothing is skipped: who was not nudged
    is nudged first. `down`: when the bot did not run, oldest first.
    """
    seats, deeds = [], []
    for seat, (standing, sign) in enumerate(zip(watch.seats, signs, strict=True)):
        moved = _moved(standing, sign, now, down)
        if moved.phase is Phase.PARKED and standing.phase is not Phase.PARKED:
            deeds.append(Deed(What.PARK, seat))
        seats.append(moved)
    seats = _nobody_waits(seats)
    for seat in _to_nudge(seats, signs):
        seats[seat] = Standing(Phase.NUDGED, now)
        deeds.append(Deed(What.NUDGE, seat))
    after, asked = _ask(replace(watch, seats=tuple(seats)), signs, now, down)
    return after, (*deeds, *asked)


def next_look(watch: Watch, signs: Sequence[Sign], down: Gaps = ()) -> datetime | None:
    """When something can change though nobody does anything; None when it cannot."""
    if watch.asked and watch.here() == [watch.asked[0]]:
        return over_at(watch.asked[1], DECIDES_IN, down)
    moments = []
    for standing, sign in zip(watch.seats, signs, strict=True):
        if standing.phase is Phase.NUDGED and standing.nudged_at:
            moments.append(over_at(standing.nudged_at, SILENT_AFTER, down))
        elif standing.phase is Phase.ACTIVE and sign.waits_since and not sign.gone:
            moments.append(over_at(sign.waits_since, QUIET_AFTER, down))
    return min(moments, default=None)


def over_at(since: datetime, span: timedelta, down: Gaps) -> datetime:
    """When so much time has passed in which the bot ran."""
    over = since + span
    for starts, ends in down:
        if starts < over and ends > since:
            over += ends - max(starts, since)
    return over


def settled(watch: Watch, seat: int) -> Watch:
    """The one who was left has a place elsewhere, or stays alone: this group is over for them."""
    seats = list(watch.seats)
    seats[seat] = Standing(Phase.GONE)
    return Watch(tuple(seats))


def takes_back(watch: Watch) -> bool:
    """Is there a place for somebody who was in this group before: is anybody still there, and are they not enough?"""
    return 0 < len(watch.here()) < MOST


def come_back(watch: Watch, seat: int) -> tuple[Watch, bool]:
    """
    A parked member presses I'm back: whether they are in this group again, because it takes them back.

    If not, `rules.enter` says how they get partners. Call `look` afterwards: it takes back a question that is open.
    """
    if watch.seats[seat].phase is not Phase.PARKED:
        return watch, watch.seats[seat].phase in HERE
    if not takes_back(watch):
        return watch, False
    seats = list(watch.seats)
    seats[seat] = Standing()
    return replace(watch, seats=tuple(seats)), True


def can_have(choice: Choice, *, pairs: int, standing_by: int) -> Choice:
    """The nearest to what they chose that there is: nobody is promised a partner whom there is not."""
    order = {
        Choice.THIRD: (Choice.THIRD, Choice.ANOTHER),
        Choice.ANOTHER: (Choice.ANOTHER, Choice.THIRD),
        Choice.SOLO: (),
    }[choice]
    there = {Choice.THIRD: pairs, Choice.ANOTHER: standing_by}
    return next((one for one in order if there[one]), Choice.SOLO)


# --- one step ---------------------------------------------------------------------------------------


def _moved(standing: Standing, sign: Sign, now: datetime, down: Gaps) -> Standing:
    if sign.gone or standing.phase is Phase.GONE:
        return Standing(Phase.GONE)
    if standing.phase is Phase.PARKED:
        return standing
    since, nudged = sign.waits_since, standing.nudged_at
    if since is None or (nudged and since > nudged):  # they reacted to what they were nudged about
        standing, nudged = Standing(), None
    if nudged:
        return Standing(Phase.PARKED) if now >= over_at(nudged, SILENT_AFTER, down) else standing
    return Standing(Phase.QUIET if since and now >= over_at(since, QUIET_AFTER, down) else Phase.ACTIVE)


def _nobody_waits(seats: list[Standing]) -> list[Standing]:
    """Whoever is left alone owes no word to anybody."""
    here = [seat for seat, standing in enumerate(seats) if standing.phase in HERE]
    return [Standing() if here == [seat] else standing for seat, standing in enumerate(seats)]


def _to_nudge(seats: Sequence[Standing], signs: Sequence[Sign]) -> list[int]:
    """Whoever is quiet. While nobody has said a word: one of them, since what is asked of all is done by nobody."""
    quiet = [seat for seat, standing in enumerate(seats) if standing.phase is Phase.QUIET]
    spoken = any(
        standing.phase is Phase.ACTIVE and sign.waits_since is None for standing, sign in zip(seats, signs, strict=True)
    )
    if spoken:
        return quiet
    nudged = any(standing.phase is Phase.NUDGED for standing in seats)
    return [] if nudged else quiet[:1]


def _ask(watch: Watch, signs: Sequence[Sign], now: datetime, down: Gaps) -> tuple[Watch, tuple[Deed, ...]]:
    here, deeds = watch.here(), []
    if watch.asked:
        seat, since = watch.asked
        if here == [seat]:
            if now < over_at(since, DECIDES_IN, down):
                return watch, ()
            waits = signs[seat].waits_since
            silent = waits is not None and now >= over_at(waits, QUIET_AFTER + SILENT_AFTER, down)
            return settled(watch, seat), (Deed(What.PARK if silent else What.SETTLE, seat),)
        watch = replace(watch, asked=None)
        deeds = [Deed(What.TAKE_BACK, seat)] if seat in here else []
    if len(here) == 1:
        watch = replace(watch, asked=(here[0], now))
        deeds.append(Deed(What.ASK, here[0]))
    return watch, tuple(deeds)
