"""What members see of the stages of their run: each with what they wrote, and where their words went."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from bot.content.catalogue import Turn
from bot.content.markdown import blocks, spans
from bot.features.mlsd.run_rules import STAGE_LABELS, STAGE_TEXT, Cue, Written
from bot.kernel.action import Action
from bot.kernel.card import (
    FIELD_TEXT,
    Block,
    Button,
    Card,
    ChoicesField,
    Form,
    Note,
    Option,
    Para,
    Quote,
    Select,
    TextField,
)
from bot.kernel.text import md, plural

SHOWN = 1_400  # characters of a stage on its message
LABEL = 70  # characters of a twist in a menu


@dataclass(frozen=True, slots=True)
class Place:
    """
    A cue as its message shows it. `stages` counts all stages; `before` are those that came before a twist.

    `on`: it came last, so it has the buttons that help now; `pause`: the one pause is still there.
    """

    run: int
    member: str
    cue: Cue
    stages: int
    before: tuple[str, ...] = ()
    live: bool = True
    on: bool = True
    pause: bool = True


def run_button(label: str, verb: str, run: int, style: str = "plain") -> Button:
    action = Action.to(f"mlsd.{verb}", run=str(run))
    return Button(label, action, "primary") if style == "primary" else Button(label, action)


def bar(run: int, *, pause: bool) -> tuple[Button, ...]:
    """What helps at any minute; `pause`: the one pause is still there."""
    first, last = run_button("Ask for a fact", "ask", run), run_button("Close my run", "close", run)
    return (first, run_button("Pause", "pause", run), last) if pause else (first, last)


def stage_card(place: Place, written: Written | None) -> Card:
    cue = place.cue
    title = f"Minute {cue.minute}. Stage {cue.place} of {place.stages}: {cue.label}"
    found: list[Block] = [Para(md("{says}", says=cue.says))]
    if written and written.text:
        found += _text(place, written.text)
    else:
        found.append(Note(md("Until minute {n}. Say the main decision first.", n=cue.until)))
    return Card(title, tuple(found), _buttons(place, written, "Write this stage", "Change this stage"))


def twist_card(place: Place, written: Written | None) -> Card:
    """The business reason first, then what changes."""
    turn = place.cue.turn
    found: list[Block] = []
    if turn:
        found = [Para(md("**{reason}**", reason=turn.reason)), *blocks(turn.text)]
    if written:
        lines = stands_and_falls(place.before, written.fell) if written.chose else []
        found += [Note(md("{words}", words=line)) for line in lines]
        found += _text(place, written.text) if written.text else []
    else:
        found.append(Note(md("Do not start again. Say what stands and what falls, and redo the numbers.")))
    title = f"Change {place.cue.place}, minute {place.cue.minute}. Something changed."
    return Card(title, tuple(found), _buttons(place, written, "Answer the change", "Change my answer"))


def stands_and_falls(before: Sequence[str], fell: Sequence[str]) -> list[str]:
    """ "Falls: Data." and "Stands: Goal." """
    stands = [STAGE_LABELS.get(stage, stage) for stage in before if stage not in fell]
    falls = [STAGE_LABELS.get(stage, stage) for stage in fell]
    return [
        *([f"Falls: {', '.join(falls)}."] if falls else []),
        *([f"Stands: {', '.join(stands)}."] if stands else []),
    ]


def _buttons(place: Place, written: Written | None, empty: str, full: str) -> tuple[Button, ...]:
    if not place.live:
        return ()
    write = Action.to("mlsd.write", run=str(place.run), slot=place.cue.slot)
    first = Button(full if written and written.text else empty, write, "primary")
    return (first, *bar(place.run, pause=place.pause)) if place.on else (first,)


def _text(place: Place, text: str) -> list[Block]:
    shown = text if len(text) <= SHOWN else f"{text[: SHOWN - 4].rstrip()} ..."
    note = md("You wrote {n}.", n=plural(len(text), "character"))
    return [Quote(shown, place.member), Note(note)]


def stage_form(run: int, cue: Cue, text: str, upto: int) -> Form:
    """`upto`: the last change in the run that it shows."""
    limit = min(max(STAGE_TEXT, len(text) + 300), FIELD_TEXT)  # messages may have made it longer
    help_ = "The main decision first. A link to a recording is fine, with one line of words."
    field = TextField("text", cue.label, text, help_, long=True, limit=limit)
    return Form("Write this stage", _save(run, cue, upto), (field,))


def _save(run: int, cue: Cue, upto: int) -> Action:
    return Action.to("mlsd.save", run=str(run), slot=cue.slot, upto=str(upto))


def twist_form(run: int, cue: Cue, before: Sequence[str], written: Written | None, upto: int) -> Form:
    text = written.text if written else ""
    limit = min(max(STAGE_TEXT, len(text) + 300), FIELD_TEXT)
    options = tuple(Option(stage, STAGE_LABELS.get(stage, stage)) for stage in before)
    falls = ChoicesField(
        "fell", "Which of your decisions fall?", options, written.fell if written else (), "The others stand."
    )
    words = TextField(
        "text", "What changes?", text, "What you do now, and the numbers done again.", long=True, limit=limit
    )
    return Form("Answer the change", _save(run, cue, upto), ((falls, words) if options else (words,)))


@dataclass(frozen=True, slots=True)
class Kept:
    """Where a message went. `others`: where else it could go; `asks`: say which decisions fall; `file`: left out."""

    run: int
    piece: int
    cue: Cue
    others: tuple[Cue, ...] = ()
    changed: bool = False
    asks: bool = False
    file: bool = False


def kept_card(kept: Kept) -> Card:
    what = "Your change is kept" if kept.changed else "Kept"
    move = Action.to("mlsd.move", run=str(kept.run), piece=str(kept.piece))
    options = tuple(Option(other.slot, _name(other)) for other in kept.others)
    menus = (Select("Move it to another part", move, options),) if options else ()
    found: list[Block] = []
    if kept.file:
        found.append(Note(md("I kept your words. I cannot keep the file: send a link instead.")))
    if kept.asks:
        found.append(Note(md("Which of your decisions fall now? Nothing is said of that yet.")))
    write = Action.to("mlsd.write", run=str(kept.run), slot=kept.cue.slot)
    buttons = (Button("Say what falls", write, "primary"),) if kept.asks else ()
    return Card(f"{what} under “{kept.cue.label}”.", tuple(found), buttons, menus, tone="good")


def not_kept_card(because: str, hint: str) -> Card:
    """In a room nobody waits for a reply, so it is said there."""
    return Card(because, (Para(md("{hint}", hint=hint)), Note(md("Your message above was not kept."))), tone="warning")


def _name(cue: Cue) -> str:
    name = f"{cue.label}: {cue.turn.reason}" if cue.turn else cue.label
    return name if len(name) <= LABEL else f"{name[: LABEL - 4].rstrip()} ..."


def saved_card(cue: Cue, count: int) -> Card:
    note = Note(md("{n}. You can change it until the end.", n=plural(count, "character")))
    return Card(f"Kept: “{cue.label}”.", (note,), tone="good")


def quiet_card(run: int, minutes: int, left: int) -> Card:
    text = md("Thinking is fine. If you are stuck, take a hint. You have {n} left.", n=plural(left, "hint"))
    note = Note(md("That you took one is noted for you, not for the others."))
    return Card(
        f"Nothing for {plural(minutes, 'minute')}.", (Para(text), note), (run_button("Give me a hint", "hint", run),)
    )


def hint_card(number: int, of: int, hint: str) -> Card:
    return Card(f"Hint {number} of {of}", (Para(spans(hint)),))


_TURN = Turn(
    "merger", "scale-100m", 19, "The chat now carries **100 million** members in nine languages.", "Two firms merge.",
    "Shards by country.", ("data", "model_loss"),
)  # fmt: skip
EXAMPLE_CUE = Cue("data", 7, 2, 13, "Where does the truth come from, when does it arrive, and whose is missing?")
EXAMPLE_TWIST = Cue("merger", 19, 1, turn=_TURN)
_AT = datetime(2026, 1, 5, 9, tzinfo=UTC)
_TEXT = "Labels come from moderators after two days. Unreported is not negative, so we wait 21 days."
EXAMPLE_WRITTEN = Written("data", _TEXT, (), _AT)
_STAGE = Place(3, "m1", EXAMPLE_CUE, 8)
_TWIST = Place(3, "m1", EXAMPLE_TWIST, 8, ("objective", "data"))
EXAMPLES: dict[str, Card | Form] = {
    "stage_card": stage_card(_STAGE, None),
    "stage_written_card": stage_card(_STAGE, EXAMPLE_WRITTEN),
    "twist_card": twist_card(_TWIST, None),
    "twist_answered_card": twist_card(_TWIST, Written("merger", "1,200 a second now, so two shards.", ("data",), _AT)),
    "stage_form": stage_form(3, EXAMPLE_CUE, _TEXT, 4),
    "twist_form": twist_form(3, EXAMPLE_TWIST, ("objective", "data"), None, 4),
    "stage_passed_card": stage_card(Place(3, "m1", EXAMPLE_CUE, 8, on=False), EXAMPLE_WRITTEN),
    "kept_card": kept_card(Kept(3, 1, EXAMPLE_CUE, (EXAMPLE_TWIST,))),
    "kept_change_card": kept_card(Kept(3, 1, EXAMPLE_TWIST, (EXAMPLE_CUE,), asks=True, file=True)),
    "not_kept_card": not_kept_card("This run is over, so nothing can be added.", "Type /study design."),
    "saved_card": saved_card(EXAMPLE_CUE, 91),
    "quiet_card": quiet_card(3, 4, 3),
    "hint_card": hint_card(1, 3, "What does a wrong answer cost, and what does a handover cost?"),
}
