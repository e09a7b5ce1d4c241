"""The driver of the browser platform: the same deeds as in `tests.story`, over the doors that a page uses."""

import json
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any

import aiohttp
from aiohttp.test_utils import TestClient, TestServer

from adapters.web.chat import Chat, direct
from adapters.web.platform import WebPlatform
from adapters.web.server import make_app
from bot.app import App, open_app
from bot.clock import TurnedClock
from bot.config import Config
from bot.engine import outbox
from bot.kernel.event import Person, Upload, Value
from tests.story import Answered, Sheet, Sight, find_button, find_option
from tests.world import BERLIN, CHANNEL, GROUP, TENANT, catalogue, travel

Json = dict[str, Any]
HOME = "home"


@dataclass
class Visit:
    """One member's browser: what they see, the form they have open, and where that stands."""

    client: TestClient[Any, Any]
    token: str
    seen: tuple[Sight, ...] = ()
    form: Json | None = None
    where: Json = field(default_factory=lambda: {"spot": CHANNEL})


class WebDriver:
    def __init__(self, app: App, chat: Chat, server: TestServer, clock: TurnedClock) -> None:
        self.app, self.chat, self.clock, self._server = app, chat, clock, server
        self._persons: dict[str, Person] = {}
        self._visits: dict[str, Visit] = {}
        self._deliveries = count(1)
        self._last: tuple[str, str, Json] | None = None

    async def close(self) -> None:
        for visit in self._visits.values():
            await visit.client.session.close()

    def person(self, member: str, *, zone: str = "", manages: bool = False) -> None:
        self._persons[member] = Person(member, member.title(), zone, manages)

    async def found(self, organiser: str = "olga", *, zone: str = BERLIN) -> Answered:
        self.person(organiser, zone=zone, manages=True)
        await self.type(organiser, "/study")
        return await self.press(organiser, "organiser.setup")

    async def press(self, member: str, label: str, on: str = "") -> Answered:
        sights, where = await self._before(member, on)
        _, action = find_button(sights, label)
        return await self._do(member, "press", {**where, "action": action})

    async def choose(self, member: str, what: str, on: str = "") -> Answered:
        if on and await self._is_chat(member, on):
            shortcuts = (s for _, s in self.app.engine.routes.shortcuts.values())
            verb = next((s.verb for s in shortcuts if what in (s.label, s.verb)), what)
            return await self._do(member, "choose", {"verb": verb, "receipt": on})
        sights, where = await self._before(member, on)
        _, action, value = find_option(sights, what)
        return await self._do(member, "press", {**where, "action": action, "value": value})

    async def fill(self, member: str, values: dict[str, Value]) -> Answered:
        visit = await self._visit(member)
        form = visit.form
        assert form, f"{member} has no form open"
        keys = {part["key"] for part in form["fields"]}
        assert not set(values) - keys, f"the form “{form['title']}” has no field {set(values) - keys}; it has {keys}"
        kept = {part["key"]: part["value"] for part in form["fields"] if part["kind"] != "upload"}
        # Without the form's number the page's own checks stay out of the way: a story is about the bot's.
        sent = {**visit.where, "action": form["action"], "fields": {**kept, **values}}
        return await self._do(member, "submit", sent)

    async def say(self, member: str, post: str, text: str) -> Answered:
        message = await self._named(member, post)
        return await self._do(member, "say", {"spot": message["receipt"], "text": text})

    async def edit(self, member: str, receipt: str, text: str) -> Answered:
        return await self._do(member, "edit", {"receipt": receipt, "text": text})

    async def take_back(self, member: str, receipt: str) -> Answered:
        return await self._do(member, "delete", {"receipt": receipt})

    async def tell(self, member: str, text: str) -> Answered:
        return await self._do(member, "tell", {"text": text, "spot": direct(member)})

    async def type(self, member: str, command: str) -> Answered:
        return await self._do(member, "type", {"spot": CHANNEL, "text": command})

    async def open(self, member: str) -> Sequence[Sight]:
        visit = await self._visit(member)
        cards = (await self._get(member, "/api/home"))["cards"]
        visit.seen, visit.form, visit.where = tuple(_sight(card) for card in cards), None, {"spot": HOME}
        return visit.seen

    async def read(self, member: str, place: str = "channel") -> Sequence[Sight]:
        await self.wait(outbox.MERGE)
        if place == "home":
            return await self.open(member)
        if place == "channel":
            messages = [message for spot in await self._channels(member) for message in await self._at(member, spot)]
        elif place == "private":
            messages = await self._at(member, direct(member))
        else:
            messages = await self._at(member, (await self._named(member, place))["receipt"])
        return tuple(_sight(m["card"], m["name"], m["receipt"]) for m in messages if m["card"])

    async def suggest(self, member: str, source: str, typed: str) -> Sequence[str]:
        visit = await self._visit(member)
        found = await self._get(member, "/api/suggest", source=source, typed=typed, spot=visit.where["spot"])
        return tuple(option["label"] for option in found["options"])

    async def again(self) -> Answered:
        assert self._last, "nothing has been done yet"
        member, door, sent = self._last
        return await self._send(member, door, sent)

    async def wait(self, wait: timedelta) -> None:
        await self.until(self.clock.now() + wait)

    async def until(self, at: datetime) -> None:
        await travel(self.app, self.clock, at)

    # --- inside --------------------------------------------------------------------------

    async def _visit(self, member: str) -> Visit:
        person = self._persons.setdefault(member, Person(member, member.title()))
        known = (await self.chat.people.all()).get(member)
        if known is None or known.manages != person.manages or person.zone not in ("", known.zone):
            await self.chat.people.know(person)
        if member not in self._visits:
            client: TestClient[Any, Any] = TestClient(self._server, cookie_jar=aiohttp.CookieJar(unsafe=True))
            token = (await (await client.get("/api/me")).json())["token"]
            self._visits[member] = Visit(client, token)
            response = await client.post("/be", json={"person": member}, headers=self._headers(member))
            assert response.status == 200, await response.text()
        return self._visits[member]

    def _headers(self, member: str) -> dict[str, str]:
        return {"Accept": "application/json", "X-Token": self._visits[member].token}

    async def _get(self, member: str, path: str, **query: str) -> Json:
        visit = await self._visit(member)
        response = await visit.client.get(path, params=query, headers=self._headers(member))
        assert response.status == 200, await response.text()
        found: Json = await response.json()
        return found

    async def _at(self, member: str, spot: str) -> list[Json]:
        found: list[Json] = (await self._get(member, "/api/messages", spot=spot))["messages"]
        return found

    async def _channels(self, member: str) -> list[str]:
        places = (await self._get(member, "/api/me"))["places"]
        return [place["spot"] for place in places if place["kind"] == "channel"]

    async def _named(self, member: str, name: str) -> Json:
        """The message of that post, wherever this member can see it."""
        spots = [place["spot"] for place in (await self._get(member, "/api/me"))["places"]]
        there: list[str] = []
        for spot in spots:  # grows by the threads on the way
            for message in await self._at(member, spot):
                if message["name"] == name:
                    return message
                there.append(message["name"])
                if message["replies"]:
                    spots.append(message["receipt"])
        raise AssertionError(f"{member} cannot see {name}; there are {sorted(filter(None, there))}")

    async def _is_chat(self, member: str, receipt: str) -> bool:
        """Is this the receipt of what a member wrote, and no post's name?"""
        return "/" not in receipt and receipt[1:].isdecimal()

    async def _before(self, member: str, on: str) -> tuple[Sequence[Sight], Json]:
        """What the member looks at, and where that stands."""
        if not on:
            visit = await self._visit(member)
            return visit.seen, visit.where
        message = await self._named(member, on)
        return [_sight(message["card"], on, message["receipt"])], {
            "spot": message["spot"],
            "receipt": message["receipt"],
        }

    async def _do(self, member: str, door: str, sent: Json) -> Answered:
        self._last = member, door, {**sent, "delivery": f"delivery-{next(self._deliveries)}"}
        return await self._send(*self._last)

    async def _send(self, member: str, door: str, sent: Json) -> Answered:
        visit = await self._visit(member)
        body = _multipart(sent) if any(isinstance(v, Upload) for v in sent.get("fields", {}).values()) else None
        response = await visit.client.post(
            f"/do/{door}", headers=self._headers(member), **({"data": body} if body else {"json": sent})
        )
        assert response.status == 200, f"{door}: {response.status} {await response.text()}"
        data: Json = json.loads(await response.text())
        await self.app.settle()
        answered = _answered(data)
        visit.where = {key: sent[key] for key in ("spot", "receipt") if key in sent}
        visit.where.setdefault("spot", CHANNEL)
        form = next((answer for answer in data["answers"] if answer["kind"] == "form"), None)
        if form or (door == "submit" and not answered.refused):
            visit.form = form
        visit.seen = answered.replies or visit.seen
        return answered


