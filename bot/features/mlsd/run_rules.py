"""A run on one's own clock: what is due at which minute of it, and until when words are taken. Pure."""

from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from bot.content.catalogue import Item, SessionPlan, Turn
from bot.content.kinds.mlsd import STAGE_LABELS as LABELS
from bot.features.mlsd.rules import State, Week
from bot.kernel.calendar import draw
from bot.kernel.errors import Refusal

STAGE_LABELS: Mapping[str, str] = {str(stage): label for stage, label in LABELS.items()}
WHOLE, SHORT = "mlsd-45", "mlsd-20"  # session plans
GRACE = timedelta(minutes=5)  # after the time, to finish the sentence; and after the end, for a form that was open
PAUSE = timedelta(minutes=10)
QUIET = timedelta(minutes=4)
KNOWN = timedelta(minutes=5)  # so long somebody may say that they know the prompt
RESTARTS = timedelta(days=30)  # one of them in so long
STAGE_TEXT = 1_200  # characters that a form asks for
RUN_TEXT = 18_000  # characters of a whole run
LIVE = ("running", "paused")
LONG = timedelta(minutes=45)  # after a longer outage the clock waits until its member is back
GIVEN_UP = timedelta(hours=24)  # ... for so long, where no window closes before

Gaps = Sequence[tuple[datetime, datetime]]
"""When the bot was not running, as (from, to)."""


@dataclass(frozen=True, slots=True)
class Run:
    """
    `number` is 1, 2, ... in the group. `state`: running, paused, over (its time ended) or closed (by a press).

    `week` is 0 for practice. `spare`: it has another prompt than its week. `partial`: not every stage has words.
    `handed_in`: its answer was given. `deadline`: over at the latest. `touched_at`: when its member was last heard of.
    """

    number: int
    member: str
    week: int
    item: str
    revision: int
    plan: str
    started_at: datetime
    state: str = "running"
    ended_at: datetime | None = None
    redo_stage: str = ""
    hide_name: bool = False
    partial: bool = False
    spare: bool = False
    paused_at: datetime | None = None
    resumed_at: datetime | None = None
    deadline: datetime | None = None
    touched_at: datetime | None = None
    beat: int = 0
    in_room: bool = False
    handed_in: bool = False

    @property
    def task(self) -> str:
        """What its answer belongs to: the week's, or one of its own."""
        return f"design-{self.week}" if self.week and not self.spare else f"design-run-{self.number}"

    @property
    def is_live(self) -> bool:
        return self.state in LIVE


@dataclass(frozen=True, slots=True)
class Written:
    """
    All that a member wrote for a stage or after a twist (`slot`); `fell`: the stages that fall after the twist.

    `chose`: they said which ones fall; without that nothing is known of what stands.
    """

    slot: str
    text: str
    fell: tuple[str, ...]
    at: datetime
    chose: bool = True


@dataclass(frozen=True, slots=True)
class Asked:
    """One asking; `fact` is its place in the item's facts, None where nothing was found."""

    words: str
    fact: int | None
    at: datetime


@dataclass(frozen=True, slots=True)
class Cue:
    """Something that comes at a minute of the run: a stage, the `place`-th of all, or a twist (then `turn` is set)."""

    slot: str
    minute: int
    place: int
    until: int = 0  # the minute at which the next stage comes
    says: str = ""
    turn: Turn | None = None

    @property
    def label(self) -> str:
        return f"Change {self.place}" if self.turn else STAGE_LABELS.get(self.slot, self.slot)


def cues(item: Item, plan: SessionPlan) -> tuple[Cue, ...]:
    """Everything that comes in a run of this item by this plan, in order; a twist stands before a stage."""
    stages = [phase for phase in plan.phases if phase.stage]
    found = [Cue(p.stage, p.start, n, p.end, p.says) for n, p in enumerate(stages, 1)]
    turns = item.timed.turns if item.timed else ()
    minutes = [turn.minute for turn in turns] if plan.twists is None else list(plan.twists)
    for n, (turn, minute) in enumerate(zip(turns, minutes, strict=False), 1):
        slot = f"twist-{turn.id}" if turn.id in STAGE_LABELS else turn.id
        if minute < plan.minutes:
            found.append(Cue(slot, minute, n, turn=turn))
    return tuple(sorted(found, key=lambda cue: (cue.minute, cue.turn is None, cue.place)))


