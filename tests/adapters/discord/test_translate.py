"""Every card that can exist becomes a message that Discord takes, and nothing of it is lost."""

from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import unquote

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.discord.inbound import event_of
from adapters.discord.translate import (
    V2,
    card_payload,
    carries,
    component_id,
    form_payload,
    mark,
    nonce,
    pack,
)
from adapters.sendable import is_blank
from bot.kernel.action import LIMIT, Action
from bot.kernel.card import (
    FIELD_TEXT,
    Bullets,
    Button,
    Card,
    ChannelField,
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
    PersonField,
    Quote,
    Select,
    TextField,
    TooLarge,
    UploadField,
)
from bot.kernel.text import Link, Plain, md
from tests.adapters.discord.library import modal_of, settled, view_of
from tests.adapters.discord.reading import kinds, says
from tests.adapters.nasty import FORMS, cards, squashed
from tests.discord_fake.judge import get_judge
from tests.discord_fake.rules import message_faults, modal_faults

Json = dict[str, Any]
GO = Action.to("daily.answer", day="2026-01-05")
OURS = {"heading", "small", "quote", "point", "code block", "bold", "code", "link", "address", "mention", "time"}
CARD = cards()


def parts(payload: Mapping[str, Any], type: int = 0) -> list[Json]:
    """Every component, nested ones included; of one type if it is given."""

    def walk(found: Any) -> Iterator[Json]:
        for part in found:
            yield part
            yield from walk(part.get("components") or ())
            for key in ("accessory", "component"):
                yield from walk([part[key]] if key in part else ())

    return [part for part in walk(payload["components"]) if type in (0, part["type"])]


def texts(payload: Mapping[str, Any]) -> list[str]:
    return [part["content"] for part in parts(payload, 10)]


# --- whatever the card --------------------------------------------------------------------------
# To make a card takes longer than to look at it, so everything that is true of every card is looked at in one pass.


@settings(deadline=None, max_examples=150)
@given(CARD)
def test_every_card_is_a_message_that_discord_takes_and_no_word_of_it_is_lost_or_does_anything(card: Card) -> None:
    it_fits_into_one_message(card)
    no_word_is_lost(card)
    no_word_does_anything(card)
    what_can_be_pressed_has_a_name_and_every_option_a_value_of_its_own(card)
    discord_py_builds_the_same_message(card)
    discord_takes_it_as_a_message(card)


@settings(deadline=None, max_examples=150)
@given(FORMS)
def test_every_form_is_a_modal_that_discord_takes(form: Form) -> None:
    it_fits_into_a_modal(form)
    discord_py_builds_the_same_modal(form)
    discord_takes_it_as_a_modal(form)


def it_fits_into_one_message(card: Card) -> None:
    payload = card_payload([card], name="daily/x").json
    found = parts(payload)
    assert len(found) <= 40
    assert sum(map(len, texts(payload))) <= 4_000
    assert all(text.strip() for text in texts(payload))
    ids = [part["custom_id"] for part in found if "custom_id" in part]
    assert len(ids) == len(set(ids)) == len(card.buttons) + len(card.selects)
    assert all(len(id_) <= 100 for id_ in ids)
    assert [Action.decode(id_.partition(":")[2]) for id_ in ids] == [
        *(button.action for button in card.buttons),
        *(select.action for select in card.selects),
    ]


def no_word_is_lost(card: Card) -> None:
    payload = card_payload([card])
    shown = squashed("\n".join(map(says, texts(payload.json))))
    filed = squashed("\n".join(file.text for file in payload.files))
    assert squashed(card.title) in shown + filed
    written = "\n".join(texts(payload.json)) + "\n".join(file.text for file in payload.files)
    for block in card.blocks:
        for words in words_of(block):
            found = squashed(words)
            assert found in shown or found in filed
        for url in (span.url for text in texts_of(block) for span in text if isinstance(span, Link)):
            assert url in unquote(written) or url in written


