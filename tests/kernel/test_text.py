"""Templates are trusted, arguments never."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.kernel.text import Bold, Code, Link, Mention, Plain, When, listed, md, plural, words

WILD = st.one_of(
    st.text(max_size=60),
    st.sampled_from(["**bold**", "`code`", "{other}", "@everyone", "<@U1>", "<!channel>", "[a](https://b)", "\n> q"]),
)


@given(WILD)
def test_an_argument_stays_what_it_is(word: str) -> None:
    assert md("{word}", word=word) == (Plain(word),)
    assert md("before {word} after", word=word) == (Plain("before "), Plain(word), Plain(" after"))


@given(WILD, WILD)
def test_an_argument_in_bold_or_code_cannot_leave_it(one: str, other: str) -> None:
    assert md("**{one}** `{other}`", one=one, other=other) == (Bold(one), Plain(" "), Code(other))


@given(WILD)
def test_no_argument_is_filled_in_twice(word: str) -> None:
    assert md("**{word}**{other}", word=word, other="x") == (Bold(word), Plain("x"))


@given(WILD)
def test_words_are_what_a_reader_reads(word: str) -> None:
    assert words(md("**{word}**, {n}", word=word, n=3)) == f"{word}, 3"


def test_a_span_given_as_an_argument_stays_a_span() -> None:
    when = When(datetime(2026, 1, 5, 8, tzinfo=UTC))
    assert md("{who} until {at}", who=Mention("ada"), at=when) == (Mention("ada"), Plain(" until "), when)


def test_a_span_inside_bold_is_a_mistake_at_once() -> None:
    """There is no bold mention: its inside would be shown as program text."""
    with pytest.raises(TypeError, match="who"):
        md("**{who}**", who=Mention("ada"))


def test_a_missing_argument_is_a_mistake_at_once() -> None:
    with pytest.raises(KeyError, match="who"):
        md("{who}")


@pytest.mark.parametrize(
    "url",
    [
        "http://a.example",
        "javascript:alert(1)",
        "https://a b",
        "https://a|b",
        "https://a>b",
        "https://a)b",
        "",
        "https://",
    ],
)
def test_only_plain_https_addresses_become_links(url: str) -> None:
    with pytest.raises(ValueError, match="https"):
        Link("here", url)


def test_numbers_and_lists_read_well() -> None:
    assert [plural(n, "answer") for n in (0, 1, 2)] == ["0 answers", "1 answer", "2 answers"]
    assert plural(3, "reply", "replies") == "3 replies"
    assert [listed(parts) for parts in ([], ["a"], ["a", "b"], ["a", "b", "c"])] == ["", "a", "a and b", "a, b and c"]
