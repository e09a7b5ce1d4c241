"""What the author of a run hears in private when it was read."""

from collections.abc import Sequence
from datetime import timedelta

from bot.features.mlsd import records, report_cards, report_rules, reveal_cards, rules, run_handlers, run_records
from bot.features.mlsd.handlers import FEATURE, catalogue_of
from bot.features.mlsd.rules import State, Week
from bot.features.mlsd.run_rules import Run
from bot.kernel.calendar import stamp
from bot.kernel.card import Card
from bot.kernel.design_facts import NotShown, ReviewsOf, ReviewsWanted
from bot.kernel.effect import Effect, Reply, Wake
from bot.kernel.engine_facts import IsHere, PostParked
from bot.kernel.errors import Refusal
from bot.kernel.event import Due, Pressed, Scene
from bot.kernel.facts import HasAnswered
from bot.kernel.peer_facts import ReviewAnswered, ReviewDiscarded, ReviewGiven, TextFreed, TextHeld, TextRemoved
from bot.kernel.ports import Tx

FOLLOWS = timedelta(days=14)  # so long after the reveal a report follows late reviews


def list_pool(scene: Scene, tx: Tx, week: Week) -> list[Run]:
    """The runs of this week that were handed in and stand."""
    runs = run_records.list_runs(tx, scene.group, week.number)
    return [run for run in runs if run.handed_in and scene.ask(HasAnswered(run.task, run.member), tx)]


# --- the report -----------------------------------------------------------------------------------------


def report(scene: Scene, tx: Tx, week: Week) -> list[Effect]:
    """To everybody whose run stands. Again it gives the same, or what has changed since."""
    pool = [run for run in list_pool(scene, tx, week) if scene.ask(IsHere(run.member), tx)]
    return [effect for run in pool for effect in _report_of(scene, tx, week, run, _wanted(pool))]


def _main_card(scene: Scene, tx: Tx, week: Week, run: Run, wanted: int) -> Card:
    item = catalogue_of(scene).item(run.item)
    title = item.title if item else f"System design week {week.number}"
    reviews = scene.ask(ReviewsOf(run.task, run.member), tx)
    return report_cards.report_card(title, run.number, run.member, reviews, wanted)


def _wanted(pool: Sequence[Run]) -> int:
    return rules.WANTED if len(pool) > 1 else 1


@FEATURE.on_press("report", reads=True)
def show_report(press: Pressed, scene: Scene, tx: Tx) -> Sequence[Effect]:
    """The same as the private message, which may be far up by now."""
    week = records.find_week(tx, scene.group, rules.accept_number(press.action.get("week")))
    if week is None or week.state not in (State.REVEALED, State.CLOSED):
        raise Refusal("Reports come when the runs open.", hint="Type /study design to see when that is.")
    pool = list_pool(scene, tx, week)
    mine = next((run for run in pool if run.member == scene.member), None)
    if mine is None:
        raise Refusal("You have no run in this week.", hint="Type /study design to see what is open.")
    return [Reply(_main_card(scene, tx, week, mine, _wanted(pool)))]


@FEATURE.on_fact(PostParked)
def move_report(fact: PostParked, scene: Scene, tx: Tx) -> Sequence[Effect]:
    """Private messages were closed since the run: its room, opened by now, gets the report as well."""
    number, _, what = fact.name.removeprefix(f"mlsd.run/{scene.group}/").partition("/")
    run = run_records.find_run(tx, scene.group, rules.accept_number(number))
    week = records.find_week(tx, scene.group, run.week) if run and what.startswith("report/") else None
    if run is None or week is None or run.member != fact.member or not run.in_room:
        return []
    pool = list_pool(scene, tx, week)
    open_ = run in pool and week.state in (State.REVEALED, State.CLOSED)
    return _report_of(scene, tx, week, run, _wanted(pool)) if open_ else []


def _report_of(scene: Scene, tx: Tx, week: Week, run: Run, wanted: int) -> list[Effect]:
    item = catalogue_of(scene).item(run.item)
    card = _main_card(scene, tx, week, run, wanted)
    effects: list[Effect] = [run_handlers.post(scene, run, "report/1", card)]
    if item and item.timed and item.timed.held_back:
        asked = {one.fact for one in run_records.list_asked(tx, scene.group, run.number) if one.fact is not None}
        facts = report_cards.facts_card(item.timed.held_back, sorted(asked))
        effects.append(run_handlers.post(scene, run, "report/2", facts))
    if item and run.item != week.item:  # theirs stands in no thread
        cards = [*reveal_cards.outline_cards(item), *reveal_cards.other_cards(item)]
        effects += [run_handlers.post(scene, run, f"report/3/{n}", card) for n, card in enumerate(cards, 1)]
    return effects