def words_of(block: Any) -> Iterator[str]:
    """What must be read of a block, word for word; names and times have a form of their own."""
    match block:
        case Quote(text) | Listing(text):
            yield text
        case Facts(rows):
            yield from (f"{label}:" for label, _ in rows if not is_blank(label))
    for text in texts_of(block):
        yield from (getattr(span, "text", "") for span in text)


def no_word_does_anything(card: Card) -> None:
    allowed = set(OURS)
    spans = [span for block in card.blocks for text in texts_of(block) for span in text]
    allowed -= set() if any(isinstance(span, Link) for span in spans) else {"link", "address"}
    for text in texts(card_payload([card]).json):
        assert kinds(text) <= allowed
        if text.startswith("> "):
            assert kinds(text) == {"quote"}


def texts_of(block: Any) -> tuple[Any, ...]:
    match block:
        case Para(text) | Note(text):
            return (text,)
        case Bullets(items):
            return items
        case Facts(rows):
            return tuple(value for _, value in rows)
        case _:
            return ()


def what_can_be_pressed_has_a_name_and_every_option_a_value_of_its_own(card: Card) -> None:
    payload = card_payload([card]).json
    assert all(part["label"].strip() and len(part["label"]) <= 80 for part in parts(payload, 2))
    for menu, select in zip(parts(payload, 3), card.selects, strict=True):
        values = [option["value"] for option in menu["options"]]
        assert len(set(values)) == len(values) == len(select.options)
        assert all(1 <= len(value) <= 100 for value in values)
        assert all(option["label"].strip() and len(option["label"]) <= 100 for option in menu["options"])
        assert sum("default" in option for option in menu["options"]) <= 1
        assert 1 <= len(menu["placeholder"]) <= 150


def it_fits_into_a_modal(form: Form) -> None:
    modal = form_payload(form)
    assert 1 <= len(modal["title"]) <= 45
    assert len(modal["custom_id"]) <= 100
    assert Action.decode(modal["custom_id"].partition(":")[2]) == form.action
    assert 1 <= len(modal["components"]) <= 5
    for label, field in zip(modal["components"], form.fields, strict=True):
        inner = label["component"]
        assert 1 <= len(label["label"]) <= 45
        assert 1 <= len(label.get("description", "x")) <= 100
        assert inner["custom_id"] == field.key
        assert len(inner.get("value", "")) <= inner.get("max_length", 4_000) <= 4_000
        assert inner.get("max_length", 1) >= 1
        if inner["type"] == 21:
            assert 2 <= len(inner["options"]) <= 10
            assert sum("default" in option for option in inner["options"]) <= 1
        assert inner["type"] in {3, 4, 5, 8, 19, 21, 22}


# --- what stands where -------------------------------------------------------------------------


def test_a_card_is_a_container_with_a_heading() -> None:
    card = Card(
        "Two *stars*", (Para(md("Say **why**.")), Note(md("Small."))), (Button("Yes", GO, "primary"), Button("No", GO))
    )
    assert card_payload([card], name="daily/x").json == {
        "flags": V2,
        "components": [
            {
                "type": 17,
                "id": component_id("daily/x"),
                "accent_color": 0x2D7A74,
                "components": [
                    {"type": 10, "content": "## Two \\*stars\\*"},
                    {"type": 10, "content": "Say **why**."},
                    {"type": 10, "content": "-# Small."},
                    {
                        "type": 1,
                        "components": [
                            {
                                "type": 2,
                                "style": 1,
                                "label": "Yes",
                                "custom_id": f"{mark('daily/x')}0:daily.answer?day=2026-01-05",
                            },
                            {
                                "type": 2,
                                "style": 2,
                                "label": "No",
                                "custom_id": f"{mark('daily/x')}1:daily.answer?day=2026-01-05",
                            },
                        ],
                    },
                ],
            }
        ],
        "allowed_mentions": {"parse": []},
        "attachments": [],
    }


