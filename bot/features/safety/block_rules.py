"""Whom somebody can block, and how the list of blocked people is read."""

from dataclasses import dataclass
from datetime import datetime

from bot.kernel.errors import Refusal

FIELD = "person"
PAGE = 20  # blocks that one card lists


@dataclass(frozen=True, slots=True)
class Block:
    """
    `source` is the text whose author was blocked, and `where` says so in words.

    Both are empty where the name was known. Else it is never shown: it may have been hidden.
    """

    number: int
    blocked_member: str
    source: str
    where: str
    at: datetime

    @property
    def named(self) -> bool:
        return not self.source


def accept_person(person: str, member: str, *, known: bool) -> str:
    """`known`: they are in the group, or the platform has named them: who has left can be blocked too."""
    if not person:
        raise Refusal("Nobody was chosen.", hint="Choose a member of the group.", field=FIELD)
    if person == member:
        raise Refusal("That is you.", hint="Choose somebody else.", field=FIELD)
    if not known:
        raise Refusal("I do not know this person.", hint="Choose somebody who is or was in the group.", field=FIELD)
    return person


def known(block: Block | None) -> Block:
    if block is None:
        raise Refusal("This block is not there any more.", hint="Type /study block to see your list.")
    return block


def has_author(author: str) -> str:
    if not author:
        raise Refusal("The author of this text is not known any more.", hint="They have erased their data.")
    return author
