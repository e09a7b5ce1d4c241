"""A finished review, and who may see what of it. Pure."""

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from bot.features.reviews.reading_rules import Verdict
from bot.features.reviews.rules import is_revealed
from bot.kernel.errors import Refusal
from bot.kernel.peer_facts import Unread


class Held(StrEnum):
    """NO: it stands. REPORTED: nobody reads it until an organiser decided. REMOVED: it counts nowhere."""

    NO = ""
    REPORTED = "reported"
    REMOVED = "removed"


class Stance(StrEnum):
    """What the author made of the review."""

    NONE = ""
    KEPT = "kept"
    CHANGED = "changed"
    DISAGREE = "disagree"


@dataclass(frozen=True, slots=True)
class Review:
    """
    `earlier`: the answer was changed while it was reviewed. `hide_reviewer`, `hide_author`: wishes to stay unnamed.

    Who was erased is empty, and so are their words. `kept_back`: the reviewer does not get the reply, because one of
    the two had blocked the other. `reviewer_seen`, `author_seen`: the other side could read that name by then.
    `sealed_until`: it was drawn, and no name is told before that.
    """

    number: int
    request: int
    task: str
    answer: int
    title: str
    domain: str
    reviewer: str
    author: str
    verdict: Verdict
    earlier: bool
    finished_at: datetime
    hide_reviewer: bool
    hide_author: bool
    held: Held = Held.NO
    stance: Stance = Stance.NONE
    because: str = ""
    reply_held: Held = Held.NO
    kept_back: bool = False
    reviewer_seen: bool = False
    author_seen: bool = False
    sealed_until: datetime | None = None

    @property
    def words(self) -> str:
        """What the reviewer wrote, as one text."""
        return "\n".join(part for part in (self.verdict.next_step, self.verdict.question) if part)

    @property
    def is_unanswered(self) -> bool:
        """Its author has not replied yet."""
        return self.stance is Stance.NONE


def is_left_out(review: Review, unread: Unread) -> bool:
    """
    Does its author not meet this review any more, because somebody blocked somebody?

    One that was nameless stays, unless it was itself the text that was blocked: if it vanished when somebody is
    blocked by name, that would tell who wrote it.
    """
    return unread.has(review.reviewer if review.reviewer_seen else "", f"reviews:{review.number}/review")


def as_reviewer_reads(review: Review, unread: Unread) -> Review:
    """Without the reply where the reviewer does not meet it: then it looks as if there were none yet."""
    author = review.author if review.author_seen else ""
    if review.kept_back or unread.has(author, f"reviews:{review.number}/reply"):
        return replace(review, stance=Stance.NONE, because="")
    return review


def may_read(review: Review | None, reader: str) -> Review:
    """The review, if it is one of this member's answers or one that they gave."""
    if review is None or not reader or reader not in (review.author, review.reviewer) or review.held is Held.REMOVED:
        raise Refusal("I do not find this review.", "Type /study review to see yours.")
    if review.held is Held.REPORTED:
        raise Refusal("This review is being looked at by an organiser.", "Come back later.")
    return review


def may_reply(review: Review | None, author: str) -> Review:
    """Also to somebody blocked, who does not get it: a refusal would tell of the block."""
    found = may_read(review, author)
    if found.author != author:
        raise Refusal("Only the author replies to a review.", "Type /study review to see yours.")
    if found.reply_held is Held.REPORTED:
        raise Refusal("Your reply is being looked at by an organiser.", "Come back later.")
    if found.reply_held is Held.REMOVED:
        raise Refusal("An organiser has removed your reply.", "The review stays for you to read.")
    return found


def reviewer_shown(review: Review, now: datetime, blocked: Collection[str]) -> str:
    """The reviewer's name for the author, or empty."""
    hidden = review.hide_reviewer or review.reviewer in blocked
    return review.reviewer if not hidden and _revealed(review, now) else ""


def author_shown(review: Review, now: datetime, blocked: Collection[str]) -> str:
    """The author's name for the reviewer, or empty."""
    hidden = review.hide_author or review.author in blocked
    return review.author if not hidden and _revealed(review, now) else ""


def _revealed(review: Review, now: datetime) -> bool:
    if review.sealed_until and now < review.sealed_until:
        return False
    replied = review.stance is not Stance.NONE and not review.kept_back
    return is_revealed(review.finished_at, now, replied=replied)