def test_a_short_card_with_one_button_has_it_beside_the_words() -> None:
    card = Card("Somebody is stuck.", (Para(md("Help?")),), (Button("Offer help", GO),))
    (section,) = parts(card_payload([card]).json, 9)
    assert [text["content"] for text in section["components"]] == ["## Somebody is stuck.", "Help?"]
    assert section["accessory"]["custom_id"] == "0:daily.answer?day=2026-01-05"
    assert not parts(card_payload([Card("x", (Para(md("long " * 60)),), card.buttons)]).json, 9)
    assert not parts(card_payload([Card("x", (), (Button("A button with a long name", GO),))]).json, 9)


def test_a_reply_is_seen_by_one_person_and_a_quiet_message_rings_nobody() -> None:
    assert card_payload([Card("x")], ephemeral=True).json["flags"] == V2 | 64
    assert card_payload([Card("x")], quiet=True).json["flags"] == V2 | 4096


def test_the_tone_is_the_colour_at_the_side() -> None:
    colours = {
        card_payload([Card("x", tone=tone)]).json["components"][0]["accent_color"]
        for tone in ("plain", "good", "warning")
    }
    assert len(colours) == 3


def test_a_menu_whose_choice_shows_still_says_what_it_asks() -> None:
    options = (Option("2", "2 days"), Option("3", "3 days", "A week has seven."))
    chosen = card_payload([Card("x", (), (), (Select("Days a week", GO, options, "3"),))]).json
    assert texts(chosen) == ["## x", "-# Days a week"]
    assert parts(chosen, 3)[0]["options"][1] == {
        "value": "3",
        "label": "3 days",
        "description": "A week has seven.",
        "default": True,
    }
    assert texts(card_payload([Card("x", (), (), (Select("Days a week", GO, options),))]).json) == ["## x"]


def test_menus_go_without_the_words_above_them_where_there_is_no_room() -> None:
    full = Card("x", (), (), tuple(Select("?", GO, (Option("a", "A"),), "a") for _ in range(18)))
    payload = card_payload([full]).json
    assert len(parts(payload, 3)) == 18
    assert texts(payload) == ["## x"]
    crowded = Card(
        "x", (Quote("y" * 1_990), Quote("y" * 1_800)), (), (Select("z" * 75, GO, (Option("a", "A"),), "a"),) * 4
    )
    assert all("z" not in text for text in texts(card_payload([crowded]).json))


def test_a_card_in_which_nothing_can_be_seen_says_so() -> None:
    assert texts(card_payload([Card(" \u200b")]).json) == ["-# There is nothing to show here."]
    buttons = parts(card_payload([Card("x", (), (Button(" ", GO),))]).json, 2)
    assert buttons[0]["label"] == "Continue"


def test_files_come_along_under_names_that_discord_keeps() -> None:
    named = tuple(File(name, "text/plain", "") for name in ("my notes.txt", "my notes.txt", "SPOILER_x.py", "…"))
    payload = card_payload([Card("x", files=named), Card("y", files=named[:1])])
    names = ["my_notes.txt", "2-my_notes.txt", "x.py", "file", "5-my_notes.txt"]
    assert [file.name for file in payload.files] == names
    assert [part["file"]["url"] for part in parts(payload.json, 13)] == [f"attachment://{name}" for name in names]
    assert payload.json["attachments"] == [{"id": str(n), "filename": name} for n, name in enumerate(names)]
    assert all(file.text for file in payload.files), "an empty file cannot be sent"


# --- words that do not fit ----------------------------------------------------------------------


def test_words_that_need_many_escapes_are_shown_in_a_code_block() -> None:
    card = Card("Answers", (Note(md("**Ada**")), Quote("*" * 1_900), Note(md("**Ben**")), Quote("x" * 1_000)))
    shown = texts(card_payload([card]).json)
    assert shown[1] == "-# **Ada**"
    assert shown[2] == f"```\n{'*' * 1_900}\n```"
    assert shown[4] == f"> {'x' * 1_000}"


