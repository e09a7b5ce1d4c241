"""
Requests to Discord: sent by discord.py's own client, which keeps to the limit of each route; paced and bounded by us.

Three doors of the library are used: `client.http.request`, `Route`, and the limits that it keeps, from which those of
presses are taken away. What they lack is done by a middleware of aiohttp, handed over with each request:

* the limit for all routes together ("Rate Limits", "Global Rate Limit": 50 a second) is kept before it is met
* an answer is handed on when it comes; the library first sleeps where the answer used up the route's limit
* the library repeats a request five times after a trouble of the server and sleeps 25 s in all; here it is tried
  twice, or once where a repeat could make a thing twice
* a request that still waits for its turn after `TURN` seconds is called back: it was certainly not sent
"""

import asyncio
import json as jsonlib
import logging
import re
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from http import HTTPStatus
from typing import Any

import aiohttp
import discord
from discord.http import Route

from bot.kernel.card import File

log = logging.getLogger(__name__)

Json = dict[str, Any]
Answer = tuple[aiohttp.ClientResponse, Any]  # and what its JSON says

PER_SECOND = 45.0  # Discord: 50 for all routes together; the rest is room for requests that are slow on their way
TURN = 4.0  # seconds that a request waits for the limit of its route
ANSWER = 6.0  # seconds that one try may take on its way
WHOLE = 15.0  # seconds for a request with all that the library adds; below bot.engine.courier.CALL
BLOCKED = 60.0  # seconds until the next try where Discord limits us and gives no time
TRIES = 2
_LIMITED = HTTPStatus.TOO_MANY_REQUESTS
_SECRET = re.compile(r"(/(?:interactions|webhooks)/\d+/)[^/?\s]+")
FIRST_ANSWERS = "/interactions/"  # each has an address of its own
REPEATED = {500, 502, 504, 524}  # what discord.py repeats by itself


class NotSent(Exception):
    """The request was certainly not carried out. `wait`: seconds until it may be tried again."""

    def __init__(self, wait: float) -> None:
        super().__init__(f"not sent, again in {wait:.1f} s")
        self.wait = wait


class Pace:
    """Gives everybody a turn, in order and evenly: after a moment in which nothing ran no turns are made up for."""

    def __init__(self, per_second: float) -> None:
        self._gap, self._last = 1 / per_second, float("-inf")
        self._queue = asyncio.Lock()

    async def turn(self) -> None:
        now = asyncio.get_running_loop().time
        async with self._queue:
            if (wait := self._last + self._gap - now()) > 0:
                await asyncio.sleep(wait)
            self._last = now()


class Rest:
    """
    Discord's REST interface, through a client that is logged in.

    `close` ends what still waits for a limit; call it before the client is closed.
    """

    def __init__(self, client: discord.Client, *, per_second: float = PER_SECOND) -> None:
        self._client, self._pace = client, Pace(per_second)
        logging.getLogger("discord.http").addFilter(hide_secrets)  # the same one again is no second one
        self._open: set[asyncio.Task[Any]] = set()

    async def call(
        self,
        method: str,
        path: str,
        *,
        json: Json | Sequence[Json] | None = None,
        files: Sequence[File] = (),
        query: Mapping[str, str | int] | None = None,
        paced: bool = True,
        once: bool = False,
        **ids: str | int,
    ) -> Any:
        """
        What Discord answered, None where it answered nothing.

        `path` is a template that `ids` fill; `channel_id`, `guild_id`, `webhook_id` and `webhook_token` tell limits
        apart. `paced` is false for interactions, which do not count. `once`: a repeat would make a second thing.

        Raises discord.HTTPException, NotSent, or OSError and aiohttp.ClientError where nobody knows whether it arrived.
        """  # fmt: skip
        if self._client.is_closed() or not self._client.http.token:
            raise NotSent(TURN)  # not logged in yet, or not any more
        watch = _Watch(self._pace if paced else None, 1 if once else TRIES)
        route = Route(method, path, metadata=None, **ids)
        extras: Json = {"middlewares": (watch,), **_body(json, files), **({"params": query} if query else {})}
        sent = asyncio.create_task(self._client.http.request(route, **extras))
        self._open.add(sent)
        sent.add_done_callback(partial(self._done, route))
        try:
            await _first(sent, watch, TURN)
            if watch.has_turn and not watch.answer.done() and not sent.done():
                await _first(sent, watch, WHOLE - TURN)
        finally:
            if not watch.answer.done() or isinstance(watch.answer.result(), Exception):
                sent.cancel()  # the library would try again, or sleep
        return _outcome(sent, watch, path, json)

    async def close(self) -> None:
        """End what still waits for a limit. Whoever waits for an answer is told that it was not sent or is unknown."""
        for sent in [*self._open]:
            sent.cancel()
        await asyncio.gather(*self._open, return_exceptions=True)

    def _done(self, route: Route, sent: "asyncio.Task[Any]") -> None:
        self._open.discard(sent)
        if route.path.startswith(FIRST_ANSWERS):
            _forget_limits(self._client.http, route)
        if not sent.cancelled():
            sent.exception()  # whoever asked has it from the answer


