"""What organisers do about reports: decide, close reviews to somebody, remove them, let them back in. All is logged."""

from collections.abc import Sequence
from datetime import datetime

from bot.features.safety import cards, records
from bot.features.safety import desk_cards as desk
from bot.features.safety import desk_records as deeds
from bot.features.safety.desk_rules import PAGE, Deed, Removed
from bot.features.safety.handlers import FEATURE, tell_all_cases, tell_both_sides, tell_organisers
from bot.features.safety.rules import (
    AGAIN,
    BARRED,
    LINES,
    UNDONE,
    Case,
    State,
    accept_number,
    accept_why,
    conflict,
    decided_before,
    known,
    may_bar,
    may_expel,
    may_undo,
    page_of,
    pieces,
)
from bot.kernel.action import Action
from bot.kernel.card import Button, Card
from bot.kernel.effect import Ask, Direct, Effect, Post, Reply, Unenrol
from bot.kernel.engine_facts import DeskLine, IsHere, NamesOf
from bot.kernel.errors import Refusal
from bot.kernel.event import Pressed, Scene, Submitted, Typed
from bot.kernel.facts import MemberLeft
from bot.kernel.feature import Who
from bot.kernel.peer_facts import IsShutOut, MemberText, NoReviewsUntil, ReviewsBarred, TextAt, TextFreed, TextRemoved
from bot.kernel.ports import Tx
from bot.kernel.text import md, plural

# --- looking -------------------------------------------------------------------------------------


@FEATURE.on_desk
def put_on_desk(scene: Scene, tx: Tx) -> Sequence[DeskLine]:
    waiting, since = records.find_waiting(tx, scene.group)
    if since is None:
        return []
    long = scene.now - since >= AGAIN
    template = (
        "{texts} for your decision, one for more than 2 days."
        if long and waiting > 1
        else ("{texts} for your decision for more than 2 days." if long else "{texts} for your decision.")
    )
    line = md(template, texts=plural(waiting, "reported text waits", "reported texts wait"))
    return [DeskLine(line, Button("Open the reports", Action.to("safety.reports")))]


@FEATURE.on_press("reports", Who.ORGANISER, reads=True)
def show_reports(press: Pressed, scene: Scene, tx: Tx) -> Sequence[Effect]:
    return [Reply(desk.reports_card(records.list_open(tx, scene.group)))]


@FEATURE.on_command("reports", "see what was reported and who was removed", Who.ORGANISER, reads=True)
def type_reports(typed: Typed, scene: Scene, tx: Tx) -> Sequence[Effect]:
    return [Reply(desk.reports_card(records.list_open(tx, scene.group)))]


@FEATURE.on_press("case", Who.ORGANISER, reads=True)
def show_case(press: Pressed, scene: Scene, tx: Tx) -> Sequence[Effect]:
    return [Reply(_card(scene, tx, _case(scene, tx, press)))]


def _case(scene: Scene, tx: Tx, what: Pressed | Submitted) -> Case:
    """The case of this group that is meant. Its author does not read what was said about it."""
    chosen = what.value if isinstance(what, Pressed) else ""
    case = known(records.find_case(tx, scene.group, accept_number(chosen or what.action.get("case"))))
    why_not = conflict(case, scene.member, scene.organisers)
    if why_not and scene.member == case.author_member:
        raise Refusal(why_not, hint="Another organiser decides about it. You can add one on your desk.")
    return case


def _card(scene: Scene, tx: Tx, case: Case) -> Card:
    standing = deeds.find_standing(tx, scene.group, case.author_member, scene.now)
    return desk.case_card(case, standing, conflict(case, scene.member, scene.organisers))


