"""A card that exists fits everywhere: each limit at its edge and one past it."""

from collections.abc import Callable

import pytest

from bot.kernel import card as card_module
from bot.kernel.action import Action
from bot.kernel.card import (
    Bullets,
    Button,
    Card,
    ChoiceField,
    ChoicesField,
    CityField,
    Facts,
    File,
    Form,
    Listing,
    Note,
    Option,
    Para,
    Picture,
    Quote,
    Select,
    TextField,
    TooLarge,
    UploadField,
    block_words,
    card_words,
)
from bot.kernel.effect import Channel, Post
from bot.kernel.text import Plain, md

GO = Action.to("a.b")
BUTTON = Button("Go", GO)


def text(n: int) -> str:
    return "x" * n


def spans(n: int) -> tuple[Plain, ...]:
    return (Plain(text(n)),)


def options(n: int) -> tuple[Option, ...]:
    return tuple(Option(str(i), str(i)) for i in range(n))


def fields(n: int) -> tuple[TextField, ...]:
    return tuple(TextField(f"f{i}", "Label") for i in range(n))


def parts(n: int) -> Card:
    """A card of n nodes: one note each, and three for what is around them."""
    return Card("t", tuple(Note(spans(1)) for _ in range(n - 3)))


PNG = b"\x89PNG\r\n\x1a\n"


def picture(alt: str = "The loss falls to 0.6.", data: bytes = PNG, type_: str = "image/png") -> Picture:
    return Picture(File("a.png", type_, data=data), alt)


LIMITS: dict[str, tuple[int, Callable[[int], object]]] = {
    "card title": (card_module.TITLE, lambda n: Card(text(n))),
    "card text": (card_module.CARD_TEXT, lambda n: Card(text(100), (Para(spans(1900)), Para(spans(n - 2000))))),
    "card parts": (card_module.CARD_NODES, parts),
    "paragraph": (card_module.PARAGRAPH, lambda n: Card("t", (Para(spans(n)),))),
    "note": (card_module.PARAGRAPH, lambda n: Card("t", (Note(spans(n)),))),
    "quote": (card_module.PARAGRAPH, lambda n: Card("t", (Quote(text(n)),))),
    "listing": (card_module.PARAGRAPH, lambda n: Card("t", (Listing(text(n)),))),
    "bullets": (card_module.PARAGRAPH, lambda n: Card("t", (Bullets((spans(n - 2), spans(1))),))),
    "facts": (card_module.PARAGRAPH, lambda n: Card("t", (Facts((("a", spans(n - 3)),)),))),
    "buttons": (card_module.BUTTONS, lambda n: Card("t", (), (BUTTON,) * n)),
    "button label": (card_module.BUTTON_LABEL, lambda n: Button(text(n), GO)),
    "select options": (card_module.OPTIONS, lambda n: Select("p", GO, options(n))),
    "select prompt": (card_module.OPTION_LABEL, lambda n: Select(text(n), GO, options(1))),
    "option label": (card_module.OPTION_LABEL, lambda n: Option("v", text(n))),
    "option value": (card_module.OPTION_VALUE, lambda n: Option(text(n), "l")),
    "option help": (card_module.FIELD_HELP, lambda n: Option("v", "l", text(n))),
    "files": (card_module.FILES, lambda n: Card("t", files=(File("a.txt", "text/plain", ""),) * n)),
    "file bytes": (card_module.FILE_BYTES, lambda n: File("a.txt", "text/plain", text(n))),
    "pictures": (card_module.PICTURES, lambda n: Card("t", (picture(),) * n)),
    "files beside a picture": (
        card_module.FILES - 1,
        lambda n: Card("t", (picture(),), files=(File("a.txt", "text/plain", ""),) * n),
    ),
    "picture bytes": (card_module.PICTURE_BYTES, lambda n: picture(data=PNG + bytes(n - len(PNG)))),
    "alt text": (card_module.ALT_TEXT, lambda n: picture(text(n))),
    "form title": (card_module.FORM_TITLE, lambda n: Form(text(n), GO, fields(1))),
    "send label": (card_module.FORM_TITLE, lambda n: Form("t", GO, fields(1), text(n))),
    "form fields": (card_module.FORM_FIELDS, lambda n: Form("t", GO, fields(n))),
    "text label": (card_module.FIELD_LABEL, lambda n: TextField("k", text(n))),
    "text help": (card_module.FIELD_HELP, lambda n: TextField("k", "l", help=text(n))),
    "text value": (card_module.FIELD_TEXT, lambda n: TextField("k", "l", text(n))),
    "text limit": (card_module.FIELD_TEXT, lambda n: TextField("k", "l", limit=n)),
    "choice label": (card_module.FIELD_LABEL, lambda n: ChoiceField("k", text(n), options(1))),
    "choice options": (card_module.OPTIONS, lambda n: ChoiceField("k", "l", options(n))),
    "choices options": (10, lambda n: ChoicesField("k", "l", options(n))),
    "choices help": (card_module.FIELD_HELP, lambda n: ChoicesField("k", "l", options(1), help=text(n))),
    "upload label": (card_module.FIELD_LABEL, lambda n: UploadField("k", text(n))),
    "city label": (card_module.FIELD_LABEL, lambda n: CityField("k", text(n), "s")),
    "thread title": (card_module.THREAD_TITLE, lambda n: Post("p", Channel("c"), Card("t"), thread=text(n))),
}