def _multipart(sent: Json) -> aiohttp.FormData:
    """As a page sends a form with a file in it."""
    form = aiohttp.FormData()
    for key, value in sent.items():
        if key != "fields":
            form.add_field(key, value)
    for key, value in sent["fields"].items():
        if isinstance(value, Upload):
            form.add_field(f"f.{key}", b"x" * value.bytes, filename=value.name)
            form.add_field(f"seconds.{key}", str(value.seconds))
        elif isinstance(value, list | tuple):
            form.add_field("many", key)
            for one in value:
                form.add_field(f"f.{key}", one)
        elif value is not None:
            form.add_field(f"f.{key}", value)
    return form


def _sight(card: Json, name: str = "", receipt: str = "") -> Sight:
    buttons = tuple((button["label"], button["action"]) for button in card["buttons"])
    options = tuple((o["value"], o["label"], menu["action"]) for menu in card["selects"] for o in menu["options"])
    return Sight(card["title"], card["text"], buttons, options, name, receipt)


def _answered(data: Json) -> Answered:
    replies = tuple(_sight(answer) for answer in data["answers"] if answer["kind"] == "card")
    form = next((_sheet(answer) for answer in data["answers"] if answer["kind"] == "form"), None)
    no, receipt = data["refused"], data.get("receipt", "")
    if no is None:
        return Answered(replies, form, receipt=receipt)
    buttons = [(button["label"], button["action"]) for button in no["buttons"]]
    buttons += [("Open it again", no["again"])] if no["again"] else []
    seen = Sight(no["because"], "\n".join([no["because"], no["hint"], *no["typed"]]), tuple(buttons))
    return Answered((seen,), form, no["because"], no["hint"], no["field"], tuple(no["typed"]), receipt)


def _sheet(form: Json) -> Sheet:
    values = {
        part["key"]: tuple(part["value"]) if isinstance(part["value"], list) else part["value"]
        for part in form["fields"]
        if part["kind"] != "upload"
    }
    return Sheet(form["title"], form["action"], {part["key"]: part["label"] for part in form["fields"]}, values)


@asynccontextmanager
async def web_story(folder: Path, clock: TurnedClock) -> AsyncIterator[WebDriver]:
    """A real app behind a real server on this machine, in which everybody can be anybody."""
    async with AsyncExitStack() as stack:
        chat = await Chat.open(folder / "chat", clock, GROUP)
        stack.push_async_callback(chat.close)
        platforms = {TENANT: WebPlatform(chat)}
        app = await stack.enter_async_context(await open_app(Config(data=folder), platforms, clock, catalogue()))
        server = TestServer(make_app(app, chat, demo=True), host="127.0.0.1")
        await server.start_server()
        stack.push_async_callback(server.close)
        driver = WebDriver(app, chat, server, clock)
        stack.push_async_callback(driver.close)
        yield driver