def test_a_card_full_of_signs_is_one_code_block() -> None:
    card = Card("Signs", (Para(md("{x}", x="*" * 1_900)), Para(md("{x}", x="_" * 1_800))))
    assert texts(card_payload([card]).json) == ["## Signs", f"```\n{'*' * 1_900}\n{'_' * 1_800}\n```"]


def test_what_no_message_can_hold_comes_as_a_file() -> None:
    card = Card("Ticks", (Quote("`" * 1_900), Quote("`" * 1_800)), (Button("Go", GO),))
    payload = card_payload([card], name="daily/x")
    assert texts(payload.json) == ["## Ticks", "-# The file holds all words of this message."]
    assert payload.files[0].text == f"Ticks\n\n{'`' * 1_900}\n\n{'`' * 1_800}"
    assert carries(payload.json, "daily/x")


def test_many_long_addresses_are_not_cut_either() -> None:
    link = Link("page", "https://example.com/" + "y" * 900)
    payload = card_payload([Card("Links", (Para((link, Plain(" "), *[link, Plain(", ")] * 5)),))])
    assert payload.files[0].text.count(link.url) == 6


# --- several cards in one message ------------------------------------------------------------------


@settings(deadline=None, max_examples=40)
@given(st.lists(CARD, min_size=2, max_size=3))
def test_several_cards_go_into_as_few_messages_as_hold_them(several: list[Card]) -> None:
    packed = pack(several)
    assert [card for message in packed for card in message] == several
    for message in packed:
        payload = card_payload(message)
        assert len(parts(payload.json)) <= 40
        assert sum(map(len, texts(payload.json))) <= 4_000
        assert len(payload.files) <= 10
        names = [file.name for file in payload.files]
        assert len(names) == len(set(names))
        ids = [part["custom_id"] for part in parts(payload.json) if "custom_id" in part]
        assert len(ids) == len(set(ids))


def test_short_cards_share_a_message() -> None:
    short, long = Card("x", (), (Button("Go", GO),)), Card("y", (Quote("z" * 1_990), Quote("z" * 1_700)))
    assert pack([short, short, long, short]) == [[short, short, long, short]]
    assert pack([long, short, long]) == [[long, short], [long]]
    with pytest.raises(TooLarge):
        card_payload([long, long])


# --- a message carries its name --------------------------------------------------------------------


def test_a_message_is_found_by_its_name_with_and_without_buttons() -> None:
    for card in (Card("x"), Card("x", (), (Button("Go", GO),))):
        sent = card_payload([card], name="daily/a").json
        assert carries(sent, "daily/a")
        assert not carries(sent, "daily/b")
        assert not carries(card_payload([card]).json, "daily/a")
    by_button: Json = card_payload([Card("x", (), (Button("Go", GO),))], name="daily/a").json
    del by_button["components"][0]["id"]
    assert carries(by_button, "daily/a")
    assert not carries({}, "daily/a")


def test_what_carries_a_name_fits_into_its_place() -> None:
    longest = Action("r" * LIMIT)
    (button,) = parts(card_payload([Card("x", (), (Button("Go", longest),))], name="daily/a").json, 2)
    assert len(button["custom_id"]) == 100
    assert 1 <= component_id("daily/a") < 2**31
    assert nonce("daily/a") == nonce("daily/a") != nonce("daily/b")
    assert len(nonce("daily/a")) <= 25


# --- forms -----------------------------------------------------------------------------------------


TWO = (Option("a", "A"), Option("b", "B"))


