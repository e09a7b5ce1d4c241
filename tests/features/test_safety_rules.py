"""Who decides, and how long texts are cut."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from bot.features.safety.desk_cards import case_card, words_card
from bot.features.safety.desk_rules import Standing
from bot.features.safety.rules import (
    LINE,
    LINES,
    Address,
    Case,
    Report,
    State,
    accept_address,
    conflict,
    deciders,
    may_report,
    pieces,
)
from bot.kernel.card import Quote
from bot.kernel.errors import Refusal

PEOPLE = st.sampled_from(["ada", "ben", "cara", "olga", "otto", "ola"])
AT = datetime(2026, 1, 6, 8, tzinfo=UTC)


@given(st.lists(PEOPLE, unique=True), PEOPLE, st.frozensets(PEOPLE), PEOPLE)
def test_who_decides_has_the_least_to_do_with_it_and_is_never_the_author(
    organisers: list[str], author: str, reporters: frozenset[str], me: str
) -> None:
    chosen = deciders(organisers, author, reporters)
    assert set(chosen) <= set(organisers)
    assert author not in chosen
    assert bool(chosen) == bool(set(organisers) - {author})
    if set(chosen) & reporters:
        assert set(organisers) - {author} <= reporters, "nobody else is free"
    case = Case(1, Address("wall", "1"), author, "Note", "words", AT, tuple(Report(r, "spam") for r in reporters))
    if not reporters & {me} and me != author:
        assert conflict(case, me, organisers) == "", "who manages the server decides without being on the list"


@example("x" * 3_333, ["y" * LINE] * 8)
@given(st.text(max_size=20_000), st.lists(st.text(min_size=1, max_size=LINE), max_size=8))
def test_every_word_of_a_case_can_be_read_and_every_card_fits(words: str, lines: list[str]) -> None:
    reports = tuple(Report("ada", "spam", line, number) for number, line in enumerate(lines, 1))
    case = Case(1, Address("wall", "1"), "ben", "Note " * 50, words, AT, reports)
    first = [block.text for block in case_card(case, Standing(AT, removed=True)).blocks if isinstance(block, Quote)]
    assert first == [*pieces(words)[:1], *lines[:LINES]]
    pages = len(pieces(words)) + -(-len(lines) // LINES)
    quotes = [
        block.text
        for page in range(pages)
        for block in words_card(case, page, pages).blocks
        if isinstance(block, Quote)
    ]
    assert "".join(quotes) == words + "".join(lines)


def test_only_a_text_that_an_organiser_let_stay_cannot_be_reported_again() -> None:
    stays = Case(1, Address("wall", "1"), "ben", "Note", "words", AT, (Report("ada", "spam"),), State.RESTORED)
    with pytest.raises(Refusal, match="it stays"):
        may_report((replace(stays, words="others"), stays), "words", "ada", 0)
    may_report((replace(stays, state=State.REMOVED), replace(stays, reports=())), "words", "ada", 0)


@pytest.mark.parametrize("raw", ["", ":", "answers", "answers:", ":3"])
def test_an_address_names_a_feature_and_a_place(raw: str) -> None:
    with pytest.raises(Refusal):
        accept_address(raw)


def test_a_place_may_hold_anything() -> None:
    assert accept_address("reviews:lease/3:4") == Address("reviews", "lease/3:4")
    assert str(Address("answers", "2026-01-05/3")) == "answers:2026-01-05/3"
