"""What happens when something was changed by an organiser, and when that is taken back."""

from collections.abc import Sequence
from dataclasses import dataclass

from bot.features.organiser import changes_cards, changes_records, days_handlers, people_handlers
from bot.features.organiser import changes_rules as rules
from bot.features.organiser.changes_rules import Change, Kind
from bot.features.organiser.handlers import FEATURE
from bot.kernel.effect import Configure, Effect, Fact, MoveGroup, Reply
from bot.kernel.engine_facts import SettingsChanged, WhatCanBeSet
from bot.kernel.event import Pressed, Scene
from bot.kernel.facts import ChangeMade, ChangeUndone, ThreadsWanted
from bot.kernel.feature import Who
from bot.kernel.ports import Tx


@dataclass(frozen=True, slots=True)
class Recorded(Fact):
    """A change that was kept before it was made is made now: what the others told of it meanwhile is no new one."""

    number: int


# --- what is kept -------------------------------------------------------------------------------


@FEATURE.on_fact(SettingsChanged)
def note_settings(fact: SettingsChanged, scene: Scene, tx: Tx) -> Sequence[Effect]:
    """Settings that another screen changed; what this feature changes or takes back is kept already."""
    if not changes_records.is_under_way(tx, scene.group):
        what = rules.describe(fact.feature, fact.before, fact.after, scene.ask(WhatCanBeSet(), tx))
        change = Change(
            scene.now, Kind.SETTINGS, what, scene.member,
            feature=fact.feature, earlier=fact.before, later=fact.after,
        )  # fmt: skip
        changes_records.keep_change(tx, scene.group, change)
    return []


@FEATURE.on_fact(Recorded)
def note_recorded(fact: Recorded, scene: Scene, tx: Tx) -> Sequence[Effect]:
    changes_records.keep_state(tx, scene.group, fact.number, "done")
    return []


@FEATURE.on_fact(ChangeMade)
def note_change(fact: ChangeMade, scene: Scene, tx: Tx) -> Sequence[Effect]:
    change = Change(scene.now, Kind.OTHER, rules.shorten(fact.what, rules.WHAT), scene.member, undo=fact.undo)
    earlier = changes_records.find_standing(tx, scene.group, fact.undo)
    if earlier:
        changes_records.keep_again(tx, scene.group, earlier.number, change)
    else:
        changes_records.keep_change(tx, scene.group, change)
    return []


@FEATURE.on_fact(ChangeUndone)
def note_undoing(fact: ChangeUndone, scene: Scene, tx: Tx) -> Sequence[Effect]:
    standing = changes_records.find_standing(tx, scene.group, fact.undo)
    if standing:
        changes_records.keep_undone(tx, scene.group, standing.number, scene.member, scene.now)
    return []


# --- looking ----------------------------------------------------------------------------------------


@FEATURE.on_press("changes", Who.ORGANISER, reads=True)
def show_changes(press: Pressed, scene: Scene, tx: Tx) -> Sequence[Effect]:
    return [Reply(changes_cards.changes_card(changes_records.list_changes(tx, scene.group, rules.LISTED)))]


@FEATURE.on_press("change", Who.ORGANISER, reads=True)
def show_change(press: Pressed, scene: Scene, tx: Tx) -> Sequence[Effect]:
    return [Reply(changes_cards.change_card(_find(scene, tx, press.value or press.action.get("n"))))]


# --- taking back ---------------------------------------------------------------------------------------


@FEATURE.on_press("undo", Who.ORGANISER)
def undo(press: Pressed, scene: Scene, tx: Tx) -> Sequence[Effect]:
    change = _find(scene, tx, press.action.get("n"))
    if change.undone:
        return [Reply(changes_cards.undone_card(change, again=True))]
    if change.kind is Kind.OTHER:
        return [Reply(changes_cards.change_card(change))]  # its own button takes it back
    if change.about_nobody:
        return [ChangeUndone(change.undo), Reply(changes_cards.nobody_card())]
    mixed = rules.changed_since(change, changes_records.list_later(tx, scene.group, change))
    effects = _take_back(scene, tx, change)
    changes_records.keep_state(tx, scene.group, change.number, "undoing")
    return [*effects, ChangeUndone(change.undo), Reply(changes_cards.undone_card(change, again=False, mixed=mixed))]


def _take_back(scene: Scene, tx: Tx, change: Change) -> list[Effect]:
    match change.kind:
        case Kind.SETTINGS:
            return [Configure(change.feature, change.earlier)]
        case Kind.THREADS:
            return [ThreadsWanted(bool(change.earlier["open"]))]
        case Kind.PLACES:
            zone, places = change.earlier.get("zone", ""), change.earlier.get("places", ())
            return [MoveGroup(str(zone), dict(places) if isinstance(places, tuple) else {})]
        case Kind.DAYS:
            return days_handlers.take_back(scene, tx, change)
        case _:
            return people_handlers.take_back(scene, tx, change)


def _find(scene: Scene, tx: Tx, typed: str) -> Change:
    return rules.known(changes_records.find_change(tx, scene.group, rules.accept_number(typed)))
