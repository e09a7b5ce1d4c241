"""What happens to a member's days: most of it is only noted. What is shown is told from the notes each time."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from bot.features.streaks import cards, correction_records, records, rules
from bot.features.streaks.day_rules import Entry, History, Kind, Verdict, monday
from bot.features.streaks.rules import Report, Week
from bot.kernel.action import Action
from bot.kernel.calendar import LONGEST_DAY, Zones, stamp
from bot.kernel.card import Button, Card
from bot.kernel.effect import Ask, Effect, Reply
from bot.kernel.engine_facts import WhenWasItDown, WhoIsHere, ZonesOver
from bot.kernel.event import Pressed, Scene, Submitted, Typed
from bot.kernel.facts import (
    AnswerKept,
    AnswerWithdrawn,
    AsksToday,
    GoalChosen,
    LastCredits,
    MemberJoined,
    MemberLeft,
    MemberPaused,
    MemberResumed,
    MemberStuck,
    Nudge,
    NudgeMoment,
    TaskOpened,
    TimedRunFinished,
    WhenAreProblemsPosted,
    WhoIsQuiet,
)
from bot.kernel.feature import Feature
from bot.kernel.peer_facts import ReviewDiscarded, ReviewGiven
from bot.kernel.ports import Tx

LAST_CREDITS = 7
NUDGE_FOR = timedelta(hours=1)

FEATURE = Feature(
    "streaks",
    stores=(
        (
            "The days on which you practised: which problem or review, and when",
            "only you; organisers see which days counted",
        ),
        ("Your goal for a week, rest days, breaks, and when you joined or left", "only you"),
        ("Days that an organiser corrected, with the reason", "you and the organisers"),
        ("When you last did something here, once two weeks of problems have passed", "you and the organisers"),
    ),
)


# --- what is noted ---------------------------------------------------------------------------


@FEATURE.on_fact(TaskOpened)
def note_task(fact: TaskOpened, scene: Scene, tx: Tx) -> Sequence[Effect]:
    """What is answered by a run has days of its own to choose from: the one on which it opens asks nothing."""
    records.keep_task(tx, scene.group, fact.task, fact.title, fact.opens, fact.member, asks=not fact.handed_in)
    return []


@FEATURE.on_fact(AnswerKept)
def note_answer(fact: AnswerKept, scene: Scene, tx: Tx) -> Sequence[Effect]:
    """The first sending counts. An edit does not; but whoever withdrew an answer and sends it again has it back."""
    if fact.first:
        return _credit(scene, tx, fact.member, Kind.ANSWER, fact.task)
    if records.is_withdrawn(tx, scene.group, fact.member, fact.task):
        _note(scene, tx, fact.member, Kind.RESTORED, fact.task)
    return []


@FEATURE.on_fact(AnswerWithdrawn)
def note_withdrawal(fact: AnswerWithdrawn, scene: Scene, tx: Tx) -> Sequence[Effect]:
    return _note(scene, tx, fact.member, Kind.WITHDRAWN, fact.task)


@FEATURE.on_fact(TimedRunFinished)
def note_run(fact: TimedRunFinished, scene: Scene, tx: Tx) -> Sequence[Effect]:
    return _credit(scene, tx, fact.member, Kind.RUN, fact.task) if fact.seconds >= rules.RUN else []


@FEATURE.on_fact(ReviewGiven)
def note_review(fact: ReviewGiven, scene: Scene, tx: Tx) -> Sequence[Effect]:
    if records.is_discarded(tx, scene.group, fact.member, fact.review):
        return _note(scene, tx, fact.member, Kind.REGAINED, fact.review)  # its day counts again
    return _credit(scene, tx, fact.member, Kind.REVIEW, fact.review)


@FEATURE.on_fact(ReviewDiscarded)
def note_removal(fact: ReviewDiscarded, scene: Scene, tx: Tx) -> Sequence[Effect]:
    return _note(scene, tx, fact.member, Kind.DISCARDED, fact.review)


def _credit(scene: Scene, tx: Tx, member: str, kind: Kind, what: str) -> list[Effect]:
    """Note it, and say so when it is the first of the day. A reply reaches whoever acted, so it must be them."""
    _note(scene, tx, member, kind, what)
    if member != scene.member:
        return []
    week = week_of(scene, tx, member)
    if not week.on or week.acts != 1:
        return []
    first = len(records.list_credits(tx, scene.group, member, 2)) == 1
    return [Reply(cards.counted_card(week, first=first))]


@FEATURE.on_fact(MemberStuck)
def note_stuck(fact: MemberStuck, scene: Scene, tx: Tx) -> Sequence[Effect]:
    return _note(scene, tx, fact.member, Kind.STUCK, fact.task)


@FEATURE.on_fact(MemberJoined)
def note_joining(fact: MemberJoined, scene: Scene, tx: Tx) -> Sequence[Effect]:
    return _note(scene, tx, fact.member, Kind.JOINED)


@FEATURE.on_fact(MemberLeft)
def note_leaving(fact: MemberLeft, scene: Scene, tx: Tx) -> Sequence[Effect]:
    return _note(scene, tx, fact.member, Kind.LEFT)


@FEATURE.on_fact(MemberPaused)
def note_pause(fact: MemberPaused, scene: Scene, tx: Tx) -> Sequence[Effect]:
    return _note(scene, tx, fact.member, Kind.PAUSED, stamp(fact.until))


@FEATURE.on_fact(MemberResumed)
def note_return(fact: MemberResumed, scene: Scene, tx: Tx) -> Sequence[Effect]:
    return _note(scene, tx, fact.member, Kind.RESUMED)


@FEATURE.on_fact(GoalChosen)
def note_goal(fact: GoalChosen, scene: Scene, tx: Tx) -> Sequence[Effect]:
    """Such a choice holds from next Monday on, or a week could be won on its last evening."""
    _note(scene, tx, fact.member, Kind.GOAL, str(fact.days))
    week = week_of(scene, tx, fact.member)
    if fact.member != scene.member or week.next_goal == week.goal:
        return []
    return [Reply(cards.goal_card(week))]


def _note(scene: Scene, tx: Tx, member: str, kind: Kind, what: str = "") -> list[Effect]:
    records.keep_entry(tx, scene.group, member, Entry(scene.now, kind, what))
    return []


# --- looking ------------------------------------------------------------------------------------


@FEATURE.on_command("streak", "see which of your days counted", reads=True)
def type_streak(typed: Typed, scene: Scene, tx: Tx) -> Sequence[Effect]:
    return [Reply(_shown(scene, tx))]


@FEATURE.on_press("show", reads=True)
def show_streak(press: Pressed, scene: Scene, tx: Tx) -> Sequence[Effect]:
    return [Reply(_shown(scene, tx))]


@FEATURE.on_home
def home_streak(scene: Scene, tx: Tx) -> Sequence[Card]:
    if not scene.is_member:
        return []
    report = report_on(scene, tx, scene.member)
    return [cards.streak_card(report, _titles(scene, tx), at_home=True)] if report.on else []


@FEATURE.on_command("why", "see why each of your days counted or not", reads=True)
def type_why(typed: Typed, scene: Scene, tx: Tx) -> Sequence[Effect]:
    return [Reply(cards.why_card(report_on(scene, tx, scene.member), _titles(scene, tx), 0))]


@FEATURE.on_press("why", reads=True)
def explain(press: Pressed, scene: Scene, tx: Tx) -> Sequence[Effect]:
    page = press.action.get("page")
    number = int(page) if page.isascii() and page.isdecimal() and len(page) < 5 else 0
    return [Reply(cards.why_card(report_on(scene, tx, scene.member), _titles(scene, tx), number))]


def _shown(scene: Scene, tx: Tx) -> Card:
    report = report_on(scene, tx, scene.member)
    return cards.streak_card(report, _titles(scene, tx)) if report.on else cards.off_card()


def report_on(scene: Scene, tx: Tx, member: str) -> Report:
    """How this member's days stand now, told from everything that was noted."""
    return rules.fold(history_of(scene, tx, member), scene.now)


