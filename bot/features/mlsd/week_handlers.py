"""The week comes and goes: it opens, its runs are read, its outline opens, it is over. Each step is taken once."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta

from bot.content.catalogue import Item
from bot.features.mlsd import calendar_records, cards, records, reveal_handlers, rules, run_records
from bot.features.mlsd.calendar_handlers import take_next
from bot.features.mlsd.calendar_rules import playable
from bot.features.mlsd.handlers import FEATURE, catalogue_of
from bot.features.mlsd.report_handlers import list_pool
from bot.features.mlsd.rules import Series, State, Tally, Week
from bot.kernel.calendar import stamp
from bot.kernel.design_facts import Drawn, ReviewsWanted
from bot.kernel.effect import Channel, Direct, Effect, Late, Missed, Post, Wake
from bot.kernel.engine_facts import CameBack, IsHere, MemberErased, SettingsChanged, WhenWasItDown
from bot.kernel.event import Due, Scene
from bot.kernel.facts import (
    AnswerKept,
    AnswerWithdrawn,
    DaysOff,
    TaskClosed,
    TaskOpened,
)
from bot.kernel.peer_facts import AnswerHidden, AnswerShown
from bot.kernel.ports import Tx

# --- it opens --------------------------------------------------------------------------------


@FEATURE.every(
    "open", lambda settings: settings.rhythm if settings.on else None, Late(rules.WAITS, Missed.LATEST),
    "System design week",
)  # fmt: skip
def open_week(due: Due, scene: Scene, tx: Tx) -> Sequence[Effect]:
    return _open(scene, tx, date.fromisoformat(due.name.rpartition("/")[2]), due.at)


@FEATURE.on_wake("again")
def open_later(due: Due, scene: Scene, tx: Tx) -> Sequence[Effect]:
    """The week before, which outages made longer, should be over by now."""
    return _open(scene, tx, date.fromisoformat(due.name.split("/")[-2]), due.at)


def _open(scene: Scene, tx: Tx, day: date, meant: datetime) -> list[Effect]:
    left_out = day in calendar_records.list_skipped(tx, scene.group) or day in scene.ask(DaysOff(day, day), tx)
    if left_out or not is_held(scene, tx):
        return []
    weeks = records.list_weeks(tx, scene.group)
    if running := rules.current(weeks):
        at = rules.waits_for(running, meant, scene.now)
        return [Wake(f"mlsd.again/{scene.group}/{day}/{_moment(at)}", "mlsd.again", at)] if at else []
    item = take_next(scene, tx)
    number = weeks[0].number + 1 if weeks else 1
    if item is None:
        return _nothing_left(scene, number)
    opens = rules.opens_at(meant, scene.now)
    week = rules.opened(scene.group, number, item.id, item.revision, opens, _following(scene, opens))
    records.keep_week(tx, week)
    return [_board(week, item, Tally()), *_planned(week, item)]


def _nothing_left(scene: Scene, number: int) -> list[Effect]:
    """Organisers hear it once. A group whose packs have no system design at all hears nothing."""
    if not playable(catalogue_of(scene)):
        return []
    return [
        Post(f"mlsd.empty/{scene.group}/{number}/{rules.token(organiser)}", Direct(organiser), cards.all_met_card())
        for organiser in scene.organisers
    ]


def _following(scene: Scene, opens: datetime) -> datetime | None:
    return rules.following(scene.settings.rhythm if scene.settings.on else None, scene.zone, opens)


def _planned(week: Week, item: Item | None) -> list[Effect]:
    """What follows from the week's instants: the task, and the wake of what comes next."""
    effects: list[Effect] = []
    if item and week.state in (State.OPEN, State.REVIEW):
        title = f"{cards.thread_title(week)}: {item.title}"
        effects.append(TaskOpened(week.task, title, week.opens, week.reveals, week.post, handed_in=True))
    if upcoming := rules.next_instant(week):
        effects.append(_wake(week, *upcoming))
    return effects


def _wake(week: Week, what: str, at: datetime) -> Wake:
    """A name that has run never runs again, so it carries its instant."""
    name = f"{week.group}/{week.number}/{_moment(at)}"
    match what:
        case "lock":
            return Wake(f"mlsd.lock/{name}", "mlsd.lock", at)
        case "reveal":
            return Wake(f"mlsd.reveal/{name}", "mlsd.reveal", at)
        case _:
            return Wake(f"mlsd.close/{name}", "mlsd.close", at)