@pytest.mark.parametrize("what", LIMITS)
def test_the_limit_fits_and_one_more_is_too_large(what: str) -> None:
    limit, make = LIMITS[what]
    make(limit)
    with pytest.raises(TooLarge):
        make(limit + 1)


@pytest.mark.parametrize(
    "make",
    [
        lambda: picture(""),
        lambda: picture(" \u200b"),
        lambda: picture(data=b"GIF89a"),
        lambda: picture(data=b""),
        lambda: picture(type_="image/gif"),
        lambda: File("a.png", "image/png", "words", PNG),
    ],
)
def test_a_picture_is_a_png_with_words_for_whoever_does_not_see_it(make: Callable[[], object]) -> None:
    with pytest.raises(ValueError, match=r"a\.png"):
        make()


def test_a_picture_is_read_as_its_words() -> None:
    assert card_words(Card("Losses", (picture(),))) == "Losses\nThe loss falls to 0.6."


def test_a_file_is_measured_in_bytes() -> None:
    with pytest.raises(TooLarge):
        File("a.txt", "text/plain", "é" * (card_module.FILE_BYTES // 2 + 1))


@pytest.mark.parametrize(
    "make",
    [
        lambda: Form("t", GO, ()),
        lambda: Select("p", GO, ()),
        lambda: ChoiceField("k", "l", ()),
        lambda: ChoicesField("k", "l", ()),
    ],
)
def test_a_choice_of_nothing_does_not_exist(make: Callable[[], object]) -> None:
    with pytest.raises(ValueError, match="at least one"):
        make()


def test_a_card_has_one_primary_button_at_most() -> None:
    primary = Button("Go", GO, "primary")
    Card("t", (), (primary, BUTTON))
    with pytest.raises(ValueError, match="one primary"):
        Card("t", (), (primary, primary))


def test_everything_a_reader_reads_is_in_the_words_of_a_card() -> None:
    card = Card(
        "Title",
        (
            Para(md("**Bold** text")),
            Note(md("small")),
            Quote("quoted"),
            Bullets((md("one"), md("two"))),
            Listing("x = 1"),
            Facts((("Answers", md("3")),)),
        ),
        (Button("Press", GO),),
        (Select("Choose", GO, options(1)),),
    )
    assert card_words(card).split("\n") == [
        "Title", "Bold text", "small", "quoted", "one", "two", "x = 1", "Answers: 3", "Choose", "Press",
    ]  # fmt: skip
    assert block_words(card.blocks[0]) == "Bold text"
