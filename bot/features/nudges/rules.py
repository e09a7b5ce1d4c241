"""When a member is reminded, and when not. Pure: what was sent, what is wished and the instant come in as arguments."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from typing import Literal
from zoneinfo import ZoneInfo

from bot.kernel.calendar import StudyDay, instant
from bot.kernel.card import Button
from bot.kernel.text import Text

A_DAY = 2  # messages on one day of a member, over all groups
A_WEEK = 8  # messages in any seven days, over all groups
EVENINGS_A_WEEK = 3  # of these, so that five are left for the mornings and afternoons of a working week
WEEK = timedelta(days=7)
APART = timedelta(hours=1)  # two messages of a group closer than this are one too many
LAST_CHANCE = time(19, 30)  # a digest after this stands for the evening reminder as well
LATEST = timedelta(hours=3)  # a reminder that comes later than this is dropped
QUIET_FROM, QUIET_TO = time(21, 30), time(8)
EVENING = time(20, 30)
USUAL = "usual"  # the hour before the member usually studies
HOURS = ("08:30", "12:30", "18:00", "20:00", USUAL)
LINES = 6
PATIENCE = 3  # reminders without a reply; then every other day
DRAW_BACK = timedelta(days=7)  # of silence; then one a week
STOP = timedelta(days=28)  # of silence; then a last one
ABOUT_A_WEEK = timedelta(days=6, hours=12)  # a week on the wall clock, whatever clocks and zones do
MUTE = timedelta(days=6)  # after the end of the member's day: a week with today
KEPT = timedelta(days=60)  # what was sent and decided is remembered so long
ORDER = ("daily", "partner", "review", "repeat", "streak")


class Why(StrEnum):
    """What was decided at a moment, and for which reason."""

    SENT = "sent"
    FAREWELL = "farewell"  # sent, and none after it
    MOVED = "moved"  # the member is in another zone: planned for the same hour there
    GONE_BY = "gone_by"  # the member is in another zone, where the hour has passed
    LATE = "late"
    NOTHING = "nothing"
    ANSWERED = "answered"
    NOT_ASKED = "not_asked"  # a rest, an excuse, or the day counts already
    TOLD = "told"  # the same kind, or the same moment, on this day already from this group
    TURN = "turn"  # groups take turns where they are more than the budget has room for
    DAY_FULL = "day_full"
    WEEK_FULL = "week_full"
    EVENINGS_FULL = "evenings_full"
    JUST_NOW = "just_now"
    SOON = "soon"  # the digest of this evening is still to come, and holds both
    QUIET = "quiet"
    PAUSED = "paused"
    MUTED = "muted"
    SKIPPED = "skipped"
    OFF = "off"
    LEFT = "left"
    STOPPED = "stopped"
    EVERY_OTHER_DAY = "every_other_day"
    WEEKLY = "weekly"


@dataclass(frozen=True, slots=True)
class Wish:
    """What a member of a group wants, and how far the bot has drawn back because nothing followed its reminders."""

    member: str
    wanted: bool = False
    hour: str = USUAL
    evening: bool = True
    muted_until: datetime | None = None
    skipped_until: datetime | None = None
    unanswered: int = 0
    silent_since: datetime | None = None
    stopped: bool = False
    refused: str = ""
    answered_at: datetime | None = None
    digests: int = 0
    evenings: int = 0


@dataclass(frozen=True, slots=True)
class Moment:
    """A planned wake: at `at` on the wall clock of local date `day`, wherever the member is by then."""

    name: str
    member: str
    evening: bool
    day: date
    at: time
    due: datetime

    def right(self, zone: ZoneInfo) -> datetime | None:
        """When that is in this zone; None where the zone does not have the date."""
        return instant(self.day, self.at, zone)


@dataclass(frozen=True, slots=True)
class Line:
    """
    Something to remind of. `asked`: told at a moment, for this moment alone; else it waits until it is sent.

    `kind` and `about` together name it; it is no use after `until`.
    """

    kind: str
    about: str
    text: Text
    button: Button
    until: datetime
    asked: bool = False


@dataclass(frozen=True, slots=True)
class Sent:
    """A message that went out, with the member's day as it was then."""

    at: datetime
    starts: datetime
    ends: datetime
    group: str
    evening: bool
    kinds: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class State:
    """
    Everything that a decision rests on. `sent` are the messages of at least the last week from all groups, in order.

    `silent` is how long nothing has followed the reminders of `group`, without the time in which the bot was down;
    `digest_at` is when its next digest is planned. `groups` are those from which the member wants reminders, in order;
    `asks_today` is whether their day asks anything of them.
    """

    group: str
    moment: Moment
    wish: Wish
    zone: ZoneInfo
    day: StudyDay
    sent: tuple[Sent, ...] = ()
    here: bool = True
    paused_until: datetime | None = None
    silent: timedelta = timedelta()
    digest_at: datetime | None = None
    lines: tuple[Line, ...] = ()
    groups: tuple[str, ...] = ()
    asks_today: bool = True


