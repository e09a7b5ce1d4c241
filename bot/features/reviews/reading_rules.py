"""How an answer is cut into numbered passages and pages, what is looked at, and what counts as a review. Pure."""

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from itertools import pairwise

from bot.content.catalogue import Catalogue, Criterion, Item, Rubric
from bot.kernel.card import CARD_TEXT, OPTION_LABEL, PARAGRAPH
from bot.kernel.errors import Refusal
from bot.kernel.text import clean, count_visible

PASSAGES = 24  # one place of a menu of 25 is for "not found"
NOT_FOUND = "none"
LEVELS = {1: "not shown", 2: "partly", 3: "solid", 4: "strong"}
SHORTEST = 20  # visible characters of the one thing to try
LINE = 600  # characters of the other fields
CRITERIA = 2
ROOM = CARD_TEXT - 1_700  # characters of passages on a page: title and criteria need the rest
PIECES = 20  # paragraphs of them on a page: a card holds 40 parts, buttons included
NUMBER = 8  # characters of "24 · " and a line end

_FENCE = re.compile(r"^\s*(```|~~~)")
_ITEM = re.compile(r"^\s*([-*•+]|\d{1,3}[.)])\s+")
_SENTENCE = re.compile(r"(?<=[.!?…。!?])[\"'”’)\]]*\s+(?=\S)")
_LINE = re.compile(r".{1,500}(?:\s+|\Z)|.{1,500}", re.DOTALL)  # words without an end are cut between two of them
# A line of few words above others, or a numbered one ("Change 1: A merger closes."), begins something new.
_HEADING = re.compile(r"[^\S\n]*([^\n.!?…。！？,;:]{1,60}|\w+ \d+: [^\n]+)\n[^\S\n]*\S")
_FILE_NAME = re.compile(r" “.*”", re.DOTALL)

# Without a rubric of the pack: four levels of the two things that every explanation can show.
PLAIN = (
    Criterion(
        "correct", "Correct", 50, "Is it right?",
        (
            "A central claim is wrong.",
            "The main claim is right, and a slip changes the result.",
            "The main claim is right, and a slip changes little.",
            "All of it is right, and edge cases are named.",
        ),
    ),
    Criterion(
        "why", "Why", 50, "Does it say why?",
        (
            "It states results only.",
            "It gives a reason, and the main step stays open.",
            "It gives the reason for the main step.",
            "It gives a reason for each choice, and names the trade-off.",
        ),
    ),
)  # fmt: skip


# --- passages -------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Passage:
    """Number NUMBER of an answer. Program text stands on lines of its own."""

    number: int
    text: str
    is_code: bool

    @property
    def shown(self) -> str:
        return f"{self.number} ·{chr(10) if self.is_code else ' '}{self.text}"

    @property
    def label(self) -> str:
        """“7 · first words ...” for a menu."""
        line = " ".join(self.text.replace("```", " ").split())
        whole = f"{self.number} · {line}"
        if len(whole) <= OPTION_LABEL:
            return whole
        cut = whole[: OPTION_LABEL - 4]
        at_a_word = cut.rpartition(" ")[0]
        return f"{at_a_word if len(at_a_word) > OPTION_LABEL // 2 else cut} ..."


