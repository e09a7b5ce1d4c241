"""Questions to a platform that need no running bot: what `setup` and `doctor` ask, one answer at a time."""

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, timedelta
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from types import TracebackType
from typing import Any, Self
from urllib.parse import urlsplit

import httpx

from adapters.settings import is_here
from bot.kernel.ports import Clock

PATIENCE = 10.0  # seconds for one answer
LONGEST_WAIT = 15.0  # seconds that we wait once when we are asked to

Pause = Callable[[float], object]


class NoAnswer(Exception):
    """
    Nobody said what was asked. `says` is a sentence, `fix` what to do.

    `status` is 0 where no answer came; `word` is what a platform calls its refusal.
    """

    def __init__(
        self, says: str, fix: str, status: int = 0, *, word: str = "", is_about_token: bool | None = None
    ) -> None:
        super().__init__(f"{says} {fix}")
        self.says, self.fix, self.status, self.word = says, fix, status, word
        self.is_about_token = status == HTTPStatus.UNAUTHORIZED if is_about_token is None else is_about_token


@dataclass(frozen=True, slots=True)
class Server:
    """Who is asked: a platform at its usual address, or something else that speaks its language at `base`."""

    platform: str
    usual: str
    base: str
    setting: str  # that names `base`
    status_page: str

    @property
    def name(self) -> str:
        return self.platform if self.base == self.usual else self.host

    @property
    def host(self) -> str:
        """With its port."""
        return urlsplit(self.base).netloc


class Asking:
    """
    Questions to one server. Use it in a `with`.

    The proxy of the environment is used, except for a server on this machine. `ahead` is by how much the server's clock
    is ahead of ours, once something was answered.
    """

    def __init__(self, server: Server, headers: Mapping[str, str], clock: Clock, pause: Pause | None = None) -> None:
        self.ahead: timedelta | None = None
        self.server, self._clock = server, clock
        self._pause = pause or threading.Event().wait
        try:
            self._http = httpx.Client(
                headers=headers, timeout=PATIENCE, trust_env=not is_here(server.base), follow_redirects=False
            )
        except (ImportError, ValueError, httpx.InvalidURL):
            raise NoAnswer(
                "The proxy in the environment is of a kind that is not understood.",
                "Name one that begins with http:// in HTTPS_PROXY and ALL_PROXY.",
            ) from None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._http.close()

    def send(self, method: str, url: str, **more: Any) -> httpx.Response:
        """
        Whatever is answered. Waits once when we are told to. Raises NoAnswer.

        Where the server has trouble of its own or had too many questions, that is no answer.
        """
        answer = self._send(method, url, more)
        if answer.status_code == HTTPStatus.TOO_MANY_REQUESTS and (wait := _wait(answer)) <= LONGEST_WAIT:
            self._pause(wait)
            answer = self._send(method, url, more)
        status, name = answer.status_code, self.server.name
        if status == HTTPStatus.TOO_MANY_REQUESTS:
            says = f"{name} has had too many questions from this address."
            raise NoAnswer(says, f"Wait {_wait(answer):.0f} seconds, then try again.", status)
        if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
            fix = f"Nothing is wrong here. Try again in some minutes; {self.server.status_page} tells more."
            raise NoAnswer(f"{name} has trouble of its own (it answers {status}).", fix, status)
        return answer

    def stranger(self, status: int = 0) -> NoAnswer:
        """For an answer that is not in the platform's language."""
        says = f"What answers at {self.server.host} does not speak {self.server.platform}'s language."
        fix = f"Check {self.server.setting}, and whether a proxy or a log-in page stands between."
        return NoAnswer(says, fix, status)

    # --- inside ----------------------------------------------------------------------------------------

    def _send(self, method: str, url: str, more: Mapping[str, Any]) -> httpx.Response:
        name, before = self.server.name, self._clock.now()
        try:
            answer = self._http.request(method, url, **more)
        except httpx.TimeoutException:
            says, fix = f"{name} gave no answer within {PATIENCE:.0f} seconds.", "Try again in some minutes."
            raise NoAnswer(says, fix) from None
        except httpx.ProxyError:
            says = f"The proxy of this machine does not let us through to {name}."
            raise NoAnswer(says, "Check HTTPS_PROXY in the environment.") from None
        except (httpx.HTTPError, httpx.InvalidURL, UnicodeError) as error:
            raise self._unreachable(url, error) from None
        after = self._clock.now()
        try:
            # The header has whole seconds, so on average half a second is cut off.
            there = parsedate_to_datetime(answer.headers["Date"]).astimezone(UTC) + timedelta(seconds=0.5)
            self.ahead = there - (before + (after - before) / 2)
        except (KeyError, ValueError, TypeError):
            pass
        return answer

    def _unreachable(self, url: str, error: Exception) -> NoAnswer:
        host = urlsplit(url).hostname or url
        text = str(error)
        if "CERTIFICATE" in text.upper():
            fix = "Check the clock of this machine and its certificates (on Debian: apt install ca-certificates)."
            return NoAnswer(f"{host} shows a certificate that this machine does not trust.", fix)
        if "Name or service" in text or "name resolution" in text or "nodename" in text or "getaddrinfo" in text:
            return NoAnswer(f"The name {host} is not known here.", "Check the way to the internet and the name server.")
        if "refused" in text:
            fix = f"Check the firewall of this machine, and {self.server.setting} if you have set it."
            return NoAnswer(f"{host} refuses the connection.", fix)
        fix = "Check the way to the internet; if a proxy is needed, set HTTPS_PROXY."
        return NoAnswer(f"{self.server.name} cannot be reached.", fix)


def plain(name: object) -> str:
    """A name that others chose, safe on a terminal: no control characters, not endless."""
    return "".join(letter if letter.isprintable() else " " for letter in str(name))[:100]


def _wait(answer: httpx.Response) -> float:
    """Seconds that we are asked to wait."""
    try:
        return max(0.0, float(answer.headers.get("Retry-After") or answer.json()["retry_after"]))
    except (ValueError, KeyError, TypeError):
        return LONGEST_WAIT * 4
