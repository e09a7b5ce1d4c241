"""Who sits with whom at present, and what moving one of them means. Seats are numbers; only `members` are people."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from itertools import combinations
from typing import Final

from bot.features.partners.fit_rules import Kind, pair_of
from bot.features.partners.hours_rules import HALF_HOUR, HALF_HOURS
from bot.features.partners.rules import Acquaintance, may_stay, met_for
from bot.features.partners.silence_rules import HERE, Phase, Sign, Standing, Watch
from bot.kernel.errors import Refusal

VOTE_BEFORE: Final = timedelta(days=3)  # before the end partners are asked how it was
MOST: Final = 3  # members of a pair
TIMES_SHOWN = 2  # of those that partners share
AGAIN, FINE, ELSE = "again", "fine", "else"


@dataclass(frozen=True, slots=True)
class Pair:
    """
    Two or three members who are partners until `ends`, in the order of their seats.

    `room` is the name for `Room(pair.room, pair.members)`. `number` is never given again, so it may stand in names.
    """

    number: int
    members: tuple[str, ...]
    starts: datetime
    ends: datetime
    kind: Kind
    room: str
    seats: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Sitting:
    """A seat in a pair. `waits_since`: the oldest request without a reaction. `member`: empty once they are erased."""

    seat: int
    member: str
    standing: Standing
    waits_since: datetime | None
    joined_at: datetime
    left_at: datetime | None = None
    in_room: bool = True
    vote: str = ""

    @property
    def here(self) -> bool:
        return self.standing.phase in HERE

    @property
    def sign(self) -> Sign:
        return Sign(self.waits_since, gone=self.standing.phase is Phase.GONE)


@dataclass(frozen=True, slots=True)
class Sat:
    """A pair with all who ever sat in it. `asked`: the seat that is left alone, and since when it may choose."""

    number: int
    room: str
    room_number: int
    term: int
    kind: Kind
    starts: datetime
    ends: datetime
    live: bool
    shaky: bool
    sittings: tuple[Sitting, ...]
    asked: tuple[int, datetime] | None = None
    looks: int = 0

    @property
    def here(self) -> tuple[Sitting, ...]:
        """Those who still belong to it, silent ones who are not parked yet among them."""
        return tuple(sitting for sitting in self.sittings if sitting.here)

    @property
    def seats(self) -> tuple[int, ...]:
        return tuple(sitting.seat for sitting in self.here)

    @property
    def watch(self) -> Watch:
        at = next((k for k, s in enumerate(self.sittings) if self.asked and s.seat == self.asked[0]), None)
        asked = (at, self.asked[1]) if at is not None and self.asked else None
        return Watch(tuple(sitting.standing for sitting in self.sittings), asked)

    @property
    def signs(self) -> tuple[Sign, ...]:
        return tuple(sitting.sign for sitting in self.sittings)

    @property
    def pair(self) -> Pair:
        here = self.here
        return Pair(
            self.number, tuple(s.member for s in here), self.starts, self.ends, self.kind, self.room,
            tuple(s.seat for s in here),
        )  # fmt: skip

    @property
    def readers(self) -> tuple[str, ...]:
        """Who can open the room."""
        return tuple(sitting.member for sitting in self.sittings if sitting.in_room and sitting.member)

    def sitting(self, seat: int) -> Sitting | None:
        return next((sitting for sitting in self.sittings if sitting.seat == seat), None)

    def watched(self, watch: Watch) -> "Sat":
        """The same after a look."""
        asked = (self.sittings[watch.asked[0]].seat, watch.asked[1]) if watch.asked else None
        sittings = zip(self.sittings, watch.seats, strict=True)
        return replace(self, sittings=tuple(replace(s, standing=standing) for s, standing in sittings), asked=asked)

    def gone(self, seat: int, at: datetime, *, phase: Phase = Phase.GONE) -> "Sat":
        """Without this seat; where two stay, it cannot open the room any more."""
        stay = len(self.here) - any(s.seat == seat for s in self.here)
        return replace(
            self,
            sittings=tuple(
                replace(s, standing=Standing(phase), waits_since=None, left_at=at, in_room=s.in_room and stay < 2)
                if s.seat == seat
                else s
                for s in self.sittings
            ),
        )

    def locked(self, seat: int) -> "Sat":
        """This seat cannot open the room any more, whoever is left there."""
        return replace(self, sittings=tuple(replace(s, in_room=False) if s.seat == seat else s for s in self.sittings))

    @property
    def takes_third(self) -> bool:
        """Two who both are there, and nobody who may come back."""
        return self.live and len(self.here) == 2 and all(s.standing.phase is Phase.ACTIVE for s in self.here)


# --- what the matching is told -----------------------------------------------------------------------


def kept_apart(
    seats: Sequence[int], members: Mapping[int, str], blocked: Mapping[int, Collection[str]], sats: Sequence[Sat]
) -> list[list[int]]:
    """
    Places in `seats` of those who are never brought together: one blocked the other, or wants somebody else.

    `sats`: the pairs whose wishes for somebody else still hold.
    """
    at = {seat: place for place, seat in enumerate(seats)}
    known = {members[seat]: place for seat, place in at.items()}
    found = {
        pair_of(at[seat], known[other])
        for seat in seats
        for other in blocked[seat]
        if other in known and other != members[seat]
    }
    for sat in sats:
        for sitting in sat.sittings:
            if sitting.vote == ELSE:
                others = (s.seat for s in sat.sittings if s.seat != sitting.seat)
                found |= {pair_of(at[sitting.seat], at[o]) for o in others if sitting.seat in at and o in at}
    return [list(pair) for pair in sorted(found)]


def met_by(seats: Sequence[int], known: Mapping[tuple[int, int], Acquaintance], term: int) -> list[list[int]]:
    """Who of these has met whom, by their places."""
    at = {seat: place for place, seat in enumerate(seats)}
    return [
        [*pair_of(at[one], at[other]), *met_for(met, term)]
        for (one, other), met in sorted(known.items())
        if one in at and other in at
    ]


def weary_of(seats: Sequence[int], sats: Sequence[Sat]) -> list[int]:
    """Places of those who sat with somebody shaky in the last round."""
    tired = {sitting.seat for sat in sats if sat.shaky for sitting in sat.sittings}
    return [place for place, seat in enumerate(seats) if seat in tired]


def staying(
    seats: Sequence[int], sats: Sequence[Sat], known: Mapping[tuple[int, int], Acquaintance], active: int
) -> list[Sat]:
    """The pairs of the last term in which everybody wants to go on, and may."""

    def may(sat: Sat) -> bool:
        here = sat.seats
        wanted = len(here) > 1 and set(here) <= set(seats) and all(s.vote == AGAIN for s in sat.here)
        running = (known[two].running for two in combinations(sorted(here), 2) if two in known)
        return wanted and may_stay(max(running, default=1), active)

    return [sat for sat in sats if may(sat)]


def without_blocked(
    seats: Sequence[int], members: Mapping[int, str], blocked: Mapping[int, Collection[str]]
) -> list[int]:
    """As many of them as may still sit together; who blocked somebody since they were matched is left out."""
    kept: list[int] = []
    for seat in seats:
        if not any(members[other] in blocked[seat] or members[seat] in blocked[other] for other in kept):
            kept.append(seat)
    return kept


# --- why we two ----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Why:
    """What partners may know of why they are partners: hours that all of them have, and topics that all have met."""

    hours: int  # whole hours a week
    times: tuple[datetime, ...]  # when some of them begin
    topics: tuple[str, ...]


def why(hours: Sequence[int], week: date, topics: Sequence[Collection[str]], now: datetime) -> Why:
    """`hours` and `topics` are those of each. Times that are over are told for the week after."""
    common = (1 << HALF_HOURS) - 1 if hours else 0
    for one in hours:
        common &= one
    begins = datetime.combine(week, time(), UTC)
    starts = [
        begins + number * HALF_HOUR
        for number in range(HALF_HOURS)
        if common >> number & 1 and not (number and common >> (number - 1) & 1)
    ]
    ahead = sorted(at if at > now else at + timedelta(weeks=1) for at in starts)
    shared = set(topics[0]).intersection(*topics[1:]) if topics else set()
    return Why(common.bit_count() // 2, tuple(ahead[:TIMES_SHOWN]), tuple(sorted(shared)))


# --- what members ask for ------------------------------------------------------------------------------


def need_pair(sat: Sat | None) -> Sat:
    if sat is None:
        raise Refusal("You have no partner at present.", "Type /study partner to see what you can do.")
    return sat


def need_asked(sat: Sat | None, seat: int) -> Sat:
    if sat is None or not sat.asked or sat.asked[0] != seat:
        raise Refusal("This is settled already.", "Type /study partner to see how it is now.")
    return sat


def accept_vote(vote: str) -> str:
    if vote not in (AGAIN, FINE, ELSE):
        raise Refusal("I do not know this answer.", "Choose one of the buttons.")
    return vote


def may_vote(sat: Sat | None, now: datetime, *, round_done: bool) -> Sat:
    if sat is None or round_done:
        raise Refusal("The next round has begun.", "Type /study partner to see your partners.")
    if now < sat.ends - VOTE_BEFORE:
        raise Refusal(
            "It is early to say how it was.", "I ask you three days before the end. Until then: Something is wrong."
        )
    return sat
