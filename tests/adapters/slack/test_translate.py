"""Every card that can exist becomes a message and a view that Slack takes, and nothing of it is lost."""

import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.gallery import examples
from adapters.sendable import is_blank, sendable, value_of
from adapters.slack.inbound import INTERACTIVE, event_of
from adapters.slack.meta import Meta
from adapters.slack.translate import (
    EVENT_TYPE,
    MESSAGE_ROOM,
    card_message,
    carries,
    files_of,
    form_view,
    home_view,
    mark,
    pack,
    reply_view,
)
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
from bot.kernel.event import Person, Pressed, group_mark
from bot.kernel.text import Link, Plain, md
from tests.adapters.nasty import FORMS, cards, squashed
from tests.adapters.slack.reading import kinds, says
from tests.slack_fake import judge

Json = dict[str, Any]
AT = datetime(2026, 1, 5, tzinfo=UTC)
GO = Action.to("daily.answer", day="2026-01-05")
WHERE = Meta("slack:T1/C1", "C1", "C1/1767600000.000100")
CARD = cards()
FREELY = {"heading", "list", "quote", "preformatted", "bold", "code", "date", "mention"}


def pressed(blocks: Sequence[Mapping[str, Any]]) -> list[Json]:
    """Everything that can be pressed, in its order."""
    return [element for block in blocks if block["type"] == "actions" for element in block["elements"]]


def menus(blocks: Sequence[Mapping[str, Any]]) -> list[Json]:
    return [element for element in pressed(blocks) if element["type"] == "static_select"]


def without_options(part: Any) -> Any:
    if isinstance(part, dict):
        return {key: without_options(value) for key, value in part.items() if key not in ("options", "initial_option")}
    return [without_options(one) for one in part] if isinstance(part, list) else part


def words_of(block: Any) -> Iterator[str]:
    """What must be read of a block, word for word; names and times have a form of their own."""
    match block:
        case Quote(text) | Listing(text):
            yield text
        case Facts(rows):
            yield from (f"{label}:" for label, _ in rows if not is_blank(label))
    for text in texts_of(block):
        yield from (getattr(span, "text", "") for span in text)


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


def addresses_of(card: Card) -> list[str]:
    return [span.url for block in card.blocks for text in texts_of(block) for span in text if isinstance(span, Link)]


def helps_of(card: Card) -> list[str]:
    return [option.help for select in card.selects for option in select.options if not is_blank(option.help)]


# --- whatever the card --------------------------------------------------------------------------
# To make a card takes longer than to look at it, so everything that is true of every card is looked at in one pass.


@settings(deadline=None, max_examples=150)
@given(CARD)
def test_every_card_is_a_message_that_slack_takes_and_no_word_of_it_is_lost_or_does_anything(card: Card) -> None:
    slack_takes_it_as_a_message(card)
    no_word_is_lost(card)
    no_word_does_anything(card)
    what_can_be_pressed_has_a_name_and_every_option_a_value_of_its_own(card)


@settings(deadline=None, max_examples=40)
@given(st.lists(CARD, min_size=1, max_size=5))
def test_several_cards_are_a_view_that_slack_takes_and_as_few_messages_as_hold_them(several: list[Card]) -> None:
    slack_takes_them_as_a_view_and_no_word_is_lost(several)
    as_few_messages_as_can_be_hold_them(several)


def slack_takes_it_as_a_message(card: Card) -> None:
    message = card_message([card], "daily/x")
    assert judge.message_faults(message) == []
    assert len(message["blocks"]) <= 50
    assert len(json.dumps(without_options(message["blocks"]), ensure_ascii=False)) <= MESSAGE_ROOM
    assert {block["block_id"][:9] for block in message["blocks"]} == {f"{mark('daily/x')}-"}
    actions = [Action.decode(element["action_id"].partition(":")[2]) for element in pressed(message["blocks"])]
    assert actions == [*(button.action for button in card.buttons), *(select.action for select in card.selects)]


