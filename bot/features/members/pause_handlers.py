"""What happens when a member takes a break and comes back."""

from collections.abc import Sequence
from datetime import date, datetime

from bot.features.members import pause_cards, pause_records, pause_rules
from bot.features.members.handlers import FEATURE
from bot.kernel.effect import Ask, Effect, Reply
from bot.kernel.event import Pressed, Scene, Submitted, Typed
from bot.kernel.facts import MemberPaused, MemberResumed, PausedUntil
from bot.kernel.ports import Tx


@FEATURE.on_press("pause", reads=True)
def press_pause(press: Pressed, scene: Scene, tx: Tx) -> Sequence[Effect]:
    return [Reply(pause_cards.pause_card(_until(scene, tx)))]


@FEATURE.on_command("break", "take a break from reminders", reads=True)
@FEATURE.on_command("pause", "the same as break", reads=True)
def type_pause(typed: Typed, scene: Scene, tx: Tx) -> Sequence[Effect]:
    return [Reply(pause_cards.pause_card(_until(scene, tx)))]


@FEATURE.on_press("pause_date", reads=True)
def ask_date(press: Pressed, scene: Scene, tx: Tx) -> Sequence[Effect]:
    return [Ask(pause_cards.date_form())]


@FEATURE.on_press("keep_pause")
def keep_pause(press: Pressed, scene: Scene, tx: Tx) -> Sequence[Effect]:
    """A length from the menu, or the day that an undo brings back."""
    today = pause_rules.today(scene.now, scene.my_zone)
    day = press.action.get("day")
    return _rest(
        scene, tx, pause_rules.accept_date(day, today) if day else pause_rules.accept_length(press.value, today)
    )


@FEATURE.on_submit("keep_pause_date", opened_by="pause_date")
def keep_pause_date(form: Submitted, scene: Scene, tx: Tx) -> Sequence[Effect]:
    today = pause_rules.today(scene.now, scene.my_zone)
    return _rest(scene, tx, pause_rules.accept_date(form.text("date"), today))


def _rest(scene: Scene, tx: Tx, day: date) -> list[Effect]:
    until = pause_rules.ends(day, scene.my_zone)
    shown = Reply(pause_cards.paused_card(until))
    if until == _until(scene, tx):
        return [shown]
    pause_records.keep_pause(tx, scene.group, scene.member, scene.now, until)
    return [shown, MemberPaused(scene.member, until)]


@FEATURE.on_press("resume")
def resume(press: Pressed, scene: Scene, tx: Tx) -> Sequence[Effect]:
    until = _until(scene, tx)
    if until is None:
        return [Reply(pause_cards.back_card(None))]
    pause_records.forget_pause(tx, scene.group, scene.member)
    day = until.astimezone(scene.my_zone).date()
    return [Reply(pause_cards.back_card(day)), MemberResumed(scene.member)]


@FEATURE.answers(PausedUntil)
def paused_until(question: PausedUntil, scene: Scene, tx: Tx) -> datetime | None:
    return pause_records.find_pause(tx, scene.group, question.member, scene.now)


def _until(scene: Scene, tx: Tx) -> datetime | None:
    return pause_records.find_pause(tx, scene.group, scene.member, scene.now)
