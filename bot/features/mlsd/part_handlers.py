"""How members take part in a week, and what they and the organisers ask of it."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta

from bot.content.catalogue import Item
from bot.features.mlsd import cards, records, rules, run_records
from bot.features.mlsd.calendar_handlers import look_ahead
from bot.features.mlsd.handlers import FEATURE, catalogue_of
from bot.features.mlsd.rules import Mine, State, Week
from bot.features.mlsd.week_handlers import is_held, let_go_on, show_week, tally_of
from bot.kernel.action import Action
from bot.kernel.card import Button, Card
from bot.kernel.design_facts import AreRunsHeld, InFocus
from bot.kernel.effect import Effect, Reply
from bot.kernel.errors import Refusal
from bot.kernel.event import Pressed, Scene, Typed
from bot.kernel.facts import HasAnswered, MemberLeft, Nudge, NudgeMoment
from bot.kernel.feature import Who
from bot.kernel.ports import Tx

# --- looking ------------------------------------------------------------------------------------


@FEATURE.on_command("design", "see the system design week", reads=True)
def type_design(typed: Typed, scene: Scene, tx: Tx) -> Sequence[Effect]:
    return [Reply(_current(scene, tx))]


@FEATURE.on_press("design", reads=True)
def show_design(press: Pressed, scene: Scene, tx: Tx) -> Sequence[Effect]:
    return [Reply(_current(scene, tx))]


@FEATURE.on_press("week", reads=True)
def show_earlier(press: Pressed, scene: Scene, tx: Tx) -> Sequence[Effect]:
    week = records.find_week(tx, scene.group, rules.accept_number(press.value or press.action.get("week")))
    item = catalogue_of(scene).item(week.item) if week else None
    if week is None or item is None:
        raise Refusal("I do not find this week.", hint="Type /study design to see what is open.")
    mine, task = _mine(scene, tx, week), _own_task(scene, tx, week)
    return [Reply(cards.design_card(week, item, tally_of(scene, tx, week), mine, task=task))]


@FEATURE.on_press("how", reads=True)
def show_how(press: Pressed, scene: Scene, tx: Tx) -> Sequence[Effect]:
    return [Reply(cards.how_card())]


@FEATURE.on_home
def home_week(scene: Scene, tx: Tx) -> Sequence[Card]:
    """Only while there is a week: an empty card would be in the way of the others."""
    if not scene.is_member or rules.current(records.list_weeks(tx, scene.group)) is None:
        return []
    return [_current(scene, tx)]


def _current(scene: Scene, tx: Tx) -> Card:
    weeks = records.list_weeks(tx, scene.group)
    week = rules.current(weeks)
    item = catalogue_of(scene).item(week.item) if week else None
    earlier = _earlier(scene, weeks)
    organiser = scene.is_organiser
    if week and item:
        tally, mine = tally_of(scene, tx, week), _mine(scene, tx, week)
        task = _own_task(scene, tx, week)
        return cards.design_card(week, item, tally, mine, earlier, organiser=organiser, task=task)
    held = is_held(scene, tx)
    first = next((slot for slot in look_ahead(scene, tx).slots if slot.item), None) if held else None
    return cards.no_week_card(first.at if first else None, earlier, held=held, organiser=organiser)


def _earlier(scene: Scene, weeks: Sequence[Week]) -> list[tuple[int, str]]:
    over = [(week, catalogue_of(scene).item(week.item)) for week in weeks if week.state is State.CLOSED]
    return [(week.number, item.title) for week, item in over if item]


def _mine(scene: Scene, tx: Tx, week: Week) -> Mine:
    runs = [run for run in run_records.list_runs(tx, scene.group, week.number) if run.member == scene.member]
    if any(run.is_live for run in runs):
        return Mine.RUNNING
    if task := _own_task(scene, tx, week):
        return Mine.FINISHED if scene.ask(HasAnswered(task, scene.member), tx) else Mine.WITHDRAWN
    if runs:
        return Mine.ENDED
    if scene.member in records.list_readers(tx, scene.group, week.number):
        return Mine.READER
    return Mine.TAKER if scene.member in records.list_takers(tx, scene.group, week.number) else Mine.NOTHING


def _own_task(scene: Scene, tx: Tx, week: Week) -> str:
    """What one's own run of this week belongs to; empty before it is handed in."""
    runs = run_records.list_runs(tx, scene.group, week.number)
    return next((run.task for run in runs if run.member == scene.member and run.handed_in), "")


# --- taking part ----------------------------------------------------------------------------------


def _pressed(press: Pressed, scene: Scene, tx: Tx) -> Week | None:
    return records.find_week(tx, scene.group, rules.accept_number(press.action.get("week")))


@FEATURE.on_press("count_in")
def count_in(press: Pressed, scene: Scene, tx: Tx) -> Sequence[Effect]:
    week = rules.must_be_open(_pressed(press, scene, tx), scene.now)
    if anyway := _runs_anyway(scene, tx, week):
        return [anyway]
    records.forget_reader(tx, scene.group, week.number, scene.member)
    records.keep_taker(tx, scene.group, week.number, scene.member, scene.now)
    return [Reply(cards.counted_card(week, counted=True)), *show_week(scene, tx, week)]