def no_word_is_lost(card: Card) -> None:
    blocks = card_message([card])["blocks"]
    shown, written = squashed(says(blocks)), json.dumps(blocks)
    filed = squashed("\n".join(file.text for file in files_of([card])))
    assert squashed(card.title) in shown + filed
    for block in card.blocks:
        for words in words_of(block):
            assert squashed(words) in shown or squashed(words) in filed
    for url in addresses_of(card):
        assert json.dumps(url)[1:-1] in written or squashed(url) in filed
    beside = [row["description"]["text"] for menu in menus(blocks) for row in menu["options"] if "description" in row]
    for help_ in helps_of(card):
        assert sendable(help_) in beside or squashed(help_) in shown + filed


def no_word_does_anything(card: Card) -> None:
    message = card_message([card])
    assert kinds(message["blocks"]) <= FREELY | ({"link"} if addresses_of(card) else set())
    for block in message["blocks"]:
        if block["type"] == "rich_text" and block["elements"][0]["type"] == "rich_text_quote":
            assert kinds([block]) == {"quote"}
    assert message["parse"] == "none"
    assert "link_names" not in message


def slack_takes_them_as_a_view_and_no_word_is_lost(several: list[Card]) -> None:
    for view in (home_view(several), reply_view(several, WHERE)):
        assert judge.view_faults(view) == []
        shown = squashed(says(view["blocks"]))
        for card in several:
            assert squashed(card.title) in shown
            assert all(squashed(words) in shown for block in card.blocks for words in words_of(block))
        assert len(pressed(view["blocks"])) == sum(len(card.buttons) + len(card.selects) for card in several)


def what_can_be_pressed_has_a_name_and_every_option_a_value_of_its_own(card: Card) -> None:
    blocks = card_message([card])["blocks"]
    assert all(element["text"]["text"].strip() for element in pressed(blocks) if element["type"] == "button")
    for menu, select in zip(menus(blocks), card.selects, strict=True):
        values = [option["value"] for option in menu["options"]]
        assert len(set(values)) == len(values) == len(select.options)
        assert [value_of(value) for value in values] == [sendable(option.value) for option in select.options]
        assert all(option["text"]["text"].strip() for option in menu["options"])
        chosen = menu.get("initial_option")
        assert (chosen is not None) == any(option.value == select.chosen for option in select.options)
        assert chosen is None or value_of(chosen["value"]) == sendable(select.chosen)


def as_few_messages_as_can_be_hold_them(several: list[Card]) -> None:
    packed = pack(several)
    assert [card for message in packed for card in message] == several
    for some in packed:
        assert judge.message_faults(card_message(some)) == []
    for before, after in pairwise(packed):
        with pytest.raises(TooLarge):
            card_message([*before, after[0]])


@settings(deadline=None, max_examples=150)
@given(FORMS)
def test_slack_takes_every_form(form: Form) -> None:
    view = form_view(form, WHERE)
    assert judge.view_faults(view) == []
    assert Action.decode(view["callback_id"]) == form.action
    assert Meta.decode(view["private_metadata"]) == WHERE
    inputs = [block for block in view["blocks"] if block["type"] == "input"]
    assert [block["element"]["action_id"] for block in inputs] == [field.key for field in form.fields]
    for block, field in zip(inputs, form.fields, strict=True):
        assert block["optional"] is not getattr(field, "required", False)
        assert is_blank(field.label) or block["label"]["text"] == sendable(field.label)
        assert is_blank(field.help) or block["hint"]["text"] == sendable(field.help)


def test_a_form_shares_no_block_with_another_one_that_has_the_same_keys() -> None:
    """Slack keeps what was typed in a field whose block_id and action_id are the same, whatever the new form holds."""

    def blocks(value: str = "", opened_by: str = "") -> set[str]:
        form = Form("Your answer", GO, (TextField("text", "Words", value=value),))
        return {block["block_id"] for block in form_view(form, WHERE, opened_by)["blocks"]}

    assert blocks() == blocks()
    assert not blocks() & blocks("Another")
    assert not blocks(opened_by="1.2.3") & blocks(opened_by="1.2.4")


# --- what the gallery shows ---------------------------------------------------------------------


@pytest.mark.parametrize("name", [name for name, example in examples().items() if isinstance(example, Card)])
def test_every_real_card_is_far_from_what_slack_refuses(name: str) -> None:
    """Here everything counts, options as well: nobody outside knows what Slack counts."""
    card = examples()[name]
    assert isinstance(card, Card)
    assert len(json.dumps(card_message([card], name)["blocks"], ensure_ascii=False)) <= MESSAGE_ROOM
    assert files_of([card]) == card.files


