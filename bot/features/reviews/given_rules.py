"""A finished review, and who may see what of it. Pure."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from bot.features.reviews.estimate_rules import Levels, mean
from bot.features.reviews.reading_rules import Verdict
from bot.features.reviews.rules import is_revealed
from bot.kernel.errors import Refusal


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

    Who was erased is empty, and so are their words.
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

    @property
    def words(self) -> str:
        """What the reviewer wrote, as one text."""
        return "\n".join(part for part in (self.verdict.next_step, self.verdict.question) if part)

    @property
    def is_unanswered(self) -> bool:
        """Its author has not replied yet."""
        return self.stance is Stance.NONE


def may_read(review: Review | None, reader: str) -> Review:
    """The review, if it is one of this member's answers or one that they gave."""
    if review is None or not reader or reader not in (review.author, review.reviewer) or review.held is Held.REMOVED:
        raise Refusal("I do not find this review.", "Type /study review to see yours.")
    if review.held is Held.REPORTED:
        raise Refusal("This review is being looked at by an organiser.", "Come back later.")
    return review


def may_reply(review: Review | None, author: str, blocked: Collection[str]) -> Review:
    found = may_read(review, author)
    if found.author != author:
        raise Refusal("Only the author replies to a review.", "Type /study review to see yours.")
    if found.reviewer in blocked or found.reply_held is not Held.NO:
        raise Refusal("That is not possible now.", "The review stays for you to read.")
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
    return is_revealed(review.finished_at, now, replied=review.stance is not Stance.NONE)


def levels_of(reviews: Sequence[Review]) -> list[Levels]:
    """What the estimate counts: those that stand."""
    return [
        Levels(
            review.reviewer, review.author, (review.task, review.answer), review.domain,
            mean([mark.level for mark in review.verdict.marks]),
        )
        for review in reviews if review.held is Held.NO
    ]  # fmt: skip
