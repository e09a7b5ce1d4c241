"""A simulated member's browser: the same addresses, cookies and tokens as a person's."""

from collections.abc import Mapping, Sequence
from http import HTTPStatus
from types import TracebackType
from typing import Any

import aiohttp

Data = dict[str, Any]
PATIENCE = aiohttp.ClientTimeout(total=30)


class Browser:
    """One person at one server. Raises aiohttp's errors; a refusal of the bot is no error but an answer."""

    def __init__(self, address: str) -> None:
        # No proxy and no .netrc (aiohttp's own habit): what happens on this machine stays on it. The cookies of an
        # address without a name count as unsafe there.
        self._http = aiohttp.ClientSession(
            address,
            headers={"Accept": "application/json"},
            cookie_jar=aiohttp.CookieJar(unsafe=True),
            raise_for_status=_check,
            timeout=PATIENCE,
        )
        self._token = ""

    async def __aenter__(self) -> "Browser":
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._http.close()

    async def enter(self, key: str) -> None:
        """Come in with a key that works once."""
        async with self._http.get("/enter", params={"key": key}, allow_redirects=False) as answer:
            if answer.status != HTTPStatus.OK:
                raise PermissionError("This key was used before.")
        self._token = (await self.get("/api/me"))["token"]

    async def get(self, path: str, **params: str) -> Data:
        async with self._http.get(path, params=params) as answer:
            data: Data = await answer.json()
        return data

    async def read(self, path: str) -> str:
        """A page as people see it."""
        async with self._http.get(path, headers={"Accept": "text/html"}) as answer:
            return await answer.text()

    async def post(self, path: str, **words: object) -> Data:
        """Raises PermissionError where the server says that this person may not."""
        async with self._http.post(path, json=words, headers={"X-Token": self._token}) as answer:
            data: Data = await answer.json()
        return data

    async def do(self, door: str, **words: object) -> Data:
        """Use one of the doors (`press`, `submit`, `say`, ...), described in `adapters.web.doors`."""
        return await self.post(f"/do/{door}", **words)

    async def become(self, person: str) -> None:
        """Be somebody else, which only the demonstration allows."""
        self._token = (await self.post("/be", person=person))["token"]

    async def submit(self, form: Data, fields: Mapping[str, str | tuple[str, ...]], seconds: int, **words: str) -> Data:
        """Send a form; with `seconds` a recording of that length goes into its upload field."""
        known = {field["key"]: field["kind"] for field in form["fields"]}
        offered = {field["key"]: field["options"] for field in form["fields"] if field["kind"] == "choice"}
        values = {key: nearest(value, offered.get(key, ())) for key, value in fields.items() if key in known}
        upload = next((key for key, kind in known.items() if kind == "upload"), "")
        if not seconds or not upload:
            return await self.do("submit", action=form["action"], form=str(form["form"]), fields=values, **words)
        body = aiohttp.FormData({"action": form["action"], "form": str(form["form"]), **words})
        for key, value in values.items():
            for one in value if isinstance(value, tuple) else (value,):
                body.add_field(f"f.{key}", one)
        for key in (key for key, kind in known.items() if kind == "choices"):
            body.add_field("many", key)
        body.add_field(f"seconds.{upload}", str(seconds))
        body.add_field(f"f.{upload}", silence(), filename="answer.wav", content_type="audio/wav")
        async with self._http.post("/do/submit", data=body, headers={"X-Token": self._token}) as answer:
            sent: Data = await answer.json()
        return sent


def nearest(value: str | tuple[str, ...], options: Sequence[Data]) -> str | tuple[str, ...]:
    """The last number that is offered, where this one is not: the third passage of an answer that has two."""
    offered = [option["value"] for option in options]
    numbers = [number for number in offered if number.isdecimal()]
    return numbers[-1] if numbers and isinstance(value, str) and value not in offered else value


async def _check(answer: aiohttp.ClientResponse) -> None:
    if answer.status == HTTPStatus.FORBIDDEN:
        raise PermissionError((await answer.json())["error"])
    if answer.status >= HTTPStatus.BAD_REQUEST:
        raise aiohttp.ClientResponseError(
            answer.request_info, answer.history, status=answer.status, message=await answer.text()
        )


def silence() -> bytes:
    """A tenth of a second of silence, as a WAV file: a recording needs bytes, and these are honest about theirs."""
    rate, samples = 8_000, 800
    head = b"fmt " + (16).to_bytes(4, "little") + b"\x01\0\x01\0" + rate.to_bytes(4, "little") * 2 + b"\x01\0\x08\0"
    body = b"data" + samples.to_bytes(4, "little") + b"\x80" * samples
    return b"RIFF" + (4 + len(head) + len(body)).to_bytes(4, "little") + b"WAVE" + head + body
