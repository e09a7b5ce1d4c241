"""What members see of joining and of their own settings."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Literal
from zoneinfo import ZoneInfo

from bot.atlas import Place
from bot.features.members.rules import DAYS, GOALS, Profile
from bot.kernel.action import Action
from bot.kernel.card import Button, Card, CityField, Facts, Form, Note, Option, Para, Select
from bot.kernel.text import When, md, plural

JOIN = Button("Join the study group", Action.to("members.join"), "primary")
ZONE = Action.to("members.zone")
MY_DATA = Button("My data", Action.to("members.data"))


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
    return Card("Welcome! You are in.", blocks, (change,), (_days_select(profile.days, DAYS),), tone="good")


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


def me_card(profile: Profile, zone: str, now: datetime, rests_until: datetime | None = None) -> Card:
    rows = (
        *((("On a break until", (When(rests_until),)),) if rests_until else ()),
        ("Time zone", md("{zone}, {clock} there now", zone=zone, clock=_clock(zone, now))),
        ("Days a week", md("{days}", days=profile.days or "4, until you choose")),
    )
    resting = (Note(md("No reminders come, and nothing is lost.")),) if rests_until else ()
    back = (Button("I am back", Action.to("members.resume"), "primary"),) if rests_until else ()
    buttons = (
        *back,
        Button("Change my time zone", ZONE),
        Button("Reminders", Action.to("nudges.settings")),
        Button("My streak", Action.to("streaks.show")),
        Button("Reviews", Action.to("reviews.board")),
        Button("Partner", Action.to("partners.board")),
        Button("Change my break" if rests_until else "Take a break", Action.to("members.pause")),
        Button("Blocked people", Action.to("safety.blocked")),
        MY_DATA,
        Button("Leave the group", Action.to("members.leave")),
    )
    return Card("What you have set", (Facts(rows), *resting), buttons, (_days_select(profile.days, GOALS),))


def last_organiser_card(verb: Literal["leave", "erase"]) -> Card:
    """Asked before the only organiser goes; `verb` is what they wanted."""
    text = md("You are its only organiser. Without one, nobody can change its times or its problems.")
    hand_over = Button("Choose who takes over", Action.to("organiser.ask_hand_over"), "primary")
    label = "Leave without one" if verb == "leave" else "Go on without one"
    go = Button(label, Action.to(f"members.{verb}", sure="1"))
    return Card("Who looks after the group?", (Para(text),), (hand_over, go))


def left_card() -> Card:
    back = Button("Come back", Action.to("members.join"))
    note = Note(md("Your answers stay. One press brings you back."))
    return Card("You have left the study group.", (note,), (back, MY_DATA))


def _days_select(chosen: int, offered: Sequence[int]) -> Select:
    options = tuple(Option(str(days), plural(days, "day")) for days in offered)
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
    "me_on_a_break_card": me_card(Profile(3), "Asia/Kolkata", _NOW, datetime(2026, 1, 11, 22, 30, tzinfo=UTC)),
    "last_organiser_card": last_organiser_card("leave"),
    "last_organiser_erase_card": last_organiser_card("erase"),
}