@FEATURE.on_press("count_out")
def count_out(press: Pressed, scene: Scene, tx: Tx) -> Sequence[Effect]:
    week = rules.must_be_open(_pressed(press, scene, tx), scene.now)
    if anyway := _runs_anyway(scene, tx, week):
        return [anyway]
    records.forget_taker(tx, scene.group, week.number, scene.member)
    return [Reply(cards.counted_card(week, counted=False)), *show_week(scene, tx, week)]


@FEATURE.on_press("review_only")
def review_only(press: Pressed, scene: Scene, tx: Tx) -> Sequence[Effect]:
    week = _pressed(press, scene, tx)
    if week is not None and week.state is State.REVIEW:
        return [Reply(cards.too_late_card())]
    week = rules.must_be_open(week, scene.now)
    if anyway := _runs_anyway(scene, tx, week):
        return [anyway]
    records.forget_taker(tx, scene.group, week.number, scene.member)
    records.keep_reader(tx, scene.group, week.number, scene.member, scene.now)
    return [Reply(cards.reader_card(week, only=True)), *show_week(scene, tx, week)]


@FEATURE.on_press("not_only")
def not_only_review(press: Pressed, scene: Scene, tx: Tx) -> Sequence[Effect]:
    week = rules.must_be_open(_pressed(press, scene, tx), scene.now)
    records.forget_reader(tx, scene.group, week.number, scene.member)
    return [Reply(cards.reader_card(week, only=False))]


@FEATURE.on_fact(MemberLeft)
def forget_leaver(fact: MemberLeft, scene: Scene, tx: Tx) -> Sequence[Effect]:
    """Who has left neither takes part nor reviews; their runs stay, as their answers do."""
    week = rules.current(records.list_weeks(tx, scene.group))
    if week is None or week.state is not State.OPEN:
        return []
    records.forget_taker(tx, scene.group, week.number, fact.member)
    records.forget_reader(tx, scene.group, week.number, fact.member)
    return show_week(scene, tx, week)


def _runs_anyway(scene: Scene, tx: Tx, week: Week) -> Reply | None:
    mine = _mine(scene, tx, week)
    if mine in (Mine.RUNNING, Mine.FINISHED, Mine.WITHDRAWN):
        return Reply(cards.runs_anyway_card(running=mine is Mine.RUNNING))
    return None


@FEATURE.on_fact(NudgeMoment)
def remind(fact: NudgeMoment, scene: Scene, tx: Tx) -> Sequence[Effect]:
    """Once a week, those who said that they take part and have not begun."""
    week = rules.current(records.list_weeks(tx, scene.group))
    if week is None or not rules.nudge_is_due(week, scene.now):
        return []
    if _mine(replace(scene, member=fact.member), tx, week) is not Mine.TAKER:
        return []
    if not records.keep_nudged(tx, scene.group, week.number, fact.member, scene.now):
        return []
    button = Button("Start my run", Action.to("mlsd.start", week=str(week.number)), "primary")
    return [Nudge(fact.member, "mlsd", f"mlsd/{week.number}", cards.reminder(week), button, week.locks)]


# --- what others ask -----------------------------------------------------------------------------------


@FEATURE.answers(AreRunsHeld)
def are_runs_held(question: AreRunsHeld, scene: Scene, tx: Tx) -> bool:
    return is_held(scene, tx)


@FEATURE.answers(InFocus)
def in_focus(question: InFocus, scene: Scene, tx: Tx) -> Mapping[date, tuple[str, ...]]:
    """Of the week that opened last by each day, or will have; the same before and after it opens."""
    known = _items_by_day(scene, tx)
    days = (question.first + timedelta(days=n) for n in range((question.last - question.first).days + 1))
    return {day: item.tags for day in days if (item := rules.focus(known, day))}


def _items_by_day(scene: Scene, tx: Tx) -> list[tuple[date, Item | None]]:
    """What is worked on from which day on, in the weeks that were opened and in those ahead."""

    def local(at: datetime) -> date:
        return at.astimezone(scene.zone).date()

    weeks = records.list_weeks(tx, scene.group)
    known = [(local(week.opens), catalogue_of(scene).item(week.item)) for week in weeks]
    if is_held(scene, tx):
        known += [(slot.day, slot.item) for slot in look_ahead(scene, tx).slots if slot.item]
    return known


# --- organisers decide whether the weeks go on --------------------------------------------------------


@FEATURE.on_press("series", Who.ORGANISER, reads=True)
def show_series(press: Pressed, scene: Scene, tx: Tx) -> Sequence[Effect]:
    series = records.find_series(tx, scene.group)
    return [Reply(cards.series_card(paused=series.paused, decided=series.decided))]


@FEATURE.on_press("go_on", Who.ORGANISER)
def go_on(press: Pressed, scene: Scene, tx: Tx) -> Sequence[Effect]:
    if records.find_series(tx, scene.group).paused:
        let_go_on(scene, tx)
    return [Reply(cards.series_card(paused=False))]


@FEATURE.on_press("keep_resting", Who.ORGANISER)
def keep_resting(press: Pressed, scene: Scene, tx: Tx) -> Sequence[Effect]:
    series = records.find_series(tx, scene.group)
    if series.paused:
        records.keep_series(tx, scene.group, replace(series, decided=True))
    return [Reply(cards.series_card(paused=series.paused, decided=True))]
