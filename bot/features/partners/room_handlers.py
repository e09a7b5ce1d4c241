"""What stands in the room of partners, and what they can do from there."""

from collections.abc import Sequence

from bot.features.partners import pair_cards, pair_records, pair_rules, plan_rules, records
from bot.features.partners.handlers import FEATURE, hours_of_members, week_at
from bot.features.partners.pair_rules import Sat, Why
from bot.features.partners.wish_rules import Wisher
from bot.kernel.calendar import Zones, zone_at
from bot.kernel.effect import Effect, Post, Reply, Room
from bot.kernel.engine_facts import ZonesOver
from bot.kernel.event import Pressed, Scene
from bot.kernel.peer_facts import AnswersOf, AnswerText, ItemsOf
from bot.kernel.ports import Tx


def room_of(sat: Sat) -> Room:
    return Room(sat.room, sat.readers)


def somebody_rests(scene: Scene, tx: Tx, sat: Sat) -> bool:
    """Is it a quiet hour for one who can open the room? Then what is new in it rings for nobody."""
    zones: list[Zones] = [scene.ask(ZonesOver(member), tx) for member in sat.readers]
    return any(plan_rules.is_quiet(scene.now, zone_at(lived, scene.now)) for lived in zones)


def show_room(scene: Scene, tx: Tx, sat: Sat) -> Post:
    """The first message of the room, as it is now."""
    name = f"partners.pair/{scene.group}/{sat.number}"
    place = room_of(sat)
    if not sat.live:
        return Post(name, place, pair_cards.over_card())
    if len(sat.here) < 2:
        return Post(name, place, pair_cards.alone_card())
    quiet = somebody_rests(scene, tx, sat)
    return Post(name, place, pair_cards.pair_card(sat.pair, why_of(scene, tx, sat)), quiet=quiet, pinned=True)


def welcome(scene: Scene, tx: Tx, sat: Sat, wisher: Wisher, *, again: bool) -> Post:
    """A line that rings for those who are there, if it is day for them."""
    turn = len(sat.sittings) * 100 + sat.looks
    name = f"partners.joined/{scene.group}/{sat.number}/{turn}"
    card = pair_cards.joined_card(wisher.member, again=again)
    return Post(name, room_of(sat), card, quiet=somebody_rests(scene, tx, sat))


def why_of(scene: Scene, tx: Tx, sat: Sat) -> Why:
    """Hours that all of them have, and topics that all have worked on where others could see it. Nothing else."""
    week = week_at(scene.now, scene)
    members = sat.pair.members
    hours = hours_of_members(scene, tx, members, week)
    written = any(w.wish.in_writing for w in (records.find_seat(tx, scene.group, seat) for seat in sat.seats) if w)
    topics = [_topics(scene, tx, member) for member in members]
    return pair_rules.why([] if written else hours, week, topics, scene.now, sat.ends)


def _topics(scene: Scene, tx: Tx, member: str) -> frozenset[str]:
    """The names of the areas of those answers that others can read under this member's name."""
    answers: Sequence[AnswerText] = scene.ask(AnswersOf(member), tx)
    tasks = tuple(answer.task for answer in answers if not answer.hide_name)
    items = scene.ask(ItemsOf(tasks), tx) if tasks else {}
    found = (scene.catalogue.item(item) for item in items.values()) if scene.catalogue else ()
    return frozenset(str(item.domain_label) for item in found if item)


@FEATURE.on_press("seen", reads=True)
def show_readers(press: Pressed, scene: Scene, tx: Tx) -> Sequence[Effect]:
    pair_rules.need_pair(pair_records.find_sat_with(tx, scene.group, scene.member))
    return [Reply(pair_cards.readers_card())]


@FEATURE.on_press("wrong", reads=True)
def show_exits(press: Pressed, scene: Scene, tx: Tx) -> Sequence[Effect]:
    pair_rules.need_pair(pair_records.find_sat_with(tx, scene.group, scene.member))
    return [Reply(pair_cards.wrong_card())]
