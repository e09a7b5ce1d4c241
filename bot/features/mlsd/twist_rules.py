"""What stood and what fell after a twist, which numbers were done again, and the text that is handed in. Pure."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from bot.features.mlsd.run_rules import STAGE_LABELS, Cue, Written

_NUMBER = re.compile(r"(?<![\w.,:])(?<![^\W\d]-)\d+(?:[.,:]\d+)*(?:\s?%| (?:thousand|million|billion)\b)?")
_GROUPED = re.compile(r"\d{1,3}(?:,\d{3})+(?:\.\d+)?")


def numbers(text: str) -> tuple[str, ...]:
    """The numbers of a text, each once, in order, as they were written."""
    return tuple(dict.fromkeys(" ".join(found.split()) for found in _NUMBER.findall(text)))


def redone(new: str, old: Iterable[str]) -> tuple[str, ...]:
    """The numbers of the new text that the old ones do not have."""
    before = {_same(number) for text in old for number in numbers(text)}
    return tuple(number for number in numbers(new) if _same(number) not in before)


def _same(number: str) -> str:
    """1,200 and 1200 are one number."""
    bare = number.replace(" ", "")
    return bare.replace(",", "") if _GROUPED.fullmatch(bare.rstrip("%")) else bare


@dataclass(frozen=True, slots=True)
class Side:
    """One stage before and after a twist. `now` is empty where its words are the same as before."""

    stage: str
    falls: bool
    before: str
    now: str


@dataclass(frozen=True, slots=True)
class Versions:
    """
    Before and after one twist: stage by stage, the words after it, and the numbers done again.

    `chose`: it was said what falls.
    """

    cue: Cue
    sides: tuple[Side, ...]
    text: str
    numbers: tuple[str, ...]
    chose: bool = True


def versions(cue: Cue, before: Mapping[str, str], written: Sequence[Written], stages: Sequence[str]) -> Versions:
    """`before`: the words of each stage when the twist came; `stages` in their order, those that had come by then."""
    now = {one.slot: one for one in written}
    own = now.get(cue.slot)
    fell = own.fell if own else ()
    sides = tuple(
        Side(stage, stage in fell, before.get(stage, ""), _changed(before.get(stage, ""), now.get(stage)))
        for stage in stages
        if before.get(stage) or stage in fell
    )
    text = own.text if own else ""
    return Versions(cue, sides, text, redone(text, before.values()), own is not None and own.chose)


def _changed(before: str, now: Written | None) -> str:
    return now.text if now and now.text != before else ""


def came_before(cues: Sequence[Cue], twist: str) -> tuple[str, ...]:
    """The stages that came before this twist."""
    found: list[str] = []
    for cue in cues:
        if cue.slot == twist:
            break
        if cue.turn is None:
            found.append(cue.slot)
    return tuple(found)


def chosen_stages(chosen: Sequence[str], before: Sequence[str]) -> tuple[str, ...]:
    """What was ticked as falling; only what has come can fall."""
    return tuple(stage for stage in before if stage in chosen)


# --- what is handed in --------------------------------------------------------------------------

Before = Mapping[str, Mapping[str, str]]
"""By the slot of each twist: the words of each stage when it came."""


def composed(all_: Sequence[Cue], written: Sequence[Written], before: Before) -> str:
    """
    The text of the whole run: a heading for each stage, in order, and the twists where they came.

    Words that were written anew after a twist stand there as they were too. What the prompt does not have any more
    stands last.
    """
    slots = {cue.slot for cue in all_}
    left = (
        f"{STAGE_LABELS.get(one.slot, 'Change')}\n{one.text}" for one in written if one.text and one.slot not in slots
    )
    return "\n\n".join((*_parts(all_, {one.slot: one for one in written}, before), *left))


def _parts(all_: Sequence[Cue], by_slot: Mapping[str, Written], before: Before) -> Iterator[str]:
    earlier: list[str] = []
    twists = [cue for cue in all_ if cue.turn]
    for cue in all_:
        one = by_slot.get(cue.slot)
        if cue.turn is None:
            if one and one.text:
                yield "\n".join((cue.label, one.text, *_first_words(cue.slot, one.text, twists, before)))
                earlier.append(cue.slot)
        elif one and (one.text or one.fell):
            lines = [f"Change {cue.place}: {cue.turn.reason}"]
            lines += _stands_falls(earlier, one) if one.chose else []
            lines += [one.text] if one.text else []
            new = redone(one.text, before.get(cue.slot, {}).values())
            lines += [f"New numbers: {', '.join(new)}"] if new else []
            yield "\n".join(lines)


def _stands_falls(earlier: Sequence[str], one: Written) -> list[str]:
    stands = [STAGE_LABELS.get(stage, stage) for stage in earlier if stage not in one.fell]
    fell = [STAGE_LABELS.get(stage, stage) for stage in one.fell]
    found = [f"Stands: {', '.join(stands)}"] if stands else []
    return [*found, *([f"Falls: {', '.join(fell)}"] if fell else [])]


def _first_words(stage: str, now: str, twists: Sequence[Cue], before: Before) -> list[str]:
    """What stood for a stage when a twist came, where that cannot be read in its words any more."""
    old: dict[str, int] = {}
    for cue in twists:
        words = before.get(cue.slot, {}).get(stage, "")
        if words and words not in now:
            old.setdefault(words, cue.place)
    return [f"Before change {place}: {words}" for words, place in old.items()]
