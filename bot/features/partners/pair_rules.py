"""Who sits with whom at present, and what moving one of them means. Seats are numbers; only `members` are people."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from bot.features.partners.fit_rules import Kind
from bot.features.partners.hours_rules import HALF_HOUR, HALF_HOURS
from bot.features.partners.rules import may_stay
from bot.features.partners.silence_rules import DECIDES_IN, HERE, Phase, Sign, Standing, Watch
from bot.kernel.errors import Refusal

VOTE_BEFORE: Final = timedelta(days=3)  # before the end partners are asked how it was
DAY_FROM, NIGHT = time(8), timedelta(hours=10)  # on a member's own wall clock
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
        """
        Without this seat. It cannot open the room any more, so that nobody learns from the room why it went.

        Who is parked may come back, and the last of all takes nothing away from anybody: for them it stays open.
        """
        open_ = phase is Phase.PARKED or len(self.here) - any(s.seat == seat for s in self.here) == 0
        return replace(
            self,
            sittings=tuple(
                replace(s, standing=Standing(phase), waits_since=None, left_at=at, in_room=s.in_room and open_)
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


# --- the next round ------------------------------------------------------------------------------------


def wants_to_stay(sat: Sat, seats: Collection[int], running: int, active: int) -> bool:
    """Do all of them want to go on, and may they? `seats` are in the round; `running`: the terms that they had."""
    here = sat.seats
    wanted = len(here) > 1 and set(here) <= set(seats) and all(s.vote == AGAIN for s in sat.here)
    return wanted and may_stay(max(running, 1), active)


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


def why(hours: Sequence[int], week: date, topics: Sequence[Collection[str]], now: datetime, until: datetime) -> Why:
    """`hours` and `topics` are those of each. Times that are over are those of the week after, before `until`."""
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
    ahead = [at for at in ahead if at < until]
    shared = set(topics[0]).intersection(*topics[1:]) if topics else set()
    return Why(common.bit_count() // 2, tuple(ahead[:TIMES_SHOWN]), tuple(sorted(shared)))


# --- the time to choose ----------------------------------------------------------------------------------


def asked_from(now: datetime, zone: ZoneInfo) -> datetime:
    """Since when the one who is left may choose: the hours of their night do not count, since they sleep then."""
    wall = now.astimezone(zone)
    if wall.time() < DAY_FROM:
        return wall.replace(hour=DAY_FROM.hour, minute=0, second=0, microsecond=0).astimezone(UTC)
    morning = datetime.combine(wall.date() + timedelta(days=1), DAY_FROM, zone)
    night = morning - NIGHT
    if now + DECIDES_IN <= night:
        return now
    return min((now + NIGHT).astimezone(UTC), morning.astimezone(UTC))


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
            "It is early to say how it was.",
            "I ask you three days before the end. Until then press “Something is wrong”.",
        )
    return sat
