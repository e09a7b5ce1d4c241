"""The door of the REST interface: from a request to a handler and back, judged on both ways."""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from aiohttp import BodyPartReader, web

from tests.discord_fake.errors import ApiError, invalid_form, not_found, unauthorized
from tests.discord_fake.faults import Kind, Planned
from tests.discord_fake.judge import Fault, Verdict
from tests.discord_fake.limits import Throttled

if TYPE_CHECKING:
    from tests.discord_fake.server import FakeDiscord

Json = dict[str, Any]
Answer = tuple[int, Any]  # status, body (None for none)


@dataclass(frozen=True)
class Sent:
    """A file that came along."""

    field: str
    filename: str
    content: bytes
    content_type: str


@dataclass
class Call:
    """One request, understood as far as its address."""

    method: str
    template: str
    path: str
    ids: dict[str, str]
    query: dict[str, str]
    body: Any = None
    files: list[Sent] = field(default_factory=list)
    reason: str = ""
    status: int = 0  # of the answer; 0 when none was given

    def id(self, name: str) -> int:
        value = self.ids[name]
        if not value.isdecimal():
            raise ApiError(400, 50035, "Invalid Form Body", errors={name: {"_errors": [{"message": "no snowflake"}]}})
        return int(value)

    @property
    def filenames(self) -> list[str]:
        return [sent.filename for sent in self.files]


Handler = Callable[["FakeDiscord", Call], Answer]
Checks = Callable[["FakeDiscord", Call], Sequence[Fault]]


@dataclass(frozen=True)
class Route:
    method: str
    template: str
    handler: Handler
    checks: Checks | None
    schema: Callable[["FakeDiscord", Call], str] | None

    @property
    def is_public(self) -> bool:
        """No bot token is needed: the address holds one."""
        return self.template.startswith(("/interactions/", "/webhooks/"))


ROUTES: dict[tuple[str, int], list[tuple[list[str], Route]]] = {}


def route(
    method: str,
    template: str,
    *,
    checks: Checks | None = None,
    schema: Callable[["FakeDiscord", Call], str] | None = None,
) -> Callable[[Handler], Handler]:
    """`checks` are the rules that the document misses; `schema` picks where it offers several for one door."""

    def register(handler: Handler) -> Handler:
        steps = template.strip("/").split("/")
        ROUTES.setdefault((method, len(steps)), []).append((steps, Route(method, template, handler, checks, schema)))
        return handler

    return register


def find_route(method: str, path: str) -> tuple[Route, dict[str, str]] | None:
    """Literal steps win over placeholders: `/messages/pins` is no message called “pins”."""
    steps = path.strip("/").split("/")
    best: tuple[int, Route, dict[str, str]] | None = None
    for wanted, found in ROUTES.get((method, len(steps)), ()):
        if all(want[0] == "{" or want == step for want, step in zip(wanted, steps, strict=True)):
            ids = {want[1:-1]: step for want, step in zip(wanted, steps, strict=True) if want[0] == "{"}
            if best is None or len(ids) < best[0]:
                best = len(ids), found, ids
    return best and (best[1], best[2])


async def serve(fake: "FakeDiscord", request: web.Request) -> web.StreamResponse:
    """One request, from the first byte to the last."""
    path = "/" + request.match_info["tail"]
    found = find_route(request.method, path)
    if found is None:
        fake.verdicts.append(Verdict("request", request.method, path, (Fault((), "this fake has no such door"),)))
        return _reply(*_error(not_found()))
    way, ids = found
    call = Call(request.method, way.template, path, ids, dict(request.query))
    call.reason = request.headers.get("X-Audit-Log-Reason", "")
    await _read(call, request)
    fake.calls.append(call)
    fault = fake.faults.next(call.method, call.template, path)
    if fault and (broken := await _break(fake, fault, request)) is not None:
        return broken
    major = call.ids.get("channel_id") or call.ids.get("guild_id") or "/".join(list(call.ids.values())[:2])
    headers, wait, scope = fake.meter.count(call.method, call.template, major, counts_together=not way.is_public)
    if wait:
        return _throttle(fake, call, headers, wait, scope)
    status, body = _handle(fake, way, call, request.headers.get("Authorization", ""))
    call.status = status
    if fault and fault.kind is Kind.RESET_AFTER:
        call.status = 0
        return _cut(request)
    if fault and fault.kind is Kind.STATUS_AFTER:
        status, body = fault.status, fault.body
    return _reply(status, body, headers)


def _handle(fake: "FakeDiscord", way: Route, call: Call, token: str) -> Answer:
    if not way.is_public and token != f"Bot {fake.token}":
        return _error(unauthorized())
    try:
        faults = _judge_request(fake, way, call)
        if faults:
            fake.verdicts.append(Verdict("request", call.method, call.path, tuple(faults), call.body))
            raise invalid_form(faults)
        status, body = way.handler(fake, call)
    except ApiError as error:
        return _error(error)
    if fake.judge:
        said = fake.judge.answer(call.method, call.template, status, body)
        if said:
            fake.verdicts.append(Verdict("answer", call.method, call.path, tuple(said), body))
    return status, body


def _judge_request(fake: "FakeDiscord", way: Route, call: Call) -> list[Fault]:
    if fake.judge is None:
        return []
    schema = way.schema(fake, call) if way.schema else ""
    faults = fake.judge.request(call.method, call.template, call.body, schema)
    own = list(way.checks(fake, call)) if way.checks and isinstance(call.body, dict | list) else []
    return own + faults


async def _read(call: Call, request: web.Request) -> None:
    if request.content_type == "multipart/form-data":
        async for part in await request.multipart():
            assert isinstance(part, BodyPartReader)
            content = bytes(await part.read())
            if part.name == "payload_json":
                call.body = json.loads(content)
            else:
                kind = part.headers.get("Content-Type", "application/octet-stream")
                call.files.append(Sent(part.name or "", part.filename or "", content, kind))
    elif request.can_read_body:
        raw = await request.read()
        call.body = json.loads(raw) if raw else None


async def _break(fake: "FakeDiscord", fault: Planned, request: web.Request) -> web.StreamResponse | None:
    """What happens instead of an answer; None when the request is handled first."""
    match fault.kind:
        case Kind.STATUS:
            return _reply(fault.status, fault.body, fault.headers)
        case Kind.RESET_BEFORE:
            return _cut(request)
        case Kind.HANG:
            await fake.closing.wait()
            return _cut(request)
        case _:
            return None


def _cut(request: web.Request) -> web.Response:
    if request.transport is not None:
        request.transport.abort()
    return web.Response(status=500)


def _throttle(fake: "FakeDiscord", call: Call, headers: dict[str, str], wait: float, scope: str) -> web.Response:
    call.status = 429
    fake.throttled.append(Throttled(call.method, call.path, scope, wait))
    body = {"message": "You are being rate limited.", "retry_after": round(wait, 3), "global": scope == "global"}
    return _reply(429, body, headers | {"Retry-After": f"{wait:.3f}", "X-RateLimit-Scope": scope})


def _error(error: ApiError) -> Answer:
    return error.status, error.body


def _reply(status: int, body: Any, headers: dict[str, str] | None = None) -> web.Response:
    """`Via` tells discord.py that a 429 comes from Discord; it expects the type without a charset."""
    found = {"Via": "1.1 google", **(headers or {})}
    if body is None:
        return web.Response(status=status, headers=found)
    content = json.dumps(body, separators=(",", ":"), ensure_ascii=False).encode()
    return web.Response(status=status, body=content, headers={**found, "Content-Type": "application/json"})
