"""
What the Discord adapter remembers by itself, in `discord.db`: how far conversations were read.

Losing the file loses no answer. What was written while the bot was away is then not read again.
"""

import asyncio
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path

import discord

from bot.kernel.ports import Clock, Tx
from bot.store.migrate import migrate
from bot.store.sqlite import SqliteStore

KEPT = timedelta(days=90)  # after its last message a thread is no longer of interest
PRIVATE_KEPT = timedelta(days=180)  # who wrote nothing for so long is known again from the next press or message


class Letters:
    """Every method is one transaction."""

    def __init__(self, store: SqliteStore) -> None:
        self._store = store

    @classmethod
    async def open(cls, folder: Path, clock: Clock) -> "Letters":
        """Open or make `discord.db` in `folder`, under the folder's lock. Raises what the store raises."""
        path = folder / "discord.db"
        await asyncio.to_thread(migrate, path, [Path(__file__).parent / "sql"])
        letters = cls(await SqliteStore.open(path))
        await letters._forget_old(clock)
        return letters

    async def close(self) -> None:
        await self._store.close()

    # --- private conversations -----------------------------------------------------------------

    async def know(self, channel: int, person: int, upto: int) -> None:
        """Remember a conversation. One that is known stays as far as it was read."""
        sql = """INSERT INTO private (channel, person, upto) VALUES (:channel, :person, :upto)
                 ON CONFLICT (channel) DO NOTHING"""
        await self._store.run(lambda tx: tx.run(sql, channel=channel, person=person, upto=upto))

    async def read_private(self, channel: int, person: int, upto: int) -> None:
        """This message was dealt with, and all before it."""
        sql = """INSERT INTO private (channel, person, upto) VALUES (:channel, :person, :upto)
                 ON CONFLICT (channel) DO UPDATE SET upto = MAX(upto, :upto)"""
        await self._store.run(lambda tx: tx.run(sql, channel=channel, person=person, upto=upto))

    async def list_private(self) -> Sequence[int]:
        """The channels of the conversations that are known; where somebody wrote last comes first."""
        rows = await self._store.read(lambda tx: tx.all("SELECT channel FROM private ORDER BY upto DESC"))
        return [int(row["channel"]) for row in rows]

    async def find_private(self, channel: int) -> int:
        """The newest message that was dealt with; 0 for a conversation that is not known."""
        row = await self._store.read(
            lambda tx: tx.one("SELECT upto FROM private WHERE channel = :channel", channel=channel)
        )
        return int(row["upto"]) if row else 0

    # --- threads -----------------------------------------------------------------------------------

    async def read_reply(self, channel: int, message: int, person: int) -> None:
        """This person's message in a thread was dealt with."""
        sql = """INSERT INTO reply (message, channel, person) VALUES (:message, :channel, :person)
                 ON CONFLICT DO NOTHING"""
        await self._store.run(lambda tx: tx.run(sql, message=message, channel=channel, person=person))

    async def find_newest(self, channel: int) -> int:
        """The newest message of a thread that was dealt with and is known to stand there; 0 where there is none."""
        sql = "SELECT MAX(message) AS newest FROM reply WHERE channel = :channel"
        row = await self._store.read(lambda tx: tx.one(sql, channel=channel))
        return int(row["newest"] or 0) if row else 0

    async def find_writer(self, message: int) -> int:
        """Who wrote this message in a thread; 0 where that is not known."""
        row = await self._store.read(
            lambda tx: tx.one("SELECT person FROM reply WHERE message = :message", message=message)
        )
        return int(row["person"]) if row else 0

    async def list_replies(self, channel: int, since: int) -> Sequence[int]:
        """The messages of a thread that were dealt with and are known to stand there, from `since` on."""
        sql = "SELECT message FROM reply WHERE channel = :channel AND message >= :since ORDER BY message"
        rows = await self._store.read(lambda tx: tx.all(sql, channel=channel, since=since))
        return [int(row["message"]) for row in rows]

    async def forget_reply(self, message: int) -> None:
        await self._store.run(lambda tx: tx.run("DELETE FROM reply WHERE message = :message", message=message))

    # --- servers -------------------------------------------------------------------------------------

    async def welcome(self, server: int) -> bool:
        """Whether this server is still to be welcomed: true once."""
        sql = "INSERT INTO welcome (server) VALUES (:server) ON CONFLICT DO NOTHING"
        return bool(await self._store.run(lambda tx: tx.run(sql, server=server)))

    async def leave(self, server: int) -> None:
        """Whoever invites the bot again is welcomed again."""
        await self._store.run(lambda tx: tx.run("DELETE FROM welcome WHERE server = :server", server=server))

    # --- forgetting ----------------------------------------------------------------------------------

    async def list_people(self) -> Sequence[str]:
        """Everybody of whom something is kept here."""
        sql = "SELECT person FROM private UNION SELECT person FROM reply"
        return [str(row["person"]) for row in await self._store.read(lambda tx: tx.all(sql))]

    async def forget(self, person: str) -> None:
        """Nothing of this person is left here."""

        def unit(tx: Tx) -> None:
            for table in ("private", "reply"):
                tx.run(f"DELETE FROM {table} WHERE person = :person", person=int(person))  # noqa: S608 - two words of ours

        await self._store.run(unit)

    async def _forget_old(self, clock: Clock) -> None:
        replies, private = (discord.utils.time_snowflake(clock.now() - kept) for kept in (KEPT, PRIVATE_KEPT))

        def unit(tx: Tx) -> None:
            tx.run("DELETE FROM reply WHERE message < :before", before=replies)
            tx.run("DELETE FROM private WHERE upto < :before", before=private)

        await self._store.run(unit)
