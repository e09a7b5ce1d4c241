"""
What browsers and programs really sent, byte for byte, and the event that each request must become.

`web/*.http` were written down by a proxy between a browser (or a program) and the page; only the cookie and the token
were made unreadable afterwards. They are replayed in the order of their names on a page without a bot behind it.

    GOLDEN=write pytest tests/adapters/recorded      writes the events anew; then read the difference before you keep it
"""

import asyncio
import json
import os
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import cast

import pytest

from adapters.web.chat import Chat
from adapters.web.layout import Visitor
from adapters.web.server import make_app, serve
from bot.app import App
from bot.clock import TurnedClock
from bot.engine.engine import Outcome
from bot.kernel.action import Action
from bot.kernel.card import Button, Card, ChoicesField, Form, Option, Select, TextField, UploadField
from bot.kernel.effect import Ask
from bot.kernel.event import Event, Person, Pressed

HERE = Path(__file__).parent / "web"
COOKIE, TOKEN = b"c" * 43, b"t" * 64  # what stands in the files instead of the real ones, of the same length
CARD = Card(
    "A problem",
    (),
    (Button("Answer", Action.to("toy.write", task="2026-01-05"), "primary"),),
    (Select("Days a week", Action.to("toy.days"), (Option("2", "2 days"), Option("4", "4 days"))),),
)
FORM = Form(
    "Your answer",
    Action.to("toy.send", task="2026-01-05"),
    (
        TextField("text", "Answer", long=True, required=False),
        UploadField("upload", "Recording or file"),
        ChoicesField("choices", "Choices", (Option("show", "Show at the close"), Option("hide", "Hide my name"))),
    ),
)


@dataclass
class Ear:
    """Stands where the engine stands: it hears events, and opens a form when a button asks for one."""

    heard: list[Event] = field(default_factory=list)
    commands: dict[str, object] = field(default_factory=dict)
    shortcuts: dict[str, object] = field(default_factory=dict)

    async def handle(self, event: Event) -> Outcome:
        self.heard.append(event)
        asked = isinstance(event.what, Pressed) and event.what.action.route == "toy.write"
        return Outcome((Ask(FORM),)) if asked else Outcome()


@dataclass
class Deaf:
    """Stands where the bot stands."""

    engine: Ear

    def hurry(self) -> None:
        """Nothing waits to be said."""


@dataclass
class Stage:
    ear: Ear
    chat: Chat
    port: int

    async def replay(self, request: bytes) -> int:
        """Send these bytes; the status that came back."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        writer.write(request)
        status = int((await reader.readline()).split()[1])
        writer.close()
        await writer.wait_closed()
        return status


@asynccontextmanager
async def stage(folder: Path, clock: TurnedClock, port: int = 0) -> AsyncIterator[Stage]:
    """Ada, who has read a post of the bot's (m1) in #general, on a page that nobody else uses."""
    async with AsyncExitStack() as undo:
        chat, ear = await Chat.open(folder, clock), Ear()
        undo.push_async_callback(chat.close)
        await chat.people.know(Person("ada", "Ada", "Europe/Berlin", manages=True))
        await chat.write("general", name="daily/web:demo/2026-01-05", card=CARD, thread="A problem")
        runner = await serve(make_app(cast(App, Deaf(ear)), chat), port)
        undo.push_async_callback(runner.cleanup)
        yield Stage(ear, chat, runner.addresses[0][1])


async def test_each_recorded_request_becomes_the_event_that_is_written_beside_it(
    tmp_path: Path, clock: TurnedClock
) -> None:
    async with stage(tmp_path, clock) as page:
        cookie = await page.chat.people.let_in("ada")
        token = Visitor(Person("ada"), cookie).token
        for path in sorted(HERE.glob("*.http")):
            page.ear.heard.clear()
            request = path.read_bytes().replace(COOKIE, cookie.encode()).replace(TOKEN, token.encode())
            assert await page.replay(request) in (200, 303), path.name
            events = json.dumps([plain(event) for event in page.ear.heard], indent=2, ensure_ascii=False) + "\n"
            beside = path.with_suffix(".json")
            if os.environ.get("GOLDEN") == "write":
                beside.write_text(events)
            assert events == beside.read_text(), path.name


def plain(event: Event) -> dict[str, object]:
    """The event as data. A file's reference is drawn by lot, so only that there is one is kept."""
    values: dict[str, object] = json.loads(json.dumps(asdict(event), default=str), object_hook=_without_reference)
    return values | {"what": {"": type(event.what).__name__, **cast(dict[str, object], values["what"])}}


def _without_reference(part: dict[str, object]) -> dict[str, object]:
    return part | {"reference": "some file"} if part.get("reference") else part


async def test_a_recorded_request_with_another_cookie_is_refused(tmp_path: Path, clock: TurnedClock) -> None:
    async with stage(tmp_path, clock) as page:
        assert await page.replay(next(HERE.glob("*.http")).read_bytes()) == 401
        assert page.ear.heard == []


def test_every_door_that_leads_to_the_bot_was_recorded() -> None:
    paths = {path.read_bytes().split(b" ", 2)[1].decode() for path in HERE.glob("*.http")}
    assert paths == {f"/do/{door}" for door in ("press", "submit", "say", "edit", "delete", "tell", "type", "choose")}


@pytest.mark.parametrize("kind", ["application/x-www-form-urlencoded", "application/json", "multipart/form-data"])
def test_every_kind_of_body_was_recorded(kind: str) -> None:
    assert any(f"content-type: {kind}" in path.read_bytes().decode("latin-1").lower() for path in HERE.glob("*.http"))
