"""Thursday and Sunday: what partners have done, one press to confirm it, one press to answer."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

from bot.features.partners import checkin_cards, checkin_records, checkin_rules, pair_records, plan_records
from bot.features.partners.checkin_rules import Answer, CheckIn, Line
from bot.features.partners.handlers import FEATURE
from bot.features.partners.pair_handlers import request
from bot.features.partners.pair_rules import Sat
from bot.features.partners.plan_handlers import (
    NUDGE,
    give_sign,
    partners_with,
    room_of,
    show_plans,
    somebody_rests,
)
from bot.features.partners.plan_rules import KEPT, Held, accept_line, monday_of, number_in
from bot.kernel.action import Action
from bot.kernel.calendar import study_day
from bot.kernel.card import Button
from bot.kernel.effect import Ask, Effect, Post, Reply
from bot.kernel.event import Due, Pressed, Scene, Submitted
from bot.kernel.facts import Nudge
from bot.kernel.peer_facts import MemberText, TextAt, TextFreed, TextHeld, TextRemoved
from bot.kernel.ports import Tx

# --- the message -------------------------------------------------------------------------------------


@FEATURE.every(
    "checkin", lambda settings: checkin_rules.RHYTHM if settings.on else None, checkin_rules.LATE, label="Check-ins"
)
def open_checkins(due: Due, scene: Scene, tx: Tx) -> Sequence[Effect]:
    """
    One message to each pair; the same message shows all that follows.

    It rings for nobody where it is night for one of them: it stands there in their morning.
    """
    if scene.now - due.at > checkin_rules.TOO_LATE:
        return []
    day = study_day(due.at, scene.zone).date
    checkin_records.forget_before(tx, scene.group, day - KEPT)
    effects: list[Effect] = []
    for sat in pair_records.list_live(tx, scene.group):
        if len(sat.here) > 1:
            checkin_records.keep_checkin(tx, scene.group, sat.number, day, monday_of(day))
            checkin = _checkin(scene, tx, sat, Action.to("partners.confirm", day=str(day)))
            for member in sat.pair.members:
                checkin_records.keep_line(tx, scene.group, sat.number, day, _line(scene, tx, checkin, member))
            shown, quiet = show_checkin(scene, tx, sat, checkin), somebody_rests(scene, tx, sat)
            shown = replace(shown, quiet=quiet, until=due.at + checkin_rules.TOO_LATE)
            effects += [shown, *request(scene, tx, sat.number)]
    return effects


def show_checkin(scene: Scene, tx: Tx, sat: Sat, checkin: CheckIn) -> Post:
    """As it is now."""
    now = checkin_records.find_checkin(tx, scene.group, sat.number, checkin.day, sat.pair.members) or checkin
    name = f"partners.checkin/{scene.group}/{sat.number}/{checkin.day}"
    return Post(name, room_of(sat), checkin_cards.checkin_card(now))


def _checkin(scene: Scene, tx: Tx, sat: Sat, action: Action) -> CheckIn:
    day = checkin_rules.accept_day(action.get("day"))
    found = checkin_records.find_checkin(tx, scene.group, sat.number, day, sat.pair.members)
    return checkin_rules.known(found)


def _line(scene: Scene, tx: Tx, checkin: CheckIn, member: str) -> Line:
    """What it says of this member, with what they have done by now; of who came later, too."""
    work = plan_records.count_work(tx, scene.group, member, checkin.week)
    line = checkin.line_of(member)
    return replace(line, work=work) if line else Line(member, work)


# --- confirming it -------------------------------------------------------------------------------------


@FEATURE.on_press("confirm")
def confirm(press: Pressed, scene: Scene, tx: Tx) -> Sequence[Effect]:
    sat, checkin = _pressed(press.action, scene, tx)
    return _say(scene, tx, sat, checkin, replace(_line(scene, tx, checkin, scene.member), said=True))


@FEATURE.on_press("line", reads=True)
def open_line(press: Pressed, scene: Scene, tx: Tx) -> Sequence[Effect]:
    _, checkin = _pressed(press.action, scene, tx)
    line = checkin.line_of(scene.member)
    return [Ask(checkin_cards.line_form(checkin, line.line if line else ""))]


@FEATURE.on_submit("keep_line", opened_by="line")
def keep_line(form: Submitted, scene: Scene, tx: Tx) -> Sequence[Effect]:
    sat, checkin = _pressed(form.action, scene, tx)
    words = checkin_rules.need_line(accept_line(form.text("line"), checkin_rules.LINE))
    return _say(scene, tx, sat, checkin, replace(_line(scene, tx, checkin, scene.member), said=True, line=words))


@FEATURE.on_press("unconfirm")
def take_back(press: Pressed, scene: Scene, tx: Tx) -> Sequence[Effect]:
    sat, checkin = _pressed(press.action, scene, tx)
    line = replace(_line(scene, tx, checkin, scene.member), said=False, line="")
    checkin_records.keep_line(tx, scene.group, sat.number, checkin.day, line)
    return [Reply(checkin_cards.taken_back_card(checkin)), show_checkin(scene, tx, sat, checkin)]


def _pressed(action: Action, scene: Scene, tx: Tx) -> tuple[Sat, CheckIn]:
    sat = partners_with(scene, tx, number_in(action.get("pair")))
    return sat, _checkin(scene, tx, sat, action)


def _say(scene: Scene, tx: Tx, sat: Sat, checkin: CheckIn, line: Line) -> list[Effect]:
    checkin_records.keep_line(tx, scene.group, sat.number, checkin.day, line)
    reply, shown = Reply(checkin_cards.confirmed_card(checkin, line)), show_checkin(scene, tx, sat, checkin)
    return [reply, shown, *give_sign(scene, tx, sat)]


# --- answering it ------------------------------------------------------------------------------------------


@FEATURE.on_press("react")
def react(press: Pressed, scene: Scene, tx: Tx) -> Sequence[Effect]:
    """The newest press of a member stands; whoever is asked to talk hears it in private."""
    sat, checkin = _pressed(press.action, scene, tx)
    answer = checkin_rules.accept_answer(press.action.get("say"))
    if answer is None:
        checkin_records.forget_answer(tx, scene.group, sat.number, checkin.day, scene.member)
        card = checkin_cards.unanswered_card()
    else:
        checkin_records.keep_answer(tx, scene.group, sat.number, checkin.day, scene.member, answer)
        card = checkin_cards.answered_card(checkin, answer)
    until = scene.now + (checkin_rules.TALK_WAITS if answer is Answer.TALK else timedelta())
    button, line = (
        Button("Suggest a time", Action.to("partners.slot"), "primary"),
        checkin_cards.talk_line(scene.member),
    )
    number = sat.seats[sat.pair.members.index(scene.member)]
    asked = [
        Nudge(member, NUDGE, f"talk/{sat.number}/{number}", line, button, until)
        for member in sat.pair.members
        if member != scene.member
    ]
    return [Reply(card), show_checkin(scene, tx, sat, checkin), *asked, *give_sign(scene, tx, sat)]


# --- words that are reported -----------------------------------------------------------------------------------


@FEATURE.answers(TextAt)
def text_at(question: TextAt, scene: Scene, tx: Tx) -> MemberText | None:
    """Places: "plan/7" beside a plan, "line/12" beside a check-in. Who can open the room can read them."""
    which, _, number = question.place.partition("/")
    found = _words_at(scene, tx, which, number_in(number))
    if found is None:
        return None
    pair, author, words, held = found
    if not words or held is Held.REMOVED or (held is Held.REPORTED and question.reader):
        return None
    sat = pair_records.find_sat(tx, scene.group, pair)
    if question.reader and (sat is None or question.reader not in sat.readers):
        return None
    where = "Line beside a plan" if which == "plan" else "Line beside a check-in"
    return MemberText(words, author, where, author_shown=True)


def _words_at(scene: Scene, tx: Tx, which: str, number: int) -> tuple[int, str, str, Held] | None:
    """(pair, author, words, whether they can be read)."""
    if which == "plan":
        plan = plan_records.find_plan_by_number(tx, scene.group, number)
        return (plan.pair, plan.member, plan.line, plan.held) if plan else None
    found = checkin_records.find_line_by_number(tx, scene.group, number) if which == "line" else None
    return (found[0], found[2].member, found[2].line, found[2].held) if found else None


@FEATURE.on_fact(TextHeld)
def hold_text(fact: TextHeld, scene: Scene, tx: Tx) -> Sequence[Effect]:
    return _decide(fact, scene, tx, Held.REPORTED)


@FEATURE.on_fact(TextFreed)
def free_text(fact: TextFreed, scene: Scene, tx: Tx) -> Sequence[Effect]:
    return _decide(fact, scene, tx, Held.NO)


@FEATURE.on_fact(TextRemoved)
def remove_text(fact: TextRemoved, scene: Scene, tx: Tx) -> Sequence[Effect]:
    return _decide(fact, scene, tx, Held.REMOVED)


def _decide(fact: TextHeld | TextFreed | TextRemoved, scene: Scene, tx: Tx, held: Held) -> list[Effect]:
    """The message in the room shows it at once."""
    if fact.feature != "partners":
        return []
    which, _, number = fact.place.partition("/")
    if which == "plan":
        plan_records.keep_plan_held(tx, scene.group, number_in(number), held)
        plan = plan_records.find_plan_by_number(tx, scene.group, number_in(number))
        sat = pair_records.find_sat(tx, scene.group, plan.pair) if plan else None
        return [show_plans(scene, tx, sat, plan.week)] if plan and sat and sat.readers else []
    if which != "line":
        return []
    checkin_records.keep_line_held(tx, scene.group, number_in(number), held)
    found = checkin_records.find_line_by_number(tx, scene.group, number_in(number))
    sat = pair_records.find_sat(tx, scene.group, found[0]) if found else None
    if found is None or sat is None or not sat.readers:
        return []
    checkin = checkin_records.find_checkin(tx, scene.group, sat.number, found[1], sat.pair.members)
    return [show_checkin(scene, tx, sat, checkin)] if checkin else []
