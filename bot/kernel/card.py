"""
What members see: cards and forms, within the tightest limit of all platforms.

A card that exists can be shown everywhere: limits are checked where it is born and raise `TooLarge`. Nothing is ever
cut silently. The source of each limit stands beside it (the platforms' own documents, read in November 2026).
"""

from collections.abc import Iterable, Sized
from dataclasses import dataclass, field
from typing import Literal

from bot.kernel.action import Action
from bot.kernel.text import Text, count_visible, words

TITLE = 150  # Slack header block; Discord allows more
CARD_TEXT = 3_800  # Discord Components V2: 4,000 over a whole message, less our own markup
CARD_NODES = 40  # Discord Components V2
PARAGRAPH = 2_000  # Slack section blocks hold 3,000; room for escaping
BUTTON_LABEL = 34  # Slack shows about 34 on a phone (hard limit 75); Discord 80
BUTTONS = 10  # two rows of five; a Discord row holds 5
OPTIONS = 25  # Discord select; Slack allows 100
OPTION_LABEL = 75  # Slack; Discord allows 100
OPTION_VALUE = 75  # Slack and Discord allow 100 and more
FORM_TITLE = 24  # Slack modal; Discord allows 45
FORM_FIELDS = 5  # Discord modal
FIELD_LABEL = 45  # Discord; Slack allows 2,000
FIELD_HELP = 100  # Discord label description
FIELD_TEXT = 3_000  # Slack plain_text_input; Discord allows 4,000
THREAD_TITLE = 100  # Discord
FILES = 9  # Discord takes 10; one stays free for words that would not fit otherwise
FILE_BYTES = 1_048_576  # ours: what we send is small (calendar files, exports)
PICTURES = 1  # ours: one figure is one thing to read
PICTURE_BYTES = 262_144  # ours: it is kept with its card; Discord takes 10 MiB, Slack 1 GB
ALT_TEXT = 300  # ours: a screen reader says it in one go; Discord allows 1,024, Slack 2,000

_PNG = b"\x89PNG\r\n\x1a\n"  # with these bytes each begins


class TooLarge(ValueError):
    """A card or form would not fit on every platform."""


@dataclass(frozen=True, slots=True)
class Para:
    text: Text


@dataclass(frozen=True, slots=True)
class Note:
    """Small print under the main thing."""

    text: Text


@dataclass(frozen=True, slots=True)
class Quote:
    """
    Words that a member typed, always shown literally.

    `of_member` is whose they are, so that erasing finds them. It is never shown: the name may be hidden.
    """

    text: str
    of_member: str = ""


@dataclass(frozen=True, slots=True)
class Bullets:
    items: tuple[Text, ...]


@dataclass(frozen=True, slots=True)
class Listing:
    """Program text."""

    text: str
    language: str = ""


@dataclass(frozen=True, slots=True)
class Facts:
    """Short labelled values, such as ("Answers", "3")."""

    rows: tuple[tuple[str, Text], ...]


@dataclass(frozen=True, slots=True)
class File:
    """A small file that we hand out. `text` is its whole content (UTF-8), or `data` where it is no text."""

    name: str
    type: str
    text: str = ""
    data: bytes = field(default=b"", repr=False)

    def __post_init__(self) -> None:
        if self.text and self.data:
            raise ValueError(f"file {self.name} is text or data, not both")
        if len(self.content) > FILE_BYTES:
            raise TooLarge(f"file {self.name} is over {FILE_BYTES} bytes")

    @property
    def content(self) -> bytes:
        return self.data or self.text.encode()


@dataclass(frozen=True, slots=True)
class Picture:
    """
    A PNG that is shown where it stands.

    `alt` says what is to be read from it, for whoever does not see it; it is shown instead where no picture can be.
    """

    file: File
    alt: str

    def __post_init__(self) -> None:
        if self.file.type != "image/png" or not self.file.data.startswith(_PNG):
            raise ValueError(f"picture {self.file.name} is no PNG")
        if len(self.file.data) > PICTURE_BYTES:
            raise TooLarge(f"picture {self.file.name} is over {PICTURE_BYTES} bytes")
        if not count_visible(self.alt):
            raise ValueError(f"picture {self.file.name} has no alt text")
        _fits("alt text", self.alt, ALT_TEXT)


Block = Para | Note | Quote | Bullets | Listing | Facts | Picture


@dataclass(frozen=True, slots=True)
class Button:
    label: str
    action: Action
    style: Literal["plain", "primary", "danger"] = "plain"

    def __post_init__(self) -> None:
        _fits("button label", self.label, BUTTON_LABEL)


@dataclass(frozen=True, slots=True)
class Option:
    value: str
    label: str
    help: str = ""

    def __post_init__(self) -> None:
        _fits("option value", self.value, OPTION_VALUE)
        _fits("option label", self.label, OPTION_LABEL)
        _fits("option help", self.help, FIELD_HELP)


@dataclass(frozen=True, slots=True)
class Select:
    """A menu on a card. Choosing arrives as `Pressed(action, value)`."""

    prompt: str
    action: Action
    options: tuple[Option, ...]
    chosen: str = ""

    def __post_init__(self) -> None:
        _fits("select prompt", self.prompt, OPTION_LABEL)
        _some("select options", self.options, OPTIONS)


