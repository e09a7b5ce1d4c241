"""Our messages in one channel: sent once, changed, found again by their name."""

from collections.abc import AsyncIterator, Mapping
from datetime import datetime, timedelta
from http import HTTPStatus
from typing import Any

import discord

from adapters.delivering import remember
from adapters.discord.delivery import UNKNOWN_CHANNEL, UNKNOWN_MESSAGE
from adapters.discord.rest import Json, Rest
from adapters.discord.threads import Threads
from adapters.discord.translate import Payload, card_payload, carries, nonce, sort_of, sparing
from bot.kernel.errors import Later
from bot.kernel.ports import Posting

Files = Mapping[tuple[str, str], str]  # by `translate.sort_of`, the attachments' ids

PAGE = 100  # Discord: messages in one answer ("Get Channel Messages")
NONCES = 3
NONCES_OVER = timedelta(minutes=5)  # Discord: a nonce counts "for the past few minutes"


class Messages:
    def __init__(self, client: discord.Client, rest: Rest, threads: Threads) -> None:
        self._client, self._rest, self._threads = client, rest, threads
        self._files: dict[str, Files] = {}  # what stands below a message, as far as this process saw it

    @property
    def me(self) -> str:
        """Our own id."""
        return str(self._client.user.id) if self._client.user else ""

    async def send(self, channel: str, posting: Posting) -> Json:
        """
        The message as Discord made it; sent again within a few minutes, it is the one that stands ("Create Message",
        `enforce_nonce`).

        Where that one was removed meanwhile Discord knows no message, and another nonce is needed.
        """
        payload = card_payload([posting.card], name=posting.name, quiet=posting.quiet)

        async def create() -> Any:
            return await self._rest.call(
                "POST", "/channels/{channel_id}/messages", json={**payload.json, "nonce": sign, "enforce_nonce": True},
                files=payload.files, channel_id=channel,
            )  # fmt: skip

        for number in range(NONCES):
            sign = nonce(f"{posting.name} {number} {channel}")
            try:
                message = dict(await self._threads.awake(channel, create, news=True))
            except discord.NotFound as error:
                if error.code != UNKNOWN_MESSAGE:
                    raise
            else:
                self._note(channel, message, payload)
                return message
        raise Later(NONCES_OVER)

    async def change(self, channel: str, message: str, posting: Posting) -> Json:
        """The message after the change. A file that is known to stand is kept, others are sent; the rest go."""
        payload = card_payload([posting.card], name=posting.name)
        standing = self._files.pop(f"{channel}/{message}", {})
        sent = sparing(payload, standing)

        async def alter() -> Any:
            return await self._rest.call(
                "PATCH", "/channels/{channel_id}/messages/{message_id}", json=sent.json, files=sent.files,
                channel_id=channel, message_id=message,
            )  # fmt: skip

        try:
            shown = dict(await self._threads.awake(channel, alter, news=False))
        except discord.HTTPException as error:
            if error.status != HTTPStatus.BAD_REQUEST or len(sent.files) == len(payload.files):
                raise
            sent = payload  # perhaps a file does not stand as we thought
            shown = dict(await self._threads.awake(channel, alter, news=False))
        self._note(channel, shown, payload)
        return shown

    def _note(self, channel: str, message: Json, payload: Payload) -> None:
        """Which of these files stand below the message, by what Discord says of it: of an earlier try, perhaps."""
        found = message.get("attachments") or ()
        ids = {(str(one.get("filename")), one.get("size")): str(one["id"]) for one in found}
        kinds = {file: (file.name, len(file.content)) for file in payload.files}
        files = {sort_of(file): ids[kind] for file, kind in kinds.items() if kind in ids}
        if files:
            remember(self._files, f"{channel}/{message['id']}", files)

    async def remove(self, channel: str, message: str) -> None:
        """Already gone counts as done."""

        async def delete() -> Any:
            return await self._rest.call(
                "DELETE", "/channels/{channel_id}/messages/{message_id}", channel_id=channel, message_id=message
            )

        try:
            await self._threads.awake(channel, delete, news=False)
        except discord.NotFound as error:
            if error.code not in (UNKNOWN_CHANNEL, UNKNOWN_MESSAGE):
                raise

    async def pin(self, channel: str, message: str, *, pinned: bool) -> None:
        await self._rest.call(
            "PUT" if pinned else "DELETE", "/channels/{channel_id}/messages/pins/{message_id}",
            channel_id=channel, message_id=message,
        )  # fmt: skip

    async def find(self, channel: str, name: str, since: datetime) -> Json | None:
        """Our message with this name, looking forward from `since` to the newest."""
        async for message in self._after(channel, discord.utils.time_snowflake(since)):
            if self.is_ours(message, name):
                return message
        return None

    def is_ours(self, message: Json, name: str) -> bool:
        return str(message["author"]["id"]) == self.me and carries(message, name)

    async def _after(self, channel: str, after: int) -> AsyncIterator[Json]:
        while True:
            page = await self._page(channel, after)
            for message in page:
                yield message
            if len(page) < PAGE:
                return
            after = max(int(message["id"]) for message in page)

    async def _page(self, channel: str, after: int) -> list[Json]:
        """The messages that follow, those nearest to `after`; in whatever order."""
        found = await self._rest.call(
            "GET", "/channels/{channel_id}/messages", query={"after": after, "limit": PAGE}, channel_id=channel
        )
        return list(found)