@FEATURE.on_press("words", Who.ORGANISER, reads=True)
def show_words(press: Pressed, scene: Scene, tx: Tx) -> Sequence[Effect]:
    case = _case(scene, tx, press)
    pages = len(pieces(case.words)) + -(-len(case.lines) // LINES)
    if not pages:
        return [Reply(_card(scene, tx, case))]
    return [Reply(desk.words_card(case, page_of(press.action.get("page"), pages), pages))]


@FEATURE.on_press("log", Who.ORGANISER, reads=True)
def show_log(press: Pressed, scene: Scene, tx: Tx) -> Sequence[Effect]:
    page = accept_number(press.action.get("page"))
    found = deeds.list_deeds(tx, scene.group, PAGE + 1, page * PAGE)
    return [Reply(desk.log_card(found[:PAGE], scene.my_zone, page, more=len(found) > PAGE))]


# --- deciding --------------------------------------------------------------------------------------


def _to_decide(scene: Scene, tx: Tx, what: Pressed | Submitted) -> Case:
    """The same for whoever wants to change something."""
    case = _case(scene, tx, what)
    why_not = conflict(case, scene.member, scene.organisers)
    if why_not:
        raise Refusal(why_not, hint="Another organiser decides about it.")
    return case


@FEATURE.on_press("restore", Who.ORGANISER)
def restore(press: Pressed, scene: Scene, tx: Tx) -> Sequence[Effect]:
    case = _to_decide(scene, tx, press)
    if not _is_due(scene, tx, press, case, State.RESTORED):
        return [Reply(_card(scene, tx, case))]  # whoever comes second reads what was decided
    return _settle(scene, tx, case, State.RESTORED, "")


@FEATURE.on_press("remove", Who.ORGANISER, reads=True)
def ask_why(press: Pressed, scene: Scene, tx: Tx) -> Sequence[Effect]:
    case = _to_decide(scene, tx, press)
    if not _is_due(scene, tx, press, case, State.REMOVED):
        return [Reply(_card(scene, tx, case))]
    return [Ask(desk.removal_form(case))]


@FEATURE.on_submit("send_removal", Who.ORGANISER, opened_by="remove")
def remove(form: Submitted, scene: Scene, tx: Tx) -> Sequence[Effect]:
    case = _to_decide(scene, tx, form)
    why = accept_why(form.text("why"))
    if not _is_due(scene, tx, form, case, State.REMOVED):
        decided_before(case, State.REMOVED, why, scene.member)
        return [Reply(_card(scene, tx, case))]
    return _settle(scene, tx, case, State.REMOVED, why)


def _is_due(scene: Scene, tx: Tx, what: Pressed | Submitted, case: Case, state: State) -> bool:
    """
    Can this become of the case? A button under an open one does nothing once it is decided.

    Another button changes a decision. Raises a Refusal where that cannot be done any more.
    """
    if what.action.get("after") != "1":
        return case.state is State.OPEN
    if UNDONE.get(case.state) is not state:
        return False
    words = None
    if state is State.REMOVED and not case.address.in_chat:
        text: MemberText | None = scene.ask(TextAt(case.address.feature, case.address.place), tx)
        words = text.text if text else ""
    may_undo(case, records.list_cases(tx, scene.group, case.address)[0], words)
    return True


def _settle(scene: Scene, tx: Tx, case: Case, state: State, why: str) -> list[Effect]:
    removed, first = state is State.REMOVED, case.state is State.OPEN
    case = records.keep_decision(tx, scene.group, case, state, scene.member, why, scene.now)
    deed = (Deed.REMOVED if first else Deed.REMOVED_LATER) if removed else (Deed.RESTORED if first else Deed.PUT_BACK)
    deeds.keep_deed(tx, scene.group, case.number, deed, scene.member, scene.now, why)
    fact = TextRemoved if removed else TextFreed
    return [
        fact(case.address.feature, case.address.place),
        *tell_organisers(scene, tx, case),
        *tell_both_sides(scene, tx, case),
        Reply(_card(scene, tx, case)),
    ]


# --- the author ----------------------------------------------------------------------------------


@FEATURE.on_press("bar", Who.ORGANISER)
def bar(press: Pressed, scene: Scene, tx: Tx) -> Sequence[Effect]:
    case = _to_decide(scene, tx, press)
    author, until = may_bar(case), scene.now + BARRED
    if deeds.find_barred(tx, scene.group, author, scene.now):
        return [Reply(_card(scene, tx, case))]
    number = deeds.keep_deed(tx, scene.group, case.number, Deed.BARRED, scene.member, scene.now)
    deeds.keep_barred(tx, scene.group, author, until, number)
    told = Post(_barred(scene, number), Direct(author), cards.barred_card(until))
    return [
        ReviewsBarred(author, until),
        told,
        *tell_all_cases(scene, tx, case.author_member),
        Reply(_card(scene, tx, case)),
    ]


@FEATURE.on_press("unbar", Who.ORGANISER)
def unbar(press: Pressed, scene: Scene, tx: Tx) -> Sequence[Effect]:
    case = _to_decide(scene, tx, press)
    barred = deeds.find_barred(tx, scene.group, may_bar(case), scene.now)
    if barred is None:
        return [Reply(_card(scene, tx, case))]
    deeds.forget_barred(tx, scene.group, case.author_member)
    deeds.keep_deed(tx, scene.group, case.number, Deed.UNBARRED, scene.member, scene.now)
    told = Post(_barred(scene, barred[1]), Direct(case.author_member), cards.unbarred_card())
    return [told, *tell_all_cases(scene, tx, case.author_member), Reply(_card(scene, tx, case))]


def _barred(scene: Scene, number: int) -> str:
    return f"safety.barred/{scene.group}/{number}"


@FEATURE.on_press("expel", Who.ORGANISER)
def expel(press: Pressed, scene: Scene, tx: Tx) -> Sequence[Effect]:
    case = _to_decide(scene, tx, press)
    if deeds.is_removed(tx, scene.group, case.author_member):
        return [Reply(desk.expelled_reply_card(case))]
    author = may_expel(case, scene.organisers)
    if press.action.get("sure") != "1":
        return [Reply(desk.sure_card(case))]
    number = deeds.keep_deed(tx, scene.group, case.number, Deed.EXPELLED, scene.member, scene.now)
    deeds.keep_removed(tx, scene.group, Removed(author, number, scene.now))
    gone: list[Effect] = [Unenrol(author), MemberLeft(author)] if scene.ask(IsHere(author), tx) else []
    told = Post(f"safety.expelled/{scene.group}/{number}", Direct(author), cards.expelled_card())
    return [*gone, told, *tell_all_cases(scene, tx, author), Reply(desk.expelled_reply_card(case))]


@FEATURE.on_press("removed", Who.ORGANISER, reads=True)
def show_removed(press: Pressed, scene: Scene, tx: Tx) -> Sequence[Effect]:
    page = accept_number(press.action.get("page"))
    found = deeds.list_removed(tx, scene.group, PAGE + 1, page * PAGE)
    names = scene.ask(NamesOf(tuple(one.person for one in found[:PAGE])), tx)
    return [Reply(desk.removed_card(found[:PAGE], names, scene.my_zone, page, more=len(found) > PAGE))]


@FEATURE.on_press("lift", Who.ORGANISER)
def let_back(press: Pressed, scene: Scene, tx: Tx) -> Sequence[Effect]:
    number = accept_number(press.value or press.action.get("n"))
    found = deeds.find_removed(tx, scene.group, number)
    if found is None:
        raise Refusal("This person is not removed any more.", hint="Open “Removed people” again.")
    deeds.forget_removed(tx, scene.group, number)
    case = deeds.find_case_of_deed(tx, scene.group, number)
    deeds.keep_deed(tx, scene.group, case, Deed.LET_BACK, scene.member, scene.now)
    return [*tell_all_cases(scene, tx, found.person), Reply(desk.lifted_card())]


# --- what other features ask -----------------------------------------------------------------------


@FEATURE.answers(NoReviewsUntil)
def barred_until(asked: NoReviewsUntil, scene: Scene, tx: Tx) -> datetime | None:
    barred = deeds.find_barred(tx, scene.group, asked.member, scene.now)
    return barred[0] if barred else None


@FEATURE.answers(IsShutOut)
def is_shut_out(asked: IsShutOut, scene: Scene, tx: Tx) -> bool:
    return deeds.is_removed(tx, scene.group, asked.member)