def _moment(at: datetime) -> str:
    return stamp(at)[:19]


# --- its message ---------------------------------------------------------------------------------


def _board(week: Week, item: Item, tally: Tally) -> Post:
    return Post(week.post, Channel("mlsd"), cards.week_card(week, item, tally), thread=cards.thread_title(week))


def show_week(scene: Scene, tx: Tx, week: Week, without: str = "") -> list[Effect]:
    """Its message as it is now; without its pack it stays as it was. `without` will be forgotten in a moment."""
    item = catalogue_of(scene).item(week.item)
    return [_board(week, item, tally_of(scene, tx, week, without))] if item else []


def tally_of(scene: Scene, tx: Tx, week: Week, without: str = "") -> Tally:
    takers = set(records.list_takers(tx, scene.group, week.number))
    takers |= {run.member for run in run_records.list_runs(tx, scene.group, week.number)}
    runs = [run for run in list_pool(scene, tx, week) if run.member != without]
    return Tally(len(runs), len(takers - {without}), sum(run.spare for run in runs))


def _week_of(scene: Scene, tx: Tx, task: str) -> Week | None:
    run = run_records.find_by_task(tx, scene.group, task)
    return records.find_week(tx, scene.group, run.week if run else rules.week_number(task))


def _show_task(scene: Scene, tx: Tx, task: str) -> list[Effect]:
    week = _week_of(scene, tx, task)
    return show_week(scene, tx, week) if week else []


@FEATURE.on_fact(AnswerKept)
def count_answer(fact: AnswerKept, scene: Scene, tx: Tx) -> Sequence[Effect]:
    """What comes in while the others are read already is drawn as well."""
    week = _week_of(scene, tx, fact.task)
    if week is None:
        return []
    asked = _ask_reviews(scene, tx, week) if fact.first and week.state is State.REVIEW else []
    return [*show_week(scene, tx, week), *asked]


@FEATURE.on_fact(AnswerWithdrawn)
def count_withdrawal(fact: AnswerWithdrawn, scene: Scene, tx: Tx) -> Sequence[Effect]:
    return _show_task(scene, tx, fact.task)


@FEATURE.on_fact(AnswerHidden)
def count_hiding(fact: AnswerHidden, scene: Scene, tx: Tx) -> Sequence[Effect]:
    return _show_task(scene, tx, fact.task)


@FEATURE.on_fact(AnswerShown)
def count_return(fact: AnswerShown, scene: Scene, tx: Tx) -> Sequence[Effect]:
    return _show_task(scene, tx, fact.task)


@FEATURE.on_fact(MemberErased)
def count_without(fact: MemberErased, scene: Scene, tx: Tx) -> Sequence[Effect]:
    """Their rows go afterwards; what is counted of them goes now."""
    numbers = {run.week for run in run_records.list_runs_of(tx, scene.group, fact.member)}
    weeks = records.list_weeks(tx, scene.group)
    counted = [week for week in weeks if week.number in numbers or week.state is State.OPEN]
    return [effect for week in counted for effect in show_week(scene, tx, week, fact.member)]


# --- outages ---------------------------------------------------------------------------------------


@FEATURE.on_fact(CameBack)
def make_longer(fact: CameBack, scene: Scene, tx: Tx) -> Sequence[Effect]:
    week = rules.current(records.list_weeks(tx, scene.group))
    return _lengthen(scene, tx, week)[1] if week else []


def _lengthen(scene: Scene, tx: Tx, week: Week) -> tuple[Week, list[Effect]]:
    """The week with its instants as they are after every outage so far, and what changes by that."""
    gaps = scene.ask(WhenWasItDown(), tx)
    now = rules.with_outages(week, gaps, _following(scene, week.opens))
    if now == week:
        return week, []
    records.keep_week(tx, now)
    asked = _ask_reviews(scene, tx, now) if now.state is State.REVIEW and now.reveals != week.reveals else []
    shown = [*show_week(scene, tx, now), *reveal_handlers.show_again(scene, tx, now)]
    return now, [*shown, *_planned(now, catalogue_of(scene).item(now.item)), *asked]


# --- it goes on --------------------------------------------------------------------------------------


