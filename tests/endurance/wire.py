"""How the pretend platform and the bot's process talk: frames on a socket, and a clock in a shared file."""

import asyncio
import mmap
import pickle
import struct
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

_AT = struct.Struct("<d")  # seconds since 1970


class SharedClock:
    """Stands at an instant until somebody turns it. Every process that has the file reads the same time."""

    def __init__(self, path: Path) -> None:
        if not path.exists():
            path.write_bytes(_AT.pack(0.0))
        with path.open("r+b") as file:
            self._shared = mmap.mmap(file.fileno(), _AT.size)

    def now(self) -> datetime:
        return datetime.fromtimestamp(_AT.unpack(self._shared[:])[0], UTC)

    def set(self, at: datetime) -> None:
        self._shared[:] = _AT.pack(at.timestamp())

    def close(self) -> None:
        self._shared.close()


async def send(writer: asyncio.StreamWriter, value: object) -> None:
    frame = pickle.dumps(value)
    writer.write(len(frame).to_bytes(4, "big") + frame)
    await writer.drain()


async def receive(reader: asyncio.StreamReader) -> Any:
    """The next frame. Raises asyncio.IncompleteReadError or ConnectionError when the other end is gone."""
    size = int.from_bytes(await reader.readexactly(4), "big")
    return pickle.loads(await reader.readexactly(size))  # noqa: S301 - both ends are processes of this test
