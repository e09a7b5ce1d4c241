"""What no platform takes is made into something that each takes, and comes back as it was."""

import pytest
from hypothesis import example, given

from adapters.sendable import is_blank, sendable, sent_values, value_of
from adapters.settings import masked
from bot.kernel.card import Option
from bot.kernel.text import count_visible
from tests.adapters.nasty import OPTIONS, TEXTS


@given(TEXTS)
@example("\u3164")  # a letter that nobody sees
def test_half_a_character_never_leaves_the_house(text: str) -> None:
    sendable(text).encode()
    assert sendable("a\ud800b") == "a\ufffdb"
    assert sendable("\U0001f600") == "\U0001f600"
    assert is_blank(text) == (count_visible(text) == 0)


@given(OPTIONS)
def test_what_is_chosen_comes_back_as_the_value_that_it_was(options: tuple[Option, ...]) -> None:
    sent = sent_values(options)
    assert [value_of(value) for value in sent] == [sendable(option.value) for option in options]
    assert len(set(sent)) == len(sent)
    assert not any(is_blank(value) for value in sent)


@pytest.mark.parametrize("values", [("", " ", "\u200b"), ("a", "a", "~0a"), ("~", "~~", "~0")])
def test_odd_values_travel_with_their_place(values: tuple[str, ...]) -> None:
    sent = sent_values([Option(value, "x") for value in values])
    assert len(set(sent)) == len(values)
    assert tuple(map(value_of, sent)) == values


def test_nobody_sees_more_of_a_token_than_its_last_four_characters() -> None:
    assert masked("xoxb-123456789012-WXYZ") == "…WXYZ"
    assert masked("short") == "…"
