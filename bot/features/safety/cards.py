"""What members see of reports: whoever reports, and whoever was reported."""

from dataclasses import replace
from datetime import UTC, datetime

from bot.features.safety.rules import LINE, REASONS, Address, Case, Report, State, short
from bot.kernel.action import Action
from bot.kernel.card import Block, Button, Card, ChoiceField, Form, Note, Option, Para, Quote, TextField
from bot.kernel.peer_facts import MemberText
from bot.kernel.text import Plain, Text, When, md

FIRST_WORDS = 200  # characters of a text, so that a reader knows which one is meant


def about_card(address: Address, text: MemberText, *, hides: bool = True) -> Card:
    """The text that was chosen, and what can be done about it. `hides`: a report hides it at once."""
    block = Button("Block its author", Action.to("safety.block", text=str(address)))
    words = (Quote(short(text.text, FIRST_WORDS), text.author_member),) if text.text else ()
    return Card(
        "Report or block",
        (Note((Plain(text.where),)), *words, *_explained(in_chat=address.in_chat or text.also_in_chat, hides=hides)),
        (
            Button("Report it", Action.to("safety.report", text=str(address)), "primary"),
            *((block,) if text.author_member else ()),
            Button("Never mind", Action.to("safety.never_mind")),
        ),
    )


def _explained(*, in_chat: bool, hides: bool) -> tuple[Block, ...]:
    if in_chat:
        report = md("**Report:** organisers get it. It stands in the chat until one of them deletes it.")
    elif not hides:
        report = md("**Report:** organisers get it. Others read the text until one of them has decided.")
    else:
        report = md("**Report:** nobody reads it any more until an organiser has decided.")
    return Para(report), Para(md("**Block:** you two are not brought together. They are not told."))


def never_mind_card() -> Card:
    return Card("Good. Nothing was sent.")


def report_form(address: Address) -> Form:
    return Form(
        "Report to organisers",
        Action.to("safety.send_report", text=str(address)),
        (
            ChoiceField("reason", "What is it about?", tuple(Option(*reason) for reason in REASONS)),
            TextField(
                "line", "Something to add?", help="Organisers read it, without your name.", required=False, limit=LINE
            ),
        ),
        "Report",
    )


def thanks_card(case: Case, *, organised: bool) -> Card:
    """`organised`: somebody organises the group at present."""
    if case.in_chat:
        state = "It still stands in the chat."
    elif case.hidden:
        state = "Nobody reads the text until one has decided."
    else:
        state = "Others read the text until one of them has decided."
    who = "The organisers have your report, without your name." if organised else "This group has no organiser now."
    more = () if organised else (Note(md("Any member can take over, and then finds the report on the desk.")),)
    return Card(
        "Thank you for the report.",
        (Para(md("{who} {state}", who=who, state=state)), *more),
        (Button("Block its author", Action.to("safety.block", text=str(case.address))), _BLOCKED),
        tone="good",
    )


# --- what becomes of it, in private ------------------------------------------------------------------


def looked_card(state: State) -> Card:
    """For whoever reported. What was decided about another member is not told."""
    if state is State.CLOSED:
        return Card("What you reported is not there any more.", (Note(md("Thank you all the same.")),), (_BLOCKED,))
    return Card("An organiser has looked at what you reported.", (Note(md("Thank you for telling us.")),), (_BLOCKED,))


def reported_card(case: Case) -> Card:
    """For the author, at once: a text of theirs that is gone without a word would look like a fault."""
    if case.in_chat:
        state = md("It stands in the chat meanwhile.")
    elif case.hidden:
        state = md("Until then nobody else reads it here.")
    else:
        state = md("Others can read it meanwhile.")
    return Card(
        "A text of yours was reported.",
        (
            Para(md("It is about: {where}", where=case.where)),
            Para((*md("An organiser looks at it and decides. "), *state)),
            Note(md("Nothing is decided yet. I tell you when it is.")),
        ),
    )


