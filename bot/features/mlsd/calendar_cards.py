"""What organisers see of the weeks ahead."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

from bot.content.catalogue import Item
from bot.content.markdown import spans
from bot.features.mlsd.calendar_rules import CLASSIC, Slot
from bot.features.mlsd.cards import EXAMPLE_ITEM, shorten
from bot.kernel.action import Action
from bot.kernel.card import OPTIONS, Block, Bullets, Button, Card, Facts, Form, Note, Option, Para, Select
from bot.kernel.engine_facts import DeskLine
from bot.kernel.text import Text, When, listed, md

CALENDAR = Action.to("mlsd.calendar")
BACK = Button("Back to the weeks", CALENDAR)
DESK = Button("Back to the desk", Action.to("organiser.desk"))
GO_ON = Button("Let them go on", Action.to("mlsd.go_on"), "primary")
SETTINGS = Button("Settings", Action.to("organiser.set", feature="mlsd", page="0"))
SAID = 4  # faults that a card names
CATEGORIES = {"genai": "language models", "nlp": "text", "ads": "marketing", "anomaly": "unusual events"}


def day_words(day: date) -> str:
    return f"{day:%a} {day.day} {day:%b}"


# --- all weeks ---------------------------------------------------------------------------------


def calendar_card(
    slots: Sequence[Slot], faults: Sequence[str], rests: str = "", note: str = "", undo: Action | None = None
) -> Card:
    """`rests`: "off" (switched off in the settings), "resting" (nobody ran), or empty; `note` says what was done."""
    blocks: list[Block] = [Note(md("{note}", note=note))] if note else []
    blocks += _resting(rests)
    planned = [slot for slot in slots if slot.item]
    if planned:
        blocks.append(Facts(tuple((day_words(slot.day), _line(slot)) for slot in slots)))
        blocks.append(Note(md("The next one opens {at}.", at=When(planned[0].at))))
        blocks += _guarantee(faults)
    else:
        blocks.append(Para(md("No prompt is left for the group. Add a pack with system design prompts.")))
    if planned and len(planned) < sum(not (slot.skipped or slot.off) for slot in slots):
        blocks.append(Note(md("Then no prompt is left. Add a pack, and the weeks go on.")))
    selects = (_days_menu(slots),) if planned else ()
    buttons = (
        *((Button("Undo", undo),) if undo else ()),
        *((GO_ON,) if rests == "resting" else ()),
        SETTINGS,
        DESK,
    )
    return Card("The next system design weeks", tuple(blocks), buttons, selects)


def _resting(rests: str) -> list[Block]:
    if rests == "off":
        return [Para(md("**The weeks are switched off.** You can switch them on in the settings."))]
    return [Para(md("**The weeks rest.** Nobody had time for a run in two weeks."))] if rests else []


def _line(slot: Slot) -> Text:
    if slot.skipped:
        return md("skipped")
    if slot.off:
        return md("a day off of the group")
    if slot.item is None:
        return md("nothing is left")
    return md("{title} ({category})", title=slot.item.title, category=category_words(slot.item.strand))


def category_words(category: str) -> str:
    return CATEGORIES.get(category, category.replace("-", " "))


def _changes(item: Item) -> str:
    """ "a hundred million users, real time" """
    kinds = {turn.kind for turn in item.timed.turns} if item.timed else set()
    return ", ".join(words for kind, words in CLASSIC.items() if kind in kinds) or "none of the three"


def _guarantee(faults: Sequence[str]) -> list[Block]:
    classic = listed(tuple(CLASSIC.values()))
    if not faults:
        return [
            Note(md("Any four weeks in a row bring {twists}.", twists=classic)),
            Note(md("No category comes twice within four weeks.")),
        ]
    said = list(dict.fromkeys(faults))
    lines = tuple(md("{fault}", fault=fault) for fault in said[:SAID])
    return [Para(md("**With the prompts that are left not everything can be kept:**")), Bullets(lines)]


def _days_menu(slots: Sequence[Slot]) -> Select:
    options = tuple(Option(str(slot.day), shorten(f"{day_words(slot.day)}: {_short(slot)}")) for slot in slots)
    return Select("Change a week", Action.to("mlsd.week_planned"), options)


def _short(slot: Slot) -> str:
    if slot.item:
        return slot.item.title
    return "skipped" if slot.skipped else "a day off" if slot.off else "nothing is left"


# --- one week ------------------------------------------------------------------------------------


def planned_card(
    slot: Slot,
    others: Sequence[Item],
    free: Sequence[Slot],
    note: str = "",
    undo: Action | None = None,
    *,
    changes: bool = False,
) -> Card:
    """
    `others` can come instead, with the weeks of `free` it can change places.

    Which `changes` come is told only to whoever wants to know: organisers may take part as well.
    """
    item = slot.item or EXAMPLE_ITEM
    day = str(slot.day)
    rows = (
        ("Opens", (When(slot.at),)),
        ("About", md("{about}", about=category_words(item.strand))),
        ("Difficulty", md("{x}", x=item.difficulty)),
        *((("Changes", md("{changes}", changes=_changes(item))),) if changes else ()),
    )
    said: tuple[Block, ...] = (Note(md("{note}", note=note)),) if note else ()
    alone = () if others else (Note(md("No other prompt keeps the mix of these weeks.")),)
    selects = [
        Select(
            "Swap it for another prompt",
            Action.to("mlsd.week_swap", day=day),
            tuple(Option(other.id, shorten(other.title), category_words(other.strand)) for other in others[:OPTIONS]),
        )
    ] if others else []  # fmt: skip
    if free:
        options = tuple(Option(str(one.day), shorten(f"{day_words(one.day)}: {_short(one)}")) for one in free)
        selects.append(Select("Change places with another week", Action.to("mlsd.week_move", day=day), options))
    buttons = (
        *((Button("Undo", undo),) if undo else ()),
        Button("Skip this week", Action.to("mlsd.week_skip", day=day)),
        *(() if changes else (Button("Show its changes", Action.to("mlsd.week_planned", day=day, changes="1")),)),
        BACK,
    )
    if not changes:
        alone = (*alone, Note(md("If you take part yourself, leave its changes hidden.")))
    blocks = (*said, Para(md("**{title}**", title=item.title)), Para(spans(item.summary)), Facts(rows), *alone)
    return Card(day_words(slot.day), blocks, buttons, tuple(selects))


def no_prompt_card(slot: Slot, undo: Action | None) -> Card:
    if slot.skipped:
        text = md("No week opens on that day. What was planned comes a week later.")
    elif slot.off:
        text = md("The group has a day off. What was planned comes a week later.")
    else:
        text = md("The group has met every prompt by then. Add a pack, and the weeks go on.")
    back = (*((Button("Do not skip it", undo),) if undo else ()), BACK)
    return Card(f"{day_words(slot.day)}: no system design week", (Para(text),), back)


def undone_card(*, again: bool) -> Card:
    title = "That was undone already." if again else "Undone. The weeks are as they were before."
    return Card(title, (), (Button("See the weeks", CALENDAR),))


def gone_by_card() -> Card:
    text = md("One of the two has come by now, or stands elsewhere. The rest of the calendar stays.")
    return Card("That cannot be put back any more.", (Para(text),), (Button("See the weeks", CALENDAR),))


def later_change_card() -> Card:
    text = md("After your later changes the mix of these weeks would break. Undo the later ones first.")
    return Card("That cannot be put back now.", (Para(text),), (Button("See the weeks", CALENDAR),))


def skipped_by_card() -> Card:
    text = md("Its day has passed. The next week opens as planned.")
    return Card("That week was skipped.", (Para(text),), (Button("See the weeks", CALENDAR),))


# --- the desk ----------------------------------------------------------------------------------------


def resting_line() -> DeskLine:
    return DeskLine(md("The system design weeks rest, because nobody ran."), Button("Decide", Action.to("mlsd.series")))


def soon_line(slot: Slot, item: Item) -> DeskLine:
    line = md("System design opens {at}: {title}.", at=When(slot.at), title=shorten(item.title, 60))
    return DeskLine(line, Button("Plan the weeks", CALENDAR))


_DAY = Slot(date(2026, 1, 15), datetime(2026, 1, 15, 9, tzinfo=UTC), EXAMPLE_ITEM)
_LATER = replace(_DAY, day=_DAY.day + timedelta(days=14), at=_DAY.at + timedelta(days=14))
_SKIPPED = Slot(date(2026, 1, 22), datetime(2026, 1, 22, 9, tzinfo=UTC), skipped=True)
_UNDO = Action.to("mlsd.week_undo", n="3")
_FAULT = "“moderation” comes twice within four weeks"
EXAMPLES: dict[str, Card | Form] = {
    "calendar_card": calendar_card((_DAY, _SKIPPED, _LATER), (), note="The two change places.", undo=_UNDO),
    "calendar_small_card": calendar_card((_DAY, _LATER, replace(_LATER, item=None)), (_FAULT,), "resting"),
    "calendar_empty_card": calendar_card((replace(_DAY, item=None),), (), "off"),
    "planned_card": planned_card(_DAY, (EXAMPLE_ITEM,), (_LATER,)),
    "planned_alone_card": planned_card(_DAY, (), (), "It comes on that day now.", _UNDO),
    "no_prompt_card": no_prompt_card(_SKIPPED, _UNDO),
    "no_prompt_off_card": no_prompt_card(replace(_SKIPPED, skipped=False, off=True), None),
    "no_prompt_left_card": no_prompt_card(replace(_SKIPPED, skipped=False), None),
    "undone_card": undone_card(again=False),
    "planned_changes_card": planned_card(_DAY, (EXAMPLE_ITEM,), (_LATER,), changes=True),
    "gone_by_card": gone_by_card(),
    "later_change_card": later_change_card(),
    "skipped_by_card": skipped_by_card(),
}
