"""What members see of joining and of their own settings."""

from collections.abc import Sequence
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from bot.atlas import Place
from bot.features.members.rules import DAYS, Profile
from bot.kernel.action import Action
from bot.kernel.card import Button, Card, CityField, Facts, Form, Note, Option, Para, Select
from bot.kernel.text import md, plural

JOIN = Button("Join the study group", Action.to("members.join"), "primary")
ZONE = Action.to("members.zone")


def join_card(*, open_threads: bool) -> Card:
    """The standing invitation in the group's channel; at most 30 words."""
    answers = "All can read the answers." if open_threads else "You read other answers after sending yours."
    text = md("{answers} Leave any time.", answers=answers)
    return Card("One short problem a day", (Para(text),), (JOIN,))


def welcome_card(profile: Profile, zone: str) -> Card:
    """Two questions that can be left out; under 25 words, because the first problem follows it."""
    known = (Para(md("Time zone: {zone}.", zone=zone)),) if zone else ()
    change = Button("Change time zone" if zone else "Set my time zone", ZONE)
    blocks = (*known, Note(md("Both are optional.")))
    return Card("Welcome! You are in.", blocks, (change,), (_days_select(profile.days),), tone="good")


def already_card() -> Card:
    text = md("Next: type `/study today` to see the open problem.")
    return Card("You are already in.", (Para(text), Note(md("Type `/study me` to see what you have set."))))


def posted_card(*, again: bool) -> Card:
    title = "The join message of today is there already." if again else "The join message is on its way to the channel."
    return Card(title)


def zone_form() -> Form:
    field = CityField("city", "Your city", "members.city", help="A city, or the time you see now")
    return Form("Your time zone", Action.to("members.keep_zone"), (field,), "Save")


def which_place_card(places: Sequence[Place]) -> Card:
    options = tuple(Option(place.label, place.label) for place in places)
    select = Select("Choose a place", Action.to("members.choose_place"), options)
    note = Note(md("Is yours missing? Then type a larger city near you."))
    return Card("Which place do you mean?", (note,), (Button("Type another", ZONE),), (select,))


def zone_kept_card(zone: str, now: datetime) -> Card:
    text = md("It is {clock} there now.", clock=_clock(zone, now))
    return Card(f"Your time zone is {zone}.", (Para(text),), (Button("Change it", ZONE),), tone="good")


def days_kept_card(days: int) -> Card:
    note = Note(md("You can change it: type `/study me`."))
    return Card(f"Your goal is {plural(days, 'day')} a week.", (note,), tone="good")


def me_card(profile: Profile, zone: str, now: datetime) -> Card:
    rows = (
        ("Time zone", md("{zone}, {clock} there now", zone=zone, clock=_clock(zone, now))),
        ("Days a week", md("{days}", days=profile.days or "not set")),
    )
    change = Button("Change my time zone", ZONE)
    leave = Button("Leave the group", Action.to("members.leave"))
    return Card("What you have set", (Facts(rows),), (change, leave), (_days_select(profile.days),))


def left_card() -> Card:
    back = Button("Come back", Action.to("members.join"))
    return Card("You have left the study group.", (Note(md("Your answers stay. One press brings you back.")),), (back,))


def _days_select(chosen: int) -> Select:
    options = tuple(Option(str(days), plural(days, "day")) for days in DAYS)
    return Select("Days a week", Action.to("members.days"), options, str(chosen or ""))


def _clock(zone: str, now: datetime) -> str:
    return f"{now.astimezone(ZoneInfo(zone)):%H:%M}"


_LONDONS = (Place("London, United Kingdom", "Europe/London"), Place("London, Canada", "America/Toronto"))
_NOW = datetime(2026, 1, 5, 9, 5, tzinfo=UTC)
EXAMPLES: dict[str, Card | Form] = {
    "join_card": join_card(open_threads=False),
    "join_open_card": join_card(open_threads=True),
    "welcome_card": welcome_card(Profile(), "Asia/Kolkata"),
    "welcome_unknown_card": welcome_card(Profile(), ""),
    "already_card": already_card(),
    "posted_card": posted_card(again=False),
    "zone_form": zone_form(),
    "which_place_card": which_place_card(_LONDONS),
    "zone_kept_card": zone_kept_card("Asia/Kolkata", _NOW),
    "days_kept_card": days_kept_card(4),
    "left_card": left_card(),
    "me_card": me_card(Profile(4), "Asia/Kolkata", _NOW),
}
