"""What happens when a member turns reminders on or off, moves them, or wants less of them."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from bot.features.nudges import cards, plan_rules, records, rules
from bot.features.nudges.cards import Overview
from bot.features.nudges.handlers import FEATURE, find_wish, plan_anew
from bot.features.nudges.rules import Wish
from bot.kernel.calendar import StudyDay, member_day, zone_at
from bot.kernel.card import Card
from bot.kernel.effect import Effect, Reply
from bot.kernel.engine_facts import ZonesOver
from bot.kernel.event import Pressed, Scene, Typed
from bot.kernel.facts import PausedUntil
from bot.kernel.ports import Tx

SHOWN = 5  # decisions

# --- looking ---------------------------------------------------------------------------------


@FEATURE.on_command("reminders", "see and change your reminders", reads=True)
def type_settings(typed: Typed, scene: Scene, tx: Tx) -> Sequence[Effect]:
    return [Reply(_settings(scene, tx))]


@FEATURE.on_press("settings", reads=True)
def press_settings(press: Pressed, scene: Scene, tx: Tx) -> Sequence[Effect]:
    return [Reply(_settings(scene, tx))]


def _settings(scene: Scene, tx: Tx) -> Card:
    return cards.settings_card(_overview(scene, tx, find_wish(scene, tx, scene.member)))


def _overview(scene: Scene, tx: Tx, wish: Wish) -> Overview:
    now = scene.now
    muted, skipped = (until if until and until > now else None for until in (wish.muted_until, wish.skipped_until))
    planned = records.list_planned(tx, scene.group, wish.member)
    zones = scene.ask(ZonesOver(wish.member), tx)
    paused = scene.ask(PausedUntil(wish.member), tx)
    quiet = max((until for until in (muted, skipped, paused) if until), default=now)
    decided = records.list_decided(tx, scene.group, wish.member, SHOWN)
    return Overview(
        replace(wish, muted_until=muted, skipped_until=skipped),
        None if wish.stopped else plan_rules.first_after(planned, quiet, zone_at(zones, now)),
        paused,
        tuple((entry.at, entry.why) for entry in decided),
    )


# --- on, off, when ---------------------------------------------------------------------------


@FEATURE.on_press("on")
def turn_on(press: Pressed, scene: Scene, tx: Tx) -> Sequence[Effect]:
    wish = replace(_alive(scene, tx), wanted=True, refused="", muted_until=None, skipped_until=None)
    return _kept(scene, tx, wish)


@FEATURE.on_press("hour")
def choose_hour(press: Pressed, scene: Scene, tx: Tx) -> Sequence[Effect]:
    """Whoever chooses when to be reminded wants to be."""
    hour = plan_rules.accept_hour(press.value)
    return _kept(scene, tx, replace(_alive(scene, tx), wanted=True, refused="", hour=hour))


def _kept(scene: Scene, tx: Tx, wish: Wish) -> list[Effect]:
    records.keep_wish(tx, scene.group, wish)
    effects = plan_anew(scene, tx, wish)
    return [*effects, Reply(cards.on_card(_overview(scene, tx, wish)))]


@FEATURE.on_press("off")
def turn_off(press: Pressed, scene: Scene, tx: Tx) -> Sequence[Effect]:
    wish = replace(_alive(scene, tx), wanted=False, refused="")
    records.keep_wish(tx, scene.group, wish)
    return [*plan_anew(scene, tx, wish), Reply(cards.off_card())]


@FEATURE.on_press("evening")
def switch_evening(press: Pressed, scene: Scene, tx: Tx) -> Sequence[Effect]:
    wish = replace(_alive(scene, tx), evening=press.action.get("on") == "1")
    records.keep_wish(tx, scene.group, wish)
    effects = plan_anew(scene, tx, wish)
    return [*effects, Reply(cards.evening_card(_overview(scene, tx, wish)))]


# --- less of this ----------------------------------------------------------------------------


@FEATURE.on_press("less")
def offer_less(press: Pressed, scene: Scene, tx: Tx) -> Sequence[Effect]:
    wish = _alive(scene, tx)
    records.keep_wish(tx, scene.group, wish)
    return [Reply(cards.less_card(wish))]


@FEATURE.on_press("done")
def note_done(press: Pressed, scene: Scene, tx: Tx) -> Sequence[Effect]:
    return [Reply(cards.done_card() if _skip(press, scene, tx) else _over(scene, tx))]


@FEATURE.on_press("skip")
def skip_today(press: Pressed, scene: Scene, tx: Tx) -> Sequence[Effect]:
    until = _skip(press, scene, tx)
    return [Reply(cards.skipped_card(until) if until else _over(scene, tx))]


def _skip(press: Pressed, scene: Scene, tx: Tx) -> datetime | None:
    """Quiet until the end of the member's day that the button is about; None, and nothing, when that is over."""
    wish, day = _alive(scene, tx), _day(scene, tx)
    until = day.ends if press.action.get("day") == plan_rules.day_token(day) else None
    records.keep_wish(tx, scene.group, replace(wish, skipped_until=until) if until else wish)
    return until


def _over(scene: Scene, tx: Tx) -> Card:
    return cards.day_over_card(_overview(scene, tx, find_wish(scene, tx, scene.member)))


@FEATURE.on_press("unskip")
def go_on_today(press: Pressed, scene: Scene, tx: Tx) -> Sequence[Effect]:
    return _go_on(scene, tx, replace(_alive(scene, tx), skipped_until=None))


@FEATURE.on_press("mute")
def mute_a_week(press: Pressed, scene: Scene, tx: Tx) -> Sequence[Effect]:
    until = _day(scene, tx).ends + rules.MUTE
    records.keep_wish(tx, scene.group, replace(_alive(scene, tx), muted_until=until))
    return [Reply(cards.muted_card(until))]


@FEATURE.on_press("unmute")
def end_mute(press: Pressed, scene: Scene, tx: Tx) -> Sequence[Effect]:
    return _go_on(scene, tx, replace(_alive(scene, tx), muted_until=None))


def _go_on(scene: Scene, tx: Tx, wish: Wish) -> list[Effect]:
    records.keep_wish(tx, scene.group, wish)
    return [Reply(cards.back_card(_overview(scene, tx, wish).next_at))]


def _day(scene: Scene, tx: Tx) -> StudyDay:
    return member_day(scene.now, scene.ask(ZonesOver(scene.member), tx))


def _alive(scene: Scene, tx: Tx) -> Wish:
    """The member's wish, after a press: a sign of life."""
    return rules.alive(find_wish(scene, tx, scene.member))
