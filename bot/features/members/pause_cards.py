"""What members see of a break."""

from datetime import UTC, date, datetime

from bot.features.members.pause_rules import LENGTHS, LONGEST
from bot.kernel.action import Action
from bot.kernel.card import Button, Card, Form, Note, Option, Para, Select, TextField
from bot.kernel.text import When, md

BACK = Button("I am back", Action.to("members.resume"), "primary")
NOTHING_LOST = "No reminders come, and nothing is lost. Only you can see it."


def pause_card(until: datetime | None) -> Card:
    """How long shall it be? `until`: when the break that runs already ends."""
    options = tuple(Option(str(days), label) for days, label in LENGTHS)
    select = Select("How long?", Action.to("members.keep_pause"), options)
    other = Button("Another date", Action.to("members.pause_date"))
    running = (Para(md("You are on a break until {at}.", at=When(until))),) if until else ()
    blocks = (*running, Note(md(NOTHING_LOST)), Note(md("You can answer meanwhile, and it counts.")))
    title = "Change the end of your break" if until else "Take a break"
    return Card(title, blocks, (*((BACK,) if until else ()), other), (select,))


def date_form() -> Form:
    field = TextField(
        "date", "On which day are you back?", help=f"Such as 2026-12-24 or 24 Dec. {LONGEST} days at most."
    )
    return Form("A break until a date", Action.to("members.keep_pause_date"), (field,), "Save")


def paused_card(until: datetime) -> Card:
    text = md("You are on a break until {at}. Then you are back without a press.", at=When(until))
    change = Button("Change the end", Action.to("members.pause"))
    return Card("Have a good break.", (Para(text), Note(md(NOTHING_LOST))), (BACK, change), tone="good")


def back_card(day: date | None) -> Card:
    """`day`: when the break would have ended; None where none was running."""
    today = Note(md("Type `/study today` to see the open problem."))
    if day is None:
        return Card("You are not on a break.", (today,), (Button("Take a break", Action.to("members.pause")),))
    undo = Button("Undo", Action.to("members.keep_pause", day=str(day)))
    return Card("Welcome back.", (today,), (undo,), tone="good")


_AT = datetime(2026, 1, 12, 3, tzinfo=UTC)
EXAMPLES: dict[str, Card | Form] = {
    "pause_card": pause_card(None),
    "pause_again_card": pause_card(_AT),
    "date_form": date_form(),
    "paused_card": paused_card(_AT),
    "back_card": back_card(date(2026, 1, 12)),
    "not_paused_card": back_card(None),
}