# --- what stands where --------------------------------------------------------------------------


def test_a_card_is_a_heading_words_and_buttons() -> None:
    card = Card(
        "Two *stars*", (Para(md("Say **why**.")), Note(md("Small."))), (Button("Yes", GO, "primary"), Button("No", GO))
    )
    message = card_message([card], "daily/x")
    ids = [block.pop("block_id") for block in message["blocks"]]
    assert len(set(ids)) == 4
    bold = {"type": "text", "text": "why", "style": {"bold": True}}
    words = [{"type": "text", "text": "Say "}, bold, {"type": "text", "text": "."}]
    button = {"type": "button", "text": {"type": "plain_text", "text": "Yes", "emoji": False}, "style": "primary"}
    other = {"type": "button", "text": {"type": "plain_text", "text": "No", "emoji": False}}
    assert message == {
        "text": "Two *stars*\nSay why.\nSmall.",
        "blocks": [
            {"type": "header", "text": {"type": "plain_text", "text": "Two *stars*", "emoji": False}},
            {"type": "rich_text", "elements": [{"type": "rich_text_section", "elements": words}]},
            {"type": "context", "elements": [{"type": "mrkdwn", "text": "Small.", "verbatim": True}]},
            {
                "type": "actions",
                "elements": [
                    {**button, "action_id": "0:daily.answer?day=2026-01-05"},
                    {**other, "action_id": "1:daily.answer?day=2026-01-05"},
                ],
            },
        ],
        "parse": "none",
        "unfurl_links": False,
        "unfurl_media": False,
        "metadata": {"event_type": EVENT_TYPE, "event_payload": {"name": "daily/x"}},
    }


def test_five_buttons_stand_in_a_row() -> None:
    rows = card_message([Card("x", (), tuple(Button(str(n), GO) for n in range(10)))])["blocks"][1:]
    assert [len(row["elements"]) for row in rows] == [5, 5]


def test_a_menu_whose_choice_shows_still_says_what_it_asks() -> None:
    options = (Option("2", "2 days"), Option("3", "3 days", "A week has seven."))
    blocks = card_message([Card("x", (), (), (Select("Days a week", GO, options, "3"),))])["blocks"]
    assert says(blocks[:2]) == "x\nDays a week"
    (menu,) = menus(blocks)
    assert menu["initial_option"] == menu["options"][1] == {
        "text": {"type": "plain_text", "text": "3 days", "emoji": False},
        "value": "3",
        "description": {"type": "plain_text", "text": "A week has seven.", "emoji": False},
    }  # fmt: skip
    (bare,) = menus(card_message([Card("x", (), (), (Select("Days a week", GO, options),))])["blocks"])
    assert bare["placeholder"]["text"] == "Days a week"


def test_a_help_that_is_too_long_for_its_place_stands_above_the_menu_and_below_the_field() -> None:
    options = (Option("a", "A", "y" * 76), Option("b", "B", "z" * 75))
    blocks = card_message([Card("x", (), (), (Select("Which?", GO, options),))])["blocks"]
    assert says(blocks[1:2]) == f"A: {'y' * 76}"
    assert [("description" in row) for row in menus(blocks)[0]["options"]] == [False, True]
    view = form_view(Form("F", GO, (ChoiceField("k", "L", options),)), WHERE)
    assert says(view["blocks"]) == f"L\nA: {'y' * 76}"


def test_a_card_in_which_nothing_can_be_seen_says_so() -> None:
    assert says(card_message([Card(" \u200b")])["blocks"]) == "There is nothing to show here."
    (button,) = pressed(card_message([Card("x", (), (Button(" ", GO),))])["blocks"])
    assert button["text"]["text"] == "Continue"


def test_a_page_without_cards_says_so_too() -> None:
    assert says(home_view([])["blocks"]) == "There is nothing to show here."
    assert pack([]) == []


def test_files_come_along_under_plain_names_and_the_message_names_them() -> None:
    card = Card("x", files=(File("my notes.txt", "text/plain", ""), File("…", "text/plain", "y")))
    assert [file.name for file in files_of([card])] == ["my_notes.txt", "file"]
    assert all(file.text for file in files_of([card])), "an empty file cannot be sent"
    assert says(card_message([card])["blocks"]) == "x\nFiles: my_notes.txt, file"


