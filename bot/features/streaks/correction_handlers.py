"""An organiser corrects one day of a member: logged, told to the member, and undone by one press."""

from collections.abc import Sequence
from datetime import date

from bot.features.streaks import correction_cards as cards
from bot.features.streaks import correction_records as records
from bot.features.streaks import correction_rules as rules
from bot.features.streaks.day_rules import Correction, Day, judge, until_now
from bot.features.streaks.handlers import FEATURE, history_of
from bot.features.streaks.rules import recent_days
from bot.kernel.action import Action
from bot.kernel.calendar import member_day
from bot.kernel.card import Card
from bot.kernel.effect import Ask, Direct, Effect, Post, Reply
from bot.kernel.engine_facts import IsHere, MemberErased, ZonesOver
from bot.kernel.errors import Refusal
from bot.kernel.event import Pressed, Scene, Submitted
from bot.kernel.facts import ChangeMade, ChangeUndone
from bot.kernel.feature import Who
from bot.kernel.ports import Tx

__all__ = ["FEATURE"]


@FEATURE.on_press("correct", Who.ORGANISER, reads=True)
def ask_who(press: Pressed, scene: Scene, tx: Tx) -> Sequence[Effect]:
    return [Ask(cards.who_form())]


@FEATURE.on_submit("find_days", Who.ORGANISER, opened_by="correct", reads=True)
def show_days(form: Submitted, scene: Scene, tx: Tx) -> Sequence[Effect]:
    member = form.text("member")
    if not scene.ask(IsHere(member), tx):
        raise Refusal("This person is not in the study group.", hint="Choose a member of the group.", field="member")
    return [Reply(cards.days_card(member, rules.choices(_days(scene, tx, member))))]


@FEATURE.on_press("day", Who.ORGANISER, reads=True)
def ask_what(press: Pressed, scene: Scene, tx: Tx) -> Sequence[Effect]:
    """Chosen from the menu, or opened again after a refusal."""
    member, day = _day(scene, tx, press.action, press.value or press.action.get("day"))
    return [Ask(cards.correction_form(member, day))]


@FEATURE.on_submit("keep_correction", Who.ORGANISER, opened_by="day")
def keep_correction(form: Submitted, scene: Scene, tx: Tx) -> Sequence[Effect]:
    member, day = _day(scene, tx, form.action, form.action.get("day"))
    kind, reason = rules.accept_kind(form.text("kind")), rules.accept_reason(form.text("reason"))
    made = day.correction
    if made and (made.kind, made.reason) == (kind, reason):
        return [Reply(cards.corrected_card(member, day, made))]  # pressed twice
    number = records.next_number(tx, scene.group)
    made = Correction(number, day.starts, kind, reason, scene.member, scene.now)
    records.keep_correction(tx, scene.group, member, made)
    return [
        Reply(cards.corrected_card(member, day, made)),
        _tell(scene, member, made, cards.told_card(day, made)),
        ChangeMade("A member's day was corrected.", _undo(number)),
    ]


def _day(scene: Scene, tx: Tx, action: Action, chosen: str) -> tuple[str, Day]:
    """(member, day) that the button means, if this may be corrected."""
    member = action.get("who")
    if not scene.ask(IsHere(member), tx):
        raise Refusal("This member is not here any more.", hint="Press “Correct a day” and choose somebody.")
    return member, rules.find_day(_days(scene, tx, member), chosen)


def _days(scene: Scene, tx: Tx, member: str) -> Sequence[Day]:
    """The days that can be corrected, and some before them. Spare days do not matter here, so no chain is told."""
    past = until_now(history_of(scene, tx, member, rules.REACH), scene.now)
    return judge(past, recent_days(past.zones, scene.now, rules.REACH), scene.now)


@FEATURE.on_press("undo", Who.ORGANISER)
def undo_correction(press: Pressed, scene: Scene, tx: Tx) -> Sequence[Effect]:
    number = rules.number(press.action.get("n"))
    found = records.find_correction(tx, scene.group, number)
    if found is None:  # it went with its member; told so that nobody is offered this undo again
        return [Reply(cards.gone_card()), ChangeUndone(_undo(number))]
    member, made = found
    day = member_day(made.day, scene.ask(ZonesOver(member), tx))
    undone = records.keep_undone(tx, scene.group, number, scene.now)
    standing = [item for item in records.list_corrections(tx, scene.group, member) if item.undone_at is None]
    others = any(day.starts <= item.day < day.ends for item in standing)
    reply = Reply(cards.undone_card(member, day.date, others=others))
    if not undone:
        return [reply]
    told = cards.told_undone_card(day.date, others=others)
    return [reply, _tell(scene, member, made, told), ChangeUndone(_undo(number))]


def _undo(number: int) -> Action:
    return Action.to("streaks.undo", n=str(number))


def _tell(scene: Scene, member: str, made: Correction, card: Card) -> Post:
    """The same message for the correction and its end: whoever reads it late reads what is true."""
    return Post(f"streaks.corrected/{scene.group}/{made.number}", Direct(member), card, quiet=True)


def _date(scene: Scene, tx: Tx, member: str, made: Correction) -> date:
    return member_day(made.day, scene.ask(ZonesOver(member), tx)).date


@FEATURE.on_press("corrections", Who.ORGANISER, reads=True)
def show_corrections(press: Pressed, scene: Scene, tx: Tx) -> Sequence[Effect]:
    page = rules.number(press.action.get("page"))
    found = records.list_all(tx, scene.group, cards.PAGE + 1, page * cards.PAGE)
    if not found:
        return [Reply(cards.no_corrections_card())]
    entries = [(member, _date(scene, tx, member, made), made) for member, made in found[: cards.PAGE]]
    return [Reply(cards.corrections_card(entries, page, more=len(found) > cards.PAGE))]


@FEATURE.on_fact(MemberErased)
def forget_reasons(fact: MemberErased, scene: Scene, tx: Tx) -> Sequence[Effect]:
    """An erased organiser's corrections stand; the words they wrote go."""
    records.forget_reasons(tx, scene.group, fact.member)
    return []