# --- the clock -------------------------------------------------------------------------


def pause_ends(run: Run) -> datetime | None:
    """When the pause ended, or ends at the latest; None without a pause."""
    if run.paused_at is None:
        return None
    return run.resumed_at or run.paused_at + PAUSE


def stopped(run: Run, gaps: Gaps, since: datetime, until: datetime) -> timedelta:
    """How long the run's clock stood still between two instants: paused, or the bot was away."""
    spans = list(gaps)
    if run.paused_at and (ends := pause_ends(run)):
        spans.append((run.paused_at, ends))
    total, at = timedelta(), since
    for span in sorted(spans):
        begins, ends = max(span[0], at), min(span[1], until)
        if ends > begins:
            total, at = total + (ends - begins), ends
    return total


def elapsed(run: Run, gaps: Gaps, at: datetime, since: datetime | None = None) -> timedelta:
    """How far the run's own clock is at this instant, or has come since another one. Never negative."""
    since = max(since or run.started_at, run.started_at)
    return max(at - since - stopped(run, gaps, since, at), timedelta())


def lost(run: Run, since: datetime, until: datetime) -> timedelta:
    """How much of the run's own time an outage took: what was paused anyway is not counted."""
    since = max(since, run.started_at)
    return max(until - since - stopped(run, (), since, until), timedelta())


def reaches(run: Run, gaps: Gaps, now: datetime, mark: timedelta) -> datetime:
    """When the run's clock shows `mark`, if nothing else stops it from now on."""
    ends = pause_ends(run)
    from_ = ends if run.state == "paused" and ends and ends > now else now
    return from_ + (mark - elapsed(run, gaps, now))


def whole(plan: SessionPlan) -> timedelta:
    return timedelta(minutes=plan.minutes)


def latest_end(run: Run, plan: SessionPlan, gaps: Gaps, now: datetime) -> datetime:
    """When the run is over at the latest, with the pause that may still come."""
    may_come = run.paused_at is None and elapsed(run, gaps, now) < whole(plan)
    return reaches(run, gaps, now, whole(plan) + GRACE) + (PAUSE if may_come else timedelta())


def settled(run: Run, now: datetime) -> Run:
    """A pause that has lasted ten minutes has ended."""
    ends = pause_ends(run)
    if run.state == "paused" and ends and ends <= now:
        return replace(run, state="running", resumed_at=ends, touched_at=ends)
    return run


@dataclass(frozen=True, slots=True)
class Dues:
    """What must be said now: the cues in order; whether the time is up, and whether the grace is over as well."""

    cues: tuple[Cue, ...]
    time_up: bool
    over: bool


def due(run: Run, plan: SessionPlan, all_: Sequence[Cue], told: Set[str], gone: timedelta) -> Dues:
    """`gone` is how far the run's clock is. In a pause nothing comes."""
    if run.state != "running":
        return Dues((), time_up=False, over=False)
    found = tuple(cue for cue in all_ if timedelta(minutes=cue.minute) <= gone and cue.slot not in told)
    return Dues(found, gone >= whole(plan), gone >= whole(plan) + GRACE)


def current(all_: Sequence[Cue], told: Set[str]) -> Cue | None:
    """The stage that is on."""
    return next((cue for cue in reversed(all_) if cue.turn is None and cue.slot in told), None)


def is_quiet(run: Run, gaps: Gaps, now: datetime) -> bool:
    """Nothing was heard for four minutes of the run's clock."""
    return run.state == "running" and elapsed(run, gaps, now, run.touched_at) >= QUIET


