"""
How whoever acted is answered: by the interaction they began, or in their private messages.

Discord waits 3 seconds for the first answer and takes more for 15 minutes. So the engine works in a task of its own:
what takes longer than `patience` is first put off, and told when it is there. Nothing is kept here between two
interactions.
"""

import asyncio
import logging
from hashlib import sha256

import discord

from adapters.discord.channels import told_direct
from adapters.discord.inbound import TENANT, TYPING, Table, event_of, words_of
from adapters.discord.letters import Letters
from adapters.discord.rest import Rest
from adapters.discord.talk import Json, Talk
from adapters.discord.translate import Payload, card_payload, carries, nonce, pack
from adapters.replying import form_card, mark_of, one_file_card, parts
from bot.app import App
from bot.engine import outbox, roster
from bot.engine.outcome import Outcome, Refused
from bot.kernel.card import Card, Form
from bot.kernel.effect import Reply
from bot.kernel.errors import DeliveryError, Later, Rejected
from bot.kernel.event import Event, Opened, Told
from bot.kernel.ports import Tx

log = logging.getLogger(__name__)

PATIENCE = 1.5  # seconds; the rest of Discord's three are for the way there and back
WAITS = (1.0, 2.0, 5.0, 15.0, 30.0, 60.0, 120.0, 300.0, 600.0, 1200.0)  # seconds until a reply is written again
MESSAGES = "/channels/{channel_id}/messages"
PAGE = 100  # Discord: messages in one answer
CHOICES = 25  # Discord: suggestions at once
CHOICE = 100  # Discord: characters of one


