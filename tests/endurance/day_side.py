"""What the platform's side of a day has in common: it outlives the bot's process, and says how far each call is."""

import asyncio
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from aiohttp import web

Moment = Callable[[str], None]  # arrived, accepted, answered
Line = tuple[asyncio.StreamReader, asyncio.StreamWriter]


def _nothing(_: str) -> None:
    """Nobody is told."""


class Moments:
    """Mixed into a pretended platform: `moment` hears of each step of a call that changes something."""

    moment: Moment = staticmethod(_nothing)
    open = 0  # calls that are not answered yet

    def _changes(self, request: web.Request) -> bool:
        raise NotImplementedError

    async def _do(self, request: web.Request) -> web.StreamResponse:
        return await super()._serve(request)  # type: ignore[misc,no-any-return]

    async def _serve(self, request: web.Request) -> web.StreamResponse:
        # Looking for what stands must not be what kills: the more noise there is, the longer it takes.
        moment = self.moment if self._changes(request) else _nothing
        self.open += 1
        try:
            moment("arrived")
            response = await self._do(request)
            moment("accepted")
            if request.transport is not None and not request.transport.is_closing():
                with suppress(ConnectionError):
                    await response.prepare(request)
                    await response.write_eof()
                    moment("answered")
            return response
        finally:
            self.open -= 1


class Side(ABC):
    """A platform behind the names that the harness knows. `platform` is also the file with its addresses."""

    platform: str

    def __init__(self, fake: Any) -> None:
        self.fake = fake
        self.lives: asyncio.Queue[Line] = asyncio.Queue()
        self._server: asyncio.Server | None = None

    @property
    @abstractmethod
    def calls(self) -> int:
        """Those that can end in doubt: they change something, and are no answer to an interaction."""

    @property
    @abstractmethod
    def dropped(self) -> int: ...

    @property
    def doubles(self) -> Sequence[object]:
        """What was made while the same stood."""
        found: Sequence[object] = self.fake.doubles
        return found

    @property
    @abstractmethod
    def addresses(self) -> Sequence[str]: ...

    @abstractmethod
    def crowd(self) -> None:
        """People talk where the bot wrote lately."""

    @property
    def moment(self) -> Moment:
        found: Moment = self.fake.moment
        return found

    @moment.setter
    def moment(self, moment: Moment) -> None:
        self.fake.moment = moment

    async def serve(self, path: Path) -> None:
        await self.fake.__aenter__()
        (path.parent / self.platform).write_text("\n".join(self.addresses))
        self._server = await asyncio.start_unix_server(lambda *line: self.lives.put_nowait(line), path)

    async def close(self) -> None:
        await self.fake.__aexit__(None, None, None)
        if self._server:
            self._server.close()
            await self._server.wait_closed()

    async def quiet(self) -> None:
        """Until all that a dead process had sent is done; then people talk where it wrote."""
        while self.fake.open or self.fake._runner.server.connections:  # noqa: ASYNC110 - aiohttp tells nobody
            await asyncio.sleep(0.001)
        self.crowd()
