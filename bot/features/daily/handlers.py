"""What happens when the hour comes, when somebody presses, and when a round closes."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, time, timedelta

from bot.content.catalogue import Catalogue, Item
from bot.features.daily import cards, records, rules
from bot.features.daily.records import Run
from bot.features.daily.rules import Met, Round
from bot.kernel.calendar import Rhythm, draw, study_day
from bot.kernel.card import Card
from bot.kernel.effect import Ask, Channel, Direct, Effect, Late, Missed, Post, Reply, Under, Unpost, Unwake, Wake
from bot.kernel.errors import Refusal
from bot.kernel.event import Due, Pressed, Scene, Submitted, Typed
from bot.kernel.facts import (
    AnswerKept,
    AnswersToShow,
    AnswerWithdrawn,
    AreThreadsOpen,
    HasAnswered,
    HowManyAnswered,
    MemberJoined,
    PostNow,
    TaskClosed,
    TaskOpened,
    ThreadsChosen,
    TimedRunFinished,
    WhenAreProblemsPosted,
)
from bot.kernel.feature import Feature
from bot.kernel.ports import Tx


@dataclass(frozen=True, slots=True)
class DailySettings:
    rhythm: Rhythm = field(default=Rhythm((0, 1, 2, 3, 4), time(9)), metadata={"label": "Days and time"})
    window_hours: int = field(default=36, metadata={"label": "Hours until the close"})


FEATURE = Feature("daily", DailySettings)


# --- the hour comes ------------------------------------------------------------------


@FEATURE.every("open", lambda settings: settings.rhythm, Late(timedelta(hours=9), Missed.SKIP, same_day=True))
def open_day(due: Due, scene: Scene, tx: Tx) -> Sequence[Effect]:
    name = due.name.rpartition("/")[2]  # the local date that was meant
    if records.find_round(tx, scene.group, name):
        return []  # the organiser posted today's problem before its time
    return _open(scene, tx, name, due.at)


@FEATURE.on_fact(PostNow)
def open_now(fact: PostNow, scene: Scene, tx: Tx) -> Sequence[Effect]:
    name = str(study_day(scene.now, scene.zone).date)
    if records.find_round(tx, scene.group, name):
        return [Reply(cards.posted_card(again=True))]
    effects = _open(scene, tx, name, scene.now)
    opened = records.find_round(tx, scene.group, name) is not None
    return [*effects, Reply(cards.posted_card(again=False) if opened else cards.empty_card())]


def _open(scene: Scene, tx: Tx, name: str, meant: datetime) -> list[Effect]:
    met = records.list_met(tx, scene.group)
    given = records.list_given(tx, scene.group)
    item = rules.choose(_catalogue(scene), met, given, draw(f"daily/{scene.group}/{len(met)}"))
    if item is None:
        return [
            Post(f"daily.empty/{scene.group}/{name}/{rules.token(organiser)}", Direct(organiser), cards.empty_card())
            for organiser in scene.organisers
        ]
    opens, closes, late = rules.window(meant, scene.now, timedelta(hours=scene.settings.window_hours))
    round_ = Round(scene.group, name, item.id, opens, closes, late)
    records.keep_round(tx, round_)
    records.keep_met(tx, round_, Met(item.id, item.domain, item.strand))
    return [
        _board(round_, item, 0, open_threads=scene.ask(AreThreadsOpen(), tx)),
        TaskOpened(name, item.title, opens, closes, round_.post),
        Wake(f"daily.close/{scene.group}/{name}", "daily.close", closes),
    ]


def _board(round_: Round, item: Item, answers: int, *, open_threads: bool) -> Post:
    card = cards.board_card(round_, item, answers, open_threads=open_threads)
    return Post(round_.post, Channel("daily"), card, thread=cards.thread_title(item))


@FEATURE.on_wake("close")
def close_round(due: Due, scene: Scene, tx: Tx) -> Sequence[Effect]:
    round_ = records.find_round(tx, scene.group, due.name.rpartition("/")[2])
    if round_ is None or round_.closed:
        return []
    records.keep_closed(tx, round_)
    return [TaskClosed(round_.name), *_show(scene, tx, replace(round_, closed=True))]


def _show(scene: Scene, tx: Tx, round_: Round) -> list[Effect]:
    """The round's message as it is now, and after the close what stands in its thread."""
    item = _catalogue(scene).item(round_.item)
    answers = scene.ask(HowManyAnswered(round_.name), tx)
    effects: list[Effect] = []
    if item:  # else its pack is not installed any more, and the message stays as it is
        effects.append(_board(round_, item, answers, open_threads=scene.ask(AreThreadsOpen(), tx)))
    if not round_.closed:
        return effects
    shown = scene.ask(AnswersToShow(round_.name), tx)
    finished = sum(run.finished_at is not None for _, run in records.list_runs(tx, round_))
    summary = cards.summary_card(answers, len(shown), len(records.list_stuck(tx, round_)), finished)
    told = [summary, *(cards.outline_cards(item) if item else ()), *cards.shown_cards(shown)]
    records.keep_told(tx, round_, len(told))
    name, place = f"{round_.post}/close", Under(round_.post)
    effects += [Post(f"{name}/{number}", place, card, quiet=True) for number, card in enumerate(told)]
    # Somebody has withdrawn since: what nobody may read any more leaves the thread.
    return [*effects, *(Unpost(f"{name}/{number}") for number in range(len(told), round_.told))]