# --- words that do not fit ----------------------------------------------------------------------


@pytest.mark.parametrize(
    "block",
    [
        Bullets(((Plain("x"),),) * 900),
        Para((Link("page", "https://example.com/" + "y" * 900), Plain(", ")) * 20),
        Quote("\x00" * 2_000),
    ],
)
def test_what_no_message_can_hold_comes_as_a_file(block: Any) -> None:
    card = Card("Much", (block, Quote("z" * 1_000)), (Button("Go", GO),))
    message = card_message([card], "daily/x")
    assert says(message["blocks"][:2]) == "Much\nThe file holds all words of this message."
    assert len(pressed(message["blocks"])) == 1
    (file,) = files_of([card])
    assert (file.name, file.type) == ("words.txt", "text/plain")
    assert file.text.startswith("Much\n\n")
    assert file.text.endswith("z" * 1_000)
    assert carries(message, "daily/x")


def test_what_does_not_fit_beside_an_option_is_in_the_file_as_well() -> None:
    menu = Select("Which?", GO, (Option("a", "A", "y" * 76), Option("b", "B", "short")))
    card = Card("Much", (Bullets(((Plain("x"),),) * 900),), (), (menu,))
    (shown,) = menus(card_message([card])["blocks"])
    assert not any("description" in row for row in shown["options"])
    assert files_of([card])[0].text.endswith(f"A: {'y' * 76}\n\nB: short")


def test_menus_that_no_message_can_hold_are_refused_loudly() -> None:
    options = tuple(Option(f"{n}" * 30, f"{n}" * 37) for n in range(10, 35))
    monster = Card("x", (), (), tuple(Select("?", GO, options) for _ in range(18)))
    with pytest.raises(TooLarge):
        card_message([monster])


# --- several cards ---------------------------------------------------------------------------------


def test_short_cards_share_a_message_with_a_line_between_them() -> None:
    short = Card("x", (), (Button("Go", GO),))
    assert pack([short, short]) == [[short, short]]
    blocks = card_message([short, short])["blocks"]
    assert [block["type"] for block in blocks] == ["header", "actions", "divider", "header", "actions"]
    assert [element["action_id"][:2] for element in pressed(blocks)] == ["0:", "1:"]


def test_a_message_holds_fifty_blocks() -> None:
    assert [len(some) for some in pack([Card("x")] * 30)] == [25, 5]


def test_many_cards_are_drawn_more_tightly_until_a_view_holds_them() -> None:
    options = (Option("a", "A"), Option("b", "B"))
    card = Card(
        "x", (Para(md("one")), Quote("two"), Para(md("three"))), tuple(Button(str(n), GO) for n in range(7)),
        (Select("Which?", GO, options, "a"), Select("Which not?", GO, options)),
    )  # fmt: skip
    view = home_view([card] * 20)
    assert judge.view_faults(view) == []
    assert len(pressed(view["blocks"])) == 20 * 9
    assert says(view["blocks"]).count("Which?") == 20
    with pytest.raises(TooLarge):
        home_view([card] * 30)


# --- a message carries its name --------------------------------------------------------------------


def test_a_message_is_found_by_its_name_with_and_without_metadata() -> None:
    for card in (Card("x"), Card("", (), (Button("Go", GO),))):
        sent = card_message([card], "daily/a")
        assert carries(sent, "daily/a")
        assert not carries(sent, "daily/b")
        assert not carries(card_message([card]), "daily/a")
        assert carries({"blocks": sent["blocks"]}, "daily/a"), "who may not read metadata sees the blocks"
        assert carries({"metadata": sent["metadata"]}, "daily/a"), "and the other way round"
    assert not carries({}, "daily/a")
    assert not carries({"metadata": {"event_type": "other", "event_payload": {"name": "daily/a"}}}, "daily/a")


