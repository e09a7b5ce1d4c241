"""What counts as an answer, who may see it, and how a long one is cut into pages."""

import re
from collections.abc import Sequence, Set
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from hashlib import sha256

from bot.kernel.card import FIELD_TEXT, OPTION_LABEL, Quote
from bot.kernel.errors import Refusal
from bot.kernel.event import Upload
from bot.kernel.text import clean, count_visible

LONGEST = 20_000  # characters: ours; a private message on any platform is shorter
SHORTEST = 10  # visible characters: "no idea" is better said with "I'm stuck"
CLAIM = 200  # characters of the one line that says what a link, a file or a recording holds
PAGE = 3_300  # characters of answers on one page; a card holds 3,800
PARTS = 28  # names and quotes on one page; a card holds 40 parts, buttons included
PIECE = 1_500  # characters of one quote

_LINK_ONLY = re.compile(r"https?://\S+")


@dataclass(frozen=True, slots=True)
class Task:
    """
    Something that can be answered. `only_member` is empty for the whole group; `closes` None never closes.

    `handed_in`: nobody writes an answer to it, its feature hands them in. They open at its close, to all.
    """

    name: str
    title: str
    opens: datetime
    closes: datetime | None
    post: str
    only_member: str
    closed: bool
    handed_in: bool = False

    def is_late(self, now: datetime) -> bool:
        return self.closes is not None and now >= self.closes


@dataclass(frozen=True, slots=True)
class Words:
    """What a member wants to keep: text, a file or a recording, and for those one line that says what they hold."""

    text: str
    claim: str = ""
    upload: Upload | None = None


class Held(StrEnum):
    """What a report has made of an answer."""

    NOT = ""
    REPORTED = "reported"  # only its author and the organisers read it until they have decided
    REMOVED = "removed"  # by an organiser, who alone may put it back
    GONE = "gone"  # the same, but its author had withdrawn it before

    @property
    def is_removed(self) -> bool:
        return self in (Held.REMOVED, Held.GONE)


@dataclass(frozen=True, slots=True)
class Kept:
    """
    A kept answer. `number` names it within its task: 1, 2, ... in the order in which they were first kept.

    `changed_at` is when its words came; None where nobody asks.
    """

    member: str
    words: Words
    may_show: bool
    hide_name: bool
    late: bool
    withdrawn: bool
    kept_at: datetime
    number: int = 0
    held: Held = Held.NOT
    changed_at: datetime | None = None

    @property
    def can_be_read(self) -> bool:
        """By others, if they may read answers to this task at all."""
        return not self.withdrawn and self.held is Held.NOT


def accept(words: Words, longest: int = LONGEST) -> Words:
    """The answer as it will be kept, or a Refusal that says what to do."""
    text, claim = clean(words.text), clean(words.claim)
    if len(text) > longest:
        raise Refusal(
            f"Your answer has {len(text):,} characters; at most {longest:,} fit here.",
            hint="Send it to me as a private message: it may be longer there." if longest < LONGEST else "Shorten it.",
            field="text",
        )
    if len(claim) > CLAIM:
        raise Refusal(f"The one line has {len(claim)} characters; at most {CLAIM} fit.", "Shorten it.", "claim")
    visible = count_visible(text)
    if words.upload is None and visible < SHORTEST:
        raise Refusal(
            "That is too short to learn from.",
            hint="Try: I think ... because ... It fails when ...",
            field="text",
        )
    needs_claim = (words.upload is not None and visible < SHORTEST) or _LINK_ONLY.fullmatch(text)
    if needs_claim and not count_visible(claim):
        raise Refusal("A link, a file or a recording needs one line of words.", "Say what it shows.", "claim")
    return Words(text, claim, words.upload)


def joined(words: Words, more: Words) -> Words:
    """`more` added to what was kept before. The newer file stands."""
    text = f"{words.text}\n\n{more.text}".strip()
    return Words(text, more.claim or words.claim, more.upload or words.upload)


def reply(text: str | None) -> str:
    """A reply in an open thread as it is kept; empty when it was taken back or nobody can see it."""
    text = clean(text or "")
    return text if count_visible(text) else ""


def is_enough(words: Words) -> bool:
    """Whether replies in an open thread are an answer together: as long as the form wants it, or with a file."""
    return words.upload is not None or count_visible(words.text) >= SHORTEST


def likeliest(tasks: Sequence[Task], done: Set[str], now: datetime) -> list[Task]:
    """
    What a private message may be about: open tasks, newest first, then the others, newest first.

    A task that never closes counts as open until it is `done` (answered).
    """
    newest = sorted(tasks, key=lambda task: task.opens, reverse=True)
    still = [task for task in newest if (task.name not in done if task.closes is None else not task.is_late(now))]
    return [*still, *(task for task in newest if task not in still)]


def may_answer(task: Task | None, member: str) -> Task:
    """The task, if there is one and it is this member's to answer."""
    if task is None or task.only_member not in ("", member):
        raise Refusal("I do not find this problem.", hint="Type /study today to see what is open.")
    return task


def may_write(task: Task | None, member: str) -> Task:
    """The task, if this member may write an answer to it."""
    found = may_answer(task, member)
    if found.handed_in:
        raise Refusal("This is answered by a run, not by a message.", hint="Type /study design to begin one.")
    return found