@dataclass(frozen=True, slots=True)
class Card:
    title: str
    blocks: tuple[Block, ...] = ()
    buttons: tuple[Button, ...] = ()
    selects: tuple[Select, ...] = ()
    files: tuple[File, ...] = ()
    tone: Literal["plain", "good", "warning"] = "plain"

    def __post_init__(self) -> None:
        _fits("card title", self.title, TITLE)
        _fits("card buttons", self.buttons, BUTTONS)
        pictures = pictures_of(self)
        _fits("card pictures", pictures, PICTURES)
        _fits("card files", (*self.files, *pictures), FILES)
        if sum(button.style == "primary" for button in self.buttons) > 1:
            raise ValueError(f"a card has one primary button at most: {self.title}")
        texts = [block_words(block) for block in self.blocks]
        for text in texts:
            _fits("paragraph", text, PARAGRAPH)
        total = len(self.title) + sum(map(len, texts))
        if total > CARD_TEXT:
            raise TooLarge(f"card text has {total} characters, at most {CARD_TEXT}: {self.title}")
        # Discord counts each row of five and the container as nodes of their own.
        nodes = (
            3 + len(self.blocks) + len(self.buttons) + len(self.buttons) // 5 + 2 * len(self.selects) + len(self.files)
        )
        if nodes > CARD_NODES:
            raise TooLarge(f"card has {nodes} parts, at most {CARD_NODES}: {self.title}")


@dataclass(frozen=True, slots=True)
class TextField:
    key: str
    label: str
    value: str = ""
    help: str = ""
    long: bool = False
    required: bool = True
    limit: int = FIELD_TEXT

    def __post_init__(self) -> None:
        _field(self.label, self.help)
        _fits("field value", self.value, self.limit)
        if not 0 < self.limit <= FIELD_TEXT:
            raise TooLarge(f"field {self.key} asks for {self.limit} characters, at most {FIELD_TEXT}")


@dataclass(frozen=True, slots=True)
class ChoiceField:
    """Exactly one of the options."""

    key: str
    label: str
    options: tuple[Option, ...]
    value: str = ""
    help: str = ""
    required: bool = True

    def __post_init__(self) -> None:
        _field(self.label, self.help)
        _some("field options", self.options, OPTIONS)


@dataclass(frozen=True, slots=True)
class ChoicesField:
    """Any number of the options; arrives as a tuple of values."""

    key: str
    label: str
    options: tuple[Option, ...]
    value: tuple[str, ...] = ()
    help: str = ""

    def __post_init__(self) -> None:
        _field(self.label, self.help)
        _some("field options", self.options, 10)  # Discord checkbox group, Slack checkboxes: 10


@dataclass(frozen=True, slots=True)
class UploadField:
    """One file. The bytes stay with the platform; an `Upload` with its reference arrives."""

    key: str
    label: str
    help: str = ""

    def __post_init__(self) -> None:
        _field(self.label, self.help)


@dataclass(frozen=True, slots=True)
class CityField:
    """A place, typed with suggestions from `Suggest(source)`. Arrives as the text that was typed or chosen."""

    key: str
    label: str
    source: str
    value: str = ""
    help: str = ""
    required: bool = True

    def __post_init__(self) -> None:
        _field(self.label, self.help)
        _fits("field value", self.value, FIELD_TEXT)


@dataclass(frozen=True, slots=True)
class ChannelField:
    """One of the group's channels, chosen from the platform's own list. Arrives as the platform's id (a spot)."""

    key: str
    label: str
    value: str = ""
    help: str = ""
    required: bool = True

    def __post_init__(self) -> None:
        _field(self.label, self.help)


@dataclass(frozen=True, slots=True)
class PersonField:
    """Somebody, chosen from the platform's own list. Arrives as the platform's id; perhaps no member of the group."""

    key: str
    label: str
    value: str = ""
    help: str = ""
    required: bool = True

    def __post_init__(self) -> None:
        _field(self.label, self.help)


Field = TextField | ChoiceField | ChoicesField | UploadField | CityField | ChannelField | PersonField


@dataclass(frozen=True, slots=True)
class Form:
    title: str
    action: Action
    fields: tuple[Field, ...]
    send: str = "Send"

    def __post_init__(self) -> None:
        _fits("form title", self.title, FORM_TITLE)
        _fits("send label", self.send, FORM_TITLE)
        _some("form fields", self.fields, FORM_FIELDS)
        keys = [part.key for part in self.fields]
        if len(set(keys)) < len(keys):
            raise ValueError(f"two fields of “{self.title}” have the same key: {keys}")


def pictures_of(card: Card) -> tuple[Picture, ...]:
    return tuple(block for block in card.blocks if isinstance(block, Picture))


def block_words(block: Block) -> str:
    """What a reader reads of a block, without formatting; of a picture what it says to whoever does not see it."""
    match block:
        case Picture(_, alt):
            return alt
        case Para(text) | Note(text):
            return words(text)
        case Quote(text) | Listing(text):
            return text
        case Bullets(items):
            return "\n".join(words(item) for item in items)
        case Facts(rows):
            return "\n".join(f"{label}: {words(value)}" for label, value in rows)


def card_words(card: Card) -> str:
    """Everything a reader reads of a card, buttons and menus included."""
    return "\n".join(_card_parts(card))


def _card_parts(card: Card) -> Iterable[str]:
    yield card.title
    yield from (block_words(block) for block in card.blocks)
    yield from (select.prompt for select in card.selects)
    yield from (button.label for button in card.buttons)


def _field(label: str, help_: str) -> None:
    _fits("field label", label, FIELD_LABEL)
    _fits("field help", help_, FIELD_HELP)


def _some(what: str, value: Sized, limit: int) -> None:
    if not len(value):
        raise ValueError(f"{what}: at least one is needed")
    _fits(what, value, limit)


def _fits(what: str, value: Sized, limit: int) -> None:
    if len(value) > limit:
        raise TooLarge(f"{what} has {len(value)}, at most {limit}: {value!r:.60}")
