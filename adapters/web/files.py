"""What people uploaded: the bytes in a folder under names of our own, the rest in the table `file` (SQL here)."""

import asyncio
import secrets  # noqa: TID251 - a file's address must be guessed by nobody
from pathlib import Path

from bot.kernel.event import Upload
from bot.kernel.ports import Store

LABEL = 100  # characters of the sender's file name that are kept, as a label only


class Files:
    def __init__(self, store: Store, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._store, self._folder = store, folder

    async def keep(self, person: str, name: str, content: bytes, seconds: int = 0) -> Upload:
        """Write the file down. `seconds` is a recording's length, or 0."""
        reference = secrets.token_hex(16)
        await asyncio.to_thread((self._folder / reference).write_bytes, content)
        upload = Upload(reference, _label(name), len(content), seconds)
        await self._store.run(
            lambda tx: tx.run(
                "INSERT INTO file (id, name, bytes, seconds, person) VALUES (:id, :name, :bytes, :seconds, :person)",
                id=reference, name=upload.name, bytes=upload.bytes, seconds=seconds, person=person,
            )
        )  # fmt: skip
        return upload

    async def get(self, reference: str) -> tuple[Upload, Path] | None:
        """What is known of a file and where it lies; None when it is not here."""
        sql = "SELECT * FROM file WHERE id = :id"
        row = await self._store.read(lambda tx: tx.one(sql, id=reference))
        path = self._folder / row["id"] if row else None
        if row is None or path is None or not path.is_file():
            return None
        return Upload(row["id"], row["name"], row["bytes"], row["seconds"]), path


def _label(name: str) -> str:
    last = name.replace("\\", "/").rsplit("/", 1)[-1]
    return "".join(letter for letter in last if letter.isprintable())[-LABEL:] or "file"
