"""Requests to Discord: paced, bounded, and judged by what is known of their fate."""

import asyncio
import inspect
import logging
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import aiohttp
import discord
import pytest
from discord.http import HTTPClient, Route

from adapters.discord import rest as rest_module
from adapters.discord.delivery import delivery_error
from adapters.discord.permissions import PUBLIC_THREADS, Attempt
from adapters.discord.rest import NotSent, Rest, shape
from adapters.discord.talk import FIRST
from bot.clock import TurnedClock
from bot.kernel.card import File
from bot.kernel.errors import DeliveryError, Later, Reason, Rejected, Unsure
from tests.adapters.discord.stage import redirected
from tests.discord_fake.limits import GENEROUS, Limits
from tests.discord_fake.server import FakeDiscord
from tests.discord_fake.town import Channel

MESSAGES = "/channels/{channel_id}/messages"


class Line:
    """A client that is logged in, without a gateway, and a channel to write in."""

    def __init__(self, fake: FakeDiscord, client: discord.Client, per_second: float) -> None:
        self.fake, self.client, self.rest = fake, client, Rest(client, per_second=per_second)
        self.guild = fake.town.add_guild("Study", owner=fake.town.add_user("Ada"))
        self.daily = fake.town.add_channel(self.guild, "daily")

    async def write(self, words: str, channel: Channel | None = None, **more: Any) -> Any:
        return await self.rest.call(
            "POST", MESSAGES, json={"content": words}, channel_id=(channel or self.daily).id, **more
        )

    @property
    def written(self) -> list[str]:
        return [message.content for message in self.fake.created]


@asynccontextmanager
async def line(clock: TurnedClock, limits: Limits = GENEROUS, per_second: float = 10_000) -> AsyncIterator[Line]:
    async with FakeDiscord(clock, limits=limits) as fake:
        with redirected(fake):
            client = discord.Client(intents=discord.Intents.none())
            await client.login(fake.token)
            opened = Line(fake, client, per_second)
            yield opened
            await opened.rest.close()
            await client.close()
            assert fake.verdicts == []


async def until(true: Callable[[], bool]) -> None:
    """Let the others run until this is true."""
    async with asyncio.timeout(10):
        while not true():  # noqa: ASYNC110 - nobody is there to set an Event
            await asyncio.sleep(0)


# --- what is sent and what comes back ---------------------------------------------------------------


async def test_a_request_gives_what_discord_answered(clock: TurnedClock) -> None:
    async with line(clock) as it:
        assert (await it.write("Hello"))["content"] == "Hello"
        me = await it.rest.call("GET", "/users/@me")
        assert me["username"] == "whetstone"


async def test_an_answer_without_a_body_is_nothing(clock: TurnedClock) -> None:
    async with line(clock) as it:
        message = await it.write("Hello")
        where = {"channel_id": it.daily.id, "message_id": message["id"]}
        assert await it.rest.call("DELETE", f"{MESSAGES}/{{message_id}}", **where) is None


async def test_files_go_beside_the_payload(clock: TurnedClock) -> None:
    async with line(clock) as it:
        files = (File("a.ics", "text/calendar", "BEGIN"), File("b.txt", "text/plain", "ünï"))
        await it.write("Two files", files=files)
        kept = it.fake.created[0].attachments
        assert [(one.filename, one.content) for one in kept] == [("a.ics", b"BEGIN"), ("b.txt", "ünï".encode())]


async def test_a_request_can_be_asked_with_a_query(clock: TurnedClock) -> None:
    async with line(clock) as it:
        await it.write("one")
        await it.write("two")
        assert len(await it.rest.call("GET", MESSAGES, query={"limit": 1}, channel_id=it.daily.id)) == 1


async def test_what_discord_refuses_is_raised_with_its_code(clock: TurnedClock) -> None:
    async with line(clock) as it:
        with pytest.raises(discord.NotFound) as gone:
            await it.rest.call("GET", "/channels/{channel_id}", channel_id=1)
        assert gone.value.code == 10003


async def test_before_the_login_and_after_the_end_nothing_is_sent(clock: TurnedClock) -> None:
    async with line(clock) as it:
        early = discord.Client(intents=discord.Intents.none())
        with pytest.raises(NotSent):
            await Rest(early).call("GET", "/users/@me")
        await it.client.close()
        with pytest.raises(NotSent):
            await it.write("Hello")
        assert it.written == []


