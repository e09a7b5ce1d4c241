"""Rough measures of prose, for the lint rules: words, numbers, telling words and runs of words."""

import re
from typing import Final

_COMMON: Final = (
    "a an and are as at be by for from has have if in into is it its of on or over per that the their them they this to"
    " what when where which who will with would you your not no than then was were how do does can one two three after"
    " before must may should only also each every"
)
_STOP: Final = frozenset(_COMMON.split())
# A task that asks to derive tests memory; rules of several kinds refuse it.
REDERIVE: Final = re.compile(
    r"\b(re-?derive|derive (?!a |an |the label|features?)|prove that|from first principles"
    r"|write (down|out) the (equation|formula|update|gradient)|closed form|state the theorem)\b",
    re.IGNORECASE,
)


def words(text: str) -> list[str]:
    return re.findall(r"[A-Za-z][A-Za-z'-]+|\d[\d.,]*", text)


def numbers(text: str) -> set[str]:
    return set(re.findall(r"\d[\d.,]*\d|\d", text))


def telling_words(text: str) -> set[str]:
    """The words that say what a text is about, small letters, without a plural s."""
    return {word.lower().rstrip("s") for word in words(text) if len(word) > 3 and word.lower() not in _STOP}


def runs(text: str, length: int) -> set[tuple[str, ...]]:
    """Every run of LENGTH words in a row."""
    row = [word.lower() for word in words(text)]
    return {tuple(row[start : start + length]) for start in range(len(row) - length + 1)}