def decided_card(case: Case, *, here: bool) -> Card:
    """For the author. `here`: they were not removed from the group."""
    what = md("It is about: {where}", where=case.where)
    if case.state is State.RESTORED:
        return Card("An organiser has looked at a text of yours.", (Para(what), Para(_stands(case))))
    now = "An organiser deletes it in the chat." if case.in_chat else "Nobody can read it any more."
    as_before = " You are in the group as before." if here else ""
    return Card(
        "An organiser has removed a text of yours.",
        (
            Para(what),
            Para(md("Their reason:")),
            Quote(case.why, case.decided_by_member),
            Note(md("{now}{as_before}", now=now, as_before=as_before)),
        ),
    )


def _stands(case: Case) -> Text:
    if case.in_chat or not case.hidden:
        return md("Somebody had reported it. It stays.")
    return md("Somebody had reported it. It stays, and others can read it again.")


def barred_card(until: datetime) -> Card:
    """For a member who neither asks for reviews nor gives any."""
    return Card(
        "An organiser has stopped reviews for you for a while.",
        (
            Para(md("Until {until} you cannot ask for reviews or give them.", until=When(until))),
            Note(md("Everything else stays as it is. You can ask an organiser about it.")),
        ),
    )


def unbarred_card() -> Card:
    return Card("You can ask for reviews and give them again.", (), (), tone="good")


def expelled_card() -> Card:
    """For somebody who was removed. Their data stays theirs."""
    return Card(
        "An organiser has removed you from the study group.",
        (
            Para(md("You cannot join it again unless an organiser allows it.")),
            Note(md("Your answers stay yours. You can download or erase your data here.")),
        ),
        (Button("My data", Action.to("members.data")),),
    )


_BLOCKED = Button("Blocked people", Action.to("safety.blocked"))
_ADDRESS = Address("answers", "2026-01-05/3")
_CHAT = Address("safety", "message/0a1b2c3d4e5f")
_TEXT = MemberText("You clearly did not read the problem. " * 8, "ben", "Answer to “When accuracy misleads”")
_AT = datetime(2026, 1, 6, 8, tzinfo=UTC)
_CASE = Case(
    3, _ADDRESS, "ben", _TEXT.where, _TEXT.text, _AT, (Report("ada", "unkind"),), State.REMOVED, _AT, "olga",
    "Please write about the answer and not about the person.",
)  # fmt: skip
_OPEN = Case(4, _ADDRESS, "ben", _TEXT.where, _TEXT.text, _AT, _CASE.reports)
_RESTORED = Case(4, _ADDRESS, "ben", _TEXT.where, _TEXT.text, _AT, _CASE.reports, State.RESTORED, _AT, "olga")
EXAMPLES: dict[str, Card | Form] = {
    "about_card": about_card(_ADDRESS, _TEXT),
    "about_message_card": about_card(_CHAT, MemberText("Shut up.", "ben", "A message in the chat")),
    "never_mind_card": never_mind_card(),
    "report_form": report_form(_ADDRESS),
    "about_unhidden_card": about_card(_ADDRESS, _TEXT, hides=False),
    "thanks_card": thanks_card(_OPEN, organised=True),
    "thanks_message_card": thanks_card(replace(_OPEN, address=_CHAT), organised=False),
    "thanks_unhidden_card": thanks_card(replace(_OPEN, hidden=False), organised=True),
    "reported_card": reported_card(_OPEN),
    "reported_message_card": reported_card(replace(_OPEN, also_in_chat=True)),
    "reported_unhidden_card": reported_card(replace(_OPEN, hidden=False)),
    "looked_card": looked_card(State.REMOVED),
    "looked_gone_card": looked_card(State.CLOSED),
    "decided_removed_card": decided_card(_CASE, here=True),
    "decided_gone_card": decided_card(_CASE, here=False),
    "decided_card": decided_card(_RESTORED, here=True),
    "barred_card": barred_card(datetime(2026, 1, 13, 8, tzinfo=UTC)),
    "unbarred_card": unbarred_card(),
    "expelled_card": expelled_card(),
}
