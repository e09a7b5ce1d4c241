"""A real slack-bolt app on a pretended Slack: it does in every deed what the test says."""

import asyncio
import re
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
from slack_bolt.adapter.socket_mode.aiohttp import AsyncSocketModeHandler
from slack_bolt.app.async_app import AsyncApp
from slack_sdk.web.async_client import AsyncWebClient

from tests.slack_fake.server import FakeSlack

Answer = Callable[["Parrot", Any, dict[str, Any]], Awaitable[Any]]
ANY = re.compile(".*", re.DOTALL)


async def quietly(parrot: "Parrot", ack: Any, body: dict[str, Any]) -> None:
    await ack()


class Parrot:
    """Hears everything; `answer` is what it does with it."""

    def __init__(self, fake: FakeSlack, session: aiohttp.ClientSession) -> None:
        self.fake = fake
        self.client = AsyncWebClient(fake.bot_token, base_url=fake.api_base, session=session, retry_handlers=[])
        self.app = AsyncApp(client=self.client, process_before_response=True, ignoring_self_events_enabled=False)
        self.handlers: list[AsyncSocketModeHandler] = []
        self.heard: list[dict[str, Any]] = []
        self.answer: Answer = quietly
        self.app.command(ANY)(self._hear)
        self.app.action(ANY)(self._hear)
        self.app.view(ANY)(self._hear)
        self.app.view_closed(ANY)(self._hear)
        self.app.shortcut(ANY)(self._hear)
        self.app.event(ANY)(self._hear)

    async def _hear(self, ack: Any, body: dict[str, Any]) -> None:
        self.heard.append(body)
        await self.answer(self, ack, body)

    @property
    def events(self) -> list[dict[str, Any]]:
        return [body["event"] for body in self.heard if "event" in body]

    async def connect(self, count: int = 1) -> None:
        before = len(self.fake.socket.connections)
        for _ in range(count):
            handler = AsyncSocketModeHandler(self.app, self.fake.app_token, ping_interval=1)
            await handler.connect_async()  # type: ignore[no-untyped-call]
            self.handlers.append(handler)
        await self.fake.socket.connected(before + count)

    async def close(self) -> None:
        for handler in self.handlers:
            await handler.close_async()  # type: ignore[no-untyped-call]
        await asyncio.sleep(0)


@asynccontextmanager
async def listening(fake: FakeSlack, connections: int = 1) -> AsyncIterator[Parrot]:
    async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=10)) as session:
        parrot = Parrot(fake, session)
        await parrot.connect(connections)
        try:
            yield parrot
        finally:
            await parrot.close()


def words(text: str) -> dict[str, Any]:
    """A message with one block."""
    return {"text": text, "blocks": [{"type": "section", "text": {"type": "mrkdwn", "text": text}}]}


def button(action_id: str, label: str = "Go", **more: Any) -> dict[str, Any]:
    return {"type": "button", "action_id": action_id, "text": {"type": "plain_text", "text": label}, **more}


def card(text: str, *buttons: dict[str, Any]) -> dict[str, Any]:
    blocks = words(text)["blocks"]
    return {"text": text, "blocks": [*blocks, *([{"type": "actions", "elements": list(buttons)}] if buttons else [])]}


def plain(text: str) -> dict[str, Any]:
    return {"type": "plain_text", "text": text}


def field(key: str, label: str = "Your answer", **more: Any) -> dict[str, Any]:
    element = {"type": "plain_text_input", "action_id": key}
    return {"type": "input", "block_id": f"field-{key}", "label": plain(label), "element": element, **more}


def modal(*blocks: dict[str, Any], title: str = "Answer", **more: Any) -> dict[str, Any]:
    found = {"type": "modal", "callback_id": "answers.write", "title": plain(title), "submit": plain("Send")}
    return {**found, "blocks": list(blocks) or [field("answer")], **more}


def page(text: str = "Your week", *buttons: dict[str, Any]) -> dict[str, Any]:
    return {"type": "home", "blocks": card(text, *buttons)["blocks"]}