def week_of(scene: Scene, tx: Tx, member: str) -> Week:
    """The running week alone: as quick in the third year as in the first. What was not done does not matter to it."""
    zones = scene.ask(ZonesOver(member), tx)
    log = records.list_entries(tx, scene.group, member, _since(scene, zones, rules.RECENT))
    corrections = correction_records.list_corrections(tx, scene.group, member)
    return rules.look_at_week(History(zones, log, corrections=corrections), scene.now)


def history_of(scene: Scene, tx: Tx, member: str, wait: timedelta | None = None) -> History:
    """What was noted of this member; of practice and problems only what the days since `wait` before now need."""
    zones = scene.ask(ZonesOver(member), tx)
    since = _since(scene, zones, wait) if wait else None
    return History(
        zones,
        records.list_entries(tx, scene.group, member, since),
        records.list_opens(tx, scene.group, since),
        scene.ask(WhenWasItDown(), tx),
        correction_records.list_corrections(tx, scene.group, member),
    )


def _since(scene: Scene, zones: Zones, wait: timedelta) -> datetime:
    """A day before the one that began `wait` before now: a problem of its evening asks for the next day."""
    return rules.recent_days(zones, scene.now, wait)[0].starts - LONGEST_DAY


def _titles(scene: Scene, tx: Tx) -> dict[str, str]:
    return records.list_titles(tx, scene.group, scene.member)