@pytest.mark.parametrize(
    ("field", "inner"),
    [
        (
            TextField("k", "L", "v", long=True, limit=9),
            {"type": 4, "custom_id": "k", "style": 2, "required": True, "max_length": 9, "value": "v"},
        ),
        (
            TextField("k", "L", required=False),
            {"type": 4, "custom_id": "k", "style": 1, "required": False, "max_length": FIELD_TEXT},
        ),
        (
            CityField("k", "L", "members.city", "x" * 300),
            {"type": 4, "custom_id": "k", "style": 1, "required": True, "max_length": 300, "value": "x" * 300},
        ),
        (
            ChoiceField("k", "L", TWO, "b"),
            {
                "type": 21,
                "custom_id": "k",
                "options": [{"value": "a", "label": "A"}, {"value": "b", "label": "B", "default": True}],
                "required": True,
            },
        ),
        (
            ChoiceField("k", "L", TWO[:1], required=False),
            {
                "type": 3,
                "custom_id": "k",
                "options": [{"value": "a", "label": "A"}],
                "min_values": 0,
                "max_values": 1,
                "required": False,
            },
        ),
        (
            ChoicesField("k", "L", TWO, ("a",)),
            {
                "type": 22,
                "custom_id": "k",
                "options": [{"value": "a", "label": "A", "default": True}, {"value": "b", "label": "B"}],
                "min_values": 0,
                "max_values": 2,
                "required": False,
            },
        ),
        (UploadField("k", "L"), {"type": 19, "custom_id": "k", "min_values": 0, "max_values": 1, "required": False}),
        (
            ChannelField("k", "L", "123"),
            {
                "type": 8,
                "custom_id": "k",
                "channel_types": [0, 5, 15],
                "min_values": 1,
                "max_values": 1,
                "required": True,
                "default_values": [{"id": "123", "type": "channel"}],
            },
        ),
        (
            PersonField("k", "L", "nobody", required=False),
            {"type": 5, "custom_id": "k", "min_values": 0, "max_values": 1, "required": False},
        ),
    ],
)
def test_each_field_has_its_part_in_a_modal(field: Any, inner: Json) -> None:
    (label,) = form_payload(Form("F", GO, (field,)))["components"]
    assert label == {"type": 18, "label": "L", "component": inner}


def test_eleven_choices_become_a_menu() -> None:
    many = tuple(Option(str(n), f"Option {n}") for n in range(11))
    (label,) = form_payload(Form("F", GO, (ChoiceField("k", "L", many, help="Why"),)))["components"]
    assert label["component"]["type"] == 3
    assert label["description"] == "Why"


def test_a_press_on_what_we_sent_is_the_action_that_we_sent() -> None:
    from datetime import UTC, datetime

    (menu,) = parts(card_payload([Card("x", (), (), (Select("?", GO, (Option("", "Nothing"),)),))], name="n").json, 3)
    pressed = {
        "id": "1",
        "type": 3,
        "channel_id": "2",
        "data": {"custom_id": menu["custom_id"], "component_type": 3, "values": [menu["options"][0]["value"]]},
    }
    event = event_of(pressed, datetime(2026, 1, 5, tzinfo=UTC))
    assert event is not None
    assert (event.what.action, event.what.value) == (GO, "")  # type: ignore[union-attr]


# --- discord.py knows all of it --------------------------------------------------------------------


def discord_py_builds_the_same_message(card: Card) -> None:
    payload = card_payload([card]).json
    view = view_of(payload)
    assert settled(view.to_components()) == settled(payload["components"])
    assert view.content_length() == sum(map(len, texts(payload)))
    assert view.total_children_count == len(parts(payload))


def discord_py_builds_the_same_modal(form: Form) -> None:
    data = form_payload(form)
    assert settled(modal_of(data).to_components()) == settled(data["components"])


# --- and so does Discord ---------------------------------------------------------------------------


def discord_takes_it_as_a_message(card: Card) -> None:
    payload = card_payload([card], name="daily/x")
    body = payload.json | {"nonce": nonce("daily/x"), "enforce_nonce": True}
    assert get_judge().request("POST", "/channels/{channel_id}/messages", body) == []
    assert list(message_faults(body, [file.name for file in payload.files])) == []


def discord_takes_it_as_a_modal(form: Form) -> None:
    body = {"type": 9, "data": form_payload(form)}
    path = "/interactions/{interaction_id}/{interaction_token}/callback"
    assert get_judge().request("POST", path, body, "ModalInteractionCallbackRequest") == []
    assert list(modal_faults(body["data"])) == []  # type: ignore[arg-type]
