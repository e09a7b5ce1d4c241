"""What organisers see of earlier changes, and how they take one back."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime

from bot.features.organiser.changes_rules import Change, Kind, shorten, undo_of
from bot.kernel.action import Action
from bot.kernel.card import OPTION_LABEL, Block, Button, Card, Form, Note, Option, Para, Select
from bot.kernel.text import Mention, Plain, Span, Text, When, md

CHANGES = Action.to("organiser.changes")
DESK = Action.to("organiser.desk")


def undo_button(change: Change, label: str = "Undo") -> Button:
    return Button(label, change.undo)


def changes_card(changes: Sequence[Change]) -> Card:
    """The newest first."""
    back = Button("Back to the desk", DESK)
    if not changes:
        return Card("Nothing was changed yet.", (Para(md("What organisers change will be listed here.")),), (back,))
    lines = tuple(Para(_line(change)) for change in changes)
    standing = [change for change in changes if not change.undone and not change.about_nobody]
    if not standing:
        return Card("What organisers changed", lines, (back,))
    options = tuple(Option(str(change.number), shorten(change.what, OPTION_LABEL)) for change in standing)
    return Card(
        "What organisers changed", lines, (back,), (Select("Choose a change", Action.to("organiser.change"), options),)
    )


def change_card(change: Change) -> Card:
    """One change, with the button that takes it back."""
    if change.undone:
        return Card("This change was taken back.", (Para(_line(change)),), (Button("All changes", CHANGES),))
    buttons = (Button("Undo it", change.undo, "primary"), Button("All changes", CHANGES))
    return Card("One change", (Para(_line(change)),), buttons)


def undone_card(change: Change, *, again: bool, mixed: bool = False) -> Card:
    """`again`: it was taken back before. `mixed`: it had been changed once more since."""
    blocks: list[Block] = [Para(md("{what}", what=change.what))]
    if mixed:
        days = "A later change keeps some of these days off, or at work."
        other = "It was changed again since. I restored only what this change touched."
        blocks.append(Note(md(days if change.kind is Kind.DAYS else other)))
    title = "This was taken back already." if again else "It is as before."
    buttons = (Button("All changes", CHANGES), Button("Back to the desk", DESK))
    return Card(title, tuple(blocks), buttons, tone="plain" if again else "good")


def nobody_card() -> Card:
    """The change was about somebody who was erased."""
    text = md("There is nothing to take back. All their data was erased.")
    return Card("This person is not here any more.", (Para(text),), (Button("All changes", CHANGES),))


def _line(change: Change) -> Text:
    about: Text = (Plain(": "), Mention(change.about_member)) if change.about_member else ()
    done = md(" – {who}, {when}.", who=_who(change.by_member), when=When(change.at))
    text = (*md("{what}", what=change.what.removesuffix(".")), *about, *done)
    if not change.undone or change.undone_at is None:
        return text
    return (*text, *md(" Taken back: {who}, {when}.", who=_who(change.undone_by_member), when=When(change.undone_at)))


def _who(member: str) -> Span:
    """Somebody who was forgotten has no name any more."""
    return Mention(member) if member else Plain("somebody")


_AT = datetime(2026, 1, 5, 8, 5, tzinfo=UTC)
_MOVED = Change(
    _AT, Kind.SETTINGS, "Daily problem: Days and time: Mon-Fri 09:00 → Mon-Fri 21:00", "olga", number=2, undo=undo_of(2)
)
_GONE = Change(
    _AT, Kind.APPOINTED, "A new organiser", "olga", "ada", number=1, undo=undo_of(1), state="undone", undone_at=_AT
)
EXAMPLES: dict[str, Card | Form] = {
    "changes_card": changes_card((_MOVED, _GONE)),
    "changes_empty_card": changes_card(()),
    "change_card": change_card(_MOVED),
    "change_undone_card": change_card(_GONE),
    "undone_card": undone_card(_MOVED, again=False, mixed=True),
    "undone_days_card": undone_card(
        replace(_MOVED, kind=Kind.DAYS, what="Days off: Tue 6 Jan 2026"), again=False, mixed=True
    ),
    "nobody_card": nobody_card(),
    "undone_again_card": undone_card(_MOVED, again=True),
}
