"""What organisers see of setting up and of what failed. And the answer to "help"."""

from collections.abc import Sequence
from datetime import UTC, datetime, time

from bot.atlas import Place
from bot.features.organiser.rules import Skip
from bot.kernel.action import Action
from bot.kernel.calendar import Rhythm
from bot.kernel.card import Block, Bullets, Button, Card, CityField, Form, Listing, Note, Option, Para, Select
from bot.kernel.text import When, md, plural

SETUP = Action.to("organiser.setup")
DESK = Action.to("organiser.desk")
POST_NOW = Action.to("organiser.post_now")


# --- setting up ----------------------------------------------------------------------------


def setup_card(rhythm: Rhythm, *, in_channel: bool = True) -> Card:
    """Without a button where it stands in no channel, such as on the home page."""
    here = "here" if in_channel else "in a channel"
    posts = f"I post one short problem {here}, {{days}} at {{at}}, in your time zone."
    text = md(posts, days=_days(rhythm), at=_at(rhythm))
    note = Note(md("Members join with one press. You can test it alone first."))
    if not in_channel:
        return Card("Set up a study group", (Para(text), note, Para(md("Next: open that channel, and type `/study`."))))
    return Card("Set up a study group", (Para(text), note), (Button(f"Use this channel, {rhythm}", SETUP, "primary"),))


def not_ready_card() -> Card:
    text = md("An admin, or whoever may set it up, types `/study` here.")
    return Card("This study group is not set up yet.", (Para(text),))


def zone_form() -> Form:
    field = CityField("city", "Your city", "organiser.city", help="A city, or the time you see now")
    return Form("Your time zone", Action.to("organiser.keep_zone"), (field,), "Save")


def which_place_card(places: Sequence[Place]) -> Card:
    options = tuple(Option(place.label, place.label) for place in places)
    select = Select("Choose a place", Action.to("organiser.choose_place"), options)
    note = Note(md("Is yours missing? Then type a larger city near you."))
    return Card("Which place do you mean?", (note,), (Button("Type another", SETUP),), (select,))


def done_card(rhythm: Rhythm, zone: str) -> Card:
    posts = md("I post a problem {days} at {at} ({zone}).", days=_days(rhythm), at=_at(rhythm), zone=zone)
    invitation = Listing(
        "We practise for machine-learning interviews here: "
        f"one short problem a day, {_days(rhythm)} at {_at(rhythm)}.\n"
        "Press “Join the study group” in this channel."
    )
    now = Button("Post the first problem now", POST_NOW, "primary")
    blocks = (Para(posts), Para(md("Copy this to invite people:")), invitation)
    return Card("The study group is ready.", blocks, (now, Button("Open the desk", DESK)), tone="good")


# --- help ----------------------------------------------------------------------------------------


def help_card(commands: Sequence[tuple[str, str]], *, is_member: bool, is_organiser: bool) -> Card:
    lines = Bullets(tuple(md("`/study {word}` – {help}", word=word, help=help_) for word, help_ in commands))
    join = Button("Join the study group", Action.to("members.join"), "primary")
    today = Button("See today's problem", Action.to("daily.open_today"), "primary")
    desk = (Button("Open the desk", DESK),) if is_organiser else ()
    next_ = () if is_member else (Para(md("Next: join. It is one press.")),)
    return Card("What you can type", (lines, *next_), (today if is_member else join, *desk))


# --- what failed ------------------------------------------------------------------------------------


def skipped_card(what: str, skips: Sequence[Skip], more: int) -> Card:
    """`what` is the feature's title; `more` skipped times are not listed."""
    lines = Bullets(tuple(md("{at}: {why}", at=When(skip.at), why=skip.why) for skip in skips))
    blocks: list[Block] = [Para(md("**{what}** did not run at these times:", what=what)), lines]
    if more:
        blocks.append(Note(md("{times} before these.", times=plural(more, "more time"))))
    blocks.append(Para(md("I do not catch up by myself. You can post a problem now from your desk.")))
    return Card("Something was left out.", tuple(blocks), (Button("Open the desk", DESK),), tone="warning")


def parked_card(fixes: Sequence[tuple[str, int]], more: int) -> Card:
    """What can be done, and how many messages wait for it; `more` reasons are not listed."""
    lines = tuple(md("{fix} ({messages})", fix=fix, messages=plural(times, "message")) for fix, times in fixes)
    blocks: list[Block] = [Bullets(lines)]
    if more:
        blocks.append(Note(md("And {reasons}.", reasons=plural(more, "more reason"))))
    blocks.append(Note(md("“What was sent” on your desk shows which messages these are.")))
    again = Button("Try the failed ones again", Action.to("organiser.try_again"), "primary")
    sent = Button("What was sent", Action.to("organiser.sent"))
    title = (
        "I could not send a message today."
        if sum(times for _, times in fixes) + more == 1
        else ("I could not send some messages today.")
    )
    return Card(title, tuple(blocks), (again, sent, Button("Open the desk", DESK)), tone="warning")


def _days(rhythm: Rhythm) -> str:
    return str(rhythm).rpartition(" ")[0]


def _at(rhythm: Rhythm) -> str:
    return f"{rhythm.at:%H:%M}"


_RHYTHM = Rhythm((0, 1, 2, 3, 4), time(9))
_LONDONS = (Place("London, United Kingdom", "Europe/London"), Place("London, Canada", "America/Toronto"))
_COMMANDS = (("join", "join the study group"), ("today", "see the problem that is open"))
_SKIP = Skip(datetime(2026, 1, 5, 8, tzinfo=UTC), "the bot was not running")
EXAMPLES: dict[str, Card | Form] = {
    "setup_card": setup_card(_RHYTHM),
    "setup_home_card": setup_card(_RHYTHM, in_channel=False),
    "not_ready_card": not_ready_card(),
    "zone_form": zone_form(),
    "which_place_card": which_place_card(_LONDONS),
    "done_card": done_card(_RHYTHM, "Europe/Berlin"),
    "help_card": help_card(_COMMANDS, is_member=False, is_organiser=True),
    "help_member_card": help_card(_COMMANDS[1:], is_member=True, is_organiser=False),
    "skipped_card": skipped_card("Daily problem", (_SKIP,), 2),
    "parked_card": parked_card((("Give me the right to write in #study, then post again.", 1),), 0),
    "parked_many_card": parked_card((("Give me the right to write in #study.", 3), ("The channel is gone.", 1)), 2),
}
