"""Reporting a text that a member shows to others, and what follows for both sides."""

from collections.abc import Sequence

from bot.features.safety import cards, desk_cards, desk_records, records, rules
from bot.features.safety.records import Message
from bot.features.safety.rules import Address, Case, Report, State
from bot.kernel.effect import Ask, Direct, Effect, Post, Reply, Unpost, Wake
from bot.kernel.engine_facts import IsHere, MemberErased
from bot.kernel.event import Chosen, Due, Pressed, Scene, Submitted
from bot.kernel.feature import Feature
from bot.kernel.peer_facts import MemberText, TextAt, TextHeld
from bot.kernel.ports import Tx

FEATURE = Feature(
    "safety",
    stores=(
        ("What you reported, and what you added to it", "Organisers, without your name"),
        ("A text of yours that was reported, until 30 days after the decision", "You and the organisers"),
        ("What organisers decided about you and your texts", "You and the organisers"),
        ("Whom you blocked", "Only you. They are not told"),
        (
            "That an organiser removed you: your number on this platform, until that is lifted, even after erasing",
            "Organisers",
        ),
    ),
)
IN_CHAT = "message/"


# --- choosing what to report -------------------------------------------------------------------


@FEATURE.on_press("about", reads=True)
def show_about(press: Pressed, scene: Scene, tx: Tx) -> Sequence[Effect]:
    """From a menu under others' words, or from a button beside them."""
    address = rules.accept_address(press.value or press.action.get("text"))
    return [Reply(cards.about_card(address, readable(scene, tx, address)))]


@FEATURE.on_press("never_mind", reads=True)
def never_mind(press: Pressed, scene: Scene, tx: Tx) -> Sequence[Effect]:
    return [Reply(cards.never_mind_card())]


@FEATURE.on_shortcut("report_message", "Report to organisers")
def point_at_message(chosen: Chosen, scene: Scene, tx: Tx) -> Sequence[Effect]:
    here = bool(scene.ask(IsHere(chosen.author), tx))
    words = rules.accept_message(chosen.author, scene.member, chosen.text, author_here=here)
    records.forget_pointed(tx, scene.group, scene.now - rules.POINTED)
    message = rules.key(chosen.receipt)
    records.keep_message(tx, scene.group, message, Message(chosen.author, words), scene.member, scene.now)
    address = Address("safety", f"{IN_CHAT}{message}")
    return [Reply(cards.about_card(address, readable(scene, tx, address)))]


@FEATURE.answers(TextAt)
def tell_message(asked: TextAt, scene: Scene, tx: Tx) -> MemberText | None:
    """Only messages in the chat are texts of this feature."""
    if not asked.place.startswith(IN_CHAT):
        return None
    found = records.find_message(tx, scene.group, asked.place.removeprefix(IN_CHAT), asked.reader)
    return MemberText(found.text, found.author_member, "A message in the chat") if found else None


def readable(scene: Scene, tx: Tx, address: Address) -> MemberText:
    """The words of another member that stand there, if whoever asks may read them."""
    text: MemberText | None = scene.ask(TextAt(address.feature, address.place, scene.member), tx)
    if text is None:
        raise rules.gone()
    rules.not_own(text.author_member, scene.member)
    return text


# --- reporting -----------------------------------------------------------------------------------


@FEATURE.on_press("report", reads=True)
def ask_why(press: Pressed, scene: Scene, tx: Tx) -> Sequence[Effect]:
    address = rules.accept_address(press.value or press.action.get("text"))
    before = _open(records.list_cases(tx, scene.group, address))
    if before:  # nobody can read it any more, and a second report may say more
        rules.not_own(before.author_member, scene.member)
    else:
        readable(scene, tx, address)
    return [Ask(cards.report_form(address))]


@FEATURE.on_submit("send_report", opened_by="report")
def keep_report(form: Submitted, scene: Scene, tx: Tx) -> Sequence[Effect]:
    address = rules.accept_address(form.action.get("text"))
    reason, line = rules.accept_reason(form.text("reason")), rules.accept_line(form.text("line"))
    thanks = Reply(cards.thanks_card(address, organised=bool(scene.organisers)))
    before = records.list_cases(tx, scene.group, address)
    standing = _open(before)
    if standing and scene.member in standing.reporters:
        return [thanks]
    case, held = _case(scene, tx, address, before)
    case = records.keep_report(tx, scene.group, case, Report(scene.member, reason, line), scene.now)
    return [*held, *tell_organisers(scene, tx, case), thanks]


