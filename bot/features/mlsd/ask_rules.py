"""Which held-back fact somebody asks for: plain words against the words of each fact. Pure."""

import re
from collections.abc import Sequence, Set

from bot.content.catalogue import HeldBack
from bot.kernel.errors import Refusal
from bot.kernel.text import clean, count_visible

ASKED_TEXT = 200  # characters of one asking
_WORD = re.compile(r"[^\W_]+")
_VOWELS = "aeiouy"


def asked_words(text: str) -> str:
    """What was asked for, as it is kept."""
    line = " ".join(clean(text).split())
    if not count_visible(line):
        raise Refusal("Say in a word or two what you want to know.", hint="For example: labels.", field="words")
    if len(line) > ASKED_TEXT:
        why = f"That has {len(line)} characters; at most {ASKED_TEXT} fit."
        raise Refusal(why, hint="Ask one thing at a time.", field="words")
    return line


def stems(text: str) -> list[str]:
    """The words of a text without their endings, so that “Labels” and “labelling” meet."""
    return [_stem(word) for word in _WORD.findall(text.casefold().replace("'s", "").replace("’s", ""))]


def _stem(word: str) -> str:
    for ending, instead in (("ies", "y"), ("sses", "ss"), ("shes", "sh"), ("ches", "ch"), ("xes", "x")):
        if word.endswith(ending) and len(word) > len(ending) + 1:
            return word.removesuffix(ending) + instead
    if word.endswith("s") and not word.endswith(("ss", "us", "is")) and len(word) > 3:
        word = word[:-1]
    for ending in ("ing", "ed"):
        bare = word.removesuffix(ending)
        if bare != word and len(bare) > 2 and any(letter in _VOWELS for letter in bare):
            word = bare[:-1] if len(bare) > 3 and bare[-1] == bare[-2] and bare[-1] not in "sz" else bare
            break
    return word.removesuffix("e") if len(word) > 3 else word


def score(asked: str, fact: HeldBack) -> int:
    """How many of the fact's words were said; those of several words count when all of them were."""
    said = set(stems(asked))
    found = {tuple(own) for words in fact.words if (own := stems(words)) and said.issuperset(own)}
    return sum(len(own) for own in found)


def find_fact(asked: str, facts: Sequence[HeldBack], known: Set[int]) -> int | None:
    """
    The place of the one fact that fits best; of two that fit as well, one that is not known yet.

    None where nothing fits.
    """
    scores = {place: score(asked, fact) for place, fact in enumerate(facts)}
    best = max(scores.values(), default=0)
    if not best:
        return None
    fitting = [place for place, points in scores.items() if points == best]
    return next((place for place in fitting if place not in known), fitting[0])


def count_found(facts: Sequence[HeldBack], asked: Set[int]) -> tuple[int, int]:
    """(asked for, there are) of the facts that change the design."""
    deciding = [place for place, fact in enumerate(facts) if fact.changes_design]
    return sum(place in asked for place in deciding), len(deciding)