class Replies:
    """`patience` is in seconds."""

    def __init__(self, app: App, rest: Rest, letters: Letters, table: Table, *, patience: float = PATIENCE) -> None:
        self._app, self._rest, self._letters, self._table, self._patience = app, rest, letters, table, patience

    async def answer(self, payload: Json, *, owner_id: str = "", title: str = "", forum: bool = False) -> None:
        """Do what an interaction asks for, and answer it. A mistake of ours gives an apology and the words back."""
        talking = Talk(self._rest, payload)
        try:
            at = self._app.clock.now()
            event = event_of(payload, at, owner_id, title=title, forum=forum, table=self._table)
            if payload["type"] == TYPING:
                await talking.suggest(await self._choices(event))
            elif event is None:
                log.warning("interaction not understood", extra={"kind": payload["type"]})
                await talking.say([Refused("I do not know this command any more.", "Type /study help.").card])
            else:
                await self._answer(talking, event)
        except Exception:  # whoever waits shall not be left alone, whatever it was
            incident = sha256(str(payload.get("id")).encode()).hexdigest()[:6]
            log.exception("interaction failed", extra={"incident": incident})
            await talking.apologise(incident, words_of(payload))

    async def _answer(self, talking: Talk, event: Event) -> None:
        doing = asyncio.create_task(self._outcome(event))
        try:
            await asyncio.wait({doing}, timeout=self._patience)
            if not doing.done():
                await talking.put_off()
            outcome = await doing
        finally:
            doing.cancel()
        (cards, form), of = parts(outcome), mark_of(event, outcome)
        if form and not cards and talking.may_open:
            await talking.open(form, of)
        else:
            # Beside other cards, after a form, or when the answer was put off, Discord opens none.
            doors = [self._door(form)] if form else []
            await talking.say([*cards, *doors], of=of, anew=bool(outcome.refused or form))
        if not event.group and not outcome.erased:
            try:
                await self._letters.know(int(event.spot), int(event.person.id), int(event.id))
            except Exception:  # a full disk: whoever acted has their answer, and no need to know
                log.exception("conversation not noted")

    async def _outcome(self, event: Event) -> Outcome:
        if isinstance(event.what, Opened):
            cards = await self._app.engine.home(event)
            return Outcome(tuple(map(Reply, cards)), group=await self._app.engine.group_of(event))
        return await self._handle(event)

    async def _handle(self, event: Event) -> Outcome:
        outcome = await self._app.engine.handle(event)
        if outcome.erased:
            try:
                await self._letters.forget(outcome.erased)
            except Exception:  # they are erased; what is left here goes with `forget_unknown`
                log.exception("conversation not forgotten")
        self._app.hurry()
        return outcome

    def _door(self, form: Form) -> Card:
        """A form can only be the first answer. When that is over, a button opens it."""
        action = self._app.engine.opener(form.action)
        if action is None:
            raise LookupError(f"nothing opens the form {form.action.route}")
        return form_card(form, action)

    async def _choices(self, event: Event | None) -> list[Json]:
        """What fits; nothing where that goes wrong, because one can type on without it."""
        try:
            found = await self._app.engine.suggest(event) if event else ()
        except Exception:  # a mistake of a feature
            log.exception("suggestions failed")
            found = ()
        return [{"name": one.label[:CHOICE], "value": one.value[:CHOICE]} for one in found[:CHOICES]]

    # --- messages ----------------------------------------------------------------------------------

    async def hear(self, event: Event, *, left_out: int = 0) -> Outcome:
        """
        Take what somebody wrote. A private message is answered there, by plain messages; a thread is not.

        `left_out` is how many of its files are not in the event. While Discord takes no answer, this waits.
        """
        outcome = await self._handle(event)
        if isinstance(event.what, Told):
            cards, form = parts(outcome)
            cards += [self._door(form)] if form else []
            cards += [one_file_card()] if left_out and cards and not outcome.refused else []
            for number, some in enumerate(pack(cards)):
                name = reply_name(event.id, number)
                await self._write(event, name, card_payload(some, name=name, of=mark_of(event, outcome)))
        return outcome

    async def _write(self, event: Event, name: str, payload: Payload) -> None:
        """Discord knows the same message again for some minutes only, so later we look whether it stands."""
        json = payload.json | {"nonce": nonce(name), "enforce_nonce": True}
        doubt = event.id != event.receipt  # of an edit Discord may tell a second time, long after
        for wait in (*WAITS, None):
            try:
                with told_direct():
                    if not (doubt and await self._stands(event, name)):
                        await self._rest.call("POST", MESSAGES, json=json, files=payload.files, channel_id=event.spot)
            except Rejected as no:
                log.warning("reply was refused", extra={"why": str(no)})
                return
            except DeliveryError as trouble:
                if wait is None:
                    log.error("reply was given up", extra={"error": str(trouble)})  # noqa: TRY400 - the last of many
                    return
                log.info("reply is written again", extra={"error": str(trouble), "seconds": wait})
                await asyncio.sleep(max(wait, trouble.wait.total_seconds() if isinstance(trouble, Later) else 0))
                doubt = True
            else:
                return

    async def _stands(self, event: Event, name: str) -> bool:
        after = discord.utils.time_snowflake(event.at)
        query = {"after": after, "limit": PAGE}
        found = await self._rest.call("GET", MESSAGES, query=query, channel_id=event.spot)
        return any(carries(message, name) for message in found)

    # --- what the core knows -----------------------------------------------------------------------

    async def is_post(self, receipt: str) -> bool:
        """Did we post the message with this receipt?"""
        return await self._app.store.read(lambda tx: outbox.find_by_receipt(tx, TENANT, receipt) is not None)

    async def forget_unknown(self) -> None:
        """Whoever was erased, or never had anything kept, leaves nothing in the adapter's memory either."""
        people = await self._letters.list_people()

        def unknown(tx: Tx) -> list[str]:
            return [person for person in people if not roster.is_met(tx, TENANT, person)]

        for person in await self._app.store.read(unknown):
            await self._letters.forget(person)


def reply_name(event: str, number: int = 0) -> str:
    """What the answer to a private message is called; a long one is several messages."""
    return f"reply/{event}/{number}"
