"""What can be reported, by whom, and who decides about it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from hashlib import sha256

from bot.kernel.errors import Refusal
from bot.kernel.peer_facts import MemberText
from bot.kernel.text import clean

OPEN_REPORTS = 3  # of one reporter: each hides a text, and nobody shall hide a whole board alone
LINE = 300  # characters that a reporter may add, and of an organiser's reason
KEPT = timedelta(days=30)  # after the decision the reported words are forgotten
REPORTS_IN_VAIN = 3  # of one reporter within LATELY, that organisers let stand: then theirs hide nothing
LATELY = timedelta(days=7)
AGAIN = timedelta(hours=48)  # then organisers hear once more of a case that nobody has decided
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


UNDONE = {State.RESTORED: State.REMOVED, State.REMOVED: State.RESTORED}  # what a decision becomes after all


@dataclass(frozen=True, slots=True)
class Report:
    """`reporter_member` is empty once they were forgotten."""

    reporter_member: str
    reason: str
    line: str = ""
    number: int = 1


@dataclass(frozen=True, slots=True)
class Case:
    """
    `words` are the text as it was reported; empty once forgotten.

    `also_in_chat`: they stand in messages of their author too. `hidden`: the report has hidden what I show of them.
    """

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
    also_in_chat: bool = False
    hidden: bool = True

    @property
    def in_chat(self) -> bool:
        """Somebody has to delete a message to remove it."""
        return self.also_in_chat or self.address.in_chat

    @property
    def can_be_undone(self) -> bool:
        """The decision, while what was decided about can still be read."""
        return self.state in UNDONE and bool(self.words)

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


def still_there(text: MemberText | None) -> MemberText:
    if text is None:
        raise gone()
    return text


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


def has_decider(author: str, organisers: Sequence[str]) -> None:
    """Raises a Refusal where the report would reach its author alone. Without organisers it waits for one."""
    if author and set(organisers) == {author}:
        raise Refusal(
            "The only organiser here wrote this.",
            hint="You can block its author, or tell whoever runs this server or workspace.",
        )


def hides(in_vain: int) -> bool:
    """Whether a report hides its text. `in_vain`: so many of this member's lately were about texts that stay."""
    return in_vain < REPORTS_IN_VAIN


def accept_message(author: str, member: str, text: str, *, author_known: bool) -> str:
    """The words of a message in the chat. `author_known`: they are in the group, or were removed from it."""
    not_own(author, member)
    if not author_known:
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

    Else a reporter. The author never decides: where nobody else organises, it waits for somebody who does.
    """
    others = tuple(organiser for organiser in organisers if organiser != author)
    free = tuple(organiser for organiser in others if organiser not in reporters)
    return free or others


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


def decided_before(case: Case, state: State, typed: str, member: str) -> None:
    """Raises a Refusal for an organiser who comes second and has written a reason: their words are not lost."""
    if case.state is not state or case.decided_by_member != member or case.why != typed:
        how = "it stays" if case.state is State.RESTORED else "the text is gone"
        raise Refusal(f"This report is decided already: {how}.", hint="Open the report to see it.", field="why")


def may_undo(case: Case, newest: Case, words: str | None) -> None:
    """`newest`: the newest case of the same text. `words`: what stands there now; None where that does not matter."""
    if not case.can_be_undone:
        raise Refusal("This decision is too old to change.", hint=f"I keep reported words for {KEPT.days} days.")
    if newest.number != case.number:
        raise Refusal(f"There is a newer report of this text: {newest.number}.", hint="Open that one.")
    if words is not None and words != case.words:
        raise Refusal("The text has changed since, or is gone.", hint="Report it again if the new words are not right.")


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


def short(words: str, limit: int) -> str:
    """The beginning, where the text is long; the dots say that there is more."""
    return words if len(words) <= limit else f"{words[: limit - 4]} ..."


def page_of(typed: str, pages: int) -> int:
    return max(0, min(accept_number(typed), pages - 1))


def token(member: str) -> str:
    """A short word for a member, inside the name of a message that they alone get."""
    return sha256(member.encode()).hexdigest()[:8]


def key(receipt: str) -> str:
    """A short, safe word for a platform's message id."""
    return sha256(receipt.encode()).hexdigest()[:12]
