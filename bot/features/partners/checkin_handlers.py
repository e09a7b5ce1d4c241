"""Thursday and Sunday: what partners have done, one press to confirm it, one press to answer."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta

from bot.features.partners import checkin_cards, checkin_records, checkin_rules, pair_records, plan_records
from bot.features.partners.checkin_rules import Answer, CheckIn, Line
from bot.features.partners.handlers import FEATURE
from bot.features.partners.pair_handlers import request
from bot.features.partners.pair_rules import Sat
from bot.features.partners.plan_handlers import (
    NUDGE,
    STEP,
    give_sign,
    partners_with,
    room_now,
    show_plans,
)
from bot.features.partners.plan_rules import KEPT, Held, accept_line, monday_of, need_kept, number_in
from bot.features.partners.room_handlers import room_of, somebody_rests
from bot.kernel.action import Action
from bot.kernel.calendar import study_day
from bot.kernel.card import Button
from bot.kernel.effect import Ask, Effect, Post, Reply, Wake
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
    day = study_day(due.at, scene.zone).date
    checkin_records.forget_before(tx, scene.group, day - KEPT)
    return _open_some(due, scene, tx, day, 0)


@FEATURE.on_wake("checkin_more")
def open_more(due: Due, scene: Scene, tx: Tx) -> Sequence[Effect]:
    day, after = due.name.split("/")[-2:]
    return _open_some(due, scene, tx, date.fromisoformat(day), int(after))


def _open_some(due: Due, scene: Scene, tx: Tx, day: date, after: int) -> list[Effect]:
    """Of a large group in steps, so that nobody's press waits for all of them."""
    if scene.now - due.at > checkin_rules.TOO_LATE:
        return []
    effects: list[Effect] = []
    numbers = pair_records.list_numbers(tx, scene.group, after, STEP)
    for sat in (pair_records.find_sat(tx, scene.group, number) for number in numbers):
        if sat and len(sat.here) > 1:
            checkin_records.keep_checkin(tx, scene.group, sat.number, day, monday_of(day))
            checkin = _checkin(scene, tx, sat, Action.to("partners.confirm", day=str(day)))
            for member in sat.pair.members:
                line = _line(scene, tx, checkin, member)
                checkin_records.keep_line(tx, scene.group, sat.number, day, line, scene.now)
            shown = replace(show_checkin(scene, tx, sat, checkin), until=due.at + checkin_rules.TOO_LATE)
            effects += [shown, *request(scene, tx, sat.number)]
    if len(numbers) == STEP:
        name = f"partners.checkin_more/{scene.group}/{day}/{numbers[-1]}"
        effects.append(Wake(name, "partners.checkin_more", due.at))
    return effects


def show_checkin(scene: Scene, tx: Tx, sat: Sat, checkin: CheckIn) -> Post:
    """As it is now."""
    now = checkin_records.find_checkin(tx, scene.group, sat.number, checkin.day, sat.pair.members) or checkin
    name = f"partners.checkin/{scene.group}/{sat.number}/{checkin.day}"
    there = room_now(scene, tx, sat)
    return Post(name, room_of(there), checkin_cards.checkin_card(now), quiet=somebody_rests(scene, tx, there))


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
    return [Ask(checkin_cards.line_form(checkin, line.line if line and line.held is Held.NO else ""))]


@FEATURE.on_submit("keep_line", opened_by="line")
def keep_line(form: Submitted, scene: Scene, tx: Tx) -> Sequence[Effect]:
    sat, checkin = _pressed(form.action, scene, tx)
    line = _line(scene, tx, checkin, scene.member)
    words = checkin_rules.need_line(accept_line(form.text("line"), checkin_rules.LINE), line.line)
    need_kept(line.held, words, line.line)
    return _say(scene, tx, sat, checkin, replace(line, said=True, line=words))


@FEATURE.on_press("unconfirm")
def take_back(press: Pressed, scene: Scene, tx: Tx) -> Sequence[Effect]:
    """Their words are hidden, and kept for them."""
    sat, checkin = _pressed(press.action, scene, tx)
    line = replace(_line(scene, tx, checkin, scene.member), said=False)
    checkin_records.keep_line(tx, scene.group, sat.number, checkin.day, line, scene.now)
    shown = show_checkin(scene, tx, sat, checkin)
    return [Reply(checkin_cards.taken_back_card(checkin, line)), shown, *_sign(scene, tx, sat)]