# --- it follows the reviews ---------------------------------------------------------------------------------


@FEATURE.on_fact(ReviewGiven)
def follow_review(fact: ReviewGiven, scene: Scene, tx: Tx) -> Sequence[Effect]:
    return _look_soon(scene, tx)


@FEATURE.on_fact(ReviewAnswered)
def follow_reply(fact: ReviewAnswered, scene: Scene, tx: Tx) -> Sequence[Effect]:
    return _look_soon(scene, tx)


@FEATURE.on_fact(ReviewDiscarded)
def follow_discard(fact: ReviewDiscarded, scene: Scene, tx: Tx) -> Sequence[Effect]:
    return _look_soon(scene, tx)


@FEATURE.on_fact(TextHeld)
def follow_held(fact: TextHeld, scene: Scene, tx: Tx) -> Sequence[Effect]:
    return _look_soon(scene, tx) if fact.feature == "reviews" else []


@FEATURE.on_fact(TextFreed)
def follow_freed(fact: TextFreed, scene: Scene, tx: Tx) -> Sequence[Effect]:
    return _look_soon(scene, tx) if fact.feature == "reviews" else []


@FEATURE.on_fact(TextRemoved)
def follow_removed(fact: TextRemoved, scene: Scene, tx: Tx) -> Sequence[Effect]:
    return _look_soon(scene, tx) if fact.feature == "reviews" else []


def _look_soon(scene: Scene, tx: Tx) -> list[Effect]:
    """
    Later than this fact, when whoever keeps the reviews has heard it too. Several within a minute are one.

    A name that has run never runs again, so it carries its instant.
    """
    at = (scene.now + timedelta(minutes=1)).replace(second=0, microsecond=0)
    return [
        Wake(f"mlsd.reports/{scene.group}/{week.number}/{stamp(at)[:19]}", "mlsd.reports", at)
        for week in records.list_weeks(tx, scene.group)[:3]
        if week.state in (State.REVEALED, State.CLOSED) and scene.now - week.reveals < FOLLOWS
    ]


@FEATURE.on_wake("reports")
def renew_reports(due: Due, scene: Scene, tx: Tx) -> Sequence[Effect]:
    week = records.find_week(tx, scene.group, rules.accept_number(due.name.split("/")[-2]))
    return report(scene, tx, week) if week and week.state in (State.REVEALED, State.CLOSED) else []


@FEATURE.answers(NotShown)
def not_shown(question: NotShown, scene: Scene, tx: Tx) -> tuple[str, ...]:
    """What came decides, not what was written: a stage that was left empty is one that a reviewer may miss."""
    runs = run_records.list_runs_of(tx, scene.group, question.member)
    run = next((run for run in runs if run.handed_in and run.task == question.task), None)
    course = run_handlers.course_of(scene, tx, run) if run else None
    if course is None:
        return ()
    came = frozenset(cue.slot for cue in course.open_cues if cue.turn is None)
    return report_rules.not_shown(came, changed=any(cue.turn for cue in course.open_cues))


# --- looking at one's own run ----------------------------------------------------------------------------


@FEATURE.on_fact(ReviewsWanted)
def ask_to_look(fact: ReviewsWanted, scene: Scene, tx: Tx) -> Sequence[Effect]:
    """Whoever is alone in a week looks at the run themselves, besides the one reader whom they get."""
    if len(fact.answers) != 1:
        return []
    drawn = fact.answers[0]
    runs = run_records.list_runs_of(tx, scene.group, drawn.author_member)
    mine = [run for run in runs if run.task == drawn.task and run.handed_in]
    return [run_handlers.post(scene, run, "report/0", report_cards.alone_card(run.number)) for run in mine[:1]]


@FEATURE.on_press("levels", reads=True)
def show_levels(press: Pressed, scene: Scene, tx: Tx) -> Sequence[Effect]:
    run = run_records.find_run(tx, scene.group, rules.accept_number(press.action.get("run")))
    item = catalogue_of(scene).item(run.item) if run and run.member == scene.member else None
    rubric = catalogue_of(scene).rubric(item.rubric) if item else None
    if run is None or rubric is None:
        raise Refusal("I do not find the levels of this run.", hint="Type /study design to see where you are.")
    page = rules.accept_number(press.action.get("page"))
    return [Reply(report_cards.levels_card(run.number, rubric.criteria, page))]
