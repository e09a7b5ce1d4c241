"""The door of the Web API: from a request to a method and back, with scopes, limits and whatever goes wrong."""

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from aiohttp import web

from tests.slack_fake.errors import ApiError, invalid_arguments, missing_scope
from tests.slack_fake.faults import Kind, Planned
from tests.slack_fake.limits import Throttled
from tests.slack_fake.rules import Fault, Verdict
from tests.slack_fake.town import IM, MPIM, PRIVATE, PUBLIC, Channel, Message, User

if TYPE_CHECKING:
    from tests.slack_fake.server import FakeSlack

Json = dict[str, Any]
JSON_INSIDE = ("blocks", "metadata", "view", "files", "attachments")  # written as JSON within a form


@dataclass
class Call:
    """One request."""

    method: str
    args: Json
    error: str = ""  # that was answered; "reset" or "hang" when nothing was
    status: int = 200

    def need(self, *names: str) -> list[Any]:
        for name in names:
            if self.args.get(name) in (None, ""):
                raise invalid_arguments(f"missing required field: {name}")
        return [self.args[name] for name in names]


Handler = Callable[["FakeSlack", Call], Json]


@dataclass(frozen=True)
class Method:
    handler: Handler
    scopes: tuple[str, ...] = field(default=())


METHODS: dict[str, Method] = {}


def method(name: str, *scopes: str) -> Callable[[Handler], Handler]:
    """Which scopes it needs, all of them; where that depends on the conversation, the handler asks by `need_scope`."""

    def register(handler: Handler) -> Handler:
        METHODS[name] = Method(handler, scopes)
        return handler

    return register


async def serve(fake: "FakeSlack", name: str, request: web.Request, token: str, args: Json) -> web.StreamResponse:
    """One request, from the first byte to the last."""
    call = Call(name, args)
    fake.calls.append(call)
    fault = fake.faults.next(name)
    if fault and (broken := await cut_short(fake, fault, request, call)) is not None:
        return broken
    wait, scope = fake.meter.count(name, str(args.get("channel", ""))) if name in METHODS else (0, "")
    if wait:
        fake.throttled.append(Throttled(name, str(args.get("channel", "")), scope, wait))
        call.status, call.error = 429, "ratelimited"
        return reply({"ok": False, "error": "ratelimited"}, 429, {"Retry-After": str(wait)})
    body = _handle(fake, call, token)
    if fault and fault.kind is Kind.RESET_AFTER:
        call.error = "reset"
        return hang_up(request)
    if fault and fault.kind is Kind.ANSWER_AFTER:
        call.status = fault.status
        return reply(fault.body, fault.status)
    headers = {"X-OAuth-Scopes": ",".join(sorted(fake.scopes))} if name != "apps.connections.open" else {}
    return reply(body, headers=headers)


def _handle(fake: "FakeSlack", call: Call, token: str) -> Json:
    found = METHODS.get(call.method)
    if found is None:
        fake.verdicts.append(Verdict(call.method, (Fault((), "this fake has no such method"),), call.args))
        return ApiError("unknown_method").body
    try:
        _let_in(fake, call.method, token)
        for scope in found.scopes:
            need_scope(fake, scope)
        return {"ok": True, **found.handler(fake, call)}
    except ApiError as error:
        call.error = error.error
        return error.body


def _let_in(fake: "FakeSlack", name: str, token: str) -> None:
    """Raises ApiError. `apps.connections.open` takes the app's token, everything else the bot's."""
    if not token:
        raise ApiError("not_authed")
    is_apps = name == "apps.connections.open"
    if token not in (fake.app_token, fake.bot_token):
        raise ApiError("invalid_auth")
    if token != (fake.app_token if is_apps else fake.bot_token):
        raise ApiError("not_allowed_token_type")
    if not is_apps and fake.revoked:
        raise ApiError(fake.revoked)


def need_scope(fake: "FakeSlack", *any_of: str) -> None:
    """One of these scopes must be granted. Raises ApiError that names them."""
    if not fake.scopes & set(any_of):
        raise missing_scope(",".join(any_of), ",".join(sorted(fake.scopes)))


def kind_scope(channel: Channel, right: str) -> str:
    """“history” of a private channel is `groups:history`."""
    return {PUBLIC: "channels", PRIVATE: "groups", IM: "im", MPIM: "mpim"}[channel.kind] + f":{right}"


def refuse(fake: "FakeSlack", about: str, faults: Iterable[Fault], body: Any, error: Callable[..., ApiError]) -> None:
    """Remember and raise, if there are any faults and they are looked for."""
    found = tuple(faults) if fake.judges else ()
    if found:
        fake.verdicts.append(Verdict(about, found, body))
        raise error(*map(str, found))


def find_channel(fake: "FakeSlack", call: Call) -> Channel:
    """The conversation that the bot can see. Raises ApiError."""
    channel = fake.town.channels.get(call.need("channel")[0])
    hidden = channel and channel.kind != PUBLIC and fake.town.bot.id not in channel.members
    if channel is None or hidden:
        raise ApiError("channel_not_found")
    return channel


def find_user(fake: "FakeSlack", user_id: Any) -> User:
    user = fake.town.users.get(str(user_id))
    if user is None:
        raise ApiError("user_not_found")
    return user


def find_own(fake: "FakeSlack", channel: Channel, ts: Any, error: str) -> Message:
    """A message that the bot wrote. Raises ApiError."""
    message = channel.messages.get(str(ts))
    if message is None or message.deleted:
        raise ApiError("message_not_found")
    if message.user is not fake.town.bot:
        raise ApiError(error)
    return message


# --- HTTP --------------------------------------------------------------------------------------


async def read_args(request: web.Request) -> Json:
    """JSON bodies, forms and query strings alike."""
    found: Json = dict(request.query)
    if request.content_type == "application/json":
        found |= await request.json()
    elif request.can_read_body:
        found |= dict(await request.post())
    for key in JSON_INSIDE:
        if isinstance(found.get(key), str):
            found[key] = json.loads(found[key])
    return {key: value for key, value in found.items() if value is not None and key != "token"}


async def cut_short(
    fake: "FakeSlack", fault: Planned, request: web.Request, call: Call | None = None
) -> web.StreamResponse | None:
    """What happens instead of an answer; None when the call is carried out first."""
    error = {Kind.ANSWER: "refused", Kind.RESET_BEFORE: "reset", Kind.HANG: "hang"}.get(fault.kind, "")
    if call:
        call.error = error
    match fault.kind:
        case Kind.ANSWER:
            return reply(fault.body, fault.status, fault.headers)
        case Kind.RESET_BEFORE:
            return hang_up(request)
        case Kind.HANG:
            await fake.closing.wait()
            return hang_up(request)
        case _:
            return None


def hang_up(request: web.Request) -> web.Response:
    if request.transport is not None:
        request.transport.abort()
    return web.Response(status=500)


def reply(body: Any, status: int = 200, headers: dict[str, str] | None = None) -> web.Response:
    if isinstance(body, str):
        return web.Response(text=body, status=status, headers=headers)
    return web.json_response(body, status=status, headers=headers)


def is_set(value: Any) -> bool:
    """Query strings say true in several ways."""
    return value in (True, 1, "1", "true", "True")
