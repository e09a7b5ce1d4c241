"""What features tell and ask each other about members' texts: who may read, who reviewed and who reported them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import ClassVar

from bot.kernel.effect import Fact
from bot.kernel.question import Addressed, Gathered, Question

# --- answers that can be reviewed ------------------------------------------------


@dataclass(frozen=True, slots=True)
class AnswerText:
    """
    A kept answer, as whoever may read it reads it. `number` names it within its task and never changes.

    `beside` is a short phrase about its file or recording, or empty; `hide_name` is its author's wish; `handed_in` as
    in `TaskOpened`.
    """

    task: str
    title: str
    number: int
    text: str
    beside: str
    author_member: str
    hide_name: bool
    changed_at: datetime
    handed_in: bool = False


@dataclass(frozen=True, slots=True)
class AnswerTo(Question[AnswerText | None]):
    """This member's kept answer to this task; None when there is none, or nobody may read it at present."""

    default: ClassVar[AnswerText | None] = None
    task: str
    member: str


@dataclass(frozen=True, slots=True)
class AnswersOf(Question[tuple[AnswerText, ...]]):
    """The kept answers of this member that others may read, newest first, at most 25."""

    default: ClassVar[tuple[AnswerText, ...]] = ()
    member: str


@dataclass(frozen=True, slots=True)
class MayReadAnswers(Question[bool]):
    """
    May this member read another's answer to this task without spoiling it for themselves?

    So it is when they have answered it, when it is closed, when the group answers openly, or when it was private.
    """

    default: ClassVar[bool] = True
    task: str
    member: str


@dataclass(frozen=True, slots=True)
class ItemsOf(Gathered[Mapping[str, str]]):
    """Which item of the catalogue each of these tasks is about, by task; tasks without one are left out."""

    default: ClassVar[Mapping[str, str]] = {}
    tasks: tuple[str, ...]

    def join(self, answers: Sequence[Mapping[str, str]]) -> Mapping[str, str]:
        return {task: item for answer in answers for task, item in answer.items()}


@dataclass(frozen=True, slots=True)
class AnswerHidden(Fact):
    """Nobody may read this answer until an organiser has decided about a report. It still counts."""

    task: str
    member: str


@dataclass(frozen=True, slots=True)
class AnswerShown(Fact):
    """An answer that was hidden may be read again."""

    task: str
    member: str


# --- reviews -------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class ReviewGiven(Fact):
    """A member finished a review. `review` names it (unique in the group)."""

    member: str
    review: str


@dataclass(frozen=True, slots=True)
class ReviewAnswered(Fact):
    """The author of an answer replied to a review of it, perhaps in another way than before."""

    author_member: str
    review: str


@dataclass(frozen=True, slots=True)
class ReviewDiscarded(Fact):
    """An organiser removed this review: it counts nowhere any more."""

    member: str
    review: str


@dataclass(frozen=True, slots=True)
class WeakAreas(Question[Mapping[str, tuple[str, ...]]]):
    """
    By member, of these: the domains in which their answers were reviewed, those with the lowest levels first.

    Whoever has no review is not in it. Asked for many at once, because each is compared with the whole group.
    """

    default: ClassVar[Mapping[str, tuple[str, ...]]] = MappingProxyType({})
    members: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class PartnersOf(Question[tuple[str, ...]]):
    """Who is this member's accountability partner at present; two of them in a trio."""

    default: ClassVar[tuple[str, ...]] = ()
    member: str


# --- safety ----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class MemberText:
    """
    Words of a member that others can read. `where` is a short phrase for organisers: 'Answer to "Two counters"'.

    `also_in_chat`: they stand in messages of their author too, which only people can delete.
    `author_shown`: whoever reads them there reads the author's name beside them.
    `stands_at`: the text's own address, such as "answers:2026-01-05/3", where this place only shows it; else empty.
    """

    text: str
    author_member: str
    where: str
    also_in_chat: bool = False
    author_shown: bool = False
    stands_at: str = ""


@dataclass(frozen=True, slots=True)
class TextAt(Addressed[MemberText | None]):
    """
    The text that stands at `place` of this feature, such as "2026-01-05/3" of "answers"; None when it is gone.

    `reader` is who wants to report it: what they may not read is None too. Empty: whoever it is, an organiser decides.
    """

    default: ClassVar[MemberText | None] = None
    feature: str
    place: str
    reader: str = ""


@dataclass(frozen=True, slots=True)
class TextHeld(Fact):
    """Somebody reported this text: nobody may read it until an organiser has decided. Heard by its feature."""

    feature: str
    place: str


@dataclass(frozen=True, slots=True)
class TextFreed(Fact):
    """An organiser let a reported text stand, perhaps after they had removed it: then it comes back, if it can."""

    feature: str
    place: str


@dataclass(frozen=True, slots=True)
class TextRemoved(Fact):
    """An organiser removed a reported text: it is read by nobody and counts nowhere."""

    feature: str
    place: str


@dataclass(frozen=True, slots=True)
class BlockedWith(Question[tuple[str, ...]]):
    """
    Whoever blocked this member and whomever they blocked: these are never brought together. Nobody is told.

    For bringing people together. What a member reads asks `UnreadBy`.
    """

    default: ClassVar[tuple[str, ...]] = ()
    member: str


@dataclass(frozen=True, slots=True)
class Unread:
    """
    What a reader does not meet: texts with the names of these `members`, and these single `texts` by their own address.

    Whoever blocked the author of a text without a name still meets that author's other texts, and whoever blocked a
    name still meets texts without one. Else what vanishes from a list would tell who wrote what.
    """

    members: tuple[str, ...] = ()
    texts: tuple[str, ...] = ()

    def has(self, author: str, address: str) -> bool:
        """`author` is empty where the reader does not read their name."""
        return author in self.members or address in self.texts


@dataclass(frozen=True, slots=True)
class UnreadBy(Question[Unread]):
    """What is left out of the lists that this member reads, because somebody blocked somebody. Nobody is told."""

    default: ClassVar[Unread] = Unread()
    member: str


@dataclass(frozen=True, slots=True)
class MembersBlocked(Fact):
    """One of the two blocked the other, just now: what has brought them together ends quietly."""

    member: str
    other_member: str


@dataclass(frozen=True, slots=True)
class NoReviewsUntil(Question[datetime | None]):
    """Until when an organiser lets this member neither ask for reviews nor give any; None when they may."""

    default: ClassVar[datetime | None] = None
    member: str


@dataclass(frozen=True, slots=True)
class ReviewsBarred(Fact):
    """An organiser lets this member neither ask for reviews nor give any for a while."""

    member: str
    until: datetime


@dataclass(frozen=True, slots=True)
class IsShutOut(Question[bool]):
    """Did an organiser remove this person from the group? Then they cannot join until that is lifted."""

    default: ClassVar[bool] = False
    member: str
