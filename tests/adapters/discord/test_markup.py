"""What members type reads as they typed it; what we format is formatted."""

import re
from datetime import UTC, datetime

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from adapters.discord.markup import block_markup, escape, fence, literal_words, text_markup
from adapters.sendable import sendable
from bot.kernel.card import Bullets, Facts, Listing, Note, Para, Quote
from bot.kernel.text import Bold, Code, Link, Mention, Plain, When, md
from tests.adapters.discord.reading import kinds, read, says
from tests.adapters.nasty import TEXTS

AT = datetime(2026, 1, 5, 8, tzinfo=UTC)
TRICKS = {
    "everybody": "@everyone and @here",
    "a member": "<@1234567890>",
    "a role": "<@&1234567890>",
    "a channel": "<#1234567890>",
    "a command": "</study today:1234567890>",
    "a time": "<t:1767600000:R>",
    "a place of the server": "<id:customize>",
    "a picture": "<:name:1234567890> <a:name:1234567890> :smile:",
    "a hidden address": "[my notes](https://example.com)",
    "an address": "https://example.com/x_y?z=1",
    "a pointed address": "<https://example.com>",
    "a heading": "# Big\n## Less\n   ### Small",
    "small print": "-# whisper",
    "a list": "- one\n* two\n  1. three",
    "a quote": "> wise\n>>> wiser",
    "a spoiler": "||hidden||",
    "bold and the like": "**b** *i* _i_ __u__ ~~s~~ ***bi***",
    "code": "`x` ``y`` ```z```",
    "a code block": "```python\nx\n```",
    "code that is never closed": "```",
    "escapes": r"\* \\ \\\* \<@1>",
    "a shrug": r"¯\_(ツ)_/¯",
    "slices": "a[1:n:2], b[:o:]",
    "other line ends": "x\r# y\u2028- z\x0b> q",
    "the other direction": "שלום **עולם** \u200f@everyone",
}

HARMLESS = {"a shrug", "escapes", "other line ends", "code that is never closed"}  # to this reader, not to every client


@pytest.mark.parametrize("what", TRICKS)
def test_no_trick_of_discord_works(what: str) -> None:
    assert kinds(escape(TRICKS[what])) == set()
    assert says(escape(TRICKS[what])) == TRICKS[what]


@pytest.mark.parametrize("what", [what for what in TRICKS if what not in HARMLESS])
def test_the_reader_of_these_tests_would_fall_for_it(what: str) -> None:
    assert kinds(TRICKS[what])


@given(TEXTS)
@example("1. x")
@example("\\")
def test_typed_words_are_shown_as_they_were_typed(text: str) -> None:
    assert kinds(escape(text)) == set()
    assert says(escape(text)) == sendable(text)


@given(TEXTS, TEXTS)
def test_typed_words_do_nothing_wherever_they_stand(text: str, other: str) -> None:
    line, rest = text.replace("\n", " "), other.replace("\n", " ")
    assert kinds(f"> {escape(line)}") <= {"quote"}
    assert kinds(f"- {escape(line)}") <= {"point"}
    assert kinds(f"## {escape(line)}") <= {"heading"}
    assert kinds(text_markup((Bold(text), Plain(other)))) <= {"bold"}
    assert kinds(text_markup((Plain(line), Bold("x"), Plain(rest), Mention("1"), Plain(line)))) <= {"bold", "mention"}
    assert kinds(text_markup((Plain(line), Link(rest, "https://example.com"), Plain(rest)))) <= {"link", "address"}


@given(TEXTS)
def test_a_code_block_ends_where_it_ends(text: str) -> None:
    seen = read(fence(text))
    assert [one.kind for one in seen] == ["code block"]
    assert seen[0].said.replace("\u200b", "") == sendable(text).replace("\u200b", "")


@given(st.text("`\u200b x", max_size=12))
def test_what_parts_backticks_can_be_taken_away_again(text: str) -> None:
    (block,) = read(fence(text))
    assert re.sub("``\u200b(?=\u200b*`)", "``", block.said) == text


def test_our_own_formatting_is_formatted() -> None:
    text = md("**Day {n}** of {who}, {at}: `x_y`.", n=3, who=Mention("17"), at=When(AT))
    assert text_markup(text) == "**Day 3** of <@17>, <t:1767600000:f>: `x_y`."


def test_somebody_without_an_id_of_discord_is_named_in_words() -> None:
    assert text_markup((Mention("ada"),)) == r"\@ada"


def test_code_with_a_backtick_is_shown_as_plain_words() -> None:
    assert says(text_markup((Code("a`b"),))) == "a`b"
    assert kinds(text_markup((Code("a`b"), Plain("`"), Code("`")))) == set()


def test_neighbours_do_not_run_into_each_other() -> None:
    assert text_markup((Bold("a"), Bold("b"))) == "**ab**"
    assert text_markup((Code("a"), Code("b"))) == "`ab`"
    assert text_markup((Plain("1"), Plain(". x"))) == r"1\. x"


def test_a_link_says_where_it_leads_when_its_words_look_like_an_address() -> None:
    assert text_markup((Link("A page", "https://example.com/a_b"),)) == "[A page](https://example.com/a%5Fb)"
    both = text_markup((Link("https://other.example", "https://example.com/x."),))
    assert both == r"https\://other.example <https://example.com/x.>"
    assert text_markup((Link("", "https://example.com/x"),)) == "<https://example.com/x>"
    assert text_markup((Link("a ](https://b.example) c", "https://example.com"),)).count("](") == 1


def test_each_block_has_its_shape() -> None:
    assert block_markup(Note(md("one\ntwo"))) == "-# one\n-# two"
    assert block_markup(Quote("one\n\n# two")) == "> one\n> \n> \\# two"
    assert block_markup(Bullets((md("one\nmore"), md("**two**")))) == "- one\n  more\n- **two**"
    assert block_markup(Listing("x = 1", "python")) == "```python\nx = 1\n```"
    assert block_markup(Listing("x", "not a language")) == "```\nx\n```"
    assert block_markup(Facts((("Answers", md("3")), ("", md("x"))))) == "**Answers:** 3\nx"


def test_bold_words_over_two_lines_are_bold_in_each() -> None:
    assert block_markup(Note((Bold("one\ntwo"),))) == "-# **one**\n-# **two**"


@pytest.mark.parametrize(
    "block", [Para(()), Note(md(" ")), Quote("\u200b\n"), Listing("\n"), Bullets(((),)), Facts(())]
)
def test_a_block_in_which_nothing_can_be_seen_is_left_out(
    block: Para | Note | Quote | Listing | Bullets | Facts,
) -> None:
    assert block_markup(block) == ""


def test_without_formatting_a_link_still_says_where_it_leads() -> None:
    block = Facts((("Read", (Link("this", "https://example.com"), Plain(" by "), When(AT))),))
    assert literal_words(block) == "Read: this (https://example.com) by Mon 05 Jan 08:00 UTC"


def test_a_fenced_quote_is_chosen_where_it_is_shorter() -> None:
    assert block_markup(Quote("plain"), fenced=True) == "> plain"
    assert block_markup(Quote("*" * 50), fenced=True) == f"```\n{'*' * 50}\n```"
