"""What everybody reads when a week is revealed: what the runs have in common, one good answer, the talk about it."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime

from bot.content.catalogue import HeldBack, Item
from bot.content.markdown import spans
from bot.features.mlsd.run_rules import STAGE_LABELS
from bot.features.mlsd.synthesis_rules import FEW, Split, Synthesis, mean
from bot.kernel.action import Action
from bot.kernel.card import PARAGRAPH, Block, Bullets, Button, Card, Form, Note, Option, Para, Select, block_words
from bot.kernel.engine_facts import DeskLine
from bot.kernel.text import Plain, Text, When, listed, md, plural, words

PAGE = 3_300  # characters on one card
PARTS = 20  # blocks on one card
TITLE = 90  # characters of a prompt's title in the title of a card
FACT = 220  # characters of a fact in a line
REALNESS = {
    "1": "1 · nobody would ask this",
    "2": "2 · some of it is off",
    "3": "3 · it could be asked",
    "4": "4 · just like a real one",
}


_MORE = "More would do **{stages}** again than any other stage"


# --- what the runs have in common -----------------------------------------------------------------


def found_card(title: str, task: str, found: Synthesis, facts: Sequence[HeldBack], reasons: dict[str, str]) -> Card:
    """`task` is empty where there is no run to read. `reasons` say why each twist came, by twist."""
    blocks: list[Block] = [Para(md("Below are one good answer, other ways, and common mistakes."))]
    lines = _lines(found, facts, reasons)
    if lines:
        blocks += [Para(md("**Across {runs}**", runs=plural(found.runs, "run"))), Bullets(tuple(lines))]
    elif not found.runs:
        blocks.append(Note(md("Nobody ran this one. Its prompt stays open for a short run.")))
    elif found.runs < FEW:
        runs = plural(found.runs, "run is", "runs are")
        blocks.append(Note(md("{runs} in. From three on I say what they have in common.", runs=runs)))
    read = Button("Read the runs", Action.to("answers.read", task=task), "primary")
    return Card(f"{short(title)}: the outline is open", tuple(blocks), (read,) if task else ())


def _lines(found: Synthesis, facts: Sequence[HeldBack], reasons: dict[str, str]) -> list[Text]:
    lines: list[Text] = []
    if found.redo:
        stages = listed([label(stage) for stage in found.redo])
        each = " each" if len(found.redo) > 1 else ""
        most = "Most would do **{stages}** again" if found.redo_count * 2 > found.chose else _MORE
        lines.append(
            md(most + ": {n} of {chose}{each}.",
               stages=stages, n=found.redo_count, chose=found.chose, each=each)
        )  # fmt: skip
    if found.fact is not None and found.fact < len(facts):
        who = (
            f"{found.fact_count} of {found.runs} asked for this fact"
            if found.fact_count
            else "Nobody asked for this fact"
        )
        lines.append(md("{who}: “{fact}”", who=who, fact=shortened(facts[found.fact].fact, FACT)))
    if found.split:
        split = found.split
        lines.append(
            md("You differ most on **{stage}** after “{reason}”. There {fell} let it fall, {kept} kept it.",
               stage=label(split.stage), reason=shortened(reasons.get(split.twist, "a change"), FACT),
               fell=split.fell, kept=split.kept)
        )  # fmt: skip
    return lines


def label(stage: str) -> str:
    return STAGE_LABELS.get(stage, stage)


# --- one good answer --------------------------------------------------------------------------------


def outline_cards(item: Item) -> list[Card]:
    """As many as it takes."""
    return list(_pages(f"One good answer: {short(item.title)}", (_para(spans(point)) for point in item.outline)))


def other_cards(item: Item) -> list[Card]:
    blocks: list[Block] = []
    for heading, points in (("Other ways", item.alternatives), ("Common mistakes", item.mistakes)):
        if points:
            blocks.append(Para(md("**{heading}**", heading=heading)))
            blocks += [Bullets((_para(spans(point)).text,)) for point in points]
    return list(_pages("Other ways, and common mistakes", blocks)) if blocks else []


def _para(text: Text) -> Para:
    """A point that is longer than a paragraph may be loses its formatting and its end, with a sign."""
    whole = words(text)
    return Para(text if len(whole) <= PARAGRAPH else (Plain(shortened(whole, PARAGRAPH)),))


def _pages(title: str, blocks: Iterable[Block]) -> Iterable[Card]:
    pages: list[list[Block]] = [[]]
    room = PAGE
    for block in blocks:
        size = len(block_words(block)) + 1
        if pages[-1] and (size > room or len(pages[-1]) == PARTS):
            pages.append([])
            room = PAGE
        pages[-1].append(block)
        room -= size
    for n, page in enumerate(pages, 1):
        yield Card(title if n == 1 else f"{title}, {n}", tuple(page))


# --- the talk --------------------------------------------------------------------------------------------


def talk_card(week: int, closes: datetime, *, over: bool) -> Card:
    if over:
        return Card("The talk about this prompt is over.", (Para(md("Thank you. It stays here to read.")),))
    ask = md("Until {closes}: choose one of the other ways, and argue for it in four sentences.", closes=When(closes))
    note = Note(md("How real is this prompt? Organisers read the mean of at least three votes, and no names."))
    options = tuple(Option(value, words_) for value, words_ in REALNESS.items())
    menu = Select("How real is this prompt?", Action.to("mlsd.realism", week=str(week)), options)
    return Card("Argue for another way", (Para(ask), note), (), (menu,))


def voted_card(vote: str) -> Card:
    text = md("You said: {words}. Choose again to change it.", words=REALNESS[vote])
    return Card("Your vote is kept.", (Para(text),), tone="good")


def doubt_line(title: str, votes: Sequence[int]) -> DeskLine:
    line = md(
        "{n} members find the prompt “{title}” hardly real: {mean} of 4. Please tell its editors.",
        n=len(votes), title=shortened(title, 60), mean=f"{mean(votes):.1f}",
    )  # fmt: skip
    return DeskLine(line)


def short(title: str) -> str:
    return shortened(title, TITLE)


def shortened(text: str, room: int) -> str:
    """Cut where it is longer, with three dots to say so."""
    return text if len(text) <= room else f"{text[: room - 4].rstrip()} ..."


_FACTS = (HeldBack(("labels",), "Labels come 19 days late, a tenth of them after 90 days.", changes_design=True),)
_FOUND = Synthesis(5, ("evaluation",), 3, 5, 0, 1, Split("law", "data", 2, 3))
_REASONS = {"law": "A new law asks for answers within a second."}
_OUTLINE = tuple(f"**{name}.** {'Say who gains, and by how much. ' * 12}" for name in STAGE_LABELS.values())
_CLOSES = datetime(2026, 1, 15, 10, tzinfo=UTC)
_PAGES = list(_pages("One good answer: Leaf diseases", (_para(spans(point)) for point in _OUTLINE)))
EXAMPLES: dict[str, Card | Form] = {
    "found_card": found_card("Leaf diseases", "design-3", _FOUND, _FACTS, _REASONS),
    "found_few_card": found_card("Leaf diseases", "design-3", Synthesis(2), _FACTS, {}),
    "found_none_card": found_card("Leaf diseases", "", Synthesis(0), (), {}),
    "outline_cards": _PAGES[0],
    "outline_more_cards": _PAGES[-1],
    "other_cards": Card("Other ways, and common mistakes", (Para(md("**Other ways**")), Bullets((md("Fewer."),)))),
    "talk_card": talk_card(3, _CLOSES, over=False),
    "talk_over_card": talk_card(3, _CLOSES, over=True),
    "voted_card": voted_card("3"),
}