@pytest.mark.parametrize("name", ["", "reply/Ev1/0"])
def test_a_card_in_private_messages_says_which_group_it_is_about(name: str) -> None:
    of, card = group_mark("slack:T1/C1"), Card("Hi", (), (Button("Go", GO),))
    message = card_message([card], name, of)
    row = message["blocks"][-1]
    action = row["elements"][0] | {"block_id": row["block_id"]}
    event = event_of(INTERACTIVE, {"type": "block_actions", "actions": [action], "trigger_id": "1"}, AT, Person("U1"))
    assert event
    assert (event.of, event.what) == (of, Pressed(GO))
    assert carries({"blocks": message["blocks"]}, name) is bool(name)


def test_a_home_page_and_a_form_say_which_group_they_are_about() -> None:
    of = group_mark("slack:T1/C1")
    form = form_view(Form("Your answer", GO, (TextField("text", "Words"),)), Meta(spot="D1", of=of))
    for kind, view in (("block_actions", home_view([Card("Hi")], of)), ("view_submission", form)):
        payload = {"type": kind, "view": {"id": "V1", **view}, "actions": [{"action_id": "0:a.b"}], "trigger_id": "1"}
        event = event_of(INTERACTIVE, payload, AT, Person("U1"))
        assert event
        assert (event.group, event.of) == ("", of)


def test_an_edited_message_has_new_block_ids_and_the_same_card_the_same() -> None:
    before, after = (card_message([Card("x", (Para(md(word)),))], "daily/a")["blocks"] for word in ("one", "two"))
    assert not {block["block_id"] for block in before} & {block["block_id"] for block in after}
    assert judge.update_faults({"text": "x", "blocks": after}, before) == []
    assert card_message([Card("x")], "daily/a") == card_message([Card("x")], "daily/a")


def test_the_longest_action_fits() -> None:
    (button,) = pressed(card_message([Card("x", (), (Button("Go", Action("r" * LIMIT)),))])["blocks"])
    assert len(button["action_id"]) <= 255


def test_a_press_on_what_we_sent_is_the_action_that_we_sent() -> None:
    blocks = card_message([Card("x", (), (), (Select("?", GO, (Option("", "Nothing"),)),))], "n")["blocks"]
    (menu,) = menus(blocks)
    payload = {
        "type": "block_actions",
        "team": {"id": "T1"},
        "channel": {"id": "C1"},
        "trigger_id": "1",
        "actions": [{**menu, "selected_option": menu["options"][0]}],
    }
    event = event_of(INTERACTIVE, payload, AT, Person("U1"))
    assert event
    assert event.what == Pressed(GO, "")


# --- forms -----------------------------------------------------------------------------------------

TWO = (Option("a", "A"), Option("b", "B"))
ROWS = [{"text": {"type": "plain_text", "text": sign, "emoji": False}, "value": sign.lower()} for sign in "AB"]


@pytest.mark.parametrize(
    ("field", "element"),
    [
        (
            TextField("k", "L", "v", long=True, limit=9),
            {"type": "plain_text_input", "multiline": True, "max_length": 9, "initial_value": "v"},
        ),
        (TextField("k", "L"), {"type": "plain_text_input", "multiline": False, "max_length": FIELD_TEXT}),
        (
            CityField("k", "L", "members.city", "x" * 300),
            {"type": "plain_text_input", "multiline": False, "max_length": 300, "initial_value": "x" * 300},
        ),
        (ChoiceField("k", "L", TWO, "b"), {"type": "radio_buttons", "options": ROWS, "initial_option": ROWS[1]}),
        (ChoiceField("k", "L", TWO, "c"), {"type": "radio_buttons", "options": ROWS}),
        (ChoicesField("k", "L", TWO, ("b",)), {"type": "checkboxes", "options": ROWS, "initial_options": ROWS[1:]}),
        (ChoicesField("k", "L", TWO), {"type": "checkboxes", "options": ROWS}),
        (UploadField("k", "L"), {"type": "file_input", "max_files": 1}),
        (
            ChannelField("k", "L", "C024BE7LR"),
            {
                "type": "conversations_select",
                "filter": {"include": ["public", "private"], "exclude_bot_users": True},
                "initial_conversation": "C024BE7LR",
            },
        ),
        (
            ChannelField("k", "L", "general"),
            {"type": "conversations_select", "filter": {"include": ["public", "private"], "exclude_bot_users": True}},
        ),
        (PersonField("k", "L", "U024BE7LH"), {"type": "users_select", "initial_user": "U024BE7LH"}),
        (PersonField("k", "L", "nobody"), {"type": "users_select"}),
    ],
)
def test_each_field_has_its_part_in_a_modal(field: Any, element: Json) -> None:
    (block,) = form_view(Form("F", GO, (field,)), WHERE)["blocks"]
    assert block["element"] == {"action_id": "k", **element}


