"""What a member sees of a deed: answers, or a kind no that hands the words back."""

from collections.abc import Sequence
from dataclasses import dataclass

from bot.engine.rights import Join
from bot.kernel.action import Action
from bot.kernel.card import FIELD_TEXT, TITLE, Block, Button, Card, File, Note, Para, Quote
from bot.kernel.effect import Answer
from bot.kernel.errors import Refusal
from bot.kernel.event import Chosen, Said, Submitted, Told, Typed, What
from bot.kernel.text import md

WORDS = 2_400  # characters of a member's words that a refusal shows; a card holds 3,800
PIECE = 1_200  # characters of one quote


@dataclass(frozen=True, slots=True)
class Refused:
    """
    A member asked for something that cannot be.

    `field` is the key of the form's field it is about; `typed` are the member's words, handed back; pressing `again`
    opens the form with the words in it.
    """

    because: str
    hint: str = ""
    field: str = ""
    typed: tuple[str, ...] = ()
    again: Action | None = None
    buttons: tuple[Button, ...] = ()

    @property
    def card(self) -> Card:
        """All of that as a card, for platforms that cannot show it inside the form."""
        long = len(self.because) > TITLE
        blocks: list[Block] = [Para(md("{because}", because=self.because))] if long else []
        blocks += [Note(md("{hint}", hint=self.hint))] if self.hint else []
        quotes, left_over = _quotes(self.typed)
        blocks += quotes
        files: tuple[File, ...] = ()
        if left_over and self.again and max(map(len, self.typed)) <= FIELD_TEXT:
            blocks.append(Note(md("The form holds all your words.")))
        elif left_over:
            blocks.append(Note(md("The file holds all your words.")))
            files = (File("your-words.txt", "text/plain", "\n\n".join(self.typed)),)
        again = (Button("Open it again", self.again, "plain" if self.buttons else "primary"),) if self.again else ()
        title = "That did not work." if long else self.because
        return Card(title, tuple(blocks), (*self.buttons, *again), files=files, tone="warning")


@dataclass(frozen=True, slots=True)
class Outcome:
    """
    What the person who acted sees, in this order; an `Ask` is last.

    `erased` is who was forgotten by it: the adapter then drops what it keeps of them itself. `group` is what it was
    about; empty where that is open, or where nothing was done.
    """

    answers: tuple[Answer, ...] = ()
    refused: Refused | None = None
    erased: str = ""
    group: str = ""


JOIN = Button("Join the study group", Action.to("members.join"), "primary")


def handed_back(what: What, no: Refusal, again: Action | None = None) -> Refused:
    """The refusal with the words of whoever is refused. `again` opens the form in which they are kept."""
    buttons = (JOIN,) if isinstance(no, Join) else ()
    typed: tuple[str, ...] = ()
    if isinstance(what, (Told, Typed, Chosen, Said)):
        typed = (what.text,) if what.text else ()
    elif isinstance(what, Submitted):
        typed = tuple(value for value in what.values.values() if isinstance(value, str) and value.strip())
    return Refused(no.because, no.hint, no.field, typed, again, buttons)


def _quotes(typed: Sequence[str]) -> tuple[list[Quote], bool]:
    """As much as a card holds, and whether something is left over."""
    quotes: list[Quote] = []
    room = WORDS
    for text in typed:
        shown = text[:room]
        quotes += [Quote(shown[at : at + PIECE]) for at in range(0, len(shown), PIECE)]
        room -= len(shown)
    return quotes, sum(map(len, typed)) > WORDS