async def test_a_refused_payload_is_logged_without_what_anybody_typed(
    clock: TurnedClock, caplog: pytest.LogCaptureFixture
) -> None:
    async with line(clock) as it:
        with pytest.raises(discord.HTTPException):
            await it.write("my secret " * 300)
        logged = next(record for record in caplog.records if record.name == rest_module.__name__)
        assert logged.shape == {"content": "<3000>"}  # type: ignore[attr-defined]
        assert "content: INVALID" in logged.why  # type: ignore[attr-defined]
        assert "my secret" not in str(vars(logged))
        it.fake.verdicts.clear()


async def test_what_lets_anybody_answer_an_interaction_is_in_no_line_of_the_log(
    clock: TurnedClock, caplog: pytest.LogCaptureFixture
) -> None:
    """Neither in ours, where a payload is refused, nor in the library's, where we are too fast."""
    caplog.set_level("INFO")
    async with line(clock) as it:
        ids: dict[str, Any] = {"webhook_id": 1234, "webhook_token": "a-secret-token", "paced": False}
        it.fake.faults.answer(400, 50035, path="/callback")
        with pytest.raises(discord.HTTPException):
            await it.rest.call("POST", "/interactions/{webhook_id}/{webhook_token}/callback", json={}, **ids)
        assert "/interactions/{webhook_id}/{webhook_token}/callback" in {
            vars(one).get("route") for one in caplog.records
        }
        logging.getLogger("discord.http").warning(
            "%s responded with 429", "https://x/webhooks/12/a-secret-token?wait=1"
        )
        assert "https://x/webhooks/12/…?wait=1" in caplog.text
        assert "a-secret-token" not in f"{caplog.text} {[vars(one) for one in caplog.records]}"


def test_the_shape_of_a_payload_has_no_words() -> None:
    assert shape({"a": ["x", {"b": "four", "c": 4, "d": None}]}) == {"a": ["<1>", {"b": "<4>", "c": 4, "d": None}]}


def test_the_doors_of_the_library_are_as_we_use_them() -> None:
    """A new release of it has to be read again: what `call` hands to `request` goes on to aiohttp untouched."""
    assert discord.__version__ == "2.7.1"
    assert inspect.signature(HTTPClient.request).parameters["kwargs"].kind is inspect.Parameter.VAR_KEYWORD
    assert "middlewares" in inspect.signature(aiohttp.ClientSession._request).parameters
    assert Route("GET", "/channels/{channel_id}", channel_id=1).major_parameters == "1"


# --- troubles on the way ------------------------------------------------------------------------------


async def test_a_connection_that_breaks_leaves_doubt(clock: TurnedClock) -> None:
    async with line(clock) as it:
        it.fake.faults.reset_after(method="POST")
        with pytest.raises((OSError, aiohttp.ClientError)) as trouble:
            await it.write("Hello")
        assert isinstance(delivery_error(trouble.value, Attempt()), Unsure)
        assert it.written == ["Hello"]


async def test_no_answer_leaves_doubt(clock: TurnedClock, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rest_module, "ANSWER", 0.05)
    monkeypatch.setattr(rest_module, "WHOLE", 3600.0)
    async with line(clock) as it:
        it.fake.faults.hang(method="POST")
        with pytest.raises(TimeoutError) as trouble:
            await it.write("Hello")
        assert isinstance(delivery_error(trouble.value, Attempt()), Unsure)


async def test_a_trouble_of_the_server_is_tried_twice_and_no_more(clock: TurnedClock) -> None:
    async with line(clock) as it:
        it.fake.faults.answer(502, method="POST", times=9)
        with pytest.raises(discord.DiscordServerError) as trouble:
            await it.write("Hello")
        assert isinstance(delivery_error(trouble.value, Attempt()), Unsure)
        assert len(it.fake.sent("POST", MESSAGES)) == 2


@pytest.mark.parametrize("status", [500, 502, 503, 504])
async def test_what_a_repeat_would_make_twice_is_tried_once(clock: TurnedClock, status: int) -> None:
    async with line(clock) as it:
        it.fake.faults.answer_after(status, method="POST", times=9)
        with pytest.raises(discord.DiscordServerError):
            await it.write("Hello", once=True)
        assert it.written == ["Hello"]


async def test_where_no_connection_can_be_made_nothing_was_sent(clock: TurnedClock) -> None:
    async with line(clock) as it:
        await it.fake._runner.cleanup()  # type: ignore[union-attr]
        with pytest.raises(aiohttp.ClientConnectorError) as trouble:
            await it.write("Hello")
        assert isinstance(delivery_error(trouble.value, Attempt()), Later)