SILENT = (Why.NOTHING, Why.ANSWERED, Why.NOT_ASKED)
Tone = Literal["digest", "evening", "farewell"]


@dataclass(frozen=True, slots=True)
class Send:
    """One message with these lines."""

    lines: tuple[Line, ...]
    tone: Tone


@dataclass(frozen=True, slots=True)
class Wait:
    """The moment is still to come for this member: plan it anew."""


@dataclass(frozen=True, slots=True)
class Drop:
    """The moment passes without a message. Lines that were told for it alone go with it, others wait."""

    why: Why


Decision = Send | Wait | Drop


# --- deciding ------------------------------------------------------------------------------


def decide(state: State, now: datetime) -> Decision:
    """
    What becomes of this moment.

    `Drop` for one of `SILENT` means that a message would be allowed and no line is there.
    """
    no = _unwanted(state) or _untimely(state, now) or _resting(state, now) or _over_budget(state, now)
    if no is Why.MOVED:
        return Wait()
    no = no or _drawn_back(state) or _said_before(state, now) or _turn(state, now)
    if no:
        return Drop(no)
    if state.silent >= STOP and not state.moment.evening:
        return Send((), "farewell")
    return _chosen(state, now)


def _unwanted(state: State) -> Why | None:
    if not state.here:
        return Why.LEFT
    if not state.wish.wanted or (state.moment.evening and not state.wish.evening):
        return Why.OFF
    return None


def _untimely(state: State, now: datetime) -> Why | None:
    right = state.moment.right(state.zone)
    if right is not None and right > now:
        return Why.MOVED
    if right is None or now - right > LATEST:
        return Why.LATE if right == state.moment.due else Why.GONE_BY
    return Why.QUIET if is_quiet(now, state.zone) else None


def _resting(state: State, now: datetime) -> Why | None:
    wish = state.wish
    rests = (
        (Why.PAUSED, state.paused_until),
        (Why.MUTED, wish.muted_until),
        (Why.SKIPPED, wish.skipped_until),
    )
    found = next((why for why, until in rests if until is not None and until > now), None)
    return found or (Why.STOPPED if wish.stopped else None)


def _over_budget(state: State, now: datetime) -> Why | None:
    week = [sent for sent in state.sent if sent.at >= now - WEEK]
    if any(sum(starts <= sent.at < ends for sent in state.sent) >= A_DAY for starts, ends in _days(state, now)):
        return Why.DAY_FULL
    if len(week) >= A_WEEK:
        return Why.WEEK_FULL
    if state.moment.evening and sum(sent.evening for sent in week) >= EVENINGS_A_WEEK:
        return Why.EVENINGS_FULL
    if any(sent.at > now - APART and sent.group == state.group for sent in week):
        return Why.JUST_NOW
    soon = state.moment.evening and state.digest_at is not None and state.digest_at < now + APART
    return Why.SOON if soon else None


def _days(state: State, now: datetime) -> set[tuple[datetime, datetime]]:
    """
    The member's day, and every day that was theirs when something was sent and that still goes on.

    They differ where groups count in different zones and the member has no zone of their own.
    """
    return {(state.day.starts, state.day.ends), *((s.starts, s.ends) for s in state.sent if s.starts <= now < s.ends)}