def _due(due: Due, scene: Scene, tx: Tx, state: State) -> tuple[Week | None, list[Effect]]:
    """(the week whose step is due now, what else follows); None when it was taken, or comes later."""
    week = records.find_week(tx, scene.group, rules.accept_number(due.name.split("/")[-2]))
    if week is None or week.state is not state:
        return None, []
    week, effects = _lengthen(scene, tx, week)
    upcoming = rules.next_instant(week)
    if upcoming is None or upcoming[1] > scene.now:
        return None, effects
    return week, effects


@FEATURE.on_wake("lock")
def lock_week(due: Due, scene: Scene, tx: Tx) -> Sequence[Effect]:
    """The runs are given out to be read. Those that still run are waited for."""
    week, effects = _due(due, scene, tx, State.OPEN)
    if week is None:
        return effects
    last = run_records.latest_end(tx, scene.group, week.number)
    if last is not None:  # they may end sooner, so it is looked at again before
        again = min(max(last, due.at) + timedelta(minutes=1), scene.now + rules.LOOK_AGAIN)
        return [*effects, _wake(week, "lock", again)]
    week = replace(week, state=State.REVIEW)
    records.keep_week(tx, week)
    return [*effects, *_ask_reviews(scene, tx, week), *show_week(scene, tx, week), *_planned(week, None)]


def _ask_reviews(scene: Scene, tx: Tx, week: Week) -> list[Effect]:
    pool = list_pool(scene, tx, week)
    if not pool:
        return []
    authors = {run.member for run in pool}
    readers = [m for m in records.list_readers(tx, scene.group, week.number) if scene.ask(IsHere(m), tx)]
    return [
        ReviewsWanted(
            tuple(Drawn(run.task, run.member) for run in pool),
            tuple(member for member in readers if member not in authors),
            rules.WANTED,
            week.reveals,
        )
    ]


@FEATURE.on_wake("reveal")
def reveal_week(due: Due, scene: Scene, tx: Tx) -> Sequence[Effect]:
    week, effects = _due(due, scene, tx, State.REVIEW)
    if week is None:
        return effects
    week = replace(week, state=State.REVEALED)
    records.keep_week(tx, week)
    opened = [TaskClosed(week.task), *show_week(scene, tx, week), *_planned(week, None)]
    return [*effects, *opened, *reveal_handlers.reveal(scene, tx, week)]


@FEATURE.on_wake("close")
def close_week(due: Due, scene: Scene, tx: Tx) -> Sequence[Effect]:
    week, effects = _due(due, scene, tx, State.REVEALED)
    if week is None:
        return effects
    week = replace(week, state=State.CLOSED)
    records.keep_week(tx, week)
    shown = [*show_week(scene, tx, week), *reveal_handlers.show_again(scene, tx, week)]
    return [*effects, *shown, *_rest_when_empty(scene, tx, week)]


# --- weeks without a run --------------------------------------------------------------------------------


def is_held(scene: Scene, tx: Tx) -> bool:
    return bool(scene.settings.on) and not records.find_series(tx, scene.group).paused


def _rest_when_empty(scene: Scene, tx: Tx, week: Week) -> list[Effect]:
    """After two weeks without a single run no week opens until an organiser wants it. They are asked once."""
    series = records.find_series(tx, scene.group)
    over = records.list_weeks(tx, scene.group)[: rules.EMPTY_WEEKS]
    runs = [(one.number, _count_given(scene, tx, one)) for one in over]
    if not rules.must_pause(series, runs):
        return []
    records.keep_series(tx, scene.group, replace(series, paused_after=week.number, decided=False))
    return [
        Post(
            f"mlsd.quiet/{scene.group}/{week.number}/{rules.token(organiser)}",
            Direct(organiser),
            cards.quiet_series_card(),
        )
        for organiser in scene.organisers
    ]


def _count_given(scene: Scene, tx: Tx, week: Week) -> int:
    """A run that ended without a word does not keep the weeks going."""
    return sum(run.handed_in for run in run_records.list_runs(tx, scene.group, week.number))


@FEATURE.on_fact(SettingsChanged)
def go_on_after_change(fact: SettingsChanged, scene: Scene, tx: Tx) -> Sequence[Effect]:
    """Whoever chooses another day, or switches the weeks on, wants them."""
    if fact.feature == FEATURE.name and ("rhythm" in fact.after or fact.after.get("on")):
        let_go_on(scene, tx)
    return []


def let_go_on(scene: Scene, tx: Tx) -> None:
    weeks = records.list_weeks(tx, scene.group)
    records.keep_series(tx, scene.group, Series(0, weeks[0].number if weeks else 0))