async def test_a_limit_after_a_trouble_leaves_doubt(clock: TurnedClock, monkeypatch: pytest.MonkeyPatch) -> None:
    """The first try may have arrived, so "not sent" would be untrue."""
    monkeypatch.setattr(rest_module, "WHOLE", 3600.0)
    once_an_hour = Limits(doors={("POST", MESSAGES): (1, 3600.0)})
    async with line(clock, once_an_hour) as it:
        it.fake.faults.answer_after(502, method="POST")
        with pytest.raises(TimeoutError):
            await it.write("Hello")
        assert it.written == ["Hello"]


async def test_who_asks_no_longer_takes_the_request_along(clock: TurnedClock) -> None:
    async with line(clock) as it:
        it.fake.faults.hang(method="POST")
        asked = asyncio.create_task(it.write("Hello"))
        await until(lambda: bool(it.fake.faults.met))
        asked.cancel()
        await asyncio.gather(asked, return_exceptions=True)
        await asyncio.gather(*it.rest._open, return_exceptions=True)
        assert not it.rest._open


# --- limits --------------------------------------------------------------------------------------------


async def test_an_answer_does_not_wait_for_the_limit_that_it_used_up(clock: TurnedClock) -> None:
    """The library would give it after the hour."""
    async with line(clock, Limits(doors={("POST", MESSAGES): (1, 3600.0)})) as it:
        assert (await it.write("Hello"))["content"] == "Hello"


async def test_what_waits_for_a_limit_too_long_was_not_sent_and_holds_up_no_other_channel(
    clock: TurnedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rest_module, "TURN", 0.05)
    other_limits = Limits(doors={("POST", MESSAGES): (1, 3600.0)})
    async with line(clock, other_limits) as it:
        general = it.fake.town.add_channel(it.guild, "general")
        await it.write("one")
        results = await asyncio.gather(it.write("two"), it.write("three", general), return_exceptions=True)
        assert isinstance(results[0], NotSent)
        assert it.written == ["one", "three"]
        assert it.fake.throttled == []


async def test_a_long_limit_that_discord_names_is_not_slept_through(clock: TurnedClock) -> None:
    async with line(clock) as it:
        planned = it.fake.faults.answer(429, method="POST")
        planned.body["retry_after"] = 600.0
        with pytest.raises(NotSent) as held:
            await it.write("Hello")
        assert held.value.wait == 600


async def test_the_end_waits_for_no_limit(clock: TurnedClock) -> None:
    async with line(clock, Limits(doors={("POST", MESSAGES): (1, 3600.0)})) as it:
        await it.write("one")
        waiting = asyncio.create_task(it.write("two"))
        await until(lambda: len(it.rest._open) == 2)
        await it.rest.close()
        with pytest.raises(NotSent):
            await waiting
        assert not it.rest._open


async def test_interactions_wait_for_no_turn(clock: TurnedClock) -> None:
    """They do not count for Discord's limit of all routes; here the next turn would come in an hour."""
    async with line(clock, per_second=1 / 3600) as it:
        await it.write("one")
        assert (await it.write("two", paced=False))["content"] == "two"


async def test_the_limit_of_a_first_answer_is_forgotten(clock: TurnedClock) -> None:
    """Its address never comes again, and the library would look through all limits at each new address."""
    async with line(clock) as it:
        for number in range(3):
            with pytest.raises(discord.NotFound):
                await it.rest.call(
                    "POST", FIRST, json={"type": 6}, paced=False, webhook_id=number, webhook_token=f"token-{number}"
                )
        await it.write("one")
        kept = it.client.http._buckets
        await until(lambda: not any("token-" in key for key in kept))
        assert any(str(it.daily.id) in key for key in kept)


async def test_the_limit_of_all_routes_is_kept_before_it_is_met(clock: TurnedClock) -> None:
    """Forty channels at once, scaled down: 50 requests in a quarter of a second are too many."""
    async with line(clock, Limits(together=(50, 0.25)), per_second=160) as it:
        channels = [it.fake.town.add_channel(it.guild, f"c{number}") for number in range(90)]
        await asyncio.gather(*(it.write("Hello", channel) for channel in channels))
        assert len(it.written) == 90
        assert it.fake.throttled == []


# --- what errors mean -----------------------------------------------------------------------------------


def refused(status: int, code: int, headers: dict[str, str] | None = None) -> discord.HTTPException:
    response: Any = SimpleNamespace(status=status, reason="no", headers=headers or {})
    return discord.HTTPException(response, {"code": code, "message": ""})


