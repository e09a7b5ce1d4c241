"""What every platform refuses: nothing to see, half of a character, a choice without a value of its own. Pure."""

from collections.abc import Sequence

from bot.kernel.card import Option
from bot.kernel.text import count_visible

INDEX = "0123456789abcdefghijklmnopqrstuvwxyz"  # one sign for each place: nowhere stand more than 36 things
NOTHING_TO_SHOW = "There is nothing to show here."
IN_THE_FILE = "The file holds all words of this message."

_SIGN = "~"


def is_blank(text: str) -> bool:
    """Is there nothing in it that a reader sees?"""
    return not (text[:1].isascii() and text[:1].isalnum()) and count_visible(text) == 0


def sendable(text: str) -> str:
    """Half of a character cannot be sent at all: a mark stands in its place."""
    return text if text.isascii() else text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def sent_values(options: Sequence[Option]) -> list[str]:
    """
    As what each option's value travels.

    Platforms take no empty value and none twice: such a one travels as `~`, the option's place and the value.
    """
    values = [option.value for option in options]
    signs = [
        "" if _is_plain(value) and values.index(value) == place else f"{_SIGN}{INDEX[place]}"
        for place, value in enumerate(values)
    ]
    return [f"{sign}{sendable(value)}" for sign, value in zip(signs, values, strict=True)]


def _is_plain(value: str) -> bool:
    return not is_blank(value) and value.strip() == value and value[0] != _SIGN


def value_of(sent: str) -> str:
    """The option's value, as the card or form had it."""
    return sent[2:] if sent.startswith(_SIGN) else sent
