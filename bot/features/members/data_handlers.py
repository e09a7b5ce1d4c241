"""What happens when somebody asks what is stored about them, takes it along, or has it erased."""

from collections.abc import Sequence

from bot.features.members import cards, data_cards, data_records, data_rules
from bot.features.members.handlers import FEATURE, leaves_none_in_charge
from bot.kernel.effect import Effect, Erase, Reply
from bot.kernel.engine_facts import EverythingAbout, WhatIsStored
from bot.kernel.event import Pressed, Scene, Typed
from bot.kernel.facts import TaskOpened
from bot.kernel.feature import Who
from bot.kernel.ports import Tx

# All of it is for anyone: whoever has left the group still has data here.


@FEATURE.on_press("data", Who.ANYONE, reads=True)
def press_stored(press: Pressed, scene: Scene, tx: Tx) -> Sequence[Effect]:
    return _stored(scene, tx)


@FEATURE.on_command("privacy", "see what is stored, download or erase it", Who.ANYONE, reads=True)
def type_stored(typed: Typed, scene: Scene, tx: Tx) -> Sequence[Effect]:
    return _stored(scene, tx)


def _stored(scene: Scene, tx: Tx) -> list[Effect]:
    return [Reply(card) for card in data_cards.stored_cards(scene.ask(WhatIsStored(), tx))]


@FEATURE.on_press("export", Who.ANYONE, reads=True)
def export(press: Pressed, scene: Scene, tx: Tx) -> Sequence[Effect]:
    everything = scene.ask(EverythingAbout(scene.member), tx)
    titles: dict[tuple[str, str], str] = {}
    for group in data_rules.groups(everything):
        titles |= data_records.list_titles(tx, group, scene.member)
    return [Reply(data_cards.export_card(data_rules.export(everything, titles, scene.my_zone)))]


@FEATURE.on_fact(TaskOpened)
def note_title(fact: TaskOpened, scene: Scene, tx: Tx) -> Sequence[Effect]:
    data_records.keep_title(tx, scene.group, fact.task, fact.title, fact.member)
    return []


@FEATURE.on_press("erase", Who.ANYONE, reads=True)
def explain_erasing(press: Pressed, scene: Scene, tx: Tx) -> Sequence[Effect]:
    if leaves_none_in_charge(scene, tx) and press.action.get("sure") != "1":
        return [Reply(cards.last_organiser_card("erase"))]
    everything = scene.ask(EverythingAbout(scene.member), tx)
    return [Reply(data_cards.erase_card(elsewhere=data_rules.organises_elsewhere(everything, scene.group)))]


@FEATURE.on_press("erase_sure", Who.ANYONE, reads=True)
def ask_again(press: Pressed, scene: Scene, tx: Tx) -> Sequence[Effect]:
    return [Reply(data_cards.erase_sure_card())]


@FEATURE.on_press("erase_now", Who.ANYONE)
def erase(press: Pressed, scene: Scene, tx: Tx) -> Sequence[Effect]:
    return [Erase(scene.member), Reply(data_cards.erased_card())]