def test_eleven_choices_become_a_menu_and_the_word_on_the_button_is_ours() -> None:
    many = tuple(Option(str(n), f"Option {n}") for n in range(11))
    view = form_view(Form("F", GO, (ChoiceField("k", "L", many, help="Why", required=False),), "Keep"), WHERE)
    (block,) = view["blocks"]
    assert block["element"]["type"] == "static_select"
    assert (block["hint"]["text"], block["optional"]) == ("Why", True)
    assert (view["title"]["text"], view["submit"]["text"]) == ("F", "Keep")


def test_of_two_options_with_one_value_the_first_is_ticked() -> None:
    twice = (Option("a", "A"), Option("a", "Again"), Option("b", "B"))
    (block,) = form_view(Form("F", GO, (ChoicesField("k", "L", twice, ("a",)),)), WHERE)["blocks"]
    assert block["element"]["initial_options"] == block["element"]["options"][:1]


@given(st.builds(Meta, *[st.text(max_size=30)] * 3, st.booleans()))
def test_where_a_view_belongs_comes_back_with_it(meta: Meta) -> None:
    assert Meta.decode(meta.encode()) == meta


@pytest.mark.parametrize("raw", [None, "", "x", "[]", "1", '{"home": 1, "spot": null}', "{" * 5_000])
def test_a_forged_view_belongs_nowhere(raw: Any) -> None:
    assert Meta.decode(raw) == Meta()


# --- what is heard and not seen -----------------------------------------------------------------


def question(title: str, *labels: str) -> Card:
    return Card(title, (), tuple(Button(label, Action.to("daily.answer", day=label)) for label in labels))


def spoken(blocks: Sequence[Mapping[str, Any]]) -> list[str]:
    return [element.get("accessibility_label", element["text"]["text"]) for element in pressed(blocks)]


def test_where_buttons_of_several_cards_have_the_same_label_a_screen_reader_says_the_cards_title() -> None:
    shown = [question("Monday", "Why?", "Answer"), question("Tuesday", "Why?"), question("", "Why?")]
    for blocks in (card_message(shown)["blocks"], home_view(shown)["blocks"], reply_view(shown, WHERE)["blocks"]):
        assert spoken(blocks) == ["Why?: Monday", "Answer", "Why?: Tuesday", "Why?"]
        assert [element["text"]["text"] for element in pressed(blocks)] == ["Why?", "Answer", "Why?", "Why?"]
    assert spoken(card_message([question("Monday", "Why?", "Why?")])["blocks"]) == ["Why?", "Why?"]


def test_what_a_screen_reader_says_is_as_long_as_slack_takes_it() -> None:
    shown = [question("A very long title " * 8, "Why?"), question("Another", "Why?")]
    long, short = spoken(card_message(shown)["blocks"])
    assert len(long) <= 75
    assert long.startswith("Why?: A very long title")
    assert long.endswith("…")
    assert short == "Why?: Another"


def test_cards_that_share_labels_are_weighed_with_what_a_screen_reader_says() -> None:
    buttons = tuple(Button(f"Choice {number}", GO) for number in range(10))
    shown = [Card("Long " * 14, (), buttons) for _ in range(30)]
    for some in pack(shown):
        blocks = card_message(some)["blocks"]
        assert len(json.dumps(without_options(blocks), ensure_ascii=False)) <= MESSAGE_ROOM


def test_what_a_menu_asks_is_in_the_words_of_the_notification() -> None:
    select = Select("Which day?", GO, (Option("Monday", "1"), Option("Tuesday", "2")))
    message = card_message([Card("Days", (Para(md("Choose one & all.")),), selects=(select,))])
    assert message["text"] == "Days\nChoose one &amp; all.\nWhich day?"


def test_an_answer_to_a_form_takes_the_older_views_along_when_it_is_closed() -> None:
    assert reply_view([Card("Kept")], WHERE, is_last=True)["clear_on_close"] is True
    assert "clear_on_close" not in reply_view([Card("Kept")], WHERE)
