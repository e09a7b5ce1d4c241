"""What organisers see of the group's channels and its time zone."""

from collections.abc import Sequence
from datetime import UTC, date, datetime

from bot.atlas import Place
from bot.features.organiser.forms_rules import marks
from bot.features.organiser.places_rules import MAIN, Purpose, pages
from bot.kernel.action import Action
from bot.kernel.card import (
    Block,
    Button,
    Card,
    ChannelField,
    CityField,
    Facts,
    Form,
    Note,
    Option,
    Para,
    Select,
)
from bot.kernel.text import When, listed, md

DESK = Action.to("organiser.desk")
CHANNELS = Action.to("organiser.channels")
ZONE = Action.to("organiser.zone")


def channels_card(purposes: Sequence[Purpose], here: str) -> Card:
    """`here` is the reader's channel: a channel has no name in our words, but this one can be pointed at."""
    rows = tuple((label, md("{where}", where=_where(purpose, spot, here))) for purpose, label, spot in purposes)
    many = len(pages(purposes))
    change = tuple(
        Button(f"Change ({page + 1} of {many})" if many > 1 else "Change", _ask(page)) for page in range(many)
    )
    note = Note(md("What is posted already stays where it is."))
    return Card("Channels", (Facts(rows), note), (*change[:9], Button("Back to the desk", DESK)))


def _where(purpose: str, spot: str, here: str) -> str:
    if not spot:
        return "the main channel"
    if here and spot == here:
        return "this channel"
    return "chosen" if purpose == MAIN else "a channel of its own"


def _ask(page: int) -> Action:
    return Action.to("organiser.ask_channels", page=str(page))


def channels_form(purposes: Sequence[Purpose], page: int) -> Form:
    fields = tuple(
        ChannelField(
            purpose, label, spot, "" if purpose == MAIN else "Leave it empty for the main channel",
            required=purpose == MAIN,
        )
        for purpose, label, spot in purposes
    )  # fmt: skip
    seen = marks([spot for _, _, spot in purposes])
    return Form("Channels", Action.to("organiser.keep_channels", page=str(page), seen=seen), fields, "Save")


def moved_card(labels: Sequence[str], undo: Action, *, main: bool) -> Card:
    """`main`: the main channel is another one, which has no message to join with yet."""
    blocks: list[Block] = [
        Para(md("From now on I post in the channels that you chose: {what}.", what=listed(list(labels))))
    ]
    buttons = [Button("Undo", undo), Button("Channels", CHANNELS)]
    if main:
        blocks.append(Note(md("Members join by a message in the main channel. Post it there, too.")))
        buttons.insert(0, Button("Post the join message again", Action.to("members.invite"), "primary"))
    return Card("Changed.", tuple(blocks), tuple(buttons), tone="good")


def same_channels_card() -> Card:
    return Card("All is as it was.", (), (Button("Channels", CHANNELS), Button("Back to the desk", DESK)))


def group_zone_form() -> Form:
    city = CityField("city", "City of the group", "organiser.city", help="A city, or the time you see now")
    return Form("Time zone of the group", Action.to("organiser.keep_group_zone"), (city,), "Save")


def which_zone_card(places: Sequence[Place]) -> Card:
    options = tuple(Option(place.label, place.label) for place in places)
    select = Select("Choose a place", Action.to("organiser.choose_zone"), options)
    note = Note(md("Is yours missing? Then type a larger city near you."))
    return Card("Which place do you mean?", (note,), (Button("Type another", ZONE),), (select,))


def zone_moved_card(zone: str, undo: Action, next_: tuple[date, datetime] | None) -> Card:
    moved = md("Next problem: {at}.", at=When(next_[1])) if next_ else md("No problem is planned.")
    note = Note(md("Members keep their own time zones. Problems that are open close when they said."))
    buttons = (Button("Undo", undo), Button("Back to the desk", DESK))
    return Card(f"The group counts in {zone} now.", (Para(moved), note), buttons, tone="good")


def same_zone_card(zone: str) -> Card:
    return Card(f"The group counts in {zone} already.", (), (Button("Back to the desk", DESK),))


_PURPOSES = (("main", "Main channel", "general"), ("daily", "Daily problems", ""))
_UNDO = Action.to("organiser.undo", n="6")
EXAMPLES: dict[str, Card | Form] = {
    "channels_card": channels_card(_PURPOSES, "general"),
    "channels_form": channels_form(_PURPOSES, 0),
    "moved_card": moved_card(("Main channel", "Daily problems"), _UNDO, main=True),
    "same_channels_card": same_channels_card(),
    "group_zone_form": group_zone_form(),
    "which_zone_card": which_zone_card((Place("London, United Kingdom", "Europe/London"),)),
    "zone_moved_card": zone_moved_card(
        "Asia/Kolkata", _UNDO, (date(2026, 1, 6), datetime(2026, 1, 6, 3, 30, tzinfo=UTC))
    ),
    "same_zone_card": same_zone_card("Asia/Kolkata"),
}
