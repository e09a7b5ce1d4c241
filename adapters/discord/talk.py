"""
One interaction and what was said to it so far.

The first answer goes to the interaction, the others to its webhook; each kind has its own way to change a message.
Source: Discord's "Receiving and Responding". An interaction that is over is no mistake: what was sent is kept already.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from enum import Enum, auto
from functools import partial
from typing import Any

import aiohttp
import discord

from adapters.discord.inbound import PRESSED, SUBMITTED
from adapters.discord.rest import NotSent, Rest
from adapters.discord.translate import EPHEMERAL, Payload, card_payload, form_payload, group_sign, pack, walk
from bot.engine.outcome import Refused
from bot.kernel.card import Card, File, Form, Para
from bot.kernel.text import md

log = logging.getLogger(__name__)
Json = dict[str, Any]

MESSAGE, PUT_OFF, PUT_OFF_CHANGE, CHANGE, SUGGEST, OPEN = 4, 5, 6, 7, 8, 9  # kinds of first answers
CONTAINER = 17
ACKNOWLEDGED = 40060  # the interaction has its first answer
OVER = {10062, 10015, 10008, 50027, ACKNOWLEDGED}  # unknown, too late, put away by whoever asked, answered before
BROKEN = (aiohttp.ClientError, OSError, discord.DiscordServerError, NotSent)

WAITS = (0.0, 0.5, 1.0)  # seconds until the next try where the line is broken; Discord waits 3 for a first answer
LONGEST_WAIT = 5.0  # seconds that an answer waits for a limit

FIRST = "/interactions/{webhook_id}/{webhook_token}/callback"
ORIGINAL = "/webhooks/{webhook_id}/{webhook_token}/messages/@original"
FOLLOW = "/webhooks/{webhook_id}/{webhook_token}"


class Stage(Enum):
    FRESH = auto()  # nothing was said
    OWED = auto()  # a message of our own was promised
    OWED_CHANGE = auto()  # a change of the pressed message was promised, or nothing
    ANSWERED = auto()
    OVER = auto()  # nobody is there any more


class Talk:
    """The answers to one interaction. What is said is seen by whoever acted alone."""

    def __init__(self, rest: Rest, payload: Json) -> None:
        self._rest, self._stage = rest, Stage.FRESH
        self._id, self._token = str(payload["id"]), str(payload["token"])
        self._application, self._kind = str(payload["application_id"]), payload["type"]
        message = payload.get("message") or {}
        self._pressed = bool(message) and self._kind in (PRESSED, SUBMITTED)
        self._on_reply = self._pressed and _is_reply(message, private="guild_id" not in payload)

    @property
    def may_open(self) -> bool:
        """A form must be the first answer, and none follows a form."""
        return self._stage is Stage.FRESH and self._kind != SUBMITTED

    async def put_off(self) -> None:
        """
        Promise an answer. On a reply of ours its buttons wait; else a note says that we think.

        Never raises for what Discord says of it: the work that is waited for must not be lost for it.
        """
        try:
            if self._on_reply:
                await self._first({"type": PUT_OFF_CHANGE}, Stage.OWED_CHANGE)
            else:
                await self._first({"type": PUT_OFF, "data": {"flags": EPHEMERAL}}, Stage.OWED)
        except discord.HTTPException as no:
            log.warning("answer not put off", extra={"code": no.code})

    async def open(self, form: Form, of: str = "") -> None:
        """`of` as for `say`: what is sent with the form is about the same group."""
        data = form_payload(form)
        data["custom_id"] = group_sign(of) + data["custom_id"]
        await self._first({"type": OPEN, "data": data}, Stage.ANSWERED)

    async def say(self, cards: Sequence[Card], *, of: str = "", anew: bool = False) -> None:
        """
        Show the cards in as few messages as hold them. `of` is the mark of the group that they are about, or empty.

        They take the place of the reply that was pressed, unless `anew`. Without cards only the waiting ends.
        """
        if not cards and self._pressed and self._stage is not Stage.OWED:
            if self._stage is Stage.FRESH:
                await self._first({"type": PUT_OFF_CHANGE}, Stage.ANSWERED)
            return
        messages = [card_payload(some, of=of, ephemeral=True) for some in pack(cards or [done_card()])]
        await self._show(messages[0], change=self._on_reply and not anew)
        for message in messages[1:]:
            await self._follow(message)

    async def suggest(self, choices: Sequence[Json]) -> None:
        await self._first({"type": SUGGEST, "data": {"choices": list(choices)}}, Stage.ANSWERED)

    async def apologise(self, incident: str, typed: Sequence[str]) -> None:
        """Say that it went wrong, and hand the words back; by the simplest means where others fail. Never raises."""
        because, hint = f"That went wrong on our side (number {incident}).", "Please try again."

        def rich() -> Payload:
            return card_payload([Refused(because, hint, typed=tuple(typed)).card], ephemeral=True)

        def plain() -> Payload:
            says = {"content": f"{because} {hint}", "flags": EPHEMERAL, "allowed_mentions": {"parse": []}}
            return Payload(says, (File("your-words.txt", "text/plain", "\n\n".join(typed)),) if typed else ())

        for draw in (rich, plain):
            try:
                await self._show(draw(), change=False)
            except Exception:  # the apology itself: there is one simpler, or nothing left to try
                log.exception("apology failed", extra={"incident": incident})
            else:
                return

    # --- inside ------------------------------------------------------------------------------------

    async def _show(self, message: Payload, *, change: bool) -> None:
        match self._stage:
            case Stage.FRESH if change:
                await self._first({"type": CHANGE}, Stage.ANSWERED, _as_change(message))
            case Stage.FRESH:
                await self._first({"type": MESSAGE}, Stage.ANSWERED, message)
            case Stage.OWED:
                await self._original(message)
            case Stage.OWED_CHANGE if change:
                await self._original(message)
            case _:
                await self._follow(message)

    async def _first(self, answer: Json, then: Stage, message: Payload | None = None) -> None:
        if message:
            answer["data"] = message.json
        payload = Payload(answer, message.files if message else ())
        await self._send(partial(self._again, "POST", FIRST, self._id, payload), then)

    async def _original(self, message: Payload) -> None:
        send = partial(self._again, "PATCH", ORIGINAL, self._application, _as_change(message))
        await self._send(send, Stage.ANSWERED)

    async def _follow(self, message: Payload) -> None:
        # Discord does not recognise a follow-up that it has already, and nobody shall read one twice.
        await self._send(partial(self._call, "POST", FOLLOW, self._application, message, once=True), Stage.ANSWERED)

    async def _send(self, send: Callable[[], Awaitable[None]], then: Stage) -> None:
        if self._stage is Stage.OVER:
            return
        try:
            await send()
        except BROKEN as broken:  # before its parent below: what was asked for is done, so nothing went wrong with it
            log.warning("answer not delivered", extra={"error": type(broken).__name__})
            self._stage = Stage.OVER
        except discord.HTTPException as no:
            if no.code not in OVER:
                raise
            log.info("interaction is over", extra={"code": no.code})
            self._stage = Stage.OVER
        else:
            self._stage = then

    async def _again(self, method: str, path: str, id_: str, payload: Payload) -> None:
        """For what Discord takes once only, however often it is sent: where the line breaks, it is sent again."""
        for number, wait in enumerate((*WAITS, None)):
            try:
                await self._call(method, path, id_, payload)
            except BROKEN as trouble:
                if wait is None:
                    raise
                log.info("answer is sent again", extra={"error": type(trouble).__name__})
                held_back = trouble.wait if isinstance(trouble, NotSent) else 0.0
                await asyncio.sleep(max(wait, min(held_back, LONGEST_WAIT)))
            except discord.HTTPException as no:
                if not number or no.code != ACKNOWLEDGED:
                    raise
                return  # so an earlier one did arrive
            else:
                return

    async def _call(self, method: str, path: str, id_: str, payload: Payload, *, once: bool = False) -> None:
        # Interactions have limits of their own and do not count for the whole.
        await self._rest.call(
            method, path, json=payload.json, files=payload.files, paced=False, once=once, webhook_id=id_,
            webhook_token=self._token,
        )  # fmt: skip


def done_card() -> Card:
    """Says only that it worked: Discord wants an answer, and there is nothing to show."""
    return Card("Done.", (Para(md("There is nothing more to do here.")),), tone="good")


def _is_reply(message: Json, *, private: bool) -> bool:
    """
    Is it an answer of ours with a single card, which the next answer may replace?

    In private messages such answers are plain messages, with the mark of a group or with none. A post of the outbox
    carries the mark of its name; that one is the courier's to change.
    """
    components = message.get("components") or []
    single = sum(part.get("type") == CONTAINER for part in components) == 1
    marks = [str(part["custom_id"]).partition(":")[0] for part in walk(components) if part.get("custom_id")]
    ours = bool(marks) and all(len(mark) == 1 or mark.startswith("~") for mark in marks)
    return single and (bool(int(message.get("flags") or 0) & EPHEMERAL) or (private and ours))


def _as_change(message: Payload) -> Payload:
    """The same for a message that stands: whether only one person sees it cannot be changed."""
    return Payload(message.json | {"flags": message.json["flags"] & ~EPHEMERAL}, message.files)
