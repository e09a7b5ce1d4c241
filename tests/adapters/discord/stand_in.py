"""A few answers of Discord's REST interface, on this machine, for what asks it without a running bot."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

from adapters.discord.settings import DiscordSettings

TOKEN = "MTA5OTk5OTk5OTk5OTk5OTk5OQ.GabcdE.aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaWXYZ"  # noqa: S105 - opens nothing
APP, BOT, SERVER, CHANNEL, EVERYONE_ELSE = "1001", "1002", "2001", "3001", "4001"
EVERYTHING_ASKED = 2252194950794240
Json = Any


@dataclass
class StandIn:
    """`answers` by path: JSON, or (status, JSON or text, headers). A list is given one by one, its last for ever."""

    base: str
    answers: dict[str, Json] = field(default_factory=dict)
    token: str = TOKEN
    asked: list[str] = field(default_factory=list)
    agents: set[str] = field(default_factory=set)
    date: str = ""  # of its clock, instead of this machine's

    @property
    def settings(self) -> DiscordSettings:
        return DiscordSettings.model_validate(
            {"token": self.token, "api_base": self.base, "gateway_url": "ws://127.0.0.1:1/"}
        )

    def answer(self, path: str, token: str) -> tuple[int, str, dict[str, str]]:
        self.asked.append(path)
        if token != f"Bot {self.token}":
            return 401, '{"message": "401: Unauthorized", "code": 0}', {}
        if path not in self.answers:
            return 404, '{"message": "404: Not Found", "code": 0}', {}
        found = self.answers[path]
        if isinstance(found, Several):
            found = found.left.pop(0) if len(found.left) > 1 else found.left[0]
        status, body, headers = found if isinstance(found, tuple) else (200, found, {})
        return status, body if isinstance(body, str) else json.dumps(body), headers


@dataclass
class Several:
    left: list[Json]


@contextmanager
def stand_in() -> Iterator[StandIn]:
    """One application whose bot is in one server with one channel, and may do there what it asked for."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            path = self.path.removeprefix("/api/v10/")
            discord.agents.add(self.headers["User-Agent"])
            status, body, headers = discord.answer(path, self.headers["Authorization"])
            self.send_response_only(status)
            for name, value in {"Content-Type": "application/json", **headers}.items():
                self.send_header(name, value)
            self.send_header("Date", discord.date or self.date_time_string())
            self.send_header("Content-Length", str(len(body.encode())))
            self.end_headers()
            self.wfile.write(body.encode())

        def log_message(self, format: str, *args: object) -> None:
            """Nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    discord = StandIn(f"http://127.0.0.1:{server.server_port}/api/v10")
    discord.answers |= {
        "users/@me": {"id": BOT, "username": "whetstone"},
        "oauth2/applications/@me": {
            "id": APP, "name": "Whetstone", "bot_public": False, "bot_require_code_grant": False, "flags": 0,
            "interactions_endpoint_url": None, "integration_types_config": {"0": {}, "1": {}},
        },
        "gateway/bot": {
            "url": "wss://gateway.example", "shards": 1,
            "session_start_limit": {"total": 1000, "remaining": 998, "reset_after": 3_600_000, "max_concurrency": 1},
        },
        "users/@me/guilds": [{"id": SERVER, "name": "Study hall"}],
        f"guilds/{SERVER}": {
            "id": SERVER, "owner_id": "9",
            "roles": [
                {"id": SERVER, "permissions": "1024"},
                {"id": "5001", "permissions": str(EVERYTHING_ASKED)},
                {"id": EVERYONE_ELSE, "permissions": "8"},
            ],
        },
        f"guilds/{SERVER}/members/{BOT}": {"roles": ["5001"]},
        f"channels/{CHANNEL}": {
            "id": CHANNEL, "type": 0, "name": "daily", "guild_id": SERVER, "permission_overwrites": [],
        },
    }  # fmt: skip
    thread = Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    try:
        yield discord
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
