"""A time to talk: suggested on wish, taken by all, handed out for calendars, reminded of, moved or called off."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime
from hashlib import sha256

from bot.features.partners import pair_records, records, slot_cards, slot_records, slot_rules
from bot.features.partners.checkin_handlers import talk_nudges
from bot.features.partners.handlers import FEATURE, PairChanged, hours_of_members
from bot.features.partners.hours_rules import Slot
from bot.features.partners.pair_rules import Sat
from bot.features.partners.plan_handlers import (
    NUDGE,
    day_of,
    give_sign,
    partners_of,
    partners_with,
)
from bot.features.partners.plan_rules import KEPT, number_in
from bot.features.partners.room_handlers import room_of, somebody_rests
from bot.features.partners.slot_rules import State, Talk
from bot.kernel.action import Action
from bot.kernel.card import Button, Card, File
from bot.kernel.effect import Effect, Post, Reply, Unpost, Unwake, Wake
from bot.kernel.event import Due, Pressed, Scene
from bot.kernel.facts import Nudge, NudgeMoment
from bot.kernel.ports import Tx

# --- suggesting ------------------------------------------------------------------------------------------


@FEATURE.on_press("slot")
def suggest(press: Pressed, scene: Scene, tx: Tx) -> Sequence[Effect]:
    """Two times in the room. While something stands there, whoever asks is shown that."""
    sat = partners_of(scene, tx)
    standing = slot_records.find_open(tx, scene.group, sat.number, scene.now)
    if standing:
        return [Reply(_standing(scene, sat, standing)), *give_sign(scene, tx, sat)]
    slot_records.forget_before(tx, scene.group, scene.now - KEPT)
    offers = _search(scene, tx, sat)
    if not offers:
        return [Reply(slot_cards.no_time_card())]
    talk = slot_records.keep_new(tx, scene.group, sat.number, offers)
    return [Reply(slot_cards.suggested_card()), _show(scene, tx, sat, talk), *give_sign(scene, tx, sat)]


def _standing(scene: Scene, sat: Sat, talk: Talk) -> Card:
    only = slot_rules.takers_of(talk, sat)
    if talk.state is State.AGREED and scene.member not in only:
        return slot_cards.others_card(talk, only)
    return slot_cards.standing_card(talk, _files(scene, talk))


def _search(scene: Scene, tx: Tx, sat: Sat, without: Sequence[Slot] = ()) -> tuple[Slot, ...]:
    """Times at which all of them are free; none where somebody wants no calls, and nobody is told who."""
    members = sat.pair.members
    if not _may_talk(scene, tx, sat):
        return ()

    def hours_in(week: date) -> Sequence[int]:
        return hours_of_members(scene, tx, members, week)

    return slot_rules.search(hours_in, scene.now, sat.ends, without)


def _may_talk(scene: Scene, tx: Tx, sat: Sat) -> bool:
    """Does none of them want only to write?"""
    wishers = [records.find_wisher(tx, scene.group, member) for member in sat.pair.members]
    return all(wisher is not None and not wisher.wish.in_writing for wisher in wishers)


def _show(scene: Scene, tx: Tx, sat: Sat, talk: Talk) -> Post:
    """The message in the room, as it stands now."""
    name = f"partners.slot/{scene.group}/{talk.number}"
    only = slot_rules.takers_of(talk, sat)
    over = talk.agreed is not None and talk.agreed.ends <= scene.now
    card = slot_cards.talk_card(
        talk, sat.pair.members, _files(scene, talk), only=only if len(only) < len(sat.here) else (), over=over
    )
    return Post(name, room_of(sat), card, quiet=somebody_rests(scene, tx, sat))


def _again(scene: Scene, tx: Tx, sat: Sat, talk: Talk) -> list[Effect]:
    """Keep it and show it; whoever pressed has given a sign."""
    return [*_keep(scene, tx, sat, talk), *give_sign(scene, tx, sat)]


def _pressed(press: Pressed, scene: Scene, tx: Tx) -> tuple[Sat, Talk]:
    talk = slot_records.find_talk(tx, scene.group, number_in(press.action.get("talk")))
    sat = partners_of(scene, tx) if talk is None else partners_with(scene, tx, talk.pair)
    return sat, slot_rules.known(talk, sat.number)


# --- taking one --------------------------------------------------------------------------------------------


@FEATURE.on_press("slot_take")
def take(press: Pressed, scene: Scene, tx: Tx) -> Sequence[Effect]:
    """When all of them have taken the same time, it is agreed."""
    sat, talk = _pressed(press, scene, tx)
    choice = slot_rules.accept_choice(talk, press.action.get("n"), press.action.get("round"), scene.now)
    slot_records.keep_take(tx, scene.group, talk, scene.member, choice)
    taken = slot_rules.known(slot_records.find_talk(tx, scene.group, talk.number), sat.number)
    agreed = taken.settled(sat.pair.members, scene.now)
    reply = Reply(slot_cards.taken_card(taken, choice, agreed=agreed is not None))
    if agreed is None:
        return [reply, *_again(scene, tx, sat, taken)]
    return [reply, *_agree(scene, tx, sat, taken, agreed)]


def _agree(scene: Scene, tx: Tx, sat: Sat, talk: Talk, slot: Slot) -> list[Effect]:
    return [*_settle(scene, tx, sat, talk, slot), *give_sign(scene, tx, sat)]


def _settle(scene: Scene, tx: Tx, sat: Sat, talk: Talk, slot: Slot, at: datetime | None = None) -> list[Effect]:
    """`at`: when they agreed on it, now if none is given."""
    undone = _no_reminder(scene, talk)
    agreed = replace(talk, state=State.AGREED, agreed=slot, version=talk.version + 1, at=at or scene.now)
    wished = [nudge for member in sat.pair.members for nudge in talk_nudges(sat, member, scene.now)]
    return [*undone, *wished, *_keep(scene, tx, sat, agreed), *_reminder(scene, agreed)]


@FEATURE.on_press("slot_untake")
def take_back(press: Pressed, scene: Scene, tx: Tx) -> Sequence[Effect]:
    sat, talk = _pressed(press, scene, tx)
    choice = slot_rules.accept_choice(talk, press.action.get("n"), press.action.get("round"), scene.now)
    slot_records.forget_take(tx, scene.group, talk, scene.member, choice)
    return [Reply(slot_cards.done_card("It is taken back.")), *_again(scene, tx, sat, talk)]


@FEATURE.on_press("slot_others")
def offer_others(press: Pressed, scene: Scene, tx: Tx) -> Sequence[Effect]:
    """Other times in the same message. Who pressed it stays unsaid."""
    sat, talk = _pressed(press, scene, tx)
    slot_rules.need_offer(talk, press.action.get("round"))
    anew = _offered_anew(scene, tx, sat, talk, (*talk.offers, *((talk.agreed,) if talk.agreed else ())))
    found = anew.round != talk.round
    card = slot_cards.done_card("There are other times now.") if found else slot_cards.no_time_card()
    return [Reply(card), *_again(scene, tx, sat, anew)]


# --- moving it, calling it off ---------------------------------------------------------------------------------


@FEATURE.on_press("slot_move")
def move(press: Pressed, scene: Scene, tx: Tx) -> Sequence[Effect]:
    """The time stands until all have taken another one."""
    sat, talk = _pressed(press, scene, tx)
    slot = slot_rules.need_agreed(talk, scene.now)
    slot_rules.need_taker(talk, sat, scene.member)
    offers = _search(scene, tx, sat, (slot,))
    if not offers:
        return [Reply(slot_cards.no_time_card())]
    moving = replace(talk, state=State.MOVING, offers=offers, round=talk.round + 1)
    return [Reply(slot_cards.done_card("I have suggested other times.")), *_again(scene, tx, sat, moving)]


@FEATURE.on_press("slot_stay")
def keep_time(press: Pressed, scene: Scene, tx: Tx) -> Sequence[Effect]:
    sat, talk = _pressed(press, scene, tx)
    slot_rules.need_agreed(talk, scene.now)
    return [Reply(slot_cards.done_card("The time stays.")), *_again(scene, tx, sat, replace(talk, state=State.AGREED))]


@FEATURE.on_press("slot_off")
def call_off(press: Pressed, scene: Scene, tx: Tx) -> Sequence[Effect]:
    sat, talk = _pressed(press, scene, tx)
    slot = slot_rules.need_agreed(talk, scene.now)
    slot_rules.need_taker(talk, sat, scene.member)
    off = replace(talk, state=State.CALLED_OFF)
    reply = Reply(slot_cards.done_card("It is called off.", slot_cards.undo_call_off(off)))
    told = _tell_called_off(scene, sat, slot, talk, slot.starts)
    return [reply, *_no_reminder(scene, talk), *_again(scene, tx, sat, off), *told]


@FEATURE.on_press("slot_on")
def call_on(press: Pressed, scene: Scene, tx: Tx) -> Sequence[Effect]:
    """Undo."""
    sat, talk = _pressed(press, scene, tx)
    slot = slot_rules.need_called_off(talk, scene.now)
    slot_rules.need_no_other(slot_records.find_open(tx, scene.group, sat.number, scene.now), talk, sat)
    told = _tell_called_off(scene, sat, slot, talk, scene.now)
    reply = Reply(slot_cards.done_card("Your talk takes place."))
    return [reply, *_settle(scene, tx, sat, talk, slot, talk.at), *give_sign(scene, tx, sat), *told]


def _tell_called_off(scene: Scene, sat: Sat, slot: Slot, talk: Talk, until: datetime) -> list[Effect]:
    """In private to the others; with an `until` that is over it is taken back."""
    line, button = slot_cards.called_off_line(slot), slot_cards.slot_button()
    others = (member for member in slot_rules.takers_of(talk, sat) if member != scene.member)
    return [Nudge(member, NUDGE, f"off/{talk.number}", line, button, until) for member in others]


# --- when somebody comes or goes ------------------------------------------------------------------------------


@FEATURE.on_fact(PairChanged)
def go_on_without(fact: PairChanged, scene: Scene, tx: Tx) -> Sequence[Effect]:
    """An open time goes on with those who are there: perhaps all of them have taken it. With one alone it is over."""
    sat = pair_records.find_sat(tx, scene.group, fact.pair)
    talk = slot_records.find_open(tx, scene.group, fact.pair, scene.now)
    if sat is None or talk is None:
        return []
    if not sat.live or len(slot_rules.takers_of(talk, sat)) < 2:
        return _close(scene, tx, sat, talk)
    if talk.state is State.AGREED:
        return _keep(scene, tx, sat, talk)
    if not _suits_all(scene, tx, sat, talk):
        return _keep(scene, tx, sat, _offered_anew(scene, tx, sat, talk))
    slot = talk.settled(sat.pair.members, scene.now)
    return _settle(scene, tx, sat, talk, slot) if slot else _keep(scene, tx, sat, talk)


def _suits_all(scene: Scene, tx: Tx, sat: Sat, talk: Talk) -> bool:
    """Whoever has come, or has said anew when they have time, may have none at the times that are offered."""

    def hours_in(week: date) -> Sequence[int]:
        return hours_of_members(scene, tx, sat.pair.members, week)

    return _may_talk(scene, tx, sat) and all(slot_rules.suits(hours_in, slot) for slot in talk.offers)


def _offered_anew(scene: Scene, tx: Tx, sat: Sat, talk: Talk, without: Sequence[Slot] = ()) -> Talk:
    """Other times; where there are none, the agreed one stands or the search is over."""
    offers = _search(scene, tx, sat, without)
    if offers:
        return replace(talk, offers=offers, round=talk.round + 1)
    return replace(talk, state=State.AGREED if talk.state is State.MOVING else State.NO_TIME)


def _close(scene: Scene, tx: Tx, sat: Sat, talk: Talk) -> list[Effect]:
    """It does not take place; who is left reads so in private, too, if they had agreed on it."""
    slot = talk.agreed
    line, button = slot_cards.called_off_line(slot or talk.offers[0]), slot_cards.partners_button()
    told = [
        Nudge(member, NUDGE, f"off/{talk.number}", line, button, slot.starts)
        for member in slot_rules.takers_of(talk, sat)
        if slot and slot.starts > scene.now
    ]
    closed = _keep(scene, tx, sat, replace(talk, state=State.CALLED_OFF))
    return [*_no_reminder(scene, talk), *closed, *told]


def _keep(scene: Scene, tx: Tx, sat: Sat, talk: Talk) -> list[Effect]:
    slot_records.keep_talk(tx, scene.group, talk)
    now = slot_rules.known(slot_records.find_talk(tx, scene.group, talk.number), sat.number)
    return [_show(scene, tx, sat, now)] if sat.readers else []


# --- reminding of it ---------------------------------------------------------------------------------------------


def _reminder(scene: Scene, talk: Talk) -> list[Effect]:
    """One message in the room. All have asked for it by taking the time."""
    at = talk.agreed.starts - slot_rules.REMINDER if talk.agreed else scene.now
    return [Wake(_soon(scene, talk), "partners.soon", at)] if at > scene.now else []


def _no_reminder(scene: Scene, talk: Talk) -> list[Effect]:
    return [Unwake(_soon(scene, talk)), Unpost(_soon(scene, talk))] if talk.version else []


def _soon(scene: Scene, talk: Talk) -> str:
    """A wake and the message that it posts; each agreed time has its own."""
    return f"partners.soon/{scene.group}/{talk.number}/{talk.version}"


@FEATURE.on_wake("soon")
def remind_in_room(due: Due, scene: Scene, tx: Tx) -> Sequence[Effect]:
    """
    It rings for nobody where it would break somebody's quiet hours.

    A time that was moved or called off has taken its wake away; what begins by now needs no reminder any more.
    """
    *_, number, version = due.name.split("/")
    talk = slot_records.find_talk(tx, scene.group, number_in(number))
    pair = pair_records.find_pair_by_number(tx, scene.group, talk.pair) if talk else None
    sat = pair_records.find_sat(tx, scene.group, talk.pair) if talk and pair else None
    if talk is None or talk.agreed is None or sat is None or talk.version != number_in(version):
        return []
    if scene.now >= talk.agreed.starts:
        return []
    quiet = somebody_rests(scene, tx, sat)
    said = Post(due.name, room_of(sat), slot_cards.soon_card(talk), quiet=quiet, until=talk.agreed.starts)
    over = f"partners.over/{scene.group}/{talk.number}/{talk.version}"
    return [said, Wake(over, "partners.over", talk.agreed.ends)]


@FEATURE.on_wake("over")
def take_buttons_away(due: Due, scene: Scene, tx: Tx) -> Sequence[Effect]:
    """What is over is not called off any more: the reminder goes, and the message says so."""
    *_, number, version = due.name.split("/")
    talk = slot_records.find_talk(tx, scene.group, number_in(number))
    sat = pair_records.find_sat(tx, scene.group, talk.pair) if talk else None
    if talk is None or talk.state is State.CALLED_OFF or sat is None or talk.version != number_in(version):
        return []
    return [Unpost(_soon(scene, talk)), *_keep(scene, tx, sat, replace(talk, state=State.AGREED))]


@FEATURE.on_fact(NudgeMoment)
def remind_of_talk(fact: NudgeMoment, scene: Scene, tx: Tx) -> Sequence[Effect]:
    """A line among the day's other ones."""
    pair = None if fact.evening else pair_records.find_pair(tx, scene.group, fact.member)
    talk = slot_records.find_open(tx, scene.group, pair.number, scene.now) if pair else None
    slot = talk.agreed if talk and talk.state in (State.AGREED, State.MOVING) else None
    if talk is None or slot is None or not scene.now < slot.starts < day_of(scene, tx, fact.member).ends:
        return []
    sat = pair_records.find_sat(tx, scene.group, talk.pair)
    if sat is None or fact.member not in slot_rules.takers_of(talk, sat):
        return []
    show = Button("Show it", Action.to("partners.slot"), "primary")
    return [Nudge(fact.member, NUDGE, f"today/{talk.number}", slot_cards.today_line(slot), show, slot.starts)]


