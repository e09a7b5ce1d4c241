"""A problem may have a figure: a PNG beside it, with words for whoever does not see it."""

from pathlib import Path
from typing import Any

import pytest

from bot.content.catalogue import Catalogue, Figure
from bot.content.loader import load_pack
from bot.features.daily.cards import EXAMPLE_ROUND, board_card, first_card, problem_blocks, reminder, today_card
from bot.features.daily.practice_cards import practice_problem_card
from bot.kernel.card import PICTURE_BYTES, pictures_of
from bot.kernel.text import words
from tests.content.making import STARTER, Change, findings, messages, one_item_pack

PNG = b"\x89PNG\r\n\x1a\n"
ALT = "Validation loss falls to 0.60 at epoch 8, then rises to 0.84 at epoch 20."
ITEM = "items/fundamentals/fund-likelihood-to-cross-entropy.yaml"


def figured(**figure: Any) -> Change:
    """The item has a figure; a key that is None is left out."""
    found = {key: value for key, value in ({"file": "curves.png", "alt": ALT} | figure).items() if value is not None}
    return lambda item, _: item.update(figure=found)


def pack_with(tmp_path: Path, data: bytes | None = PNG, kind: str = "fundamentals", **figure: Any) -> Path:
    pack = one_item_pack(tmp_path, kind, figured(**figure))
    (place,) = {path.parent for path in pack.glob("items/*/*.yaml")}
    if data is not None:
        (place / "curves.png").write_bytes(data)
    return pack


def line_of(pack: Path, key: str) -> int:
    return next(n for n, line in enumerate((pack / ITEM).read_text().splitlines(), 1) if line.strip().startswith(key))


def test_a_figure_is_on_the_item(tmp_path: Path) -> None:
    (item,) = Catalogue.of([load_pack(pack_with(tmp_path))]).items()
    assert item.figure == Figure("curves.png", PNG, ALT)


# name: (what lies there, the figure, at which key, what the author reads)
SLIPS: dict[str, tuple[bytes | None, dict[str, Any], str, str]] = {
    "no file": (None, {}, "file:", "the file 'curves.png' is missing beside this item"),
    "no png": (b"GIF89a", {}, "file:", "picture curves.png is no PNG"),
    "empty": (b"", {}, "file:", "picture curves.png is no PNG"),
    "too large": (
        PNG + bytes(PICTURE_BYTES), {}, "file:", "the picture 'curves.png' is too large; make it smaller than 256 KiB",
    ),
    "no alt": (PNG, {"alt": None}, "figure:", "'alt' is missing"),
    "an empty alt": (PNG, {"alt": ""}, "alt:", "'alt' is too short"),
    "an alt of blanks": (PNG, {"alt": "\u200b"}, "file:", "picture curves.png has no alt text"),
    "a long alt": (PNG, {"alt": "x1 " * 120}, "alt:", "'alt' is too long"),
    "another kind of file": (PNG, {"file": "curves.gif"}, "file:", "'file' has the value 'curves.gif'"),
    "a way out": (PNG, {"file": "../curves.png"}, "file:", "'file' has the value '../curves.png'"),
    "an unknown key": (PNG, {"width": 3}, "width:", "unknown key 'width'"),
}  # fmt: skip


@pytest.mark.parametrize("slip", SLIPS)
def test_a_bad_figure_is_refused_with_its_line(tmp_path: Path, slip: str) -> None:
    data, figure, key, says = SLIPS[slip]
    pack = pack_with(tmp_path, data, **figure)
    (said,) = messages(pack)
    assert said.startswith(f"{ITEM}:{line_of(pack, key)}: ")
    assert says in said


def test_a_link_out_of_the_pack_is_no_figure(tmp_path: Path) -> None:
    (tmp_path / "secret.png").write_bytes(PNG)
    pack = pack_with(tmp_path, None)
    (pack / ITEM).with_name("curves.png").symlink_to(tmp_path / "secret.png")
    (said,) = messages(pack)
    assert "leaves the pack's folder" in said


@pytest.mark.parametrize(
    ("alt", "says"),
    [
        ("A learning curve with epochs 1 to 9.", "'alt' has 36 characters"),
        (f"A picture of two lines. {ALT}", "begins by saying that it is a picture"),
        (f"Figure: {ALT}", "begins by saying that it is a picture"),
        ("Validation loss falls at first, and then it rises again, while training loss falls.", "holds no number"),
    ],
)
def test_lint_wants_words_that_do_the_work_of_the_picture(tmp_path: Path, alt: str, says: str) -> None:
    (found,) = findings(pack_with(tmp_path, alt=alt))
    assert (found.rule, says in found.message) == ("L14", True)


def test_lint_is_content_with_such_words(tmp_path: Path) -> None:
    assert findings(pack_with(tmp_path)) == ()


def test_lint_knows_that_system_design_shows_no_figure(tmp_path: Path) -> None:
    found = findings(pack_with(tmp_path, kind="mlsd"))
    assert [one.message for one in found if one.rule == "L14"] == [
        "sessions of system design show no figure; say it in words"
    ]


def test_the_words_of_a_figure_count_for_the_room_on_a_card(tmp_path: Path) -> None:
    def fill(item: dict[str, Any], file: dict[str, Any]) -> None:
        figured()(item, file)
        item["explain"] = "Why does it rise? " * 148
        item["apply"], item["break_it"] = "Read the loss at epoch 8.", "When is it not so?"

    pack = one_item_pack(tmp_path, "fundamentals", fill)
    (pack / ITEM).with_name("curves.png").write_bytes(PNG)
    (said,) = messages(pack)
    assert "characters together; a card holds" in said


def test_the_problem_shows_its_figure_wherever_it_is_put_and_no_reminder_does() -> None:
    (item,) = [one for one in Catalogue.of([load_pack(STARTER)]).items() if one.figure]
    assert item.figure
    cards = (
        board_card(EXAMPLE_ROUND, item, 3, open_threads=True),
        today_card(EXAMPLE_ROUND, item, 3, answered=True),
        first_card(EXAMPLE_ROUND, item),
        practice_problem_card(EXAMPLE_ROUND, item),
    )
    for card in cards:
        assert pictures_of(card) == (item.figure.picture,)
        assert card.blocks.index(item.figure.picture) == len(problem_blocks(item)) - 1, "it stands below the task"
    assert item.figure.alt not in words(reminder(item, today=True))
