"""What happens when an organiser moves the group to other channels or to another time zone."""

from collections.abc import Sequence
from zoneinfo import ZoneInfo

from bot.features.organiser import changes_records, places_cards, rules
from bot.features.organiser import places_rules as places
from bot.features.organiser.changes_rules import WHAT, Change, Kind, shorten
from bot.features.organiser.days_handlers import next_problem
from bot.features.organiser.handlers import FEATURE
from bot.kernel.effect import Ask, Effect, MoveGroup, Reply
from bot.kernel.engine_facts import WhereIsWhat
from bot.kernel.event import Pressed, Scene, Submitted
from bot.kernel.feature import Who
from bot.kernel.ports import Tx
from bot.kernel.text import listed

# --- channels -------------------------------------------------------------------------------------


@FEATURE.on_press("channels", Who.ORGANISER, reads=True)
def show_channels(press: Pressed, scene: Scene, tx: Tx) -> Sequence[Effect]:
    return [Reply(places_cards.channels_card(scene.ask(WhereIsWhat(), tx), scene.spot))]


@FEATURE.on_press("ask_channels", Who.ORGANISER, reads=True)
def ask_channels(press: Pressed, scene: Scene, tx: Tx) -> Sequence[Effect]:
    known = scene.ask(WhereIsWhat(), tx)
    page = places.find_page(known, press.action.get("page"))
    return [Ask(places_cards.channels_form(page, places.pages(known).index(page)))]


@FEATURE.on_submit("keep_channels", Who.ORGANISER, opened_by="ask_channels")
def keep_channels(form: Submitted, scene: Scene, tx: Tx) -> Sequence[Effect]:
    page = places.find_page(scene.ask(WhereIsWhat(), tx), form.action.get("page"))
    before, after = places.accept(page, form)
    if not after:
        return [Reply(places_cards.same_channels_card())]
    labels = [label for purpose, label, _ in page if purpose in after]
    change = changes_records.keep_change(
        tx, scene.group,
        Change(
            scene.now, Kind.PLACES, shorten(f"Other channels for {listed(labels)}", WHAT), scene.member,
            earlier={"places": tuple(before.items())}, later={"places": tuple(after.items())},
        ),
    )  # fmt: skip
    moved = places_cards.moved_card(labels, change.undo, main=places.MAIN in after)
    return [MoveGroup(places=after), Reply(moved)]


# --- the time zone -----------------------------------------------------------------------------------


@FEATURE.on_press("zone", Who.ORGANISER, reads=True)
def ask_zone(press: Pressed, scene: Scene, tx: Tx) -> Sequence[Effect]:
    return [Ask(places_cards.group_zone_form())]


@FEATURE.on_submit("keep_group_zone", Who.ORGANISER, opened_by="zone")
def keep_group_zone(form: Submitted, scene: Scene, tx: Tx) -> Sequence[Effect]:
    return _move(scene, tx, form.text("city"))


@FEATURE.on_press("choose_zone", Who.ORGANISER)
def choose_zone(press: Pressed, scene: Scene, tx: Tx) -> Sequence[Effect]:
    return _move(scene, tx, press.value)


def _move(scene: Scene, tx: Tx, typed: str) -> list[Effect]:
    found = rules.find_zone(typed, scene.now)
    if not isinstance(found, str):
        return [Reply(places_cards.which_zone_card(found))]
    if found == scene.zone.key:
        return [Reply(places_cards.same_zone_card(found))]
    change = changes_records.keep_change(
        tx, scene.group,
        Change(
            scene.now, Kind.PLACES, f"Time zone of the group: {scene.zone.key} → {found}", scene.member,
            earlier={"zone": scene.zone.key}, later={"zone": found},
        ),
    )  # fmt: skip
    next_ = next_problem(scene, tx, ZoneInfo(found))
    return [MoveGroup(zone=found), Reply(places_cards.zone_moved_card(found, change.undo, next_))]
