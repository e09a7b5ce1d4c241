"""What members see of reminders."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from bot.features.nudges.rules import HOURS, LINES, USUAL, Line, Send, Why, Wish
from bot.kernel.action import Action
from bot.kernel.card import Block, Button, Card, Facts, Form, Note, Option, Para, Select
from bot.kernel.text import Plain, Text, When, md

OPENINGS = (
    "Here is your reminder for today.",
    "This waits for you today.",
    "A few minutes are enough for this.",
    "You asked me to remind you.",
    "Here is something short to think about.",
    "This is ready whenever it suits you.",
    "One small step for today.",
    "Here is what you can do today.",
    "Your next step is here.",
)
EVENING_OPENINGS = (
    "There is still time today.",
    "Your day is open until 04:00.",
    "A short answer still counts today.",
    "This is the last reminder for today.",
    "Three sentences still count today.",
    "Ten minutes are enough for today.",
    "Today can still count.",
    "Here is what is left for today.",
    "One short answer would keep it going.",
)
REASONS: Mapping[Why, str] = {
    Why.SENT: "sent",
    Why.FAREWELL: "sent, and none after it",
    Why.MOVED: "moved, because your time zone had changed",
    Why.GONE_BY: "not sent: your time zone had changed, and the hour had passed there",
    Why.LATE: "not sent: I was not running at that time",
    Why.NOTHING: "not sent: nothing was waiting for you",
    Why.ANSWERED: "not sent: you had answered",
    Why.NOT_ASKED: "not sent: nothing was asked of you that day",
    Why.TOLD: "not sent: you had been reminded that day already",
    Why.TURN: "not sent: your groups take turns, and others were first that day",
    Why.DAY_FULL: "not sent: you had two reminders that day",
    Why.WEEK_FULL: "not sent: you had eight reminders in seven days",
    Why.EVENINGS_FULL: "not sent: you had three evening reminders in seven days",
    Why.JUST_NOW: "not sent: you had one less than an hour before",
    Why.SOON: "not sent: your next reminder came within the hour",
    Why.QUIET: "not sent: it was between 21:30 and 08:00 where you are",
    Why.PAUSED: "not sent: you were taking a break",
    Why.MUTED: "not sent: you had muted reminders",
    Why.SKIPPED: "not sent: you wanted no more that day",
    Why.OFF: "not sent: reminders were off",
    Why.LEFT: "not sent: you were not in the group",
    Why.STOPPED: "not sent: reminders rest until you are back",
    Why.EVERY_OTHER_DAY: "not sent: I write every second day while you are away",
    Why.WEEKLY: "not sent: I write once a week while you are away",
}
ON = Button("Remind me", Action.to("nudges.on"), "primary")
OFF = Button("Turn reminders off", Action.to("nudges.off"))
ONE_A_DAY = Button("No evening reminder", Action.to("nudges.evening", on="0"))
MUTE = Button("Mute a week", Action.to("nudges.mute"))
UNMUTE = Button("Undo", Action.to("nudges.unmute"))
UNSKIP = Button("Undo", Action.to("nudges.unskip"))
LESS = Button("Less of this", Action.to("nudges.less"))
SHOW = Button("My reminders", Action.to("nudges.settings"))


@dataclass(frozen=True, slots=True)
class Overview:
    """What a member has set, when the next reminder may come, and what was decided lately: (when, why)."""

    wish: Wish
    next_at: datetime | None = None
    paused_until: datetime | None = None
    decided: tuple[tuple[datetime, Why], ...] = ()


# --- reminders -----------------------------------------------------------------------------


def reminder_card(send: Send, number: int, day: str) -> Card:
    """
    The one message of a moment. `number` is how many the member has had: the openings take turns.

    `day` is the token of the member's day: pressed later, its buttons do not silence another day.
    """
    openings = EVENING_OPENINGS if send.tone == "evening" else OPENINGS
    buttons = (
        *_ways(send.lines),
        Button("Done already", Action.to("nudges.done", day=day)),
        Button("Skip today", Action.to("nudges.skip", day=day)),
        MUTE,
        LESS,
    )
    return Card(openings[number % len(openings)], tuple(Para(line.text) for line in send.lines), buttons)


def farewell_card() -> Card:
    text = md("It has been quiet for four weeks, so I stop writing. One press brings the reminders back.")
    return Card("I stop reminding you now.", (Para(text),), (ON, LESS))


def waiting_card(lines: Sequence[Line], *, wanted: bool) -> Card:
    """On the home page: what waits, for members with and without private reminders."""
    on = () if wanted else (replace(ON, style="plain"),)
    shown = lines[:LINES]
    return Card("Waiting for you", tuple(Para(line.text) for line in shown), (*_ways(shown), *on, SHOW))


def _ways(lines: Sequence[Line]) -> tuple[Button, ...]:
    """A button for each line, the first one in front; one for lines that lead to the same place."""
    found: dict[Action, Button] = {}
    for line in lines:
        found.setdefault(line.button.action, replace(line.button, style="plain"))
    first, *others = found.values()
    return replace(first, style="primary"), *others


# --- answers to its buttons ------------------------------------------------------------------


def done_card() -> Card:
    return Card(
        "Good. No more reminders today.",
        (
            Para(md("To make it count here, send a short answer: type `/study today`.")),
            Note(md("A review counts as well, and so does a timed run.")),
        ),
        (UNSKIP,),
        tone="good",
    )


def skipped_card(until: datetime) -> Card:
    text = md("I am quiet until {at}.", at=When(until))
    return Card("No more reminders today.", (Para(text),), (UNSKIP, LESS))


def day_over_card(overview: Overview) -> Card:
    """A button of an earlier day: nothing is silenced."""
    return Card("That day is over.", (Para(md("Reminders go on.")), *_next(overview.next_at)), (LESS, SHOW))


def muted_card(until: datetime) -> Card:
    return Card("Reminders are muted for a week.", (Para(md("I am quiet until {at}.", at=When(until))),), (UNMUTE,))


def back_card(next_at: datetime | None) -> Card:
    """After an undo."""
    return Card("Reminders come as before.", _next(next_at), (LESS, SHOW))


def less_card(wish: Wish) -> Card:
    one = (ONE_A_DAY,) if wish.evening else ()
    text = "What would suit you?" if wish.wanted else "Private reminders are off already."
    return Card("Less of this", (Para(md(text)),), (*one, MUTE, OFF) if wish.wanted else (SHOW,))


def on_card(overview: Overview) -> Card:
    """Reminders are on now, or at another hour."""
    note = Note(md("At most two a day and eight a week. Never between 21:30 and 08:00."))
    return Card(
        "Private reminders are on.",
        (*_next(overview.next_at), note),
        (OFF, *((ONE_A_DAY,) if overview.wish.evening else ())),
        (_hours(overview.wish),),
        tone="good",
    )


def off_card() -> Card:
    note = Note(md("What waits for you is on your home page."))
    return Card("Private reminders are off.", (note,), (replace(ON, style="plain"),))


def evening_card(overview: Overview) -> Card:
    on = overview.wish.evening
    undo = Button("Undo", Action.to("nudges.evening", on="0" if on else "1"))
    text = "It comes at 20:30, and only when something of today is left." if on else "At most one reminder a day comes."
    return Card(
        "The evening reminder is on." if on else "The evening reminder is off.",
        (Para(md(text)), *_next(overview.next_at)),
        (undo, SHOW),
    )


# --- the settings ------------------------------------------------------------------------------


def settings_card(overview: Overview) -> Card:
    wish = overview.wish
    rows: list[tuple[str, Text]] = [("Private reminders", md("on" if wish.wanted else "off"))]
    if wish.wanted:
        rows.append(("Hour", md("{hour}", hour=_hour_words(wish.hour))))
        rows.append(("Evening reminder", md("on" if wish.evening else "off")))
    if wish.wanted and overview.next_at:
        rows.append(("Next reminder", (Plain("not before "), When(overview.next_at))))
    if overview.paused_until:
        rows.append(("Your break lasts until", (When(overview.paused_until),)))
    if wish.muted_until:
        rows.append(("Muted until", (When(wish.muted_until),)))
    if wish.skipped_until:
        rows.append(("Quiet until", (When(wish.skipped_until),)))
    blocks = (Facts(tuple(rows)), *_trouble(wish), *_lately(overview.decided))
    return Card("Your reminders", blocks, _switches(wish), (_hours(wish),))


def _switches(wish: Wish) -> tuple[Button, ...]:
    if not wish.wanted:
        return (ON,)
    evening = ONE_A_DAY if wish.evening else Button("Evening reminder too", Action.to("nudges.evening", on="1"))
    again = (Button("Remind me again", Action.to("nudges.on"), "primary"),) if wish.stopped else ()
    mute = Button("End the mute", Action.to("nudges.unmute")) if wish.muted_until else MUTE
    return (*again, OFF, evening, mute)


def _trouble(wish: Wish) -> tuple[Block, ...]:
    if wish.stopped:
        return (Note(md("It was quiet for four weeks, so I have stopped. One press brings the reminders back.")),)
    if wish.refused == "closed":
        why = "I could not write to you, so I turned reminders off. You take no private messages from this group's bot."
        how = "Allow private messages from members of this server or workspace. Then press “Remind me”."
        return (Para(md(why)), Note(md(how)))
    if wish.refused:
        why = "I could not write to you, so I turned reminders off. The platform refused my last message."
        return (Para(md(why)), Note(md("Press “Remind me” to try again.")))
    return ()


def _lately(decided: Sequence[tuple[datetime, Why]]) -> tuple[Block, ...]:
    if not decided:
        return (Note(md("No reminder has been due yet.")),)
    lines = [md("{at}: {why}.", at=When(at), why=REASONS[why]) for at, why in decided]
    return (Para(md("**Lately**")), *(Note(line) for line in lines))


def _next(at: datetime | None) -> tuple[Block, ...]:
    return (Para(md("The next one comes not before {at}.", at=When(at))),) if at else ()


def _hours(wish: Wish) -> Select:
    options = tuple(Option(hour, _hour_words(hour)) for hour in HOURS)
    return Select("Remind me at", Action.to("nudges.hour"), options, wish.hour if wish.wanted else "")


def _hour_words(hour: str) -> str:
    return "before I usually study" if hour == USUAL else hour


_AT = datetime(2026, 1, 5, 17, tzinfo=UTC)
_DAY = "20260105T0300"
_LINE = Line(
    "daily",
    "2026-01-05",
    md("“{title}” is open until {at}.", title="When accuracy misleads", at=When(_AT)),
    Button("Answer", Action.to("answers.write", task="2026-01-05")),
    _AT,
)
_WISH = Wish("ada", wanted=True)
_LATELY = tuple((_AT, why) for why in (Why.SENT, Why.ANSWERED, Why.QUIET, Why.MOVED, Why.LATE))
EXAMPLES: dict[str, Card | Form] = {
    "reminder_card": reminder_card(Send((_LINE, replace(_LINE, kind="streak", about="4")), "digest"), 0, _DAY),
    "reminder_evening_card": reminder_card(Send((_LINE,), "evening"), 2, _DAY),
    "farewell_card": farewell_card(),
    "waiting_card": waiting_card((_LINE,), wanted=False),
    "done_card": done_card(),
    "skipped_card": skipped_card(_AT),
    "day_over_card": day_over_card(Overview(_WISH, _AT)),
    "muted_card": muted_card(_AT),
    "back_card": back_card(_AT),
    "less_card": less_card(_WISH),
    "on_card": on_card(Overview(_WISH, _AT)),
    "off_card": off_card(),
    "evening_card": evening_card(Overview(replace(_WISH, evening=False), _AT)),
    "settings_card": settings_card(Overview(_WISH, _AT, None, _LATELY)),
    "settings_new_card": settings_card(Overview(Wish("ada"))),
    "settings_refused_card": settings_card(Overview(Wish("ada", refused="closed"))),
    "settings_stopped_card": settings_card(Overview(replace(_WISH, stopped=True, muted_until=_AT), _AT, _AT, _LATELY)),
}
