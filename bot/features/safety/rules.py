"""What can be reported, by whom, and who decides about it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from hashlib import sha256

from bot.kernel.errors import Refusal
from bot.kernel.text import clean

OPEN_REPORTS = 3  # of one reporter: each hides a text, and nobody shall hide a whole board alone
LINE = 300  # characters that a reporter may add, and of an organiser's reason
KEPT = timedelta(days=30)  # after the decision the reported words are forgotten
POINTED = timedelta(days=1)  # a message that was pointed at and not reported
BARRED = timedelta(days=7)
PIECE = 1_500  # characters of the text on one card
LINES = 3  # lines of reporters on the card of a case
REASONS = (
    ("unkind", "Unkind or harassing"),
    ("private", "Private information"),
    ("spam", "Spam or advertising"),
    ("copied", "Not their own words"),
    ("other", "Something else"),
)


@dataclass(frozen=True, slots=True)
class Address:
    """Where a text stands: a feature, and its own word for the place. Written `answers:2026-01-05/3`."""

    feature: str
    place: str

    def __str__(self) -> str:
        return f"{self.feature}:{self.place}"

    @property
    def in_chat(self) -> bool:
        """A message that its author wrote into the chat: I can neither hide nor remove it."""
        return self.feature == "safety"


class State(StrEnum):
    """CLOSED: its author was forgotten, so there is nothing to decide."""

    OPEN = "open"
    RESTORED = "restored"
    REMOVED = "removed"
    CLOSED = "closed"


@dataclass(frozen=True, slots=True)
class Report:
    """`reporter_member` is empty once they were forgotten."""

    reporter_member: str
    reason: str
    line: str = ""
    number: int = 1


@dataclass(frozen=True, slots=True)
class Case:
    """`words` are the text as it was reported; empty once forgotten."""

    number: int
    address: Address
    author_member: str
    where: str
    words: str
    opened_at: datetime
    reports: tuple[Report, ...]
    state: State = State.OPEN
    decided_at: datetime | None = None
    decided_by_member: str = ""
    why: str = ""

    @property
    def reporters(self) -> frozenset[str]:
        return frozenset(report.reporter_member for report in self.reports) - {""}

    @property
    def reasons(self) -> tuple[str, ...]:
        """In words, each once, in the order of the form."""
        given = {report.reason for report in self.reports}
        return tuple(label for reason, label in REASONS if reason in given)

    @property
    def lines(self) -> tuple[Report, ...]:
        return tuple(report for report in self.reports if report.line)


# --- reporting -----------------------------------------------------------------------------------


def accept_address(raw: str) -> Address:
    """What a button or a menu carries."""
    feature, _, place = raw.partition(":")
    if not feature or not place:
        raise gone()
    return Address(feature, place)


def gone() -> Refusal:
    return Refusal("I do not find this text any more.", hint="It was withdrawn, or somebody reported it before you.")


def not_own(author: str, member: str) -> None:
    if author == member:
        raise Refusal("These are your own words.", hint="You can change or withdraw them yourself.")


def accept_reason(reason: str) -> str:
    if reason not in dict(REASONS):
        raise Refusal("Please choose what it is about.", hint="Choose what fits best.", field="reason")
    return reason


def accept_line(typed: str, field: str = "line") -> str:
    line = clean(typed)
    if len(line) > LINE:
        raise Refusal(f"This has {len(line)} characters; at most {LINE} fit.", hint="Shorten it.", field=field)
    return line


def accept_why(typed: str) -> str:
    """An organiser's reason, which the author reads."""
    why = accept_line(typed, "why")
    if not why:
        raise Refusal("Please say why.", hint="One line is enough. The author reads it.", field="why")
    return why


def may_report(before: Sequence[Case], words: str, member: str, waiting: int) -> None:
    """`before`: the earlier cases of the same text. `waiting`: how many reports of this member nobody has decided."""
    if any(case.state is State.RESTORED and case.words == words and member in case.reporters for case in before):
        raise Refusal(
            "An organiser has looked at this text, and it stays.",
            hint="You can block its author: then you do not meet any more.",
        )
    if waiting >= OPEN_REPORTS:
        raise Refusal(
            f"{OPEN_REPORTS} of your reports are still open.",
            hint="An organiser looks at them first. If this one cannot wait, write to an organiser.",
        )


def accept_message(author: str, member: str, text: str, *, author_here: bool) -> str:
    """The words of a message in the chat."""
    not_own(author, member)
    if not author_here:
        raise Refusal(
            "I can only take reports about members of this study group.",
            hint="Under a message of mine that shows others' words, use “Report or block”.",
        )
    words = clean(text)
    if not words:
        raise Refusal("This message has no words that I can show.", hint="Please tell an organiser about it.")
    return words


# --- deciding ------------------------------------------------------------------------------------------


def deciders(organisers: Sequence[str], author: str, reporters: frozenset[str]) -> tuple[str, ...]:
    """
    The organisers who may decide: neither author nor reporter, if there is one.

    Else a reporter before the author; the author only where nobody else organises.
    """
    others = tuple(organiser for organiser in organisers if organiser != author)
    free = tuple(organiser for organiser in others if organiser not in reporters)
    return free or others or tuple(organisers)


def conflict(case: Case, member: str, organisers: Sequence[str]) -> str:
    """Why this organiser may not decide, in words; empty when they may."""
    all_ = organisers if member in organisers else (*organisers, member)
    if member in deciders(all_, case.author_member, case.reporters):
        return ""
    return "You wrote this text." if member == case.author_member else "You reported this text yourself."


def accept_number(typed: str) -> int:
    if not typed.isascii() or not typed.isdecimal() or len(typed) > 9:
        return 0
    return int(typed)


def known(case: Case | None) -> Case:
    if case is None:
        raise Refusal("I do not know this report.", hint="Open the reports on your desk again.")
    return case


def may_expel(case: Case, organisers: Sequence[str]) -> str:
    """The author, where they can be removed from the group."""
    _has_author(case)
    if case.author_member in organisers:
        raise Refusal(
            "This person organises the group.",
            hint="First remove them under “Organisers” on your desk, then try again.",
        )
    return case.author_member


def may_bar(case: Case) -> str:
    """The author, where reviews can be closed to them."""
    _has_author(case)
    return case.author_member


def _has_author(case: Case) -> None:
    if not case.author_member:
        raise Refusal("The author of this text is not known any more.", hint="They have erased their data.")


def pieces(words: str) -> list[str]:
    """A text, cut where it is too long for one card."""
    return [words[at : at + PIECE] for at in range(0, len(words), PIECE)]


def page_of(typed: str, pages: int) -> int:
    return max(0, min(accept_number(typed), pages - 1))


def token(member: str) -> str:
    """A short word for a member, inside the name of a message that they alone get."""
    return sha256(member.encode()).hexdigest()[:8]


def key(receipt: str) -> str:
    """A short, safe word for a platform's message id."""
    return sha256(receipt.encode()).hexdigest()[:12]
