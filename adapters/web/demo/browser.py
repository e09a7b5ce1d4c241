"""A simulated member's browser: the same addresses, cookies and tokens as a person's."""

from collections.abc import Mapping
from types import TracebackType
from typing import Any

import httpx

Data = dict[str, Any]


class Browser:
    """One person at one server. Raises httpx's errors; a refusal of the bot is no error but an answer."""

    def __init__(self, address: str) -> None:
        # No proxy and no .netrc: what happens on this machine stays on it.
        self._http = httpx.AsyncClient(
            base_url=address, headers={"Accept": "application/json"}, trust_env=False, timeout=30.0
        )
        self._token = ""

    async def __aenter__(self) -> "Browser":
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._http.aclose()

    async def enter(self, key: str) -> None:
        """Come in with a key that works once."""
        (await self._http.get("/enter", params={"key": key})).raise_for_status()
        self._token = (await self.get("/api/me"))["token"]

    async def get(self, path: str, **params: str) -> Data:
        answer = await self._http.get(path, params=params)
        answer.raise_for_status()
        data: Data = answer.json()
        return data

    async def read(self, path: str) -> str:
        """A page as people see it."""
        answer = await self._http.get(path, headers={"Accept": "text/html"})
        answer.raise_for_status()
        return answer.text

    async def post(self, path: str, **words: object) -> Data:
        """Raises PermissionError where the server says that this person may not."""
        answer = await self._http.post(path, json=words, headers={"X-Token": self._token})
        if answer.status_code == httpx.codes.FORBIDDEN:
            raise PermissionError(answer.json()["error"])
        answer.raise_for_status()
        data: Data = answer.json()
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
        values = {key: value for key, value in fields.items() if key in known}
        upload = next((key for key, kind in known.items() if kind == "upload"), "")
        if not seconds or not upload:
            return await self.do("submit", action=form["action"], form=str(form["form"]), fields=values, **words)
        data: dict[str, str | list[str]] = {"action": form["action"], "form": str(form["form"]), **words}
        data |= {f"f.{key}": list(value) if isinstance(value, tuple) else value for key, value in values.items()}
        data |= {"many": [key for key, kind in known.items() if kind == "choices"], f"seconds.{upload}": str(seconds)}
        answer = await self._http.post(
            "/do/submit",
            data=data,
            files={f"f.{upload}": ("answer.wav", silence(), "audio/wav")},
            headers={"X-Token": self._token},
        )
        answer.raise_for_status()
        sent: Data = answer.json()
        return sent


def silence() -> bytes:
    """A tenth of a second of silence, as a WAV file: a recording needs bytes, and these are honest about theirs."""
    rate, samples = 8_000, 800
    head = b"fmt " + (16).to_bytes(4, "little") + b"\x01\0\x01\0" + rate.to_bytes(4, "little") * 2 + b"\x01\0\x08\0"
    body = b"data" + samples.to_bytes(4, "little") + b"\x80" * samples
    return b"RIFF" + (4 + len(head) + len(body)).to_bytes(4, "little") + b"WAVE" + head + body
