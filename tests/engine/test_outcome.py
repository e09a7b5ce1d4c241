"""A refusal as a card: it always fits, and no word is lost."""

import pytest

from bot.engine.outcome import Refused
from bot.kernel.action import Action
from bot.kernel.card import Button, card_words

AGAIN = Action.to("club.write")


@pytest.mark.parametrize(
    "typed", [(), ("a",), ("x" * 3000,) * 5, ("y" * 20_000,), ("",) * 5], ids=lambda t: str(len("".join(t)))
)
@pytest.mark.parametrize("again", [None, AGAIN])
@pytest.mark.parametrize("because", ["No.", "N" * 400])
def test_every_refusal_fits_into_a_card(because: str, again: Action | None, typed: tuple[str, ...]) -> None:
    join = Button("Join", Action.to("members.join"), "primary")
    card = Refused(because, "A hint.", "", typed, again, (join,)).card
    words = card_words(card)
    assert because in words
    assert "A hint." in words
    held = words + "".join(file.text for file in card.files)
    if again is None:
        assert all(text in held for text in typed)


def test_words_that_no_form_can_hold_come_back_as_a_file() -> None:
    card = Refused("Too long.", typed=("x" * 3001,), again=AGAIN).card
    assert [file.text for file in card.files] == ["x" * 3001]


def test_words_that_the_form_holds_are_shown_as_far_as_they_fit() -> None:
    card = Refused("No.", typed=("x" * 2900,), again=AGAIN).card
    assert card.files == ()
    assert "The form holds all your words." in card_words(card)