# --- what a member chooses -------------------------------------------------------------------------


@FEATURE.on_press("off")
def turn_off(press: Pressed, scene: Scene, tx: Tx) -> Sequence[Effect]:
    if week_of(scene, tx, scene.member).on:
        _note(scene, tx, scene.member, Kind.OFF)
    return [Reply(cards.off_card())]


@FEATURE.on_press("on")
def turn_on(press: Pressed, scene: Scene, tx: Tx) -> Sequence[Effect]:
    if not week_of(scene, tx, scene.member).on:
        _note(scene, tx, scene.member, Kind.ON)
    return [Reply(cards.on_card(week_of(scene, tx, scene.member)))]


@FEATURE.on_press("rest", reads=True)
def ask_rest(press: Pressed, scene: Scene, tx: Tx) -> Sequence[Effect]:
    return [Ask(cards.rest_form(report_on(scene, tx, scene.member).next_rest))]


@FEATURE.on_submit("keep_rest", opened_by="rest")
def keep_rest(form: Submitted, scene: Scene, tx: Tx) -> Sequence[Effect]:
    days = rules.accept_rest(form.chosen("days"))
    _note(scene, tx, scene.member, Kind.REST, ",".join(map(str, days)))
    since = monday(week_of(scene, tx, scene.member).today.date) + timedelta(days=7)
    return [Reply(cards.rest_kept_card(days, since))]


# --- what others ask, and an evening reminder --------------------------------------------------------


@FEATURE.answers(LastCredits)
def last_credits(question: LastCredits, scene: Scene, tx: Tx) -> tuple[datetime, ...]:
    return records.list_credits(tx, scene.group, question.member, LAST_CREDITS)


@FEATURE.answers(AsksToday)
def asks_today(question: AsksToday, scene: Scene, tx: Tx) -> bool:
    return rules.asks_today(history_of(scene, tx, question.member, rules.RECENT), scene.now)


@FEATURE.answers(WhoIsQuiet)
def who_is_quiet(question: WhoIsQuiet, scene: Scene, tx: Tx) -> tuple[tuple[str, datetime], ...]:
    """
    The end of a pause counts as a sign of life, so whoever rests is not quiet.

    As many problems must have passed as usually come in that time: in a holiday of the group nobody falls quiet.
    """
    usual = len(scene.ask(WhenAreProblemsPosted(), tx).days) * (scene.now - question.since) / timedelta(days=7)
    opens = [opening for opening in records.list_opens(tx, scene.group) if opening[0] <= scene.now]
    since = rules.quiet_since(opens, scene.ask(WhenWasItDown(), tx), scene.zone, question.since, max(1, round(usual)))
    if since is None:
        return ()
    signs = records.list_signs(tx, scene.group)
    last = {member: rules.last_sign(signs.get(member, ())) for member in scene.ask(WhoIsHere(), tx)}
    # Whoever joined before this log began has lived somewhere since they came.
    known = {member: at or scene.ask(ZonesOver(member), tx)[0][0] for member, at in last.items()}
    quiet = [(member, at) for member, at in known.items() if at < since]
    return tuple(sorted(quiet, key=lambda pair: (pair[1], pair[0])))


@FEATURE.on_fact(NudgeMoment)
def offer_reminder(fact: NudgeMoment, scene: Scene, tx: Tx) -> Sequence[Effect]:
    """In the evening, if a row of days is worth a word and nothing has counted yet. With streaks off no day is open."""
    if not fact.evening:
        return []
    report = report_on(scene, tx, fact.member)
    today = report.today
    if today.verdict is not Verdict.OPEN or report.streak < rules.ASK_FROM:
        return []
    button = Button("Open today's problem", Action.to("daily.open_today"))
    until = min(scene.now + NUDGE_FOR, today.ends)
    return [Nudge(fact.member, "streak", f"streak/{today.date}", cards.nudge_line(report), button, until)]
