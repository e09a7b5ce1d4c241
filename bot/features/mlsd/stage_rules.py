"""What is taken as words of a run, and where they belong. Pure."""

import re
from collections.abc import Sequence
from hashlib import sha256

from bot.kernel.card import FIELD_TEXT
from bot.kernel.errors import Refusal
from bot.kernel.text import clean, count_visible

_LINK = re.compile(r"<?https?://\S+")


def accept_text(text: str) -> str:
    """The words as they are kept."""
    cleaned = clean(text)
    if not count_visible(cleaned):
        raise Refusal("There are no words in it.", hint="One line is enough: the main decision.", field="text")
    if not count_visible(_LINK.sub("", cleaned)):
        raise Refusal("This is a link without words.", hint="Add one line: the main decision.", field="text")
    return cleaned


def fits_form(text: str) -> None:
    if len(text) > FIELD_TEXT:
        raise Refusal(
            f"You wrote more than a form holds ({FIELD_TEXT:,} characters).",
            hint="Write more as a private message. To change something, edit that message.",
        )


def source(receipt: str) -> str:
    """A short word for a chat message, by which its edits are known."""
    return sha256(receipt.encode()).hexdigest()[:16]


def run_of_place(group: str, under: str) -> int:
    """The number of the run whose room or message this is; 0 where it is none."""
    for start in (f"room/mlsd.room/{group}/", f"mlsd.run/{group}/"):
        if under.startswith(start):
            number = under.removeprefix(start).partition("/")[0]
            return int(number) if number.isdecimal() and len(number) < 10 else 0
    return 0


def revised(whole: str, old: str, new: str) -> str:
    """
    A form's text after a message that went into it was edited. Words are added rather than lost.

    Only the message as it stood, between blank lines or at an end, is exchanged: never words inside other words.
    """
    found = f"\n\n{whole}\n\n"
    if old and f"\n\n{old}\n\n" in found:
        return found.replace(f"\n\n{old}\n\n", f"\n\n{new}\n\n", 1)[2:-2]
    return whole if new in whole else f"{whole}\n\n{new}"


def holder(forms: Sequence[tuple[int, str]], old: str) -> tuple[int, str] | None:
    """Which of these forms, as (number, text), holds the message that stood so; else the newest."""
    return next((form for form in forms if old in form[1]), forms[-1] if forms else None)


def accept_change(raw: str) -> int:
    """The last change that a form has seen; 0 where it says nothing of it."""
    return int(raw) if raw.isascii() and raw.isdecimal() and len(raw) < 7 else 0