def may_read(task: Task, own: Kept | None, *, open_threads: bool) -> None:
    """Raises a Refusal while the answers to this task would spoil it for whoever has `own`, which they always read."""
    answered = own is not None and not own.withdrawn
    if task.handed_in and not (task.closed or answered):
        raise Refusal("The runs open when the week's window has closed.", hint="Type /study design to see where it is.")
    if not answered and not open_threads and not task.handed_in:
        raise Refusal("Answers open once you have sent yours.", hint="A short one is enough. You can change it later.")


def gone(kept: Kept | None) -> Refusal:
    """A message is not there any more. Perhaps it became this answer, and only the word of that was lost."""
    if kept and not kept.withdrawn:
        because = "I do not have that message any more, and your answer to this problem is kept."
        return Refusal(because, hint="If it should be another one, send that.")
    return Refusal("I do not have that message any more.", hint="Please send it again.")


def may_change(kept: Kept | None) -> None:
    """Raises a Refusal while an organiser looks at it: what was reported is not exchanged meanwhile."""
    if kept is not None and kept.held is Held.REPORTED:
        raise Refusal(
            "An organiser looks at this answer now, so it cannot be changed.",
            hint="You hear what they decide. You can withdraw it at any time.",
        )


def may_restore(kept: Kept | None) -> Kept:
    """The answer that its author puts back."""
    if kept is None:
        raise Refusal("You have not answered this problem.", hint="Press Answer to write one.")
    may_change(kept)
    if kept.held.is_removed:
        raise Refusal("An organiser has removed this answer.", hint="You can write a new one.")
    return kept


def number_of(place: str) -> tuple[str, int] | None:
    """The task and the number of the answer at a place such as "2026-01-05/3"; None for anything else."""
    task, _, number = place.rpartition("/")
    return (task, int(number)) if task and number.isascii() and number.isdecimal() and len(number) < 8 else None


def key(receipt: str) -> str:
    """A short, safe word for a platform's message id, to travel inside an action."""
    return sha256(receipt.encode()).hexdigest()[:12]


@dataclass(frozen=True, slots=True)
class Entry:
    """One answer, or a part of a long one, as the reader sees it."""

    member: str  # empty: the name is hidden
    note: str
    quotes: tuple[Quote, ...]
    number: int = 0  # its own
    own: bool = False
    nth: int = 0  # 1, 2, ... among those that this reader reads


def menu_of(entries: Sequence[Entry]) -> dict[int, str]:
    """The answers of others on a page, each once: its number, and a menu's line with where it stands."""
    found: dict[int, str] = {}
    for entry in entries:
        if not entry.own and entry.number not in found:
            words = " ".join(entry.quotes[0].text.split()) if entry.quotes else entry.note
            line = f"{entry.nth} · {words}"
            found[entry.number] = line if len(line) <= OPTION_LABEL else f"{line[: OPTION_LABEL - 1]}…"
    return found


def pages(answers: Sequence[Kept], reader: str) -> list[tuple[Entry, ...]]:
    """Every answer, cut where it is too long for one page. The reader's own stands under their name."""
    done: list[tuple[Entry, ...]] = []
    page: list[Entry] = []
    room = PAGE
    for nth, answer in enumerate(answers, 1):
        for entry in _entries(answer, reader, nth):
            size = sum(len(quote.text) for quote in entry.quotes) + 100
            parts = sum(1 + len(shown.quotes) for shown in (*page, entry))
            if page and (size > room or parts > PARTS):
                done.append(tuple(page))
                page, room = [], PAGE
            page.append(entry)
            room -= size
    return [*done, tuple(page)] if page else done


def _entries(answer: Kept, reader: str, nth: int) -> list[Entry]:
    shown = "" if answer.hide_name and answer.member != reader else answer.member
    author = answer.member
    text = answer.words.text
    pieces = _pieces(text) or [""]
    held = "an organiser looks at it, only you see it now" if answer.held is Held.REPORTED else ""
    late = "late" if answer.late else ""
    notes = [note for note in (about(answer.words, named=bool(shown)), late, held) if note]
    entries = []
    for number, piece in enumerate(pieces):
        part = [f"part {number + 1} of {len(pieces)}"] if len(pieces) > 1 else []
        quotes = (Quote(piece, author),) if piece else ()
        if number == 0 and answer.words.claim:
            quotes = (Quote(answer.words.claim, author), *quotes)
        note = ", ".join([*part, *(notes if number == 0 else [])])
        entries.append(Entry(shown, note, quotes, answer.number, author == reader, nth))
    return entries


def _pieces(text: str) -> list[str]:
    """Joined they are the text. Cut between paragraphs, lines or words where there are any."""
    pieces = []
    while len(text) > PIECE:
        ends = (text.rfind(mark, PIECE // 2, PIECE) + len(mark) for mark in ("\n\n", "\n", " "))
        at = next((end for end in ends if end > PIECE // 2), PIECE)
        pieces.append(text[:at])
        text = text[at:]
    return [*pieces, text] if text else pieces


def about(words: Words, *, named: bool) -> str:
    """What lies beside the text. Without `named` the file's name stays out: it often holds its author's."""
    upload = words.upload
    if upload is None:
        return ""
    what = "recording" if upload.seconds else "file"
    what += f" “{upload.name}”" if named else ""
    if upload.seconds:
        return f"{what}, {upload.seconds // 60}:{upload.seconds % 60:02d} minutes"
    return f"{what}, {max(1, upload.bytes // 1024):,} KB"


def whole(words: Words) -> str:
    """All that others read of it."""
    return "\n".join(filter(None, (words.claim, words.text)))


def too_long_for_form(words: Words) -> bool:
    return len(words.text) > FIELD_TEXT
