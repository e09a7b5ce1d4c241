"""Questions to Discord that need no running bot: what `setup` and `doctor` ask, one answer at a time."""

from http import HTTPStatus
from typing import Any

import httpx

from adapters.discord.settings import DISCORD, WHERE, DiscordSettings
from adapters.inquiry import Asking, NoAnswer, Pause, Server
from adapters.settings import masked
from bot import VERSION
from bot.kernel.ports import Clock

STATUS_PAGE = "https://discordstatus.com"


class Inquiry(Asking):
    """One token's questions. Use as `with Inquiry(...) as discord`."""

    def __init__(self, settings: DiscordSettings, clock: Clock, pause: Pause | None = None) -> None:
        self._token = settings.token.get_secret_value()
        agent = f"DiscordBot (whetstone, {VERSION})"  # Discord: "Reference", "User Agent"
        headers = {"Authorization": f"Bot {self._token}", "User-Agent": agent}
        server = Server("Discord", DISCORD, settings.api_base, "DISCORD_API_BASE", STATUS_PAGE)
        super().__init__(server, headers, clock, pause)

    def ask(self, path: str) -> Any:
        """The answer to GET `path`. Waits once when Discord says so. Raises NoAnswer."""
        answer = self.send("GET", f"{self.server.base}/{path}")
        if not answer.is_success:
            raise self._why(answer, path)
        try:
            return answer.json()
        except ValueError:
            raise self.stranger() from None

    def _why(self, answer: httpx.Response, path: str) -> NoAnswer:
        status, name = answer.status_code, self.server.name
        if status == HTTPStatus.UNAUTHORIZED:
            says = f"{name} does not know this token (it ends in {masked(self._token)})."
            return NoAnswer(says, f"It was reset, or it is not complete. {WHERE}.", status)
        try:
            found = answer.json()
            said = f"{found['code']}: {found['message']}"
        except (ValueError, KeyError, TypeError):
            return self.stranger(status)
        return NoAnswer(f"{name} answers {status} to {path} ({said}).", "Check DISCORD_API_BASE.", status)
