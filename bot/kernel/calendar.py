"""Wall-clock time: rhythms, study days, seeded draws. Pure; the zone and the instant are always passed in."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from hashlib import sha256
from random import Random
from zoneinfo import ZoneInfo

DAY_STARTS = time(4, 0)  # late-night work belongs to the day before
WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")


@dataclass(frozen=True, slots=True)
class Rhythm:
    """At `at` on the wall clock, on these weekdays (0 = Monday)."""

    days: tuple[int, ...]
    at: time

    def __post_init__(self) -> None:
        if not self.days or set(self.days) - set(range(7)) or list(self.days) != sorted(set(self.days)):
            raise ValueError(f"weekdays are 0 to 6, each once, in order: {self.days}")

    def __str__(self) -> str:
        return f"{_days(self.days)} {self.at:%H:%M}"


def _days(days: tuple[int, ...]) -> str:
    if len(days) > 2 and days[-1] - days[0] == len(days) - 1:
        return f"{WEEKDAYS[days[0]]}-{WEEKDAYS[days[-1]]}"
    return ", ".join(WEEKDAYS[day] for day in days)


def instant(day: date, at: time, zone: ZoneInfo) -> datetime | None:
    """
    The UTC instant of a wall time. In a gap: the first instant after it. In a fold: the first pass.

    None for a date that the zone does not have (Apia, 2011-12-30).
    """
    wall = datetime.combine(day, at, zone)
    moment = wall.astimezone(UTC)
    if moment.astimezone(zone).replace(tzinfo=None) == wall.replace(tzinfo=None):
        return moment
    # The wall time does not exist. zoneinfo reads it (fold=0) with the offset before the gap, so it lands as far
    # after the gap's end as it stood after the gap's start.
    after = wall.replace(fold=1).astimezone(UTC)  # with the offset after the gap: lands before it
    low, high = min(after, moment), max(after, moment)
    offset = low.astimezone(zone).utcoffset()
    while high - low > timedelta(seconds=1):
        middle = low + (high - low) / 2
        if middle.astimezone(zone).utcoffset() == offset:
            low = middle
        else:
            high = middle
    moment = high.replace(microsecond=0)
    # A gap may end at midnight (Nuuk in spring, 23:00 to 00:00): the date is there, only its last hour is not.
    ends = (moment.astimezone(zone).date(), (moment - timedelta(seconds=1)).astimezone(zone).date())
    return moment if day in ends else None


def occurrences(rhythm: Rhythm, zone: ZoneInfo, after: datetime) -> Iterator[tuple[date, datetime]]:
    """Every (local date, instant) of the rhythm strictly after `after`, in order, without end."""
    day = after.astimezone(zone).date() - timedelta(days=1)
    while True:
        if day.weekday() in rhythm.days:
            moment = instant(day, rhythm.at, zone)
            if moment is not None and moment > after:
                yield day, moment
        day += timedelta(days=1)


def next_after(rhythm: Rhythm, zone: ZoneInfo, after: datetime) -> tuple[date, datetime]:
    """The first (local date, instant) of the rhythm strictly after `after`."""
    return next(occurrences(rhythm, zone, after))


@dataclass(frozen=True, slots=True)
class StudyDay:
    """From 04:00 to 04:00 on the local wall clock: 18 to 42 hours where clocks or zones change."""

    date: date
    starts: datetime
    ends: datetime


def study_day(at: datetime, zone: ZoneInfo) -> StudyDay:
    """The study day that `at` belongs to in `zone`."""
    day = at.astimezone(zone).date()
    while (starts := _start(day, zone)) > at:
        day -= timedelta(days=1)
    while (ends := _start(day + timedelta(days=1), zone)) <= at:
        day, starts = day + timedelta(days=1), ends
    return StudyDay(day, starts, ends)


def _start(day: date, zone: ZoneInfo) -> datetime:
    while (moment := _four(day, zone)) is None:
        day += timedelta(days=1)
    return moment


Zones = Sequence[tuple[datetime, ZoneInfo]]
"""In which zone somebody lived: (since when, zone), oldest first. The first holds for the time before it as well."""

SHORTEST_DAY = timedelta(hours=18)
LONGEST_DAY = timedelta(hours=42)
_SETTLED = timedelta(days=4)  # after so long in one zone a member's days are that zone's study days


def zone_at(zones: Zones, at: datetime) -> ZoneInfo:
    """The zone in force at this instant."""
    return next((zone for since, zone in reversed(zones) if since <= at), zones[0][1])


def member_days(zones: Zones, until: datetime, since: datetime | None = None) -> Iterator[StudyDay]:
    """
    A member's days without a gap, from the one that holds the first instant of `zones` to the one that holds `until`.

    A day ends at the first 04:00 on the wall clock of the zone then in force that is at least 18 h after its start,
    and after 42 h at the latest: so clock changes and flights need no rule of their own. `date` is the local date of
    the start; after a flight west over the date line two days may carry the same one.

    With `since` the same days from the one that holds it on, without the walk through all that came before.
    """
    index, at = _anchor(zones, since or zones[0][0])
    zones = zones[index:]
    here = study_day(at, zones[0][1])
    day = StudyDay(here.date, here.starts, _next_start(zones, here.starts, here.date))
    while True:
        if since is None or day.ends > since:
            yield day
        if day.ends > until:
            return
        date_ = (day.ends + timedelta(seconds=1)).astimezone(zone_at(zones, day.ends)).date()
        day = StudyDay(date_, day.ends, _next_start(zones, day.ends, date_))


def _anchor(zones: Zones, since: datetime) -> tuple[int, datetime]:
    """
    (number of a zone, an instant in it) from which the days can be told as if nothing had been before.

    That is so in the first zone, and in every other one after some days.
    """
    ends = since
    for index in range(len(zones) - 1, 0, -1):
        begins = zones[index][0]
        if begins <= since and ends - begins >= _SETTLED:
            return index, ends - timedelta(seconds=1)
        ends = min(ends, begins)
    return 0, max(zones[0][0], ends - timedelta(seconds=1))


def member_day(at: datetime, zones: Zones) -> StudyDay:
    """The member's day that holds `at`; before the first of `zones` a plain study day."""
    if at < zones[0][0]:
        return study_day(at, zones[0][1])
    return next(member_days(zones, at, at))