def passages(text: str) -> tuple[Passage, ...]:
    """
    The answer in at most 24 passages: sentences, items of lists, blocks of program text.

    Every character of it but the space between passages stands in one. Neighbours that are short become one where
    there are too many: first within a paragraph, then below a heading, and above a heading last.
    """
    parts = _pieces_of(text)
    while len(parts) > PASSAGES:
        parts = _joined(parts, min(len(parts) - PASSAGES, max(1, len(parts) // 4)))
    return tuple(
        Passage(n, part.text.strip("\n") if part.is_code else part.text.strip(), part.is_code)
        for n, part in enumerate(parts, 1)
    )


@dataclass(frozen=True, slots=True)
class _Part:
    """A piece with the space after it. `begins`: 2 with a heading, 1 with a paragraph, 0 within one."""

    text: str
    is_code: bool
    begins: int


def _pieces_of(text: str) -> list[_Part]:
    found: list[_Part] = []
    at, gap = 0, True
    for words, code in _parts(text):
        if words.strip():
            heading = gap and not code and _HEADING.match(text, at)
            found.append(_Part(words, code, 2 if heading else int(gap)))
        gap = (gap and not words.strip()) or bool(re.search(r"\n\s*\n\s*\Z", words))
        at += len(words)
    return found


def _joined(parts: Sequence[_Part], times: int) -> list[_Part]:
    """At most so many pairs of neighbours are one now: those that go together best, the shortest first."""
    taken: set[int] = set()
    costs = [_costs(first, second) for first, second in pairwise(parts)]
    order = sorted(range(len(costs)), key=costs.__getitem__)
    for at in order:
        if costs[at][:2] != costs[order[0]][:2] or len(taken) >= 2 * times:
            break
        if not {at, at + 1} & taken:
            taken |= {at, at + 1}
    done: list[_Part] = []
    begun = False  # the last of `done` is the first half of a pair
    for at, part in enumerate(parts):
        if begun:
            done[-1] = _Part(done[-1].text + part.text, done[-1].is_code or part.is_code, done[-1].begins)
        else:
            done.append(part)
        begun = at in taken and not begun
    return done


def _costs(first: _Part, second: _Part) -> tuple[int, bool, int]:
    """What is joined first: what belongs together, then prose with prose, and the shortest."""
    return second.begins, first.is_code or second.is_code, len(first.text) + len(second.text)


def _parts(text: str) -> list[tuple[str, bool]]:
    """(piece with the space after it, whether it is program text); joined they are the text."""
    parts: list[tuple[str, bool]] = []
    fenced, block = False, ""
    for line in text.splitlines(keepends=True):
        fence = _FENCE.match(line)
        if fence and not fenced:
            parts += _prose(block)
            fenced, block = True, line
        elif fence:
            parts.append((block + line, True))
            fenced, block = False, ""
        elif not fenced and (not line.strip() or _ITEM.match(line)):
            parts += _prose(block if line.strip() else block + line)
            block = line if line.strip() else ""
        else:
            block += line
    return [*parts, (block, True)] if fenced else [*parts, *_prose(block)]


def _prose(block: str) -> list[tuple[str, bool]]:
    ends = [found.end() for found in _SENTENCE.finditer(block)]
    sentences = [block[a:b] for a, b in pairwise([0, *ends, len(block)])]
    return [(piece, False) for sentence in sentences for piece in _LINE.findall(sentence)]


def pages(found: Sequence[Passage]) -> list[tuple[str, ...]]:
    """What stands on each page, as paragraphs. A passage that is too long for one goes on in the next."""
    done: list[tuple[str, ...]] = []
    page: list[str] = []
    room = ROOM
    for piece in (piece for passage in found for piece in _pieces(passage.shown)):
        if page and (len(piece) > room or len(page) == PIECES):
            done.append(tuple(page))
            page, room = [], ROOM
        page.append(piece)
        room -= len(piece) + 1
    return [*done, tuple(page)] if page else done


def _pieces(text: str) -> list[str]:
    size = min(PARAGRAPH, ROOM) - NUMBER
    return [text[at : at + size] for at in range(0, len(text), size)]


def nameless(beside: str) -> str:
    """What lies beside the text, without the file's name: that often holds its author's."""
    return _FILE_NAME.sub("", beside)


# --- what is looked at ------------------------------------------------------------------------------------


def criteria(
    item: Item | None, rubric: Rubric | None, turn: int = 0, not_shown: Collection[str] = ()
) -> tuple[Criterion, ...]:
    """
    The first two that the item is about, filled up from its rubric; without a rubric the two plain ones.

    Where the rubric has one that is always looked at, it stands beside one that the item is about: by `turn` another
    one, so that several reviewers read all of them. What an answer had no place to show (`not_shown`) is not asked.
    """
    if rubric is None:
        return PLAIN
    able = [criterion for criterion in rubric.criteria if criterion.id not in not_shown] or [*rubric.criteria]
    known = {criterion.id: criterion for criterion in able}
    focus = [known[name] for name in (item.focus if item else ()) if name in known]
    if rubric.always in known:
        always = known.pop(rubric.always)
        others = [criterion for criterion in focus if criterion is not always] or [*known.values()]
        return (*(others[turn % len(others)],) * bool(others), always)
    return tuple(dict.fromkeys([*focus, *able]))[:CRITERIA]


def rubric_of(catalogue: Catalogue, item: str) -> tuple[Item | None, Rubric | None]:
    found = catalogue.item(item)
    return found, catalogue.rubric(found.rubric) if found and found.rubric else None


def level_words(level: int) -> str:
    """“3 · solid”"""
    return f"{level} · {LEVELS[level]}"


# --- what counts as a review --------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Mark:
    """A level of one criterion, with the sentence that describes it."""

    criterion: str
    level: int
    anchor: str


@dataclass(frozen=True, slots=True)
class Verdict:
    """A review as it is kept. `place` is the number of the passage that shows it; 0 for "not found"."""

    marks: tuple[Mark, ...]
    place: int
    passage: str
    next_step: str
    question: str


def accept(
    looked_at: Sequence[Criterion], found: Sequence[Passage], levels: Sequence[str], place: str, next_step: str,
    question: str,
) -> Verdict:  # fmt: skip
    """The review as it will be kept, or a Refusal that says which field is missing. All of it comes from outside."""
    marks = []
    for n, (criterion, level) in enumerate(zip(looked_at, levels, strict=True), 1):
        if level not in {"1", "2", "3", "4"}:
            raise Refusal(f"“{criterion.name}” has no level yet.", "Choose one of the four.", f"level_{n}")
        marks.append(Mark(criterion.name, int(level), criterion.anchors[int(level) - 1]))
    numbers = {str(passage.number): passage for passage in found}
    if place != NOT_FOUND and place not in numbers:
        raise Refusal("No sentence is chosen yet.", "Choose one, or “not found”.", "passage")
    step, asked = clean(next_step), clean(question)
    if count_visible(step) < SHORTEST:
        raise Refusal("The one thing to try next is too short to help.", "Write one full sentence.", "next")
    for words, field in ((step, "next"), (asked, "question")):
        too_long(words, field)
    shown = numbers.get(place)
    asked = asked if count_visible(asked) else ""
    return Verdict(tuple(marks), shown.number if shown else 0, shown.text if shown else "", step, asked)


def accept_because(words: str) -> str:
    """Why the author disagrees."""
    because = clean(words)
    if count_visible(because) < SHORTEST:
        raise Refusal("That is too short to learn from.", "Write one full sentence.", "because")
    too_long(because, "because")
    return because


def too_long(words: str, field: str) -> None:
    if len(words) > LINE:
        raise Refusal(f"That has {len(words):,} characters; at most {LINE} fit here.", "Shorten it.", field)
