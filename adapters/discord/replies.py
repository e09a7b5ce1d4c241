"""
How whoever acted is answered: by the interaction they began, or in their private messages.

Discord waits 3 seconds for the first answer and takes more for 15 minutes. So the engine works in a task of its own:
what takes longer than `patience` is first put off, and told when it is there. Nothing is kept here between two
interactions.
"""

import asyncio
import logging
from collections.abc import Sequence
from hashlib import sha256

from adapters.discord.inbound import TYPING, Table, event_of, words_of
from adapters.discord.letters import Letters
from adapters.discord.rest import Rest
from adapters.discord.talk import Json, Talk, write
from adapters.discord.translate import card_payload, component_id, pack
from bot.app import App
from bot.engine.outcome import Outcome, Refused
from bot.kernel.action import Action
from bot.kernel.card import Button, Card, Form, Note
from bot.kernel.effect import Ask, Reply
from bot.kernel.event import Event, Opened, Told
from bot.kernel.text import md

log = logging.getLogger(__name__)

PATIENCE = 1.5  # seconds; the rest of Discord's three are for the way there and back
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
        cards, form = _parts(outcome)
        if form and not cards and talking.may_open:
            await talking.open(form)
        else:
            # Beside other cards, after a form, or when the answer was put off, Discord opens none.
            doors = [self._door(form)] if form else []
            await talking.say([*cards, *doors], anew=bool(outcome.refused or form))
        if not event.group and not outcome.erased:
            await self._letters.know(int(event.spot), int(event.person.id), int(event.id))

    async def _outcome(self, event: Event) -> Outcome:
        if isinstance(event.what, Opened):
            return Outcome(tuple(Reply(card) for card in await self._app.engine.home(event)))
        return await self._handle(event)

    async def _handle(self, event: Event) -> Outcome:
        outcome = await self._app.engine.handle(event)
        if outcome.erased:
            await self._letters.forget(outcome.erased)
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

    async def hear(self, event: Event) -> Outcome:
        """Take what somebody wrote. A private message is answered there, by plain messages; a thread is not."""
        outcome = await self._handle(event)
        if isinstance(event.what, Told):
            cards, form = _parts(outcome)
            await self._write(event, [*cards, *([self._door(form)] if form else [])])
        return outcome

    async def _write(self, event: Event, cards: Sequence[Card]) -> None:
        for number, some in enumerate(pack(cards)):
            name, payload = reply_name(event.id, number), card_payload(some)
            payload.json["components"][0]["id"] = component_id(name)  # so that it is known again, see `catchup`
            await write(self._rest, event.spot, name, payload)


def reply_name(event: str, number: int = 0) -> str:
    """What the answer to a private message is called; a long one is several messages."""
    return f"reply/{event}/{number}"


def form_card(form: Form, opens: Action) -> Card:
    """Stands for a form that could not be opened at once."""
    return Card(form.title, (Note(md("The form is ready.")),), (Button("Open the form", opens, "primary"),))


def _parts(outcome: Outcome) -> tuple[list[Card], Form | None]:
    cards = [answer.card for answer in outcome.answers if isinstance(answer, Reply)]
    if outcome.refused:
        cards.append(outcome.refused.card)
    return cards, next((answer.form for answer in outcome.answers if isinstance(answer, Ask)), None)