@FEATURE.on_fact(ThreadsChosen)
def tell_how_to_answer(fact: ThreadsChosen, scene: Scene, tx: Tx) -> Sequence[Effect]:
    """What the open messages say about answers stays true."""
    return [
        _board(round_, item, scene.ask(HowManyAnswered(round_.name), tx), open_threads=fact.open)
        for round_, item in _list_open(scene, tx)
    ]


# --- newcomers ------------------------------------------------------------------------


@FEATURE.on_fact(MemberJoined)
def give_first(fact: MemberJoined, scene: Scene, tx: Tx) -> Sequence[Effect]:
    """
    The newcomer's first problem, at once: a short one that needs no outside page, so that the first answer is easy.

    It is the group's own where that one is open, else a private round; who has answered theirs sees what is open.
    """
    open_rounds = _list_open(scene, tx)
    first = _warm_up(_catalogue(scene))
    if first is None:
        return [Reply(_today(scene, tx, round_, item)) for round_, item in open_rounds[:1]]
    for round_, item in open_rounds:
        if item.id == first.id:
            return [Reply(cards.first_card(round_, item))]
    round_ = rules.private_round(scene.group, fact.member, first, scene.now)
    earlier = records.find_round(tx, scene.group, round_.name)
    if earlier is None:
        records.keep_round(tx, round_)
        opened = TaskOpened(round_.name, first.title, round_.opens, None, "", fact.member)
        return [opened, Reply(cards.first_card(round_, first))]
    if scene.ask(HasAnswered(round_.name, fact.member), tx):
        return [Reply(_today(scene, tx, open_, item)) for open_, item in open_rounds[:1]]
    given = _catalogue(scene).item(earlier.item)
    return [Reply(cards.first_card(earlier, given))] if given else []


def _warm_up(catalogue: Catalogue) -> Item | None:
    if catalogue.first:
        return catalogue.first
    return next((item for item in catalogue.items() if item.self_contained), None)


# --- hints, help ----------------------------------------------------------------------


@FEATURE.on_press("hint")
def open_hint(press: Pressed, scene: Scene, tx: Tx) -> Sequence[Effect]:
    round_ = _round(scene, tx, press.action.get("round"))
    item = _item(scene, round_)
    opened = records.count_hints(tx, round_, scene.member)
    wanted = press.action.get("n")
    number = rules.next_hint(item, opened, int(wanted) if wanted.isdecimal() and len(wanted) < 3 else opened + 1)
    records.keep_hint(tx, round_, scene.member, number)
    return [Reply(cards.hint_card(round_, item, number))]


@FEATURE.on_press("stuck")
def ask_what_was_tried(press: Pressed, scene: Scene, tx: Tx) -> Sequence[Effect]:
    return [Ask(cards.stuck_form(_round(scene, tx, press.action.get("round"))))]


