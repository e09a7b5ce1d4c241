"""
Every card and form as each platform receives it, written down in `golden/<platform>/<feature>/<example>`.

    GOLDEN=write pytest tests/adapters/test_golden.py      writes them anew; then read the difference before you keep it
"""

import json
import os
import shutil
from collections.abc import Callable, Mapping
from functools import cache
from html.parser import HTMLParser
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from adapters.gallery import examples, for_discord, for_slack
from adapters.web.forms import Offered, form_html
from adapters.web.translate import Reader, Slip, card_html
from bot.kernel.card import Card, Form
from tests.adapters.discord.library import modal_of, settled, view_of
from tests.discord_fake.judge import get_judge
from tests.discord_fake.rules import message_faults, modal_faults
from tests.slack_fake import judge as slack

HERE = Path(__file__).parent / "golden"
READER = Reader(ZoneInfo("Europe/Berlin"), {"ada": "Ada", "ben": "Ben"})
SLIP = Slip("token", "delivery", "general", "m7", "3", "/c/general", "/card-file/m7")
OFFERED = Offered((("general", "#general"), ("daily", "#daily")), (("ada", "Ada"), ("ben", "Ben")))
VOID = {"input", "br", "hr", "img"}  # elements without an end


def draw_for_web(example: Card | Form) -> str:
    if isinstance(example, Card):
        drawn = card_html(example, READER, SLIP)
    else:
        drawn = form_html(example, SLIP, 5, offered=OFFERED)
    return str(drawn).replace("><", ">\n<") + "\n"


def draw_for_discord(example: Card | Form) -> str:
    return json.dumps(for_discord(example), indent=1, ensure_ascii=False) + "\n"


def draw_for_slack(example: Card | Form) -> str:
    return json.dumps(for_slack(example), indent=1, ensure_ascii=False) + "\n"


RENDERERS: Mapping[str, tuple[str, Callable[[Card | Form], str]]] = {
    "web": ("html", draw_for_web),
    "discord": ("json", draw_for_discord),
    "slack": ("json", draw_for_slack),
}


@cache
def drawn() -> Mapping[str, str]:
    """`{"web/daily/board_card.html": "<div ..."}`"""
    return {
        f"{platform}/{name}.{ending}": draw(example)
        for platform, (ending, draw) in RENDERERS.items()
        for name, example in examples().items()
    }


def written() -> set[str]:
    return {str(path.relative_to(HERE)) for path in HERE.rglob("*") if path.is_file()}


if os.environ.get("GOLDEN") == "write":
    drawn()  # first: what cannot be drawn must not cost us what was written down
    shutil.rmtree(HERE, ignore_errors=True)
    for name, text in drawn().items():
        (HERE / name).parent.mkdir(parents=True, exist_ok=True)
        (HERE / name).write_text(text)


@pytest.mark.parametrize("name", drawn())
def test_it_looks_as_it_was_written_down(name: str) -> None:
    path = HERE / name
    assert path.exists(), f"{name} was never written down. Look at it, then run this file with GOLDEN=write."
    assert drawn()[name] == path.read_text(), (
        f"{name} looks different. If that is meant, run this file with GOLDEN=write."
    )


def test_nothing_is_written_down_that_no_longer_exists() -> None:
    assert written() - set(drawn()) == set(), "Run this file with GOLDEN=write: it removes what is stale."


def test_every_feature_with_cards_shows_them() -> None:
    folders = (Path(__file__).parents[2] / "bot" / "features").glob("*/cards.py")
    assert {name.split("/")[0] for name in examples()} == {path.parent.name for path in folders}


@pytest.mark.parametrize("name", [name for name in drawn() if name.endswith(".html")])
def test_a_page_understands_every_tag_of_it(name: str) -> None:
    page = Page()
    page.feed(drawn()[name])
    page.close()
    assert page.wrong == []
    assert page.open == []
    assert set(page.pointed_at) <= set(page.ids)


@pytest.mark.parametrize(
    ("page", "wrong"),
    [
        ("<p><b>x</p></b>", "</p> closes <b>"),
        ("<p>x</div>", "</div> closes <p>"),
        ('<a id="x"></a><a id="x"></a>', "two elements are called x"),
        ("<button>x</button>", "a button outside a form"),
        ("<input>", "a field outside a form"),
        ('<p class="a" class="b"></p>', "an attribute of <p> stands twice"),
    ],
)
def test_a_broken_page_is_noticed(page: str, wrong: str) -> None:
    found = Page()
    found.feed(page)
    assert wrong in found.wrong


# --- Discord -------------------------------------------------------------------------------

MESSAGES = [f"discord/{name}.json" for name, example in examples().items() if isinstance(example, Card)]
MODALS = [f"discord/{name}.json" for name, example in examples().items() if isinstance(example, Form)]


@pytest.mark.parametrize("name", MESSAGES)
def test_discord_takes_every_message(name: str) -> None:
    body = json.loads(drawn()[name])
    files = [entry["filename"] for entry in body["attachments"]]
    assert get_judge().request("POST", "/channels/{channel_id}/messages", body) == []
    assert list(message_faults(body, files)) == []


@pytest.mark.parametrize("name", MODALS)
def test_discord_takes_every_modal(name: str) -> None:
    body = {"type": 9, "data": json.loads(drawn()[name])}
    path = "/interactions/{interaction_id}/{interaction_token}/callback"
    assert get_judge().request("POST", path, body, "ModalInteractionCallbackRequest") == []
    assert list(modal_faults(body["data"])) == []


@pytest.mark.parametrize("name", MESSAGES)
def test_discord_py_builds_the_same_message(name: str) -> None:
    body = json.loads(drawn()[name])
    assert settled(view_of(body).to_components()) == settled(body["components"])


@pytest.mark.parametrize("name", MODALS)
async def test_discord_py_builds_the_same_modal(name: str) -> None:
    data = json.loads(drawn()[name])
    assert settled(modal_of(data).to_components()) == settled(data["components"])


# --- Slack ---------------------------------------------------------------------------------


@pytest.mark.parametrize("name", [name for name in drawn() if name.startswith("slack/")])
def test_slack_takes_every_message_and_every_view(name: str) -> None:
    """As slack_sdk's own models read it, and by the rules that they do not know."""
    body = json.loads(drawn()[name])
    faults = slack.view_faults(body) if body.get("type") == "modal" else slack.message_faults(body)
    assert faults == []


# --- the web page --------------------------------------------------------------------------


class Page(HTMLParser):
    """Follows every tag of a piece of HTML and keeps what is `wrong` with it."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.wrong: list[str] = []
        self.ids: list[str] = []
        self.pointed_at: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        known = dict(attrs)
        if len(known) < len(attrs):
            self.wrong.append(f"an attribute of <{tag}> stands twice")
        if id_ := known.get("id"):
            self.wrong += [f"two elements are called {id_}"] * (id_ in self.ids)
            self.ids.append(id_)
        for pointer in ("for", "aria-describedby", "list"):
            self.pointed_at += (known.get(pointer) or "").split()
        if tag in ("button", "input", "select", "textarea") and "form" not in self.open:
            self.wrong.append(f"a {'button' if tag == 'button' else 'field'} outside a form")
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if not self.open or self.open[-1] != tag:
            self.wrong.append(f"</{tag}> closes <{self.open[-1] if self.open else ''}>")
        if tag in self.open:  # the innermost of its kind
            while self.open.pop() != tag:
                pass