def next_beat(run: Run, plan: SessionPlan, all_: Sequence[Cue], told: Set[str], gaps: Gaps, now: datetime) -> datetime:
    """When something is due next. Never now: what is due now has been said."""
    marks = [timedelta(minutes=cue.minute) for cue in all_ if cue.slot not in told]
    marks.append(whole(plan) + GRACE if "end" in told else whole(plan))
    at = reaches(run, gaps, now, min(marks))
    ends = pause_ends(run)
    if run.state == "paused" and ends:
        at = min(at, ends)
    stage = current(all_, told)
    if run.state == "running" and stage and f"quiet/{stage.slot}" not in told and "end" not in told:
        at = min(at, now + QUIET - elapsed(run, gaps, now, run.touched_at))
    return max(at, now + timedelta(seconds=1))


@dataclass(frozen=True, slots=True)
class Course:
    """A run, and all that decides what comes in it now. `told`: what has been said; `gaps`: when the bot was away."""

    run: Run
    item: Item
    plan: SessionPlan
    cues: tuple[Cue, ...]
    told: frozenset[str]
    gaps: Gaps
    now: datetime
    waits: datetime | None = None  # since when the clock waits for its member

    @property
    def gone(self) -> timedelta:
        return elapsed(self.run, self.gaps, self.now)

    @property
    def minutes_left(self) -> int:
        """Of the time for work, rounded up."""
        left = max(whole(self.plan) - self.gone, timedelta())
        return -(-int(left.total_seconds()) // 60)

    @property
    def stages(self) -> tuple[Cue, ...]:
        return tuple(cue for cue in self.cues if cue.turn is None)

    @property
    def open_cues(self) -> tuple[Cue, ...]:
        """What has come so far and can be written to."""
        return tuple(cue for cue in self.cues if cue.slot in self.told)

    def is_on(self, cue: Cue) -> bool:
        """It is the stage that is on, or a change that came with it or after it."""
        stage = current(self.cues, self.told)
        return self.run.is_live and "end" not in self.told and stage is not None and cue.minute >= stage.minute

    @property
    def may_pause(self) -> bool:
        return self.run.paused_at is None and "end" not in self.told and not self.waits

    def cue(self, slot: str) -> Cue:
        """What has come under this name."""
        for cue in self.open_cues:
            if cue.slot == slot:
                return cue
        raise Refusal("This part of your run has not come yet.", hint="Write to the stage that is on.")


# --- what may be done ------------------------------------------------------------------------


def waits_until(since: datetime, locks: datetime | None) -> datetime:
    """How long the clock waits for its member: until its window closes, but an hour at the least."""
    return max(locks - timedelta(minutes=1), since + timedelta(hours=1)) if locks else since + GIVEN_UP


def may_pause(run: Run, plan: SessionPlan, gone: timedelta, waits: datetime | None = None) -> None:
    if run.state == "paused" or waits:
        raise Refusal("Your clock is stopped already.", hint="Press “Go on” when you are back.")
    if run.paused_at:
        raise Refusal("Your one pause is used.", hint="You can close your run at any time. A part of it counts too.")
    if gone >= whole(plan):
        raise Refusal("Your time is over, so there is nothing to stop.", hint="You can still finish your sentence.")


def may_ask(run: Run, plan: SessionPlan, gone: timedelta, waits: datetime | None = None) -> None:
    if run.state == "paused" or waits:
        raise Refusal("Your clock is stopped, so no facts now.", hint="Press “Go on” first, then ask.")
    if gone >= whole(plan):
        raise Refusal("Your time is over, so no more facts.", hint="Finish your sentence, then close your run.")


def may_start(plan: SessionPlan, locks: datetime, now: datetime) -> None:
    """The last one begins so early that its minutes fit before the lock."""
    if now + whole(plan) > locks:
        raise Refusal(
            f"This window closes in less than {plan.minutes} minutes.",
            hint="You can still review this week: press “I only want to review”.",
        )


def has_counted(week: Week, mine: Sequence[Run]) -> bool:
    """Has this member a run in the week's pool?"""
    return any(run.week == week.number and run.handed_in for run in mine)


def is_practice(week: Week, mine: Sequence[Run], now: datetime) -> bool | None:
    """Would a short run of this week's prompt be practice? None: it cannot be run now."""
    if week.state is State.OPEN and now < week.locks:
        return None if has_counted(week, mine) else False
    return True if week.state in (State.REVEALED, State.CLOSED) else None


def may_run(week: Week, plan: SessionPlan, mine: Sequence[Run], now: datetime, *, knows: bool = False) -> None:
    """
    One run of a week counts; after the reveal its prompt is there for short runs.

    `knows`: a change of this prompt was seen in an earlier run, so it cannot be run anew as if it were not.
    """
    if week.state in (State.REVEALED, State.CLOSED):
        if plan.id != SHORT:
            raise Refusal("The time for runs of this week is over.", hint="A short run is possible: press “Short run”.")
        return
    if week.state is not State.OPEN:
        raise Refusal("The time for runs of this week is over.", hint="After the reveal a short run is possible.")
    if has_counted(week, mine):
        raise Refusal("Your run of this week is in.", hint="After the reveal you can run it again for practice.")
    if knows:
        raise Refusal(
            "You have seen what changes in this prompt.",
            hint="After the reveal you can run it for practice. You can still review this week.",
        )
    may_start(plan, week.locks, now)


def may_restart(run: Run, gone: timedelta, last: datetime | None, now: datetime, *, was_away: bool) -> None:
    """`last` is when this member last took another prompt; `was_away`: the bot was, during this run."""
    if not run.week:
        raise Refusal("You chose this prompt yourself.", hint="Close this run and choose another one.")
    if run.spare:
        raise Refusal("This is the other prompt already.", hint="Carry on with it. A part of it counts too.")
    if last and now - last < RESTARTS:
        raise Refusal(
            "You took another prompt within the last 30 days.", hint="Carry on, or close your run. A part counts too."
        )
    if gone > KNOWN and not was_away:
        raise Refusal(
            "That is possible in the first five minutes only.", hint="Carry on. Say what you know and go deeper there."
        )


def takes_messages(run: Run, now: datetime) -> bool:
    """
    Private messages are words of this run: while it goes on, and five minutes after its time ran out.

    Whoever closed it by a press has said that they are done.
    """
    return may_write_late(run, now) and (run.is_live or run.state == "over")


def may_write_late(run: Run, now: datetime) -> bool:
    """A form that was open when the run ended is still taken for five minutes; not of one that was given up."""
    ended = run.ended_at is not None and now - run.ended_at < GRACE
    return run.is_live or (ended and (run.handed_in or run.state == "over"))


def needs_room(total: int, more: int) -> None:
    """`total`: characters that stand already, `more`: those to come."""
    if total + more > RUN_TEXT:
        left = max(RUN_TEXT - total, 0)
        raise Refusal(
            f"A run holds {RUN_TEXT:,} characters. {left:,} are left.",
            hint="Shorten it and send it again.",
            field="text",
        )


def spare_item(able: Sequence[Item], soon: Set[str], had: Set[str], name: str) -> Item:
    """
    Another prompt that this member has not had: one that no week uses soon. `name` seeds the draw.

    Where all are planned, the first of `able`: they come in the order in which they would be missed least.
    """
    new = [item for item in able if item.id not in had]
    if not new:
        raise Refusal("There is no other prompt at the moment.", hint="Carry on with this one. A part counts too.")
    free = sorted((item for item in new if item.id not in soon), key=lambda item: item.id)
    return draw(name).choice(free) if free else new[0]


# --- what is handed in --------------------------------------------------------------------------


def is_partial(all_: Sequence[Cue], written: Sequence[Written]) -> bool:
    done = {one.slot for one in written if one.text}
    return any(cue.turn is None and cue.slot not in done for cue in all_)
