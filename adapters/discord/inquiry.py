"""Questions to Discord that need no running bot: what `setup` and `doctor` ask, one answer at a time."""

import threading
from collections.abc import Callable
from datetime import UTC, timedelta
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from types import TracebackType
from typing import Any, Self
from urllib.parse import urlsplit

import httpx

from adapters.discord.settings import DISCORD, WHERE, DiscordSettings, is_here, masked
from bot import VERSION
from bot.kernel.ports import Clock

PATIENCE = 10.0  # seconds for one answer
LONGEST_WAIT = 15.0  # seconds that we wait once when Discord asks us to

Pause = Callable[[float], object]


class NoAnswer(Exception):
    """Discord did not say what was asked. `says` is a sentence, `fix` what to do; `status` is 0 where none came."""

    def __init__(self, says: str, fix: str, status: int = 0) -> None:
        super().__init__(f"{says} {fix}")
        self.says, self.fix, self.status = says, fix, status

    @property
    def is_about_token(self) -> bool:
        return self.status == HTTPStatus.UNAUTHORIZED


class Inquiry:
    """
    One token's questions. Use as `with Inquiry(...) as discord`.

    The proxy of the environment is used, except for a server on this machine. `ahead` is by how much Discord's clock
    is ahead of ours, once something was answered.
    """

    def __init__(self, settings: DiscordSettings, clock: Clock, pause: Pause | None = None) -> None:
        self.ahead: timedelta | None = None
        self.server = "Discord" if settings.api_base == DISCORD else urlsplit(settings.api_base).netloc
        self._token, self._clock = settings.token.get_secret_value(), clock
        self._pause = pause or threading.Event().wait
        agent = f"DiscordBot (whetstone, {VERSION})"  # Discord: "Reference", "User Agent"
        headers = {"Authorization": f"Bot {self._token}", "User-Agent": agent}
        try:
            self._http = httpx.Client(
                headers=headers, timeout=PATIENCE, trust_env=not is_here(settings.api_base), follow_redirects=False
            )
        except (ImportError, ValueError, httpx.InvalidURL):
            raise NoAnswer(
                "The proxy in the environment is of a kind that is not understood.",
                "Name one that begins with http:// in HTTPS_PROXY and ALL_PROXY.",
            ) from None
        self._base = settings.api_base

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._http.close()

    def ask(self, path: str) -> Any:
        """The answer to GET `path`. Waits once when Discord says so. Raises NoAnswer."""
        answer = self._get(path)
        if answer.status_code == HTTPStatus.TOO_MANY_REQUESTS and (wait := _wait(answer)) <= LONGEST_WAIT:
            self._pause(wait)
            answer = self._get(path)
        if answer.is_success:
            try:
                return answer.json()
            except ValueError:
                raise self._stranger() from None
        raise self._why(answer, path)

    # --- inside ----------------------------------------------------------------------------------------

    def _get(self, path: str) -> httpx.Response:
        before = self._clock.now()
        try:
            answer = self._http.get(f"{self._base}/{path}")
        except httpx.TimeoutException:
            says, fix = f"{self.server} gave no answer within {PATIENCE:.0f} seconds.", "Try again in some minutes."
            raise NoAnswer(says, fix) from None
        except httpx.ProxyError:
            says = f"The proxy of this machine does not let us through to {self.server}."
            raise NoAnswer(says, "Check HTTPS_PROXY in the environment.") from None
        except (httpx.HTTPError, httpx.InvalidURL, UnicodeError) as error:
            raise self._unreachable(error) from None
        after = self._clock.now()
        try:
            # The header has whole seconds, so on average half a second is cut off.
            there = parsedate_to_datetime(answer.headers["Date"]).astimezone(UTC) + timedelta(seconds=0.5)
            self.ahead = there - (before + (after - before) / 2)
        except (KeyError, ValueError, TypeError):
            pass
        return answer

    def _unreachable(self, error: Exception) -> NoAnswer:
        host = urlsplit(self._base).hostname or self._base
        text = str(error)
        if "CERTIFICATE" in text.upper():
            fix = "Check the clock of this machine and its certificates (on Debian: apt install ca-certificates)."
            return NoAnswer(f"{host} shows a certificate that this machine does not trust.", fix)
        if "Name or service" in text or "name resolution" in text or "nodename" in text or "getaddrinfo" in text:
            return NoAnswer(f"The name {host} is not known here.", "Check the way to the internet and the name server.")
        if "refused" in text:
            fix = "Check the firewall of this machine, and DISCORD_API_BASE if you have set it."
            return NoAnswer(f"{host} refuses the connection.", fix)
        fix = "Check the way to the internet; if a proxy is needed, set HTTPS_PROXY."
        return NoAnswer(f"{self.server} cannot be reached.", fix)

    def _why(self, answer: httpx.Response, path: str) -> NoAnswer:
        status = answer.status_code
        if status == HTTPStatus.UNAUTHORIZED:
            says = f"{self.server} does not know this token (it ends in {masked(self._token)})."
            return NoAnswer(says, f"It was reset, or it is not complete. {WHERE}.", status)
        if status == HTTPStatus.TOO_MANY_REQUESTS:
            says = f"{self.server} has had too many questions from this address."
            return NoAnswer(says, f"Wait {_wait(answer):.0f} seconds, then try again.", status)
        if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
            fix = "Nothing is wrong here. Try again in some minutes; https://discordstatus.com tells more."
            return NoAnswer(f"{self.server} has trouble of its own (it answers {status}).", fix, status)
        try:
            found = answer.json()
            said = f"{found['code']}: {found['message']}"
        except (ValueError, KeyError, TypeError):
            return self._stranger(status)
        return NoAnswer(f"{self.server} answers {status} to {path} ({said}).", "Check DISCORD_API_BASE.", status)

    def _stranger(self, status: int = 0) -> NoAnswer:
        says = f"What answers at {urlsplit(self._base).netloc} does not speak Discord's language."
        return NoAnswer(says, "Check DISCORD_API_BASE, and whether a proxy or a log-in page stands between.", status)


def _wait(answer: httpx.Response) -> float:
    """Seconds that Discord asks us to wait."""
    try:
        return max(0.0, float(answer.headers.get("Retry-After") or answer.json()["retry_after"]))
    except (ValueError, KeyError, TypeError):
        return LONGEST_WAIT * 4
