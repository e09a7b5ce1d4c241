"""
What the Slack adapter remembers by itself, in `slack.db`: which pictures a workspace has already.

Losing the file costs one upload for each picture.
"""

import asyncio
from collections.abc import Mapping
from pathlib import Path

from bot.store.migrate import migrate
from bot.store.sqlite import SqliteStore


class PictureRecords:
    """Every method is one transaction. `team` is a workspace's id, `digest` a picture's, `file` Slack's id of it."""

    def __init__(self, store: SqliteStore) -> None:
        self._store = store

    @classmethod
    async def open(cls, folder: Path) -> "PictureRecords":
        """Open or make `slack.db` in `folder`, under the folder's lock. Raises what the store raises."""
        path = folder / "slack.db"
        await asyncio.to_thread(migrate, path, [Path(__file__).parent / "sql"])
        return cls(await SqliteStore.open(path))

    async def close(self) -> None:
        await self._store.close()

    async def list_files(self, team: str) -> Mapping[str, str]:
        """`{digest: file}`"""
        rows = await self._store.read(
            lambda tx: tx.all("SELECT digest, file FROM slack_picture WHERE team = :team", team=team)
        )
        return {str(row["digest"]): str(row["file"]) for row in rows}

    async def keep_file(self, team: str, digest: str, file: str) -> None:
        sql = """INSERT INTO slack_picture (team, digest, file) VALUES (:team, :digest, :file)
                 ON CONFLICT (team, digest) DO UPDATE SET file = :file"""
        await self._store.run(lambda tx: tx.run(sql, team=team, digest=digest, file=file))

    async def forget_file(self, team: str, digest: str) -> None:
        sql = "DELETE FROM slack_picture WHERE team = :team AND digest = :digest"
        await self._store.run(lambda tx: tx.run(sql, team=team, digest=digest))
