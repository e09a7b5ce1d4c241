"""Whatever else is on a card, its picture is on it, with its words, in what Discord and Slack receive."""

from dataclasses import replace

from hypothesis import assume, given
from hypothesis import strategies as st

from adapters.discord import translate as discord
from adapters.slack import translate as slack
from adapters.slack.markup import digest
from bot.kernel.card import ALT_TEXT, Card, TooLarge, pictures_of
from tests.adapters.nasty import cards
from tests.adapters.pictures import picture
from tests.discord_fake.rules import GALLERY, message_faults
from tests.discord_fake.town import texts_of
from tests.slack_fake import judge

ALTS = st.text(st.characters(exclude_categories=("Cc", "Cf", "Cs", "Zs")), min_size=1, max_size=ALT_TEXT)


@st.composite
def pictured(draw: st.DrawFn) -> Card:
    card, shown = draw(cards()), picture(alt=draw(ALTS).strip() or "x")
    place = draw(st.integers(0, len(card.blocks)))
    try:
        return replace(card, blocks=(*card.blocks[:place], shown, *card.blocks[place:]))
    except TooLarge:
        assume(False)
        raise


@given(pictured())
def test_discord_and_slack_take_the_card_and_show_its_picture_or_say_its_words(card: Card) -> None:
    discord_takes_the_card_and_says_the_words_of_its_picture(card)
    slack_takes_the_card_with_its_picture_and_without(card)


def discord_takes_the_card_and_says_the_words_of_its_picture(card: Card) -> None:
    payload = discord.card_payload([card], name="daily/x")
    [gallery] = [part for part in discord.walk(payload.json["components"]) if part["type"] == GALLERY]
    assert list(message_faults(payload.json, [file.name for file in payload.files])) == []
    assert texts_of(dict(gallery)) == [_alt(card)]


def slack_takes_the_card_with_its_picture_and_without(card: Card) -> None:
    ids = {digest(picture().file.content): "F0123456789"}
    for known in (ids, {}):
        [some] = slack.pack([card])
        message = slack.card_message(some, "daily/x", pictures=known)
        assert judge.message_faults(message) == []
        blocks = message["blocks"]
        small = [part["text"] for block in blocks if block["type"] == "context" for part in block["elements"]]
        assert [one["alt_text"] for one in blocks if one["type"] == "image"] == [_alt(card)] * len(known)
        assert known or f"Picture: {_alt(card)}" in small


def _alt(card: Card) -> str:
    [shown] = pictures_of(card)
    return shown.alt