@FEATURE.on_submit("tell_stuck", opened_by="stuck")
def tell_stuck(form: Submitted, scene: Scene, tx: Tx) -> Sequence[Effect]:
    round_ = _round(scene, tx, form.action.get("round"))
    item, tried = _item(scene, round_), rules.tried(form.text("tried"))
    number = records.keep_stuck(tx, round_, scene.member, tried, scene.now)
    records.keep_hint(tx, round_, scene.member, len(item.hints))
    if not round_.post:
        return [Reply(cards.all_hints_card(round_, item, asked=False))]
    wanted = cards.help_wanted_card(round_, tried, number, scene.member)
    return [
        Reply(cards.all_hints_card(round_, item, asked=True)),
        Post(f"{round_.post}/stuck/{number}", Under(round_.post), wanted, quiet=True),
    ]


@FEATURE.on_press("help")
def offer_help(press: Pressed, scene: Scene, tx: Tx) -> Sequence[Effect]:
    round_ = _round(scene, tx, press.action.get("round"))
    who = press.action.get("who")
    member = records.list_stuck(tx, round_).get(who)
    if member is None:
        raise Refusal("Nobody is waiting for help here any more.")
    if member == scene.member:
        raise Refusal("That is your own question.", hint="Somebody else will see it in the thread.")
    name = f"daily.help/{scene.group}/{round_.name}/{who}/{rules.token(scene.member)}"
    offered = cards.help_offered_card(_item(scene, round_), scene.member)
    return [Reply(cards.helper_card(member)), Post(name, Direct(member), offered)]


# --- the private clock ------------------------------------------------------------------


@FEATURE.on_press("clock")
def start_clock(press: Pressed, scene: Scene, tx: Tx) -> Sequence[Effect]:
    round_ = _round(scene, tx, press.action.get("round"))
    run = records.find_run(tx, round_, scene.member)
    if run is None or not rules.runs(run.started_at, run.finished_at, scene.now):
        run = Run(scene.now, None)
        records.keep_run(tx, round_, scene.member, run)
    solution, whole = run.started_at + rules.SOLUTION, run.started_at + rules.WHOLE
    return [
        Reply(cards.clock_card(round_, run.started_at, solution, whole)),
        Wake(_ring(scene, round_, "solution", run), "daily.ring_solution", solution),
        Wake(_ring(scene, round_, "whole", run), "daily.ring_whole", whole),
    ]


def _ring(scene: Scene, round_: Round, which: str, run: Run) -> str:
    """The wake's name carries the start, so that a second run rings again."""
    start = f"{run.started_at:%Y%m%dT%H%M%S%f}"
    return f"daily.{which}/{scene.group}/{start}/{rules.token(scene.member)}/{round_.name}"


@FEATURE.on_wake("ring_solution")
def ring_solution(due: Due, scene: Scene, tx: Tx) -> Sequence[Effect]:
    return _rung(due, scene, tx, cards.solution_time_card)


@FEATURE.on_wake("ring_whole")
def ring_whole(due: Due, scene: Scene, tx: Tx) -> Sequence[Effect]:
    return _rung(due, scene, tx, cards.whole_time_card)


def _rung(due: Due, scene: Scene, tx: Tx, card: Callable[[Round, Item], Card]) -> list[Effect]:
    *_, who, name = due.name.split("/")
    round_ = records.find_round(tx, scene.group, name)
    item = _catalogue(scene).item(round_.item) if round_ else None
    if round_ is None or item is None or scene.now - due.at > rules.STALE:
        return []
    running = [member for member, run in records.list_runs(tx, round_) if run.finished_at is None]
    return [Post(due.name, Direct(member), card(round_, item)) for member in running if rules.token(member) == who]


@FEATURE.on_press("clock_done")
def finish_clock(press: Pressed, scene: Scene, tx: Tx) -> Sequence[Effect]:
    round_ = _round(scene, tx, press.action.get("round"))
    run = _running(tx, round_, scene)
    records.keep_run(tx, round_, scene.member, replace(run, finished_at=scene.now))
    spent = scene.now - run.started_at
    answered = scene.ask(HasAnswered(round_.name, scene.member), tx)
    return [
        Reply(cards.clock_done_card(round_, rules.minutes(spent), answered=answered)),
        TimedRunFinished(round_.name, scene.member, int(spent.total_seconds())),
        *_silence(scene, round_, run),
    ]


