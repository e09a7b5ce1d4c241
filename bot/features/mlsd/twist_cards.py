"""Before and after a twist, side by side."""

from collections.abc import Sequence

from bot.features.mlsd.reveal_cards import shortened
from bot.features.mlsd.run_rules import STAGE_LABELS
from bot.features.mlsd.stage_cards import EXAMPLE_CUE, EXAMPLE_TWIST
from bot.features.mlsd.twist_rules import Side, Versions
from bot.kernel.action import Action
from bot.kernel.card import Block, Bullets, Button, Card, Form, Note, Option, Para, Quote, Select
from bot.kernel.text import Text, md

SIDES = 1_600  # characters of all earlier decisions
FELL = 180  # characters of a decision that fell
STOOD = 60  # characters of one that stood
AFTER = 1_300  # characters of the words after the twist
WHOLE = 1_700  # characters of each side of one decision


def versions_card(run: int, shown: Versions, member: str, place: int, of: int) -> Card:
    """`place` is the number of this twist, from 1, of those that came."""
    turn = shown.cue.turn
    found: list[Block] = [Note(md("{reason}", reason=turn.reason if turn else ""))]
    stands = "What stands" if shown.chose else "What was written before"
    for title, falls in (("What falls", True), (stands, False)):
        sides = [side for side in shown.sides if side.falls is falls]
        if sides:
            room = SIDES // (2 * len(shown.sides))
            found += [Para(md("**{title}**", title=title)), Bullets(tuple(_line(side, room) for side in sides))]
    found.append(Para(md("**After the change**")))
    if shown.text:
        found.append(Quote(shortened(shown.text, AFTER), member))
    else:
        found.append(Note(md("You wrote nothing about this change.")))
    if shown.numbers:
        found.append(Note(md("New numbers: {numbers}.", numbers=shortened(", ".join(shown.numbers), 200))))
    buttons = tuple(
        Button(f"Change {n}", Action.to("mlsd.versions", run=str(run), n=str(n)))
        for n in range(1, min(of, 5) + 1)
        if n != place
    )
    whole = Action.to("mlsd.version", run=str(run), n=str(place))
    options = tuple(Option(side.stage, STAGE_LABELS.get(side.stage, side.stage)) for side in shown.sides)
    menus = (Select("Read one decision whole", whole, options),) if options else ()
    return Card(f"Before and after change {place} of {of}", tuple(found), buttons, menus)


def version_card(run: int, side: Side, member: str, place: int) -> Card:
    """One stage before and after a twist, in whole words as far as a card holds them."""
    found: list[Block] = [Para(md("**Before**"))]
    found.append(Quote(shortened(side.before, WHOLE), member) if side.before else Note(md("Nothing was written yet.")))
    found.append(Para(md("**Now**")))
    found.append(Quote(shortened(side.now, WHOLE), member) if side.now else Note(md("The words are the same.")))
    back = Button("Back", Action.to("mlsd.versions", run=str(run), n=str(place)))
    label = STAGE_LABELS.get(side.stage, side.stage)
    return Card(f"{label}, before and after change {place}", tuple(found), (back,))


def _line(side: Side, room: int) -> Text:
    room = min(room, FELL if side.falls else STOOD)
    label = STAGE_LABELS.get(side.stage, side.stage)
    before = shortened(" ".join(side.before.split()), room) or "nothing written yet"
    if side.now:
        now = shortened(" ".join(side.now.split()), room)
        return md("**{label}**: {before} → {now}", label=label, before=before, now=now)
    return md("**{label}**: {before}", label=label, before=before)


def no_versions_card() -> Card:
    return Card("No change came in this run.", (Para(md("It ended before the first one.")),))


_SIDES: Sequence[Side] = (
    Side("objective", falls=False, before="One decision: warn, hold or let through.", now=""),
    Side("data", falls=True, before="One table of labels a day, 3 GB.", now="A stream, 12,000 a second."),
)
EXAMPLES: dict[str, Card | Form] = {
    "versions_card": versions_card(
        3, Versions(EXAMPLE_TWIST, tuple(_SIDES), "Labels come by stream: 12,000 a second.", ("12,000",)), "m1", 1, 2
    ),
    "versions_empty_card": versions_card(3, Versions(EXAMPLE_CUE, (), "", ()), "m1", 1, 1),
    "versions_unsaid_card": versions_card(
        3, Versions(EXAMPLE_TWIST, tuple(_SIDES)[:1], "Labels come by stream.", (), chose=False), "m1", 1, 1
    ),
    "version_card": version_card(3, _SIDES[1], "m1", 1),
    "no_versions_card": no_versions_card(),
}
