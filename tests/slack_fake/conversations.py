"""Conversations and people: opening, looking up, reading back, page by page."""

from base64 import b64decode, b64encode
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from tests.slack_fake.errors import ApiError, invalid_arguments
from tests.slack_fake.payloads import channel_json, message_json, user_json
from tests.slack_fake.town import IM, MPIM, Json, Message
from tests.slack_fake.web_api import Call, find_channel, find_user, is_set, kind_scope, method, need_scope

if TYPE_CHECKING:
    from tests.slack_fake.server import FakeSlack

PARTNERS = 8  # the most people in one group message, the bot left out


@method("auth.test")
def auth_test(fake: "FakeSlack", _: Call) -> Json:
    town = fake.town
    return {
        "url": f"https://{town.domain}.slack.com/",
        "team": town.name,
        "user": town.bot.name.lower(),
        "team_id": town.team_id,
        "user_id": town.bot.id,
        "bot_id": town.bot_id,
        "is_enterprise_install": False,
    }


@method("apps.connections.open")
def connections_open(fake: "FakeSlack", _: Call) -> Json:
    return fake.socket.open()


@method("team.info", "team:read")
def team_info(fake: "FakeSlack", _: Call) -> Json:
    return {"team": {"id": fake.town.team_id, "name": fake.town.name, "domain": fake.town.domain}}


@method("users.info", "users:read")
def users_info(fake: "FakeSlack", call: Call) -> Json:
    return {"user": user_json(find_user(fake, call.need("user")[0]), fake.town)}


@method("users.list", "users:read")
def users_list(fake: "FakeSlack", call: Call) -> Json:
    users, more = _page(fake, call, list(fake.town.users.values()), 200)
    return {"members": [user_json(user, fake.town) for user in users], **more}


@method("conversations.open")
def conversations_open(fake: "FakeSlack", call: Call) -> Json:
    wanted = [one for one in str(call.args.get("users") or "").split(",") if one]
    if call.args.get("channel"):
        channel = find_channel(fake, call)
    elif not wanted:
        raise ApiError("users_list_not_supplied")
    elif len(wanted) > PARTNERS:
        raise ApiError("too_many_users")
    else:
        users = [find_user(fake, one) for one in wanted]
        if any(user.deleted for user in users):
            raise ApiError("user_disabled")
        need_scope(fake, "im:write" if len(users) == 1 else "mpim:write")
        channel = fake.town.im(users[0]) if len(users) == 1 else fake.town.mpim(users)
    if is_set(call.args.get("return_im")):
        return {"channel": channel_json(channel, fake.town)}
    return {"channel": {"id": channel.id}}


@method("conversations.info")
def conversations_info(fake: "FakeSlack", call: Call) -> Json:
    channel = find_channel(fake, call)
    need_scope(fake, kind_scope(channel, "read"))
    return {"channel": channel_json(channel, fake.town)}


@method("conversations.list")
def conversations_list(fake: "FakeSlack", call: Call) -> Json:
    kinds = {"public_channel": "channel", "private_channel": "group", "mpim": MPIM, "im": IM}
    wanted = [kinds.get(one.strip(), "") for one in str(call.args.get("types") or "public_channel").split(",")]
    if "" in wanted:
        raise ApiError("invalid_types")
    for kind in wanted:
        need_scope(fake, {"channel": "channels:read", "group": "groups:read"}.get(kind, f"{kind}:read"))
    bot = fake.town.bot.id
    found = [
        one
        for one in fake.town.channels.values()
        if one.kind in wanted and (one.kind == "channel" or bot in one.members)
    ]
    if is_set(call.args.get("exclude_archived")):
        found = [one for one in found if not one.archived]
    page, more = _page(fake, call, found, 100)
    return {"channels": [channel_json(one, fake.town) for one in page], **more}


@method("conversations.members")
def conversations_members(fake: "FakeSlack", call: Call) -> Json:
    channel = find_channel(fake, call)
    need_scope(fake, kind_scope(channel, "read"))
    page, more = _page(fake, call, list(channel.members), 100)
    return {"members": page, **more}


@method("conversations.history")
def history(fake: "FakeSlack", call: Call) -> Json:
    """
    The newest first. With `oldest` and without `latest` the page closest to `oldest` comes first: one can read forward.
    """
    channel = find_channel(fake, call)
    need_scope(fake, kind_scope(channel, "history"))
    if fake.town.bot.id not in channel.members:
        raise ApiError("not_in_channel")
    found = _between(call, [one for one in channel.messages.values() if not one.thread_ts])
    forward = bool(call.args.get("oldest")) and not call.args.get("latest")
    page, more = _page(fake, call, found if forward else found[::-1], 100)
    return {**_messages(fake, call, page[::-1] if forward else page), **more, "pin_count": 0}


@method("conversations.replies")
def replies(fake: "FakeSlack", call: Call) -> Json:
    channel = find_channel(fake, call)
    need_scope(fake, kind_scope(channel, "history"))
    ts = str(call.need("ts")[0])
    above = channel.messages.get(ts)
    if above is None:
        raise ApiError("thread_not_found")
    found = [above, *_between(call, channel.thread(above.thread_ts or ts))]
    page, more = _page(fake, call, found, 1_000)
    return {**_messages(fake, call, page), **more}


def _between(call: Call, messages: Sequence[Message]) -> list[Message]:
    """Oldest first."""
    oldest, latest = str(call.args.get("oldest") or "0"), str(call.args.get("latest") or "9" * 12)
    try:
        low, high = float(oldest), float(latest)
    except ValueError:
        raise ApiError("invalid_ts_oldest") from None
    both = is_set(call.args.get("inclusive"))
    kept = [one for one in messages if low < float(one.ts) < high or (both and one.ts in (oldest, latest))]
    return sorted(kept, key=lambda one: one.ts)


def _messages(fake: "FakeSlack", call: Call, page: Sequence[Message]) -> Json:
    told = is_set(call.args.get("include_all_metadata"))
    return {"messages": [message_json(one, fake.town, with_metadata=told) for one in page]}


def _page(fake: "FakeSlack", call: Call, everything: Sequence[Any], usual: int) -> tuple[list[Any], Json]:
    """(one page, what says how it goes on). `fake.largest_page` makes pages smaller than they were asked for."""
    limit = int(call.args.get("limit") or usual)
    if not 1 <= limit <= 1_000:
        raise invalid_arguments("limit is 1 to 1000")
    limit = min(limit, fake.largest_page)
    begin = 0
    if cursor := str(call.args.get("cursor") or ""):
        try:
            begin = int(b64decode(cursor, validate=True).decode().removeprefix("next:"))
        except ValueError:
            raise ApiError("invalid_cursor") from None
    page, rest = everything[begin : begin + limit], len(everything) > begin + limit
    following = b64encode(f"next:{begin + limit}".encode()).decode() if rest else ""
    return list(page), {"has_more": rest, "response_metadata": {"next_cursor": following}}