class _Watch:
    """
    Goes with one request as aiohttp's middleware and knows what became of it.

    `answer` is what Discord said in the end, or why it said nothing. It is there before the library goes on to sleep.
    `has_turn`: the limit of the route lets it through. `in_doubt`: something was sent whose fate is not known.
    """

    def __init__(self, pace: Pace | None, tries: int) -> None:
        self._pace, self._tries = pace, tries
        self.answer: asyncio.Future[Answer | Exception] = asyncio.get_running_loop().create_future()
        self.has_turn, self._troubles, self._flying = False, 0, False

    @property
    def in_doubt(self) -> bool:
        return self._flying or self._troubles > 0

    async def __call__(
        self, request: aiohttp.ClientRequest, handler: aiohttp.ClientHandlerType
    ) -> aiohttp.ClientResponse:
        self.has_turn = True
        if self._pace:
            await self._pace.turn()
        try:
            return await self._send(request, handler)
        except Exception as error:
            self._settle(error)
            raise

    async def _send(self, request: aiohttp.ClientRequest, handler: aiohttp.ClientHandlerType) -> aiohttp.ClientResponse:
        self._flying = True
        try:
            async with asyncio.timeout(ANSWER):
                response = await handler(request)
                body = await response.read()  # the library finds it there as well
        except aiohttp.ClientConnectorError:
            self._flying = False  # no connection, so nothing was sent
            raise
        self._flying = False
        data = _parsed(response, body)
        if response.status == _LIMITED:
            self._hold_back(response, data)
        elif response.status in REPEATED:
            self._troubles += 1
            if self._troubles >= self._tries:
                raise discord.DiscordServerError(response, data)
        else:
            self._settle((response, data))
        return response

    def _hold_back(self, response: aiohttp.ClientResponse, data: object) -> None:
        """The library sleeps as long as Discord says. That is right for a moment, and for the limit of all routes."""
        if isinstance(data, dict) and response.headers.get("Via"):
            wait = float(data.get("retry_after") or BLOCKED)
            if wait > TURN and not data.get("global"):
                raise NotSent(wait)

    def _settle(self, answer: "Answer | Exception") -> None:
        if not self.answer.done():
            self.answer.set_result(answer)


def _forget_limits(http: discord.http.HTTPClient, route: Route) -> None:
    """
    The library keeps a limit for each address, for five minutes at least, and looks through all of them whenever it
    meets a new address. For what is sent once to its address that is a search among all presses of five minutes.
    """
    for limit in (http._bucket_hashes.get(route.key), route.key):  # noqa: SLF001 - there is no public way
        http._buckets.pop(f"{limit}:{route.major_parameters}", None)  # noqa: SLF001 - as above


