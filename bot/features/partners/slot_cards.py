"""What partners see of a time to talk."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime

from bot.features.partners.hours_rules import Slot
from bot.features.partners.slot_rules import State, Talk
from bot.kernel.action import Action
from bot.kernel.card import Block, Bullets, Button, Card, File, Form, Note, Para
from bot.kernel.text import Mention, Text, When, md

ORDINALS = ("The first", "The second")


def talk_card(
    talk: Talk, members: Sequence[str], files: tuple[File, ...] = (), *, only: Sequence[str] = (), over: bool = False
) -> Card:
    """
    In the room, as it stands now. `files` holds the calendar file of a time that is agreed.

    `only`: those who have agreed, where somebody else has joined them since. `over`: nothing can be changed any more.
    """
    match talk.state:
        case State.OFFERED | State.MOVING:
            return _offer(talk, members)
        case State.AGREED if over:
            return Card("Your talk is over.", (Para(_sentence(talk, "It was on {at}.")),))
        case State.AGREED:
            return _agreed(talk, files, only)
        case State.CALLED_OFF:
            return _called_off(talk)
        case State.NO_TIME:
            return no_time_card()


def _offer(talk: Talk, members: Sequence[str]) -> Card:
    several = len(talk.offers) > 1
    blocks: list[Block] = [Para(md("All of you have time then:"))]
    blocks.append(Bullets(tuple(_when(slot, ORDINALS[n] if several else "") for n, slot in enumerate(talk.offers))))
    for number in range(1, len(talk.offers) + 1):
        words = f"{ORDINALS[number - 1].lower()} one" if several else "this one"
        takers = [member for member in talk.takers(number) if member in members]
        blocks += [Note(md("{who} takes {words}.", who=Mention(member), words=words)) for member in takers]
    if talk.state is State.MOVING and talk.agreed:
        blocks.append(Note(md("Until all take another time, {at} stands.", at=When(talk.agreed.starts))))
    else:
        blocks.append(Note(md("When all of you take the same time, it is agreed.")))
    return Card("A time to talk?", tuple(blocks), _offer_buttons(talk, several=several))


def _when(slot: Slot, name: str) -> Text:
    start = f"{name}: " if name else ""
    return md(start + "{at}, {n} minutes", at=When(slot.starts), n=slot.minutes)


def _offer_buttons(talk: Talk, *, several: bool) -> tuple[Button, ...]:
    labels = [f"{ordinal} suits me" for ordinal in ORDINALS] if several else ["It suits me"]
    buttons = [
        Button(label, _action("partners.slot_take", talk, n=str(number)), "primary" if number == 1 else "plain")
        for number, label in enumerate(labels, 1)
    ]
    buttons.append(Button("Neither fits" if several else "It does not fit", _action("partners.slot_others", talk)))
    if talk.state is State.MOVING:
        buttons.append(Button("Keep the old time", _action("partners.slot_stay", talk)))
    return tuple(buttons)


def _action(route: str, talk: Talk, **args: str) -> Action:
    return Action.to(route, talk=str(talk.number), round=str(talk.round), **args)


def _agreed(talk: Talk, files: tuple[File, ...], only: Sequence[str]) -> Card:
    blocks = (
        Para(_sentence(talk, "You talk on {at}, for {n} minutes.", only)),
        Note(md("Write here where you talk: a call, a link, or in writing.")),
        Bullets(
            (
                md("To begin, each says in half a minute what they want to do."),
                md("In the last minute, each says what they did."),
                md("After five minutes nobody has to wait any longer."),
            )
        ),
        Note(md("I remind you here half an hour before.")),
    )
    buttons = (
        Button("Another time", _action("partners.slot_move", talk)),
        Button("Call it off", _action("partners.slot_off", talk)),
    )
    return Card("Your talk is agreed.", blocks, buttons, files=files, tone="good")


def _sentence(talk: Talk, template: str, only: Sequence[str] = ()) -> Text:
    """`template` begins with "You"; where it is about two of three, these are named instead."""
    slot = talk.agreed or talk.offers[0]
    if len(only) == 2:
        named = template.replace("You", "{a} and {b}", 1)
        return md(named, at=When(slot.starts), n=slot.minutes, a=Mention(only[0]), b=Mention(only[1]))
    return md(template, at=When(slot.starts), n=slot.minutes)


def _called_off(talk: Talk) -> Card:
    if talk.agreed is None:
        words = Para(md("These times are not needed any more: who sits here has changed."))
        return Card("No talk", (words,))
    blocks = (
        Para(_sentence(talk, "The talk on {at} does not take place.")),
        Note(md("If it is in your calendar, take it out there.")),
    )
    return Card("Called off", blocks, (slot_button(),))


def slot_button() -> Button:
    return Button("Suggest a time", Action.to("partners.slot"))


def partners_button() -> Button:
    return Button("Your partners", Action.to("partners.board"))


def no_time_card() -> Card:
    """Nobody learns whose hours are in the way."""
    blocks = (
        Para(md("I find no time that suits all of you while you are partners.")),
        Note(md("Write to each other here: a short message does as well as a talk.")),
    )
    return Card("No time in common", blocks)


def suggested_card() -> Card:
    return Card("I have suggested times.", (Para(md("They stand in your room. Press there what suits you.")),))


def standing_card(talk: Talk, files: tuple[File, ...] = ()) -> Card:
    """What stands already, to whoever asks for it; with the calendar file."""
    if talk.state is State.OFFERED:
        return Card("Times are suggested already.", (Para(md("They stand in your room. Press there what suits you.")),))
    blocks = (
        Para(_sentence(talk, "You talk on {at}, for {n} minutes.")),
        Note(md("In your room you can take another time, or call it off.")),
    )
    return Card("Your talk", blocks, files=files)


def others_card(talk: Talk, only: Sequence[str]) -> Card:
    """To whoever has joined since: two of three have agreed, and they need not come."""
    blocks = (
        Para(_sentence(talk, "You talk on {at}, for {n} minutes.", only)),
        Note(md("They agreed on it before you came. Write in your room if you would like to come.")),
    )
    return Card("A talk is agreed already.", blocks)


def taken_card(talk: Talk, choice: int, *, agreed: bool) -> Card:
    slot = talk.offers[choice - 1]
    if agreed:
        text = md("You talk on {at}. The calendar file is in your room.", at=When(slot.starts))
        return Card("It is agreed.", (Para(text),), tone="good")
    text = md("You take {at}. It is agreed when all of you take it.", at=When(slot.starts))
    back = Button("Take it back", _action("partners.slot_untake", talk, n=str(choice)))
    return Card("Good.", (Para(text),), (back,), tone="good")


def done_card(words: str, undo: Button | None = None) -> Card:
    return Card(words, (Note(md("It stands in your room.")),), (undo,) if undo else ())


def undo_call_off(talk: Talk) -> Button:
    return Button("Undo", _action("partners.slot_on", talk))


def soon_card(talk: Talk) -> Card:
    """In the room, half an hour before."""
    blocks = (Para(_sentence(talk, "It begins on {at} and takes {n} minutes.")),)
    return Card("Your talk begins soon.", blocks, (Button("Call it off", _action("partners.slot_off", talk)),))


def today_line(slot: Slot) -> Text:
    """A reminder."""
    return md("Today you have a talk, on {at}.", at=When(slot.starts))


def called_off_line(slot: Slot) -> Text:
    """A reminder."""
    return md("Your talk on {at} is called off.", at=When(slot.starts))


_FIRST = Slot(datetime(2026, 1, 7, 18, tzinfo=UTC), 50)
_SECOND = Slot(datetime(2026, 1, 10, 9, 30, tzinfo=UTC), 25)
_TALK = Talk(3, 4, (_FIRST, _SECOND), takes=(("ada", 1),))
_AGREED = replace(_TALK, state=State.AGREED, agreed=_FIRST, version=1, at=datetime(2026, 1, 6, 10, tzinfo=UTC))
_PAIR = ("ada", "ben")
_FILE = (File("talk-3.ics", "text/calendar", "BEGIN:VCALENDAR\nEND:VCALENDAR\n"),)
EXAMPLES: dict[str, Card | Form] = {
    "talk_card": talk_card(_TALK, _PAIR),
    "talk_one_card": talk_card(replace(_TALK, offers=(_FIRST,)), _PAIR),
    "talk_agreed_card": talk_card(_AGREED, _PAIR, _FILE),
    "talk_joined_card": talk_card(_AGREED, (*_PAIR, "cleo"), only=_PAIR),
    "talk_over_card": talk_card(_AGREED, _PAIR, over=True),
    "others_card": others_card(_AGREED, _PAIR),
    "talk_moving_card": talk_card(replace(_AGREED, state=State.MOVING, round=2, offers=(_SECOND,), takes=()), _PAIR),
    "talk_closed_card": talk_card(replace(_TALK, state=State.CALLED_OFF), _PAIR),
    "talk_called_off_card": talk_card(replace(_AGREED, state=State.CALLED_OFF), _PAIR),
    "no_time_card": no_time_card(),
    "suggested_card": suggested_card(),
    "standing_card": standing_card(_AGREED, _FILE),
    "standing_offer_card": standing_card(_TALK),
    "taken_card": taken_card(_TALK, 1, agreed=False),
    "taken_agreed_card": taken_card(_TALK, 1, agreed=True),
    "done_card": done_card("It is called off.", undo_call_off(_AGREED)),
    "soon_card": soon_card(_AGREED),
}