def _open(cases: Sequence[Case]) -> Case | None:
    return cases[0] if cases and cases[0].state is State.OPEN else None


def _case(scene: Scene, tx: Tx, address: Address, before: Sequence[Case]) -> tuple[Case, list[Effect]]:
    """The open case of this text, or a new one, which hides it at once."""
    waiting = records.count_waiting(tx, scene.group, scene.member)
    standing = _open(before)
    if standing:
        rules.not_own(standing.author_member, scene.member)
        rules.may_report((), standing.words, scene.member, waiting)
        return standing, []
    text = readable(scene, tx, address)
    rules.may_report(before, text.text, scene.member, waiting)
    case = Case(0, address, text.author_member, text.where, text.text, scene.now, ())
    return records.keep_case(tx, scene.group, case), [TextHeld(address.feature, address.place)]


# --- what follows --------------------------------------------------------------------------------


def tell_organisers(scene: Scene, tx: Tx, case: Case) -> list[Effect]:
    """Each organiser who may decide has a message about the case; what they have shows how it stands."""
    told = set(records.list_told(tx, scene.group, case.number))
    if case.state is State.OPEN:
        for organiser in rules.deciders(scene.organisers, case.author_member, case.reporters):
            records.keep_told(tx, scene.group, case.number, organiser)
            told.add(organiser)
    card = desk_cards.case_card(case, desk_records.find_standing(tx, scene.group, case.author_member, scene.now))
    return [
        Post(_case_name(scene, case, organiser), Direct(organiser), card)
        if organiser in scene.organisers
        else Unpost(_case_name(scene, case, organiser))
        for organiser in sorted(told)
    ]


def _case_name(scene: Scene, case: Case, organiser: str) -> str:
    return f"safety.case/{scene.group}/{case.number}/{rules.token(organiser)}"


def tell_both_sides(scene: Scene, case: Case) -> list[Effect]:
    """One neutral line each, and the end of what is kept."""
    wake = Wake(f"safety.forget/{scene.group}/{case.number}", "safety.forget", scene.now + rules.KEPT)
    name = f"safety.decided/{scene.group}/{case.number}"
    author = [Post(name, Direct(case.author_member), cards.decided_card(case))] if case.author_member else []
    return [wake, *author, *_tell_reporters(scene, case)]


def _tell_reporters(scene: Scene, case: Case) -> list[Effect]:
    looked = cards.looked_card(case.state)
    return [
        Post(f"safety.looked/{scene.group}/{case.number}/{report.number}", Direct(report.reporter_member), looked)
        for report in case.reports
        if report.reporter_member
    ]


@FEATURE.on_wake("forget")
def forget_words(due: Due, scene: Scene, tx: Tx) -> Sequence[Effect]:
    case = records.find_case(tx, scene.group, rules.accept_number(due.name.rpartition("/")[2]))
    if case is None or case.state is State.OPEN:
        return []
    records.forget_words(tx, scene.group, case.number)
    return tell_organisers(scene, tx, rules.known(records.find_case(tx, scene.group, case.number)))


@FEATURE.on_fact(MemberErased)
def forget_member(fact: MemberErased, scene: Scene, tx: Tx) -> Sequence[Effect]:
    """Cases of their texts close. What they reported stays with organisers, without them and without their words."""
    effects: list[Effect] = []
    for number in records.close_cases_of(tx, scene.group, fact.member, scene.now):
        case = rules.known(records.find_case(tx, scene.group, number))
        effects += [*tell_organisers(scene, tx, case), *tell_both_sides(scene, case)]
    records.forget_lines(tx, scene.group, fact.member)
    return effects


def reported_by(scene: Scene, tx: Tx, address: Address) -> MemberText:
    """A text that whoever asks may read, or has reported: then it is hidden from them as from everybody."""
    for case in records.list_cases(tx, scene.group, address):
        if case.author_member and scene.member in case.reporters:
            return MemberText(case.words, case.author_member, case.where)
    return readable(scene, tx, address)
