"""A running site with the toy feature, and people who visit it."""

import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from aiohttp.test_utils import TestClient, TestServer

from adapters.web import chat as chat_module
from adapters.web.chat import Chat
from adapters.web.platform import WebPlatform
from adapters.web.server import make_app
from bot.app import App
from bot.clock import TurnedClock
from bot.config import Config
from bot.engine import engine as engine_module
from bot.engine.engine import Engine
from bot.kernel.event import Person
from bot.store.migrate import migrate
from bot.store.sqlite import SqliteStore
from tests.adapters.web import toy

CAST = (
    Person("ana", "Ana", "Europe/Berlin", manages=True),
    Person("ben", "Ben", "America/New_York"),
    Person("cy", "Cy"),
)
Client = TestClient[Any, Any]


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "browser: needs Chromium; skipped without it")


@dataclass
class Site:
    """Everything that runs. `settle` lets the bot say what it wants to say."""

    app: App
    chat: Chat
    server: TestServer
    clock: TurnedClock
    demo: bool
    clients: list[Client] = field(default_factory=list)

    async def wait(self, wait: timedelta = timedelta(seconds=2)) -> None:
        """Turn the clock; edits that were waiting for more arrive."""
        self.clock.go(wait)
        await self.app.settle()

    def browser(self, **cookies: str) -> Client:
        """A browser in which nobody has come in yet."""
        client = TestClient(self.server, cookie_jar=aiohttp.CookieJar(unsafe=True), cookies=cookies)
        self.clients.append(client)
        return client

    async def visit(self, person: str) -> "Visit":
        """A browser in which this person has come in."""
        client = self.browser()
        if not self.demo:
            key = await self.chat.people.invite(person)
            assert (await client.get("/enter", params={"key": key})).status == 200
        token = (await (await client.get("/api/me")).json())["token"]
        visit = Visit(self, client, token)
        if self.demo:
            await visit.post("/be", person=person)
        return visit


@dataclass
class Visit:
    site: Site
    client: Client
    token: str

    async def post(self, path: str, status: int = 200, **words: Any) -> dict[str, Any]:
        """POST as a program, then let the bot speak; the JSON that came back."""
        response = await self.client.post(
            path, json=words, headers={"Accept": "application/json", "X-Token": self.token}
        )
        assert response.status == status, await response.text()
        await self.site.app.settle()
        data: dict[str, Any] = await response.json()
        return data

    async def get(self, path: str, status: int = 200, **query: str) -> dict[str, Any]:
        response = await self.client.get(path, params=query, headers={"Accept": "application/json"})
        assert response.status == status, await response.text()
        data: dict[str, Any] = await response.json()
        return data

    async def page(self, path: str, status: int = 200) -> str:
        response = await self.client.get(path)
        assert response.status == status, await response.text()
        return await response.text()

    async def messages(self, spot: str = "daily") -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = (await self.get("/api/messages", spot=spot))["messages"]
        return found

    async def found(self) -> dict[str, Any]:
        """Set the group up in #daily and post the toy's problem; the post."""
        await self.post("/do/type", spot="daily", text="")
        await self.post("/do/type", spot="daily", text="task")
        return (await self.messages())[-1]


async def open_site(folder: Path, clock: TurnedClock, *, demo: bool) -> tuple[Site, SqliteStore]:
    """A site on a folder of `blank`."""
    store = await SqliteStore.open(folder / "whetstone.db")
    chat = await Chat.open(folder / "chat", clock)
    for person in CAST:
        await chat.people.know(person)
    config = Config(data=folder)
    app = App(config, store, Engine(store, [toy.FEATURE]), {"web": WebPlatform(chat)}, clock, "test")
    server = TestServer(make_app(app, chat, demo=demo), host="127.0.0.1")
    await server.start_server()
    return Site(app, chat, server, clock, demo), store


@pytest.fixture(scope="session")
def blank(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder whose databases have their tables; each test begins with a copy."""
    folder = tmp_path_factory.mktemp("blank")
    migrate(folder / "whetstone.db", [Path(engine_module.__file__).parent / "sql"])
    (folder / "chat").mkdir()
    migrate(folder / "chat" / "chat.db", [Path(chat_module.__file__).parent / "sql"])
    return folder


@asynccontextmanager
async def running(blank: Path, folder: Path, clock: TurnedClock, *, demo: bool) -> AsyncIterator[Site]:
    """A site until the end of the block."""
    toy.heard.clear()
    shutil.copytree(blank, folder, dirs_exist_ok=True)
    site, store = await open_site(folder, clock, demo=demo)
    yield site
    for client in site.clients:
        await client.session.close()
    await site.server.close()
    await site.app.stop()
    await site.chat.close()
    await store.close()


@pytest.fixture
async def site(blank: Path, tmp_path: Path, clock: TurnedClock) -> AsyncIterator[Site]:
    """The demonstration: everybody can be anybody."""
    async with running(blank, tmp_path, clock, demo=True) as site:
        yield site


@pytest.fixture
async def closed_site(blank: Path, tmp_path: Path, clock: TurnedClock) -> AsyncIterator[Site]:
    """A real server: people come in by links."""
    async with running(blank, tmp_path, clock, demo=False) as site:
        yield site


@pytest.fixture
async def ana(site: Site) -> Visit:
    """Manages the server."""
    return await site.visit("ana")


@pytest.fixture
async def ben(site: Site) -> Visit:
    return await site.visit("ben")
