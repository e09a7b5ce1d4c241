"""For when moments are planned, and how a member's day stands in names and buttons."""

from collections.abc import Sequence
from datetime import UTC, datetime, time, timedelta
from hashlib import sha256
from zoneinfo import ZoneInfo

from bot.features.nudges.rules import HOURS, LATEST, USUAL, Decision, Moment, State, Wait, Wish
from bot.kernel.calendar import DAY_STARTS, Rhythm, StudyDay, Zones, next_after, zone_at
from bot.kernel.errors import Refusal

UNKNOWN_HOUR = time(18)  # while nobody knows when they study
CREDITS = 3  # studied so often, a habit begins to show
BEFORE = 30  # minutes before the usual hour
EARLIEST, LAST = time(8), time(21)  # between these a reminder may be planned
EVERY_DAY = tuple(range(7))


def token(member: str) -> str:
    """A short word for a member inside the names of their own wakes and messages."""
    return sha256(member.encode()).hexdigest()[:8]


def plan(group: str, member: str, at: time, zone: ZoneInfo, after: datetime, *, evening: bool) -> Moment:
    """
    The next time that it is `at` for this member, after `after`.

    The name holds the instant as well: after a flight the same date gets a second wake.
    """
    day, due = next_after(Rhythm(EVERY_DAY, at), zone, after)
    verb = "evening" if evening else "digest"
    return Moment(f"nudges.{verb}/{group}/{token(member)}/{day}/{due:%d%H%M}", member, evening, day, at, due)


def first_after(moments: Sequence[Moment], rest: datetime, zone: ZoneInfo) -> datetime | None:
    """When the first of these moments comes that is not before the end of a rest; None when there is none."""
    before = rest - timedelta(microseconds=1)
    return min((max(one.due, next_after(Rhythm(EVERY_DAY, one.at), zone, before)[1]) for one in moments), default=None)


def day_token(day: StudyDay) -> str:
    """
    A member's day inside a button. Its date would not do: after a flight west two days have the same one.

    A day's start never moves, its end does when the member flies.
    """
    return f"{day.starts.astimezone(UTC):%Y%m%dT%H%M}"


def onward(state: State, decision: Decision, now: datetime) -> datetime:
    """After which instant the next moment is looked for: one that is due by now and not too late is not left out."""
    if isinstance(decision, Wait):
        return now
    right = state.moment.right(state.zone)
    return max(right, now - LATEST) if right else now - LATEST


def hour(wish: Wish, credits: Sequence[datetime], zones: Zones) -> time:
    """At what time on the wall clock this member is reminded."""
    if wish.hour != USUAL:
        return time.fromisoformat(wish.hour)
    if len(credits) < CREDITS:
        return UNKNOWN_HOUR
    # Counted from 04:00, so that 23:50 and 00:10 are neighbours.
    start = _minutes(DAY_STARTS)
    walls = sorted((_minutes(at.astimezone(zone_at(zones, at)).time()) - start) % 1440 for at in credits)
    wanted = walls[(len(walls) - 1) // 2] - BEFORE
    minutes = min(max(wanted, _minutes(EARLIEST) - start), _minutes(LAST) - start) + start
    return time(minutes // 60, minutes % 60)


def _minutes(wall: time) -> int:
    return wall.hour * 60 + wall.minute


def accept_hour(value: str) -> str:
    if value not in HOURS:
        raise Refusal("I do not know this time.", hint="Choose one from the menu: type /study reminders.")
    return value
