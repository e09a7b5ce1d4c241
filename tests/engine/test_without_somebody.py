"""A card, a form or a reply without one person: generic, because nobody lists what stands in a card."""

import re
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.engine.personal import ERASED, without, without_others
from bot.kernel import codec
from bot.kernel.action import Action
from bot.kernel.card import (
    Bullets,
    Button,
    Card,
    ChoiceField,
    Facts,
    Form,
    Note,
    Option,
    Para,
    PersonField,
    Quote,
    Select,
    TextField,
)
from bot.kernel.effect import Ask
from bot.kernel.text import Mention, Plain, When

ADA = "m-ada-5d1"

ids = st.sampled_from([ADA, "ben", "cem"])
spans = (
    st.builds(Mention, ids)
    | st.builds(Plain, st.text(min_size=1, max_size=9))
    | st.just(When(datetime(2026, 1, 5, tzinfo=UTC)))
)
texts = st.lists(spans, min_size=1, max_size=4).map(tuple)
actions = st.builds(lambda who: Action.to("club.keep", who=who), ids)
blocks = st.one_of(
    st.builds(Para, texts),
    st.builds(Note, texts),
    st.builds(Quote, st.text(min_size=1, max_size=20), ids | st.just("")),
    st.builds(lambda items: Bullets(tuple(items)), st.lists(texts, min_size=1, max_size=3)),
    st.builds(lambda text: Facts((("Who", text),)), texts),
)
options = st.lists(st.builds(Option, ids, st.text(max_size=5)), min_size=1, max_size=3).map(tuple)
selects = st.builds(Select, st.just("Who?"), st.just(Action.to("club.write")), options, ids)
cards = st.builds(
    lambda title, inner, buttons, menus: Card(title, tuple(inner), tuple(buttons), tuple(menus)),
    st.text(min_size=1, max_size=9),
    st.lists(blocks, max_size=4),
    st.lists(st.builds(lambda action: Button("Go", action), actions), max_size=3),
    st.lists(selects, max_size=2),
)


@given(cards)
def test_a_card_without_somebody_does_not_name_them_and_can_be_kept(card: Card) -> None:
    done = without(card, ADA)
    assert f'"{ADA}"' not in codec.dump(done)
    assert codec.load(codec.dump(done)) == done
    assert without(done, ADA) == done
    if f'"{ADA}"' not in codec.dump(card):
        assert done is card


@given(cards)
def test_a_card_without_somebody_keeps_what_is_of_others(card: Card) -> None:
    for other in ("ben", "cem"):
        before = [block for block in card.blocks if isinstance(block, Quote) and block.of_member == other]
        after = [block for block in without(card, ADA).blocks if isinstance(block, Quote) and block.of_member == other]
        assert before == after


@given(cards)
def test_a_card_for_one_reader_shows_nobody_else(card: Card) -> None:
    done = without_others(card, ADA)
    assert not [block for block in done.blocks if isinstance(block, Quote) and block.of_member not in ("", ADA)]
    assert not re.search(r'"Mention","member":"(ben|cem)"', codec.dump(done))


def test_a_card_that_is_full_to_the_brim_still_fits() -> None:
    quotes = tuple(Quote("x" * 100, "a") for _ in range(30))
    full = Card("x" * 50, (*quotes, Para(tuple(Mention("a") for _ in range(375)))))
    done = without(full, "a")
    assert '"a"' not in codec.dump(done)
    assert without(Card("t", (Quote("y" * 2000, "a"),)), "a") == Card("t", (Quote(ERASED),)), "only where it must"


def test_a_form_in_which_only_they_could_be_chosen_is_no_form_any_more() -> None:
    form = Form("Who?", Action.to("club.keep"), (ChoiceField("who", "Who?", (Option(ADA, "Ada"),)),))
    with pytest.raises(ValueError, match="nothing"):
        without((Ask(form),), ADA)


def test_a_persons_field_is_emptied_and_words_are_left() -> None:
    form = Form("Who?", Action.to("club.keep", who=ADA), (PersonField("who", "Who?", ADA), TextField("t", "T", "Why")))
    kept = Form("Who?", Action.to("club.keep"), (PersonField("who", "Who?"), TextField("t", "T", "Why")))
    assert without(form, ADA) == kept


def test_what_is_dropped_never_stands_in_a_card() -> None:
    card = Card(
        "t", (), (Button("x", Action.to("a.b", who=ADA)),), (Select("y", Action.to("a.b"), (Option(ADA, "A"),)),)
    )
    assert without(card, ADA) == Card("t")
