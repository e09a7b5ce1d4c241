"""The browser platform behind the port that every platform has."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime

from adapters.web.chat import Chat, Gone, direct
from bot.kernel.codec import dump
from bot.kernel.errors import Reason, Rejected, Unsure
from bot.kernel.ports import Gathering, Posting, Spot, Target, Thread, To


class WebPlatform:
    """
    Receipts are the chat's own: "m12" for a message, "room-3" for a room.

    A full or locked disk is `Unsure`, because the message may stand; a place or person that is not there is `Rejected`.
    """

    def __init__(self, chat: Chat) -> None:
        self._chat = chat

    async def post(self, posting: Posting) -> str:
        with _as_delivery():
            if isinstance(posting.target, Gathering):
                return await self._chat.open_room(posting.name, posting.card.title, posting.target.persons)
            return await self._chat.write(
                self._spot(posting.target), name=posting.name, card=posting.card, thread=posting.thread or "",
                quiet=posting.quiet, pinned=posting.pinned, closed=posting.closed,
            )  # fmt: skip

    async def edit(self, receipt: str, posting: Posting) -> None:
        with _as_delivery():
            if isinstance(posting.target, Gathering):
                await self._chat.open_room(posting.name, posting.card.title, posting.target.persons, receipt)
                return
            await self._chat.change(
                receipt, card=dump(posting.card), pinned=int(posting.pinned), closed=int(posting.closed)
            )

    async def remove(self, receipt: str) -> None:
        with _as_delivery():
            if receipt.startswith("room-"):
                await self._chat.close_place(receipt)
            else:
                await self._chat.delete(receipt)

    async def find(self, target: Target, name: str, since: datetime) -> str | None:
        with _as_delivery():
            if isinstance(target, Gathering):
                return await self._chat.find_room(name, since)
            return await self._chat.find_message(self._spot(target), name, since)

    def _spot(self, target: Spot | Thread | To) -> str:
        match target:
            case Spot(id):
                return id
            case Thread(receipt):
                return receipt
            case To(person):
                return direct(person)


@contextmanager
def _as_delivery() -> Iterator[None]:
    """Say what went wrong in the port's words."""
    try:
        yield
    except Gone as gone:
        raise Rejected(
            Reason.GONE, f"{gone} Choose another channel: open the desk, then “More tools”, then “Channels”."
        ) from gone
    except sqlite3.Error as error:
        raise Unsure(f"the chat's file did not answer: {error}") from error