@FEATURE.on_press("clock_stop")
def stop_clock(press: Pressed, scene: Scene, tx: Tx) -> Sequence[Effect]:
    round_ = _round(scene, tx, press.action.get("round"))
    run = _running(tx, round_, scene)
    records.forget_run(tx, round_, scene.member)
    return [Reply(cards.clock_stopped_card()), *_silence(scene, round_, run)]


def _running(tx: Tx, round_: Round, scene: Scene) -> Run:
    run = records.find_run(tx, round_, scene.member)
    if run is None or not rules.runs(run.started_at, run.finished_at, scene.now):
        raise Refusal("No clock of yours is running here.", hint="Press “Start the clock” to begin.")
    return run


def _silence(scene: Scene, round_: Round, run: Run) -> list[Effect]:
    return [Unwake(_ring(scene, round_, which, run)) for which in ("solution", "whole")]


# --- looking -----------------------------------------------------------------------------


@FEATURE.on_press("why")
def explain(press: Pressed, scene: Scene, tx: Tx) -> Sequence[Effect]:
    return [Reply(cards.why_card(open_threads=scene.ask(AreThreadsOpen(), tx)))]


@FEATURE.answers(WhenAreProblemsPosted)
def when_are_problems_posted(question: WhenAreProblemsPosted, scene: Scene, tx: Tx) -> Rhythm:
    rhythm: Rhythm = scene.settings.rhythm
    return rhythm


@FEATURE.on_command("today", "see the problem that is open")
def show_today(typed: Typed, scene: Scene, tx: Tx) -> Sequence[Effect]:
    open_rounds = _list_open(scene, tx)
    if not open_rounds:
        return [Reply(cards.nothing_open_card())]
    return [Reply(_today(scene, tx, *open_rounds[0]))]


@FEATURE.on_home
def home_today(scene: Scene, tx: Tx) -> Sequence[Card]:
    if not scene.is_member:
        return []
    newest = _list_open(scene, tx)[:1]
    return [_today(scene, tx, round_, item) for round_, item in newest] or [cards.nothing_open_card()]


def _today(scene: Scene, tx: Tx, round_: Round, item: Item) -> Card:
    answered = scene.ask(HasAnswered(round_.name, scene.member), tx)
    return cards.today_card(round_, item, scene.ask(HowManyAnswered(round_.name), tx), answered=answered)


# --- answers came --------------------------------------------------------------------------


@FEATURE.on_fact(AnswerKept)
def note_answer(fact: AnswerKept, scene: Scene, tx: Tx) -> Sequence[Effect]:
    round_ = records.find_round(tx, scene.group, fact.task)
    if round_ is None:
        return []
    effects = _show(scene, tx, round_) if round_.post else []
    item = _catalogue(scene).item(round_.item)
    if not fact.first or item is None:
        return effects
    effects.append(Reply(cards.about_card(item)))
    if item.reveal == "after_own_submission" or not round_.post or round_.closed:
        effects += [Reply(card) for card in cards.outline_cards(item)]
    return effects


@FEATURE.on_fact(AnswerWithdrawn)
def note_withdrawal(fact: AnswerWithdrawn, scene: Scene, tx: Tx) -> Sequence[Effect]:
    round_ = records.find_round(tx, scene.group, fact.task)
    if round_ is None or not round_.post:
        return []
    return _show(scene, tx, round_)


# --- the pieces ------------------------------------------------------------------------------


def _catalogue(scene: Scene) -> Catalogue:
    catalogue: Catalogue = scene.catalogue
    return catalogue


def _round(scene: Scene, tx: Tx, name: str) -> Round:
    return rules.may_see(records.find_round(tx, scene.group, name), scene.member)


def _list_open(scene: Scene, tx: Tx) -> list[tuple[Round, Item]]:
    """The group's open rounds, newest first; without those whose pack is not installed any more."""
    found = ((round_, _catalogue(scene).item(round_.item)) for round_ in records.list_open(tx, scene.group))
    return [(round_, item) for round_, item in found if item]


def _item(scene: Scene, round_: Round) -> Item:
    item = _catalogue(scene).item(round_.item)
    if item is None:
        raise Refusal("The pack of this problem is not installed any more.", hint="The organiser can add it again.")
    return item
