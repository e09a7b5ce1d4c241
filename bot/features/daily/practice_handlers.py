"""Practice alone: a past problem of the group, or one that the group will not get soon."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date

from bot.features.daily import plan_rules, rules
from bot.features.daily import practice_cards as cards
from bot.features.daily import practice_records as records
from bot.features.daily import practice_rules as practice
from bot.features.daily import records as daily_records
from bot.features.daily.cards import first_card
from bot.features.daily.handlers import FEATURE, catalogue_of, item_of, open_round_of, round_of, today_of
from bot.features.daily.plan_handlers import look_ahead
from bot.features.daily.practice_rules import Choice, Past, Practised
from bot.kernel.card import Option
from bot.kernel.effect import Effect, Reply
from bot.kernel.event import Pressed, Scene, Suggest, Typed
from bot.kernel.facts import HasAnswered, TaskOpened
from bot.kernel.feature import Takes
from bot.kernel.peer_facts import WeakAreas
from bot.kernel.ports import Tx


@FEATURE.on_command(
    "practice", "practise a problem alone, at any time", reads=True,
    takes=Takes("problem", "words of its title", "daily.practice"),
)  # fmt: skip
def type_practice(typed: Typed, scene: Scene, tx: Tx) -> Sequence[Effect]:
    choice = _choice(scene, tx)
    if not typed.text:
        return [Reply(cards.practice_card(choice))]
    return [Reply(cards.practice_named_card(practice.find_named(choice, typed.text)))]


@FEATURE.on_suggest("daily.practice")
def suggest_practice(suggest: Suggest, scene: Scene, tx: Tx) -> Sequence[Option]:
    if not scene.is_member:
        return []
    found = practice.find_matching(_choice(scene, tx), suggest.typed)
    return [Option(item.id, plan_rules.shorten(item.title)) for item in found]


@FEATURE.on_press("practice", reads=True)
def show_practice(press: Pressed, scene: Scene, tx: Tx) -> Sequence[Effect]:
    return [Reply(cards.practice_card(_choice(scene, tx)))]


@FEATURE.on_press("practice_start")
def start_practice(press: Pressed, scene: Scene, tx: Tx) -> Sequence[Effect]:
    """
    A new private round; the one that was begun and not answered, if there is one.

    What the group has open by now goes on there: a private answer would not be the group's.
    """
    item = practice.may_practise(_choice(scene, tx), press.value or press.action.get("item"))
    if open_ := open_round_of(scene, tx, item):
        return [Reply(today_of(scene, tx, open_, item))]
    practised = records.list_practised(tx, scene.group, scene.member)
    for begun in practised:
        round_ = daily_records.find_round(tx, scene.group, begun.round)
        if begun.item == item.id and round_ and not _answered(scene, tx, begun.round):
            return [Reply(cards.practice_problem_card(round_, item))]
    number = len(practised) + 1
    round_ = practice.practice_round(scene.group, scene.member, number, item, scene.now)
    daily_records.keep_round(tx, round_)
    records.keep_practised(tx, scene.group, scene.member, number, Practised(item.id, round_.name, scene.now))
    return [
        TaskOpened(round_.name, item.title, round_.opens, None, "", scene.member),
        Reply(cards.practice_problem_card(round_, item)),
    ]


@FEATURE.on_press("problem", reads=True)
def show_problem(press: Pressed, scene: Scene, tx: Tx) -> Sequence[Effect]:
    """The way back from a hint or the clock to a problem that stands in no channel."""
    round_ = round_of(scene, tx, press.action.get("round"))
    item = item_of(scene, round_)
    if not round_.only_member:
        return [Reply(today_of(scene, tx, round_, item))]
    first = round_.name == rules.first_name(scene.member)
    return [Reply(first_card(round_, item) if first else cards.practice_problem_card(round_, item))]


def _choice(scene: Scene, tx: Tx) -> Choice:
    catalogue, outlook = catalogue_of(scene), look_ahead(scene, tx)
    practised = records.list_practised(tx, scene.group, scene.member)
    done = {begun.item for begun in practised if _answered(scene, tx, begun.round)}
    begun_ = dict.fromkeys(begun.item for begun in practised if not _answered(scene, tx, begun.round))
    going = [item for id_ in begun_ if (item := catalogue.item(id_))][: practice.GOING]
    past = []
    for round_ in daily_records.list_closed(tx, scene.group, practice.LOOKED_BACK):
        item = catalogue.item(round_.item)
        if item and item not in going:
            answered = item.id in done or _answered(scene, tx, round_.name)
            past.append(Past(item, date.fromisoformat(round_.name), answered))
    able = rules.available(catalogue, outlook.ledger.known, plan_rules.wishes_on(outlook.ledger, outlook.today))
    soon = outlook.soon(outlook.today + plan_rules.PRIVATE)
    had = records.list_private_items(tx, scene.group, scene.member)
    weak = scene.ask(WeakAreas((scene.member,)), tx).get(scene.member, ())
    fresh = practice.fresh(able, soon, had, scene.group, scene.member, weak)
    choice = Choice(tuple(going), practice.arrange(past, weak), fresh)
    return replace(choice, weakest=practice.weakest(choice, weak))


def _answered(scene: Scene, tx: Tx, task: str) -> bool:
    return bool(scene.ask(HasAnswered(task, scene.member), tx))