def _pressed(action: Action, scene: Scene, tx: Tx) -> tuple[Sat, CheckIn]:
    """Of partners of now, or of those whose term has ended since: the week's last check-in comes hours before."""
    number = number_in(action.get("pair"))
    sat = pair_records.find_sat(tx, scene.group, number)
    if sat is None or sat.live or scene.member not in sat.pair.members or len(sat.here) < 2:
        sat = partners_with(scene, tx, number)
    checkin = _checkin(scene, tx, sat, action)
    if not sat.live and checkin.is_late(study_day(scene.now, scene.zone).date):
        sat = partners_with(scene, tx, number)
    return sat, checkin


def _sign(scene: Scene, tx: Tx, sat: Sat) -> list[Effect]:
    """Also where they go on together in another term."""
    return give_sign(scene, tx, room_now(scene, tx, sat))


def _say(scene: Scene, tx: Tx, sat: Sat, checkin: CheckIn, line: Line) -> list[Effect]:
    checkin_records.keep_line(tx, scene.group, sat.number, checkin.day, line, scene.now)
    go_on = sat.live and sat.ends.date() > checkin.week + timedelta(weeks=1)
    reply = Reply(checkin_cards.confirmed_card(checkin, line, go_on=go_on))
    return [reply, show_checkin(scene, tx, sat, checkin), *_sign(scene, tx, sat)]


# --- answering it ------------------------------------------------------------------------------------------


@FEATURE.on_press("react")
def react(press: Pressed, scene: Scene, tx: Tx) -> Sequence[Effect]:
    """The newest press of a member stands; whoever is asked to talk hears it in private."""
    sat, checkin = _pressed(press.action, scene, tx)
    answer, there = checkin_rules.accept_answer(press.action.get("say")), room_now(scene, tx, sat)
    if answer is Answer.TALK:
        partners_with(scene, tx, there.number)  # who has parted does not ask for a talk
    if answer is None:
        checkin_records.forget_answer(tx, scene.group, sat.number, checkin.day, scene.member)
        card = checkin_cards.unanswered_card()
    else:
        checkin_records.keep_answer(tx, scene.group, sat.number, checkin.day, scene.member, answer)
        card = checkin_cards.answered_card(checkin, answer)
    until = scene.now + (checkin_rules.TALK_WAITS if answer is Answer.TALK else timedelta())
    asked = talk_nudges(there, scene.member, until) if there.live else []
    return [Reply(card), show_checkin(scene, tx, sat, checkin), *asked, *_sign(scene, tx, sat)]


def talk_nudges(sat: Sat, member: str, until: datetime) -> list[Nudge]:
    """This member would like to talk: to the others, in private. With an `until` that is over it is taken back."""
    number, line = sat.seats[sat.pair.members.index(member)], checkin_cards.talk_line(member)
    button = Button("Suggest a time", Action.to("partners.slot"), "primary")
    about = f"talk/{sat.number}/{number}"
    return [Nudge(other, NUDGE, about, line, button, until) for other in sat.pair.members if other != member]


# --- words that are reported -----------------------------------------------------------------------------------


@FEATURE.answers(TextAt)
def text_at(question: TextAt, scene: Scene, tx: Tx) -> MemberText | None:
    """
    Places: "plan/7" beside a plan, "line/12" beside a check-in.

    Who can open the room can read them, and who sat there when they were written: blocking takes no report away.
    """
    which, _, number = question.place.partition("/")
    found = _words_at(scene, tx, which, number_in(number), question.reader)
    if found is None:
        return None
    pair, author, words, held, at = found
    if not words or held is Held.REMOVED or (held is Held.REPORTED and question.reader):
        return None
    sat = pair_records.find_sat(tx, scene.group, pair)
    if question.reader and (sat is None or not checkin_rules.has_read(sat, question.reader, at)):
        return None
    where = "Line beside a plan" if which == "plan" else "Line beside a check-in"
    return MemberText(words, author, where, author_shown=True)


def _words_at(
    scene: Scene, tx: Tx, which: str, number: int, reader: str
) -> tuple[int, str, str, Held, datetime | None] | None:
    """(pair, author, words, whether they can be read, when they were written)."""
    if which == "plan":
        plan = plan_records.find_plan_by_number(tx, scene.group, number)
        return (plan.pair, plan.member, plan.line, plan.held, plan.at) if plan else None
    found = checkin_records.find_line_by_number(tx, scene.group, number) if which == "line" else None
    if found is None or (reader and not found[2].said):
        return None
    return found[0], found[2].member, found[2].line, found[2].held, found[2].at


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
