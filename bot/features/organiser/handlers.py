"""What happens when an organiser sets the group up, and when something fails."""

from collections.abc import Sequence

from bot.features.organiser import cards, records, rules
from bot.features.organiser.rules import Parked, Skip
from bot.kernel.calendar import study_day
from bot.kernel.card import Card, Option
from bot.kernel.effect import Ask, Direct, Effect, FoundGroup, Post, Reply
from bot.kernel.engine_facts import PostParked, WakeSkipped, WhatCanBeSet, WhatCanIType
from bot.kernel.event import Pressed, Scene, Submitted, Suggest, Typed
from bot.kernel.facts import GroupReady, WhenAreProblemsPosted
from bot.kernel.feature import Feature, Who
from bot.kernel.ports import Tx

FEATURE = Feature(
    "organiser",
    stores=(
        ("Who set the group up, and who organises it", "Organisers"),
        ("What organisers changed, when, and who took it back", "Organisers"),
        ("Whether you were here in the last two weeks, and since when you were not", "Organisers"),
        ("Which messages to the group were planned, sent or refused", "Organisers. Private ones are not in that list"),
    ),
)


# --- the first words ------------------------------------------------------------------------


@FEATURE.on_command("", "begin here", Who.ANYONE, before_ready=True)
@FEATURE.on_command("help", "see what you can do", Who.ANYONE, before_ready=True)
def show_help(typed: Typed, scene: Scene, tx: Tx) -> Sequence[Effect]:
    if not scene.ready:
        return [Reply(set_up_card(scene, tx) if scene.is_organiser else cards.not_ready_card())]
    commands = rules.by_use(scene.ask(WhatCanIType(), tx), is_member=scene.is_member)
    return [Reply(cards.help_card(commands, is_member=scene.is_member, is_organiser=scene.is_organiser))]


def set_up_card(scene: Scene, tx: Tx) -> Card:
    return cards.setup_card(scene.ask(WhenAreProblemsPosted(), tx), in_channel=bool(scene.spot))


# --- setting up -------------------------------------------------------------------------------


@FEATURE.on_press("setup", Who.ORGANISER, before_ready=True)
def set_up(press: Pressed, scene: Scene, tx: Tx) -> Sequence[Effect]:
    if scene.ready:
        return [Reply(_done(scene, tx, scene.zone.key))]
    rules.accept_spot(scene.spot)
    if not rules.is_zone(scene.person.zone):
        return [Ask(cards.zone_form())]
    return _found(scene, tx, scene.person.zone)


@FEATURE.on_submit("keep_zone", Who.ORGANISER, opened_by="setup", before_ready=True)
def set_up_with_zone(form: Submitted, scene: Scene, tx: Tx) -> Sequence[Effect]:
    return _found_in(scene, tx, form.text("city"))


@FEATURE.on_press("choose_place", Who.ORGANISER, before_ready=True)
def set_up_with_place(press: Pressed, scene: Scene, tx: Tx) -> Sequence[Effect]:
    return _found_in(scene, tx, press.value)


def _found_in(scene: Scene, tx: Tx, typed: str) -> list[Effect]:
    if scene.ready:
        return [Reply(_done(scene, tx, scene.zone.key))]
    found = rules.find_zone(typed, scene.now)
    return _found(scene, tx, found) if isinstance(found, str) else [Reply(cards.which_place_card(found))]


def _found(scene: Scene, tx: Tx, zone: str) -> list[Effect]:
    spot = rules.accept_spot(scene.spot)
    records.keep_setup(tx, scene.group, spot, scene.member, scene.now)
    return [FoundGroup(zone, {"main": spot}), GroupReady(), Reply(_done(scene, tx, zone))]


def _done(scene: Scene, tx: Tx, zone: str) -> Card:
    return cards.done_card(scene.ask(WhenAreProblemsPosted(), tx), zone)


@FEATURE.on_suggest("organiser.city")
def suggest_cities(suggest: Suggest, scene: Scene, tx: Tx) -> Sequence[Option]:
    return [Option(place.label, place.label) for place in rules.find_suggestions(suggest.typed)]


# --- what failed ------------------------------------------------------------------------------------


@FEATURE.on_fact(WakeSkipped)
def tell_skipped(fact: WakeSkipped, scene: Scene, tx: Tx) -> Sequence[Effect]:
    today = study_day(scene.now, scene.zone).date
    records.keep_skip(tx, scene.group, fact.route, today, Skip(fact.at, fact.why))
    skips, more = rules.newest(records.list_skips(tx, scene.group, fact.route, today))
    card = cards.skipped_card(_title(scene, tx, fact.route.partition(".")[0]), skips, more)
    return _tell_organisers(scene, f"organiser.skipped/{scene.group}/{fact.route}/{today}", card)


def _title(scene: Scene, tx: Tx, feature: str) -> str:
    """What organisers call this feature."""
    titles: dict[str, str] = {one.feature: one.title for one in scene.ask(WhatCanBeSet(), tx)}
    return titles.get(feature, feature.capitalize())


@FEATURE.on_fact(PostParked)
def tell_parked(fact: PostParked, scene: Scene, tx: Tx) -> Sequence[Effect]:
    """One note a day lists them all. Of a private message organisers hear nothing: that is its reader's affair."""
    if fact.member:
        return []
    today = study_day(scene.now, scene.zone).date
    records.keep_parked(tx, scene.group, today, Parked(fact.name, fact.fix))
    fixes, more = rules.by_fix(records.list_parked(tx, scene.group, today))
    return _tell_organisers(scene, f"organiser.parked/{scene.group}/{today}", cards.parked_card(fixes, more))


def _tell_organisers(scene: Scene, name: str, card: Card) -> list[Effect]:
    return [Post(f"{name}/{rules.token(member)}", Direct(member), card, quiet=True) for member in scene.organisers]