def _drawn_back(state: State) -> Why | None:
    last = next((sent for sent in reversed(state.sent) if sent.group == state.group), None)
    if last is None:
        return None
    if state.silent >= DRAW_BACK:
        return Why.WEEKLY if state.day.starts - last.starts < ABOUT_A_WEEK else None
    between = last.ends < state.day.starts  # a whole day lies between
    return Why.EVERY_OTHER_DAY if state.wish.unanswered >= PATIENCE and not between else None


def _said_before(state: State, now: datetime) -> Why | None:
    """One digest and one evening reminder a day, also when the member moves the hour."""
    here = [sent for sent in _today(state, now) if sent.group == state.group]
    return Why.TOLD if any(sent.evening == state.moment.evening for sent in here) else None


def _turn(state: State, now: datetime) -> Why | None:
    """
    Groups that have their digests at one hour would always come in one order, and the last would never be heard.

    So the places of a day go round by its date. Whose turn it is does not depend on who has something to say: a group
    that never has would be waited for.
    """
    if state.moment.evening or state.group not in state.groups:
        return None
    today = _today(state, now)
    earlier = sum(sent.at >= now - WEEK and sent not in today for sent in state.sent)
    places = min(A_DAY, A_WEEK - earlier)
    turn = (state.groups.index(state.group) + state.day.date.toordinal()) % len(state.groups)
    return None if turn < places else Why.TURN


def _today(state: State, now: datetime) -> list[Sent]:
    days = _days(state, now)
    return [sent for sent in state.sent if any(starts <= sent.at < ends for starts, ends in days)]


def _chosen(state: State, now: datetime) -> Decision:
    valid = [line for line in state.lines if line.until > now]
    said = {kind for sent in _today(state, now) if sent.group == state.group for kind in sent.kinds}
    fresh = [line for line in valid if line.kind not in said]
    if fresh:
        return Send(in_order(fresh)[:LINES], "evening" if state.moment.evening else "digest")
    if valid:
        return Drop(Why.TOLD)
    if state.wish.answered_at and state.wish.answered_at >= state.day.starts:
        return Drop(Why.ANSWERED)
    return Drop(Why.NOTHING if state.asks_today else Why.NOT_ASKED)


def expires(state: State, now: datetime) -> datetime:
    """Until when the message may still be delivered: three hours after its hour, and never in the quiet ones."""
    right = state.moment.right(state.zone) or now
    night = instant(now.astimezone(state.zone).date(), QUIET_FROM, state.zone)
    return min(right + LATEST, night) if night else right + LATEST


def in_order(lines: Sequence[Line]) -> tuple[Line, ...]:
    return tuple(sorted(lines, key=lambda line: ORDER.index(line.kind) if line.kind in ORDER else len(ORDER)))


def is_quiet(at: datetime, zone: ZoneInfo) -> bool:
    wall = at.astimezone(zone).time()
    return wall >= QUIET_FROM or wall < QUIET_TO


def asks(moment: Moment, wish: Wish) -> tuple[bool, ...]:
    """Whether the others are asked for the evening, or not, or for both: late in the day one message does for both."""
    if moment.evening:
        return (True,)
    return (False, True) if wish.evening and moment.at > LAST_CHANCE else (False,)


def silence(since: datetime | None, now: datetime, down: Sequence[tuple[datetime, datetime]]) -> timedelta:
    """How long nothing has come from them; the time in which they could not reach the bot does not count."""
    if since is None:
        return timedelta()
    lost = sum((max(min(ends, now) - max(starts, since), timedelta()) for starts, ends in down), timedelta())
    return now - since - lost


# --- what changes a wish ---------------------------------------------------------------------


def alive(wish: Wish) -> Wish:
    """After a sign of life reminders come as before."""
    return replace(wish, unanswered=0, silent_since=None, stopped=False)


def after(wish: Wish, send: Send, now: datetime) -> Wish:
    """The wish once this message has gone out."""
    evening = send.tone == "evening"
    return replace(
        wish,
        unanswered=wish.unanswered + (not evening),
        silent_since=wish.silent_since or now,
        stopped=send.tone == "farewell",
        digests=wish.digests + (not evening),
        evenings=wish.evenings + evening,
    )