def _outcome(sent: "asyncio.Task[Any]", watch: _Watch, path: str, json: object) -> Any:
    answer = watch.answer.result() if watch.answer.done() else None
    if answer is None and sent.done() and not sent.cancelled():
        answer = sent.exception()  # type: ignore[assignment]  # a try that never got as far as the network
    if not isinstance(answer, tuple):
        raise _why_none(answer, watch)
    response, data = answer
    if response.status < HTTPStatus.MULTIPLE_CHOICES:
        return data
    if response.status == HTTPStatus.BAD_REQUEST:
        log.error(
            "discord refused a payload",
            extra={"action": "discord.payload_refused", "route": path, "why": _reasons(data),
                   "shape": shape(json)},
        )  # fmt: skip
    raise _error(response, data)


def _why_none(error: BaseException | None, watch: _Watch) -> BaseException:
    """What is known of a request that got no answer. `error`: what the library or the network said instead."""
    if error is None:
        return TimeoutError("no answer in time") if watch.in_doubt else NotSent(TURN)
    # What stops a second try says nothing about what became of the first.
    unsent = isinstance(error, NotSent | aiohttp.ClientConnectorError)
    unsent = unsent or getattr(error, "status", 0) == _LIMITED
    return TimeoutError("a trouble of the server, then no second try") if unsent and watch.in_doubt else error


async def _first(sent: "asyncio.Task[Any]", watch: _Watch, timeout: float) -> None:  # noqa: ASYNC109
    await asyncio.wait({sent, watch.answer}, timeout=timeout, return_when=asyncio.FIRST_COMPLETED)


def _body(json: object, files: Sequence[File]) -> dict[str, Any]:
    """Files go beside the JSON, as "Uploading Files" in Discord's reference says."""
    if not files:
        return {} if json is None else {"json": json}
    form: list[Json] = [{"name": "payload_json", "value": jsonlib.dumps(json), "content_type": "application/json"}]
    form += [
        {"name": f"files[{number}]", "value": file.content, "filename": file.name, "content_type": file.type}
        for number, file in enumerate(files)
    ]
    return {"form": form}


def _parsed(response: aiohttp.ClientResponse, body: bytes) -> Any:
    if not body:
        return None
    text = body.decode(errors="replace")
    try:
        return jsonlib.loads(text) if response.content_type == "application/json" else text
    except ValueError:
        return text


def _error(response: aiohttp.ClientResponse, data: Any) -> discord.HTTPException:
    kind = {403: discord.Forbidden, 404: discord.NotFound}.get(response.status, discord.HTTPException)
    if response.status >= 500:
        kind = discord.DiscordServerError
    return kind(response, data)


def hide_secrets(record: logging.LogRecord) -> bool:
    """The library writes addresses into the log. That of an interaction holds what lets anybody answer it."""
    if isinstance(record.args, tuple):
        record.args = tuple(_SECRET.sub(r"\1…", one) if isinstance(one, str) else one for one in record.args)
    return True


# --- a refused payload, without what anybody typed -------------------------------------------------------


def shape(value: object) -> object:
    """The same structure with the length of each text in place of the text."""
    match value:
        case str():
            return f"<{len(value)}>"
        case Mapping():
            return {str(key): shape(part) for key, part in value.items()}
        case list() | tuple():
            return [shape(part) for part in value]
        case _:
            return value


def _reasons(data: object) -> list[str]:
    """Which part is wrong and Discord's word for why: "components.0.custom_id: BASE_TYPE_MAX_LENGTH"."""
    if not isinstance(data, Mapping):
        return []
    return [str(data.get("code")), *_paths(data.get("errors"), "")]


def _paths(errors: object, at: str) -> Iterator[str]:
    if not isinstance(errors, Mapping):
        return
    for key, inside in errors.items():
        if key == "_errors" and isinstance(inside, Sequence):
            yield from (f"{at}: {one.get('code')}" for one in inside if isinstance(one, Mapping))
        else:
            yield from _paths(inside, f"{at}.{key}" if at else str(key))