DAILY = Attempt("#daily", PUBLIC_THREADS)


@pytest.mark.parametrize(
    ("status", "code", "reason", "says"),
    [
        (401, 0, Reason.TOKEN, "token"),
        (403, 50013, Reason.FORBIDDEN, "“Create Public Threads”"),
        (403, 50001, Reason.FORBIDDEN, "“Create Public Threads”"),
        (403, 99999, Reason.FORBIDDEN, "#daily"),
        (400, 160006, Reason.FORBIDDEN, "open threads"),
        (400, 50083, Reason.FORBIDDEN, "“Manage Threads”"),
        (403, 160005, Reason.FORBIDDEN, "“Manage Threads”"),
        (400, 50024, Reason.FORBIDDEN, "another channel"),
        (400, 40067, Reason.FORBIDDEN, "#daily wants a tag"),
        (400, 200000, Reason.FORBIDDEN, "AutoMod stopped this message in #daily"),
        (403, 20026, Reason.FORBIDDEN, "private messages"),
        (404, 10003, Reason.GONE, "#daily is gone"),
        (404, 10004, Reason.GONE, "Invite it again"),
        (404, 10007, Reason.GONE, "not in the server"),
        (404, 10008, Reason.GONE, "deleted this message in #daily"),
        (404, 10013, Reason.GONE, "not on Discord"),
        (404, 99999, Reason.GONE, "another channel"),
        (403, 50278, Reason.GONE, "shares no server"),
        (403, 50007, Reason.CLOSED, "Privacy Settings"),
        (400, 50035, Reason.BUG, "50035"),
        (400, 99999, Reason.BUG, "99999"),
        (413, 40005, Reason.BUG, "40005"),
    ],
)
def test_what_discord_refuses_for_good_has_a_reason_and_a_fix(
    status: int, code: int, reason: Reason, says: str
) -> None:
    error = delivery_error(refused(status, code), DAILY)
    assert isinstance(error, Rejected)
    assert error.reason is reason
    assert says in error.fix
    assert all(len(sentence.split()) < 20 for sentence in error.fix.split(". "))


@pytest.mark.parametrize(
    ("error", "wait"),
    [
        (NotSent(7), 7),
        (refused(429, 0, {"Retry-After": "12.5"}), 12.5),
        (refused(429, 0), 60),
        (refused(429, 30046), 60),
        (refused(429, 30046, {"Retry-After": "300"}), 300),
        (refused(400, 40003), 600),
        (refused(403, 20016), 60),
    ],
)
def test_what_discord_refuses_for_now_is_tried_again_later(error: Exception, wait: float) -> None:
    later = delivery_error(error, DAILY)
    assert isinstance(later, Later)
    assert later.wait == timedelta(seconds=wait)


@pytest.mark.parametrize(
    "error",
    [refused(500, 0), refused(503, 130000), TimeoutError(), ConnectionResetError(), aiohttp.ServerDisconnectedError()],
)
def test_what_nobody_knows_is_unsure(error: Exception) -> None:
    assert isinstance(delivery_error(error, DAILY), Unsure)


@pytest.mark.parametrize("status", [403, 404, 407, 408])
@pytest.mark.parametrize("body", ["<html>Attention Required! | Cloudflare</html>", {"message": "who knows"}])
def test_a_refusal_without_a_code_of_discord_is_not_its_last_word(status: int, body: object) -> None:
    """A proxy, or what stands before Discord, has pages of its own."""
    response: Any = SimpleNamespace(status=status, reason="no", headers={})
    for where in (DAILY, Attempt(gone=True), Attempt("private messages", direct=True)):
        assert isinstance(delivery_error(discord.HTTPException(response, body), where), Later)  # type: ignore[arg-type]


def test_a_server_that_is_not_available_now_is_not_gone() -> None:
    away = Attempt("#daily", PUBLIC_THREADS, away=True)
    assert isinstance(delivery_error(refused(403, 50001), away), Later)
    assert isinstance(delivery_error(refused(500, 0), away), Unsure)


def test_a_server_that_the_bot_left_says_how_to_invite_it_again() -> None:
    error = delivery_error(refused(403, 50001), Attempt(gone=True))
    assert isinstance(error, Rejected)
    assert error.reason is Reason.GONE
    assert "Invite it again" in error.fix


def test_a_word_of_the_port_stays_as_it_is() -> None:
    word: DeliveryError = Later(timedelta(seconds=1))
    assert delivery_error(word, DAILY) is word