# --- for calendars --------------------------------------------------------------------------------------------------


def _files(scene: Scene, talk: Talk) -> tuple[File, ...]:
    """
    The calendar file of an agreed time. It names nobody.

    Its entry keeps its id when the time moves, and counts up: so a calendar that knows it moves it.
    """
    if talk.agreed is None or talk.at is None or talk.state not in (State.AGREED, State.MOVING):
        return ()
    from icalendar import Calendar, Event

    entry = Event()
    entry.add("uid", f"talk-{talk.number}-{sha256(scene.group.encode()).hexdigest()[:12]}@whetstone")
    entry.add("dtstamp", talk.at)
    entry.add("sequence", talk.version - 1)
    entry.add("dtstart", talk.agreed.starts)
    entry.add("dtend", talk.agreed.ends)
    entry.add("summary", "Talk with your study partners")
    entry.add("description", "To begin, each says what they want to do. At the end, each says what they did.")
    file = Calendar()
    file.add("prodid", "-//Whetstone//Study partners//EN")
    file.add("version", "2.0")
    file.add("method", "PUBLISH")
    file.add_component(entry)
    name = f"talk-{talk.number}.ics" if talk.version == 1 else f"talk-{talk.number}-{talk.version}.ics"
    return (File(name, "text/calendar", file.to_ical().decode()),)
