"""What happens when the hour comes, when somebody presses, and when a round closes."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time, timedelta

from bot.content.catalogue import Catalogue, Item
from bot.features.daily import cards, plan_records, plan_rules, records, rules
from bot.features.daily.plan_rules import Ledger
from bot.features.daily.rules import Met, Round
from bot.kernel.action import Action
from bot.kernel.calendar import Rhythm, study_day
from bot.kernel.card import Button, Card
from bot.kernel.design_facts import InFocus
from bot.kernel.effect import Channel, Direct, Effect, Late, Missed, Post, Reply, Under, Unpost, Wake
from bot.kernel.engine_facts import WakeSkipped
from bot.kernel.errors import Refusal
from bot.kernel.event import Due, Pressed, Scene, Typed
from bot.kernel.facts import (
    AnswerKept,
    AnswersToShow,
    AnswerWithdrawn,
    AreThreadsOpen,
    AsksToday,
    DaysOff,
    HasAnswered,
    HowManyAnswered,
    MemberJoined,
    Nudge,
    NudgeMoment,
    PostNow,
    TaskClosed,
    TaskOpened,
    ThreadsChosen,
    WhenAreProblemsPosted,
)
from bot.kernel.feature import Feature
from bot.kernel.peer_facts import AnswerHidden, AnswerShown, ItemsOf
from bot.kernel.ports import Tx


@dataclass(frozen=True, slots=True)
class DailySettings:
    rhythm: Rhythm = field(default=Rhythm((0, 1, 2, 3, 4), time(9)), metadata={"label": "Days and time"})
    window_hours: int = field(
        default=36,
        metadata={
            "label": "Time until the close",
            "help": "At the close I post the outline. Late answers still count.",
            "choices": tuple((hours, f"{hours} hours") for hours in (12, 24, 36, 48, 72)),
        },
    )
    mix: tuple[tuple[str, int], ...] = field(default=(), metadata={"label": "Mix of problems", "own": True})
    packs_off: tuple[str, ...] = field(default=(), metadata={"label": "Packs that are off", "own": True})


FEATURE = Feature(
    "daily",
    DailySettings,
    title="Daily problem",
    channels={"daily": "Daily problems"},
    stores=(
        ("Which hints you opened, and how long your clock ran", "Only you"),
        (
            "What you tried when you were stuck",
            "Your group without your name. Whoever offers help learns it, and organisers when somebody reports it",
        ),
        ("Which members you offered help", "The member who was offered it"),
        ("Which problems you practised alone", "Only you"),
    ),
)


# --- the hour comes ------------------------------------------------------------------


@FEATURE.every(
    "open", lambda settings: settings.rhythm, Late(timedelta(hours=9), Missed.SKIP, same_day=True), "Daily problem"
)
def open_day(due: Due, scene: Scene, tx: Tx) -> Sequence[Effect]:
    day = date.fromisoformat(due.name.rpartition("/")[2])  # the local date that was meant
    if records.find_round(tx, scene.group, str(day)):
        return []  # the organiser posted today's problem before its time
    effects = [] if day in scene.ask(DaysOff(day, day), tx) else _open(scene, tx, day, due.at)
    if records.find_round(tx, scene.group, str(day)) is None:
        plan_records.keep_passed(tx, scene.group, str(day))
    return effects


@FEATURE.on_fact(WakeSkipped)
def note_skipped(fact: WakeSkipped, scene: Scene, tx: Tx) -> Sequence[Effect]:
    """The plan does not promise a day again whose hour has passed. A day that lost its hour may get another one."""
    if fact.route == "daily.open" and fact.at < scene.now:
        plan_records.keep_passed(tx, scene.group, fact.name.rpartition("/")[2])
    return []


@FEATURE.on_fact(PostNow)
def open_now(fact: PostNow, scene: Scene, tx: Tx) -> Sequence[Effect]:
    day = study_day(scene.now, scene.zone).date
    if records.find_round(tx, scene.group, str(day)):
        return [Reply(cards.posted_card(again=True))]
    effects = _open(scene, tx, day, scene.now)
    opened = records.find_round(tx, scene.group, str(day)) is not None
    return [*effects, Reply(cards.posted_card(again=False) if opened else cards.empty_card())]


def _open(scene: Scene, tx: Tx, day: date, meant: datetime) -> list[Effect]:
    name = str(day)
    item = plan_rules.next_item(catalogue_of(scene), find_ledger(scene, tx, day, day), day)
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
    item = catalogue_of(scene).item(round_.item)
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
        for round_, item in list_open(scene, tx)
    ]


# --- newcomers ------------------------------------------------------------------------


@FEATURE.on_fact(MemberJoined)
def give_first(fact: MemberJoined, scene: Scene, tx: Tx) -> Sequence[Effect]:
    """
    The newcomer's first problem, at once: a short one that needs no outside page, so that the first answer is easy.

    It is the group's own where that one is open, else a private round; who has answered theirs sees what is open.
    """
    open_rounds = list_open(scene, tx)
    first = _warm_up(catalogue_of(scene))
    if first is None:
        return [Reply(today_of(scene, tx, round_, item)) for round_, item in open_rounds[:1]]
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
        return [Reply(today_of(scene, tx, open_, item)) for open_, item in open_rounds[:1]]
    given = catalogue_of(scene).item(earlier.item)
    return [Reply(cards.first_card(earlier, given))] if given else []


def _warm_up(catalogue: Catalogue) -> Item | None:
    if catalogue.first:
        return catalogue.first
    return next((item for item in catalogue.items() if item.self_contained), None)


# --- looking -----------------------------------------------------------------------------


@FEATURE.on_press("why", reads=True)
def explain(press: Pressed, scene: Scene, tx: Tx) -> Sequence[Effect]:
    return [Reply(cards.why_card(open_threads=scene.ask(AreThreadsOpen(), tx)))]


@FEATURE.answers(WhenAreProblemsPosted)
def when_are_problems_posted(question: WhenAreProblemsPosted, scene: Scene, tx: Tx) -> Rhythm:
    rhythm: Rhythm = scene.settings.rhythm
    return rhythm


@FEATURE.on_command("today", "see the problem that is open", reads=True)
def type_today(typed: Typed, scene: Scene, tx: Tx) -> Sequence[Effect]:
    return [_newest(scene, tx)]


@FEATURE.on_press("open_today", reads=True)
def show_today(press: Pressed, scene: Scene, tx: Tx) -> Sequence[Effect]:
    return [_newest(scene, tx)]


def _newest(scene: Scene, tx: Tx) -> Reply:
    open_rounds = list_open(scene, tx)
    return Reply(today_of(scene, tx, *open_rounds[0]) if open_rounds else cards.nothing_open_card())


@FEATURE.on_home
def home_today(scene: Scene, tx: Tx) -> Sequence[Card]:
    if not scene.is_member:
        return []
    newest = list_open(scene, tx)[:1]
    return [today_of(scene, tx, round_, item) for round_, item in newest] or [cards.nothing_open_card()]


def today_of(scene: Scene, tx: Tx, round_: Round, item: Item) -> Card:
    answered = scene.ask(HasAnswered(round_.name, scene.member), tx)
    answers = scene.ask(HowManyAnswered(round_.name, scene.member), tx)
    return cards.today_card(round_, item, answers, answered=answered)


@FEATURE.on_fact(NudgeMoment)
def remind(fact: NudgeMoment, scene: Scene, tx: Tx) -> Sequence[Effect]:
    """
    Of the newest open problem, unless they have answered it or began with one of their own while it was open.

    On a day that asks nothing of them, on a day off of the group, and about a problem of one, nothing is said.
    """
    if fact.evening or not scene.ask(AsksToday(fact.member), tx):
        return []
    today = study_day(scene.now, scene.zone).date
    for round_, item in list_open(scene, tx)[:1]:
        first = records.find_round(tx, scene.group, rules.first_name(fact.member))
        excused = first is not None and first.only_member == fact.member and first.opens >= round_.opens
        if excused or round_.closes is None or scene.ask(HasAnswered(round_.name, fact.member), tx):
            return []
        posted = date.fromisoformat(round_.name)
        if {today, posted} & set(scene.ask(DaysOff(min(today, posted), max(today, posted)), tx)):
            return []
        button = Button("Answer", Action.to("answers.write", task=round_.name), "primary")
        line = cards.reminder(item, today=posted == today)
        return [Nudge(fact.member, "daily", f"daily/{round_.name}", line, button, round_.closes)]
    return []


# --- answers came --------------------------------------------------------------------------


@FEATURE.on_fact(AnswerKept)
def note_answer(fact: AnswerKept, scene: Scene, tx: Tx) -> Sequence[Effect]:
    round_ = records.find_round(tx, scene.group, fact.task)
    if round_ is None:
        return []
    effects = _show(scene, tx, round_) if round_.post else []
    item = catalogue_of(scene).item(round_.item)
    if not fact.first or item is None:
        return effects
    # Somebody may have begun it alone, and then an organiser chose it for the group.
    open_ = None if round_.post else open_round_of(scene, tx, item)
    at_once = item.reveal == "after_own_submission" or round_.closed or not (round_.post or open_)
    if at_once:  # the outline ends with what the problem was about
        return [*effects, *(Reply(card) for card in cards.outline_cards(item))]
    effects.append(Reply(cards.about_card(item)))
    return [*effects, Reply(cards.outline_later_card(open_))] if open_ else effects


@FEATURE.on_fact(AnswerWithdrawn)
def note_withdrawal(fact: AnswerWithdrawn, scene: Scene, tx: Tx) -> Sequence[Effect]:
    return _show_task(scene, tx, fact.task)


@FEATURE.on_fact(AnswerHidden)
def note_hiding(fact: AnswerHidden, scene: Scene, tx: Tx) -> Sequence[Effect]:
    return _show_task(scene, tx, fact.task)


@FEATURE.on_fact(AnswerShown)
def note_return(fact: AnswerShown, scene: Scene, tx: Tx) -> Sequence[Effect]:
    return _show_task(scene, tx, fact.task)


def _show_task(scene: Scene, tx: Tx, task: str) -> list[Effect]:
    """What stands in the channel about this task follows who may read what."""
    round_ = records.find_round(tx, scene.group, task)
    return _show(scene, tx, round_) if round_ and round_.post else []


@FEATURE.answers(ItemsOf)
def items_of(question: ItemsOf, scene: Scene, tx: Tx) -> dict[str, str]:
    found = (records.find_round(tx, scene.group, task) for task in question.tasks)
    return {round_.name: round_.item for round_ in found if round_}


# --- the pieces ------------------------------------------------------------------------------


def catalogue_of(scene: Scene) -> Catalogue:
    catalogue: Catalogue = scene.catalogue
    return catalogue


def find_ledger(scene: Scene, tx: Tx, first: date, last: date) -> Ledger:
    """All that decides what the group gets next, on any of these days."""
    focus = {day: frozenset(tags) for day, tags in scene.ask(InFocus(first, last), tx).items()}
    return plan_records.find_ledger(tx, scene.group, scene.settings.mix, scene.settings.packs_off, focus)


def round_of(scene: Scene, tx: Tx, name: str) -> Round:
    return rules.may_see(records.find_round(tx, scene.group, name), scene.member)


def list_open(scene: Scene, tx: Tx) -> list[tuple[Round, Item]]:
    """The group's open rounds, newest first; without those whose pack is not installed any more."""
    found = ((round_, catalogue_of(scene).item(round_.item)) for round_ in records.list_open(tx, scene.group))
    return [(round_, item) for round_, item in found if item]


def open_round_of(scene: Scene, tx: Tx, item: Item) -> Round | None:
    """The group's open round of this item, if there is one."""
    return next((round_ for round_, there in list_open(scene, tx) if there.id == item.id), None)


def item_of(scene: Scene, round_: Round) -> Item:
    item = catalogue_of(scene).item(round_.item)
    if item is None:
        raise Refusal("The pack of this problem is not installed any more.", hint="The organiser can add it again.")
    return item
