"""Reporting a text that a member shows to others, and what follows for both sides."""

from collections.abc import Sequence
from dataclasses import replace

from bot.features.safety import cards, desk_cards, desk_records, records, rules
from bot.features.safety.records import Message
from bot.features.safety.rules import Address, Case, Report, State
from bot.kernel.effect import Ask, Direct, Effect, Post, Reply, Unpost, Wake
from bot.kernel.engine_facts import IsHere, MemberErased
from bot.kernel.event import Chosen, Due, Pressed, Scene, Submitted
from bot.kernel.feature import Feature
from bot.kernel.peer_facts import MemberText, TextAt, TextHeld, TextRemoved
from bot.kernel.ports import Tx

FEATURE = Feature(
    "safety",
    stores=(
        ("What you reported, and what you added to it", "Organisers, without your name"),
        ("A message that you chose and did not report, for a day", "Only you"),
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
ANSWERS = "answers"  # the feature that makes a message in the chat an answer


# --- choosing what to report -------------------------------------------------------------------


@FEATURE.on_press("about", reads=True)
def show_about(press: Pressed, scene: Scene, tx: Tx) -> Sequence[Effect]:
    """From a menu under others' words, or from a button beside them."""
    address = rules.accept_address(press.value or press.action.get("text"))
    return [_about(scene, tx, address, readable(scene, tx, address))]


def _about(scene: Scene, tx: Tx, address: Address, text: MemberText) -> Reply:
    return Reply(cards.about_card(address, text, hides=_hides(scene, tx)))


def _hides(scene: Scene, tx: Tx) -> bool:
    """Whether a report of this member hides its text at once."""
    return rules.hides(records.count_in_vain(tx, scene.group, scene.member, scene.now - rules.LATELY))


@FEATURE.on_press("never_mind", reads=True)
def never_mind(press: Pressed, scene: Scene, tx: Tx) -> Sequence[Effect]:
    return [Reply(cards.never_mind_card())]


@FEATURE.on_shortcut("report_message", "Report to organisers")
def point_at_message(chosen: Chosen, scene: Scene, tx: Tx) -> Sequence[Effect]:
    known = bool(scene.ask(IsHere(chosen.author), tx)) or desk_records.is_removed(tx, scene.group, chosen.author)
    words = rules.accept_message(chosen.author, scene.member, chosen.text, author_known=known)
    answer = _answer_of(scene, tx, chosen)
    if answer:
        text = MemberText(words, chosen.author, answer[1], also_in_chat=True, author_shown=True)
        return [_about(scene, tx, answer[0], text)]
    records.forget_pointed(tx, scene.group, scene.now - rules.POINTED)
    message = rules.key(chosen.receipt)
    records.keep_message(tx, scene.group, message, Message(chosen.author, words), scene.member, scene.now)
    address = Address("safety", f"{IN_CHAT}{message}")
    return [_about(scene, tx, address, readable(scene, tx, address))]


def _answer_of(scene: Scene, tx: Tx, chosen: Chosen) -> tuple[Address, str] | None:
    """The answer that this message is a part of, and its title in words: then that is reported, as from any list."""
    place = f"{IN_CHAT}{chosen.receipt}"
    text: MemberText | None = scene.ask(TextAt(ANSWERS, place), tx)
    if text is None or not text.stands_at:
        return None
    address = rules.accept_address(text.stands_at)
    reads = scene.ask(TextAt(address.feature, address.place, scene.member), tx) is not None
    reported = _open(records.list_cases(tx, scene.group, address)) is not None
    return (address, text.where) if reads or reported else None


@FEATURE.answers(TextAt)
def tell_message(asked: TextAt, scene: Scene, tx: Tx) -> MemberText | None:
    """Only messages in the chat are texts of this feature."""
    if not asked.place.startswith(IN_CHAT):
        return None
    found = records.find_message(tx, scene.group, asked.place.removeprefix(IN_CHAT), asked.reader)
    if found is None:
        return None
    return MemberText(found.text, found.author_member, "A message in the chat", also_in_chat=True, author_shown=True)


def readable(scene: Scene, tx: Tx, address: Address) -> MemberText:
    """The words of another member that stand there, if whoever asks may read them."""
    text: MemberText | None = scene.ask(TextAt(address.feature, address.place, scene.member), tx)
    if text is None:
        raise rules.gone()
    rules.not_own(text.author_member, scene.member)
    return text


def own_address(scene: Scene, tx: Tx, shown: Address) -> Address:
    """Where a text itself stands. Some places only show it: a case that named them would tell who reported it."""
    text: MemberText | None = scene.ask(TextAt(shown.feature, shown.place), tx)
    return rules.accept_address(text.stands_at) if text and text.stands_at else shown


# --- reporting -----------------------------------------------------------------------------------


@FEATURE.on_press("report", reads=True)
def ask_why(press: Pressed, scene: Scene, tx: Tx) -> Sequence[Effect]:
    shown = rules.accept_address(press.value or press.action.get("text"))
    before = _open(records.list_cases(tx, scene.group, own_address(scene, tx, shown)))
    # Nobody can read what is reported already, and a second report may say more.
    author = before.author_member if before else readable(scene, tx, shown).author_member
    rules.not_own(author, scene.member)
    rules.has_decider(author, scene.organisers)
    return [Ask(cards.report_form(shown))]


@FEATURE.on_submit("send_report", opened_by="report")
def keep_report(form: Submitted, scene: Scene, tx: Tx) -> Sequence[Effect]:
    shown = rules.accept_address(form.action.get("text"))
    address = own_address(scene, tx, shown)
    reason, line = rules.accept_reason(form.text("reason")), rules.accept_line(form.text("line"))
    organised = bool(scene.organisers)
    before = records.list_cases(tx, scene.group, address)
    standing = _open(before)
    if standing and scene.member in standing.reporters:
        return [Reply(cards.thanks_card(standing, organised=organised))]
    case, held = _case(scene, tx, shown, address, before)
    case = records.keep_report(tx, scene.group, case, Report(scene.member, reason, line), scene.now)
    return [*held, *tell_organisers(scene, tx, case), Reply(cards.thanks_card(case, organised=organised))]


def _open(cases: Sequence[Case]) -> Case | None:
    return cases[0] if cases and cases[0].state is State.OPEN else None


def _case(scene: Scene, tx: Tx, shown: Address, address: Address, before: Sequence[Case]) -> tuple[Case, list[Effect]]:
    """The open case of this text, or a new one, which hides it at once unless this member's reports do not."""
    waiting = records.count_waiting(tx, scene.group, scene.member)
    hides = _hides(scene, tx)
    standing = _open(before)
    if standing:
        rules.not_own(standing.author_member, scene.member)
        rules.has_decider(standing.author_member, scene.organisers)
        rules.may_report((), standing.words, scene.member, waiting)
        if standing.hidden or not hides:
            return standing, []
        records.keep_hidden(tx, scene.group, standing.number)
        case = replace(standing, hidden=True)
        return case, [TextHeld(address.feature, address.place), _tell_author(scene, case)]
    text = readable(scene, tx, shown)
    if shown != address:
        text = rules.still_there(scene.ask(TextAt(address.feature, address.place), tx))
    rules.has_decider(text.author_member, scene.organisers)
    rules.may_report(before, text.text, scene.member, waiting)
    case = Case(
        0, address, text.author_member, text.where, text.text, scene.now, (),
        also_in_chat=text.also_in_chat and not address.in_chat, hidden=hides,
    )  # fmt: skip
    case = records.keep_case(tx, scene.group, case)
    held = [TextHeld(address.feature, address.place)] if hides else []
    wake = Wake(f"safety.waits/{scene.group}/{case.number}", "safety.waits", scene.now + rules.AGAIN)
    return case, [*held, wake, *([_tell_author(scene, case)] if case.author_member else [])]


def _tell_author(scene: Scene, case: Case) -> Effect:
    return Post(_reported_name(scene, case), Direct(case.author_member), cards.reported_card(case))


def _reported_name(scene: Scene, case: Case) -> str:
    return f"safety.reported/{scene.group}/{case.number}"


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


@FEATURE.on_wake("waits")
def remind_organisers(due: Due, scene: Scene, tx: Tx) -> Sequence[Effect]:
    """Nobody has decided, and perhaps nobody can read the text meanwhile: whoever may decide hears of it once more."""
    case = records.find_case(tx, scene.group, rules.accept_number(due.name.rpartition("/")[2]))
    if case is None or case.state is not State.OPEN:
        return []
    card = desk_cards.waits_card(case)
    return [
        *tell_organisers(scene, tx, case),
        *(
            Post(_waits_name(scene, case, organiser), Direct(organiser), card)
            for organiser in rules.deciders(scene.organisers, case.author_member, case.reporters)
        ),
    ]


def _waits_name(scene: Scene, case: Case, organiser: str) -> str:
    return f"safety.waits/{scene.group}/{case.number}/{rules.token(organiser)}"


def tell_all_cases(scene: Scene, tx: Tx, author: str) -> list[Effect]:
    """Every case of this author shows how it is with them now."""
    cases = records.list_cases_of(tx, scene.group, author) if author else []
    return [effect for case in cases for effect in tell_organisers(scene, tx, case)]


def tell_both_sides(scene: Scene, tx: Tx, case: Case) -> list[Effect]:
    """One neutral line each, and the end of what is kept. A decision that was changed is told by a new message."""
    wake = Wake(f"safety.forget/{scene.group}/{case.number}", "safety.forget", scene.now + rules.KEPT)
    over: list[Effect] = [Unpost(_reported_name(scene, case))]
    over += [Unpost(_waits_name(scene, case, one)) for one in records.list_told(tx, scene.group, case.number)]
    times = desk_records.count_decisions(tx, scene.group, case.number)
    if times > 1:
        over.append(Unpost(_decided_name(scene, case, times - 1)))
    if not case.author_member:
        return [wake, *over, *_tell_reporters(scene, case)]
    here = not desk_records.is_removed(tx, scene.group, case.author_member)
    told = Post(_decided_name(scene, case, times), Direct(case.author_member), cards.decided_card(case, here=here))
    return [wake, *over, told, *_tell_reporters(scene, case)]


def _decided_name(scene: Scene, case: Case, times: int) -> str:
    name = f"safety.decided/{scene.group}/{case.number}"
    return name if times < 2 else f"{name}/{times}"


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
    """
    Cases of their texts close, and what was held until a decision is gone for good.

    What they reported stays with organisers, without them and without their words.
    """
    effects: list[Effect] = []
    for number in records.close_cases_of(tx, scene.group, fact.member, scene.now):
        case = rules.known(records.find_case(tx, scene.group, number))
        gone = TextRemoved(case.address.feature, case.address.place)
        effects += [gone, *tell_organisers(scene, tx, case), *tell_both_sides(scene, tx, case)]
    records.forget_lines(tx, scene.group, fact.member)
    return effects


def reported_by(scene: Scene, tx: Tx, shown: Address, address: Address) -> MemberText:
    """
    A text that whoever asks may read, or has reported: then it is hidden from them as from everybody.

    `address` is the text's own.
    """
    for case in records.list_cases(tx, scene.group, address):
        if case.author_member and scene.member in case.reporters:
            text: MemberText | None = scene.ask(TextAt(address.feature, address.place), tx)
            named = text is not None and text.author_member == case.author_member and text.author_shown
            return MemberText(case.words, case.author_member, case.where, author_shown=named)
    return readable(scene, tx, shown)
