"""Posts in forums: a thread whose first message is the post, both with one id. There is no nonce for them."""

from datetime import datetime

import discord

from adapters.discord.channels import Channels
from adapters.discord.delivery import UNKNOWN_CHANNEL, UNKNOWN_MESSAGE
from adapters.discord.messages import Messages
from adapters.discord.permissions import HISTORY, MANAGE_THREADS
from adapters.discord.rest import Json, Rest
from adapters.discord.threads import SIDEBAR, Threads, named
from adapters.discord.translate import card_payload
from bot.kernel.ports import Posting

PINNED = 1 << 1  # "Channels Resource", "Channel Flags"


class Forums:
    def __init__(self, rest: Rest, channels: Channels, threads: Threads, messages: Messages) -> None:
        self._rest, self._channels, self._threads, self._messages = rest, channels, threads, messages

    async def post(self, forum: str, posting: Posting) -> str:
        """The receipt. Raises what `Rest.call` raises."""
        payload = card_payload([posting.card], name=posting.name, quiet=posting.quiet)
        body: Json = {
            "name": named(posting.thread or posting.card.title),
            "auto_archive_duration": SIDEBAR,
            "message": payload.json,
        }
        if tags := self._tags(forum, posting.group):
            body["applied_tags"] = tags
        made = await self._rest.call(
            "POST", "/channels/{channel_id}/threads", json=body, files=payload.files, once=True, channel_id=forum
        )
        return f"{made['id']}/{made['id']}"

    async def pin(self, thread: str, *, pinned: bool) -> None:
        """Raises what `Rest.call` raises."""
        await self._rest.call("PATCH", "/channels/{channel_id}", json={"flags": PINNED * pinned}, channel_id=thread)

    async def finish(self, thread: str, posting: Posting) -> None:
        """Lock as wished, as far as we may."""
        known = self._channels.cached(thread, posting.group)
        state: Json | None = (
            {"archived": known.archived, "locked": known.locked} if isinstance(known, discord.Thread) else None
        )
        if posting.closed:
            await self._threads.close(thread, state, posting.group)
        else:
            await self._threads.reopen(thread, state, posting.group)

    async def remove(self, thread: str) -> None:
        """The post with everything under it; without the right for that the post alone, and its thread is closed."""
        with self._channels.told(thread, MANAGE_THREADS):
            if not await self._threads.delete(thread):
                await self._messages.remove(thread, thread)

    async def find(self, forum: str, name: str, since: datetime) -> str | None:
        after = discord.utils.time_snowflake(since)
        with self._channels.told(forum, HISTORY):
            guild = (await self._channels.kind(forum)).guild
            threads = [one for one in await self._threads.active(guild) if one.get("parent_id") == forum]
            threads += await self._threads.archived_posts(forum, since)
            for thread in threads:
                if str(thread.get("owner_id")) != self._messages.me or int(thread["id"]) < after:
                    continue
                message = await self._first(str(thread["id"]))
                if message is not None and self._messages.is_ours(message, name):
                    return f"{thread['id']}/{thread['id']}"
        return None

    async def _first(self, thread: str) -> Json | None:
        try:
            return dict(
                await self._rest.call(
                    "GET", "/channels/{channel_id}/messages/{message_id}", channel_id=thread, message_id=thread
                )
            )
        except discord.NotFound as error:
            if error.code not in (UNKNOWN_CHANNEL, UNKNOWN_MESSAGE):
                raise
            return None

    def _tags(self, forum: str, group: str) -> list[str]:
        """One tag where the forum wants one: the first that everybody may use."""
        known = self._channels.cached(forum, group)
        if not isinstance(known, discord.ForumChannel) or not known.flags.require_tag:
            return []
        return [str(tag.id) for tag in known.available_tags if not tag.moderated][:1]
