"""What organisers see of a member's days: counted or not, and no reasons. And what the member reads about it."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

from bot.features.streaks.cards import short_date, short_day
from bot.features.streaks.correction_rules import REASON, token
from bot.features.streaks.day_rules import Correction, Day, Verdict
from bot.kernel.action import Action
from bot.kernel.card import (
    Bullets,
    Button,
    Card,
    ChoiceField,
    Form,
    Note,
    Option,
    Para,
    PersonField,
    Quote,
    Select,
    TextField,
)
from bot.kernel.text import Mention, Plain, Text, When, md

PAGE = 6  # corrections on one card
CORRECT = Button("Correct a day", Action.to("streaks.correct"))
DESK = Button("Back to the desk", Action.to("organiser.desk"))
DONE = {"count": "It counts now.", "excuse": "This day is excused."}
STANDS = " Another correction of this day still stands."
SHORT = {"count": "counted", "excuse": "excused"}


def who_form() -> Form:
    field = PersonField("member", "Whose day?", help="Then you choose the day. They will read what you did and why.")
    return Form("Correct a day", Action.to("streaks.find_days"), (field,), "Next")


def days_card(member: str, days: Sequence[Day]) -> Card:
    """The last days of this member, newest first. A rest or a pause is theirs alone, so it is not told."""
    options = tuple(Option(token(day), f"{short_day(day)}: {_state(day)}") for day in days)
    note = Note(md("You see only whether a day counted. Why it did not is private."))
    text = md("Which day of {who} is wrong?", who=Mention(member))
    return Card(
        "Correct a day",
        (Para(text), note),
        (),
        (Select("Choose a day", Action.to("streaks.day", who=member), options),),
    )


def _state(day: Day) -> str:
    return "counted" if day.verdict is Verdict.COUNTED else "nothing counted"


def correction_form(member: str, day: Day) -> Form:
    kinds = (Option("count", "Count it"), Option("excuse", "Excuse it"))
    return Form(
        "Correct a day",
        Action.to("streaks.keep_correction", day=token(day), who=member),
        (
            ChoiceField("kind", short_day(day), kinds, help="Excused: the day neither counts nor harms."),
            TextField("reason", "Why? The member reads it.", limit=REASON),
        ),
        "Save",
    )


def corrected_card(member: str, day: Day, correction: Correction) -> Card:
    """For the organiser."""
    done = _done(day, correction, "The streak stays as it is.")
    text = md("{day} of {who}. {done}", day=short_day(day), who=Mention(member), done=done)
    note = Note(md("They get a short private message with your reason."))
    return Card("The day is corrected.", (Para(text), note), (_undo(correction, "Undo"),), tone="good")


def _done(day: Day, correction: Correction, kept: str) -> str:
    if day.acts:
        return "It counts by what was done on it, and stays counted."
    return f"{DONE[correction.kind]} {kept}" if correction.kind == "excuse" else DONE[correction.kind]


def told_card(day: Day, correction: Correction) -> Card:
    """For the member. The quote says whose words it holds, so that they go when their author is erased."""
    reason = (Quote(correction.reason, correction.by_member),) if correction.reason else ()
    done = _done(day, correction, "Your streak stays as it is.")
    text = md("An organiser corrected your {day}. {done}", day=short_day(day), done=done)
    return Card("One of your days was corrected.", (Para(text), *reason), (Button("Why?", Action.to("streaks.why")),))


def told_undone_card(day: date, *, others: bool) -> Card:
    """`others`: another correction of that day still stands."""
    text = md("An organiser took a correction of your {day} back." + (STANDS if others else ""), day=short_date(day))
    return Card("A correction was taken back.", (Para(text),), (Button("Why?", Action.to("streaks.why")),))


def undone_card(member: str, day: date, *, others: bool) -> Card:
    """For the organiser. `others`: another correction of that day still stands."""
    words = "{day} of {who}." + STANDS if others else "{day} of {who} is as it was before."
    text = md(words, day=short_date(day), who=Mention(member))
    return Card("The correction is taken back.", (Para(text),), (CORRECT,))


def gone_card() -> Card:
    """For the organiser, when nothing is left to take back."""
    note = Note(md("Its member is not here any more, so there is nothing to take back."))
    return Card("This correction is gone.", (note,), (CORRECT,))


def corrections_card(entries: Sequence[tuple[str, date, Correction]], page: int, *, more: bool) -> Card:
    """The log, newest first: (member, day, correction)."""
    lines = tuple(_logged(*entry) for entry in entries)
    undo = tuple(_undo(item, f"Undo {item.number}") for _, _, item in entries if item.undone_at is None)
    newer = (Button("Newer", Action.to("streaks.corrections", page=str(page - 1))),) if page else ()
    older = (Button("Older", Action.to("streaks.corrections", page=str(page + 1))),) if more else ()
    return Card("Corrected days", (Bullets(lines),), (*undo, *newer, *older, CORRECT, DESK))


def no_corrections_card() -> Card:
    note = Note(md("Here you will see who corrected what, and why."))
    return Card("No day was corrected yet.", (note,), (CORRECT, DESK))


def _logged(member: str, day: date, item: Correction) -> Text:
    taken_back = " It was taken back." if item.undone_at else ""
    return md(
        "{n}. {day} of {who}: {done}. “{reason}” {by}, {at}." + taken_back,
        n=item.number, day=short_date(day), who=Mention(member), done=SHORT[item.kind], reason=item.reason,
        by=Mention(item.by_member) if item.by_member else Plain("A former organiser"), at=When(item.at),
    )  # fmt: skip


def _undo(correction: Correction, label: str) -> Button:
    return Button(label, Action.to("streaks.undo", n=str(correction.number)))


_AT = datetime(2026, 1, 5, 3, tzinfo=UTC)
_DAY = Day(_AT.date(), _AT, _AT + timedelta(days=1), Verdict.MISSED)
_DONE = Correction(3, _AT, "count", "Answered on paper @everyone", "olga", _AT)
EXAMPLES: dict[str, Card | Form] = {
    "who_form": who_form(),
    "days_card": days_card("ada", (_DAY, replace(_DAY, verdict=Verdict.COUNTED))),
    "correction_form": correction_form("ada", _DAY),
    "corrected_card": corrected_card("ada", _DAY, _DONE),
    "told_card": told_card(_DAY, _DONE),
    "told_undone_card": told_undone_card(_DAY.date, others=True),
    "undone_card": undone_card("ada", _DAY.date, others=False),
    "gone_card": gone_card(),
    "corrections_card": corrections_card(
        (("ada", _DAY.date, _DONE), ("ben", _DAY.date, replace(_DONE, kind="excuse", undone_at=_AT))), 1, more=True
    ),
    "no_corrections_card": no_corrections_card(),
}