@lru_cache(maxsize=16_384)
def _four(day: date, zone: ZoneInfo) -> datetime | None:
    """04:00 of this date: the same few thousand instants are asked for again and again."""
    return instant(day, DAY_STARTS, zone)


def _next_start(zones: Zones, starts: datetime, day: date) -> datetime:
    """The first 04:00 that ends the day which began at `starts`, on the local date `day`."""
    earliest, latest = starts + SHORTEST_DAY, starts + LONGEST_DAY
    if zones[-1][0] <= starts or len(zones) == 1:  # as nearly always: nobody moves in it
        for ahead in (1, 2):
            moment = _four(day + timedelta(days=ahead), zones[-1][1])
            if moment is not None and earliest <= moment <= latest:
                return moment
    return _next_start_on_the_way(zones, earliest, latest)


def _next_start_on_the_way(zones: Zones, earliest: datetime, latest: datetime) -> datetime:
    for index, (_, zone) in enumerate(zones):
        begins = earliest if index == 0 else max(earliest, zones[index][0])
        ends = zones[index + 1][0] if index + 1 < len(zones) else latest + timedelta(seconds=1)
        if begins >= ends or begins > latest:
            continue
        day = begins.astimezone(zone).date() - timedelta(days=1)
        for ahead in range(5):
            moment = _four(day + timedelta(days=ahead), zone)
            if moment is not None and begins <= moment < ends:
                if moment <= latest:
                    return moment
                break
    return latest


def stamp(at: datetime) -> str:
    """The one way an instant is written down: UTC, microseconds, sorts as text. `datetime.fromisoformat` reads it."""
    return at.astimezone(UTC).isoformat(timespec="microseconds")


Draw = Random  # what rules take: a die that somebody else has seeded


def draw(name: str) -> Draw:
    """A die that always falls the same way for the same name."""
    return Random(int.from_bytes(sha256(name.encode()).digest()[:8]))
