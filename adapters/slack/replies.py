"""
What is done with each thing that Slack says, and how whoever acted is answered.

The deed is kept first. Then an event is acknowledged, so what was lost on the way comes again and gets the same answer;
a press is acknowledged and answered after that. Nothing is kept here between two deliveries.

A message is known to the core by its receipt and its edit, not by Slack's number for the delivery: so one that is read
again in the history is the one that was heard.
"""

import asyncio
import logging
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import replace
from functools import partial
from hashlib import sha256
from typing import Any

from slack_sdk.errors import SlackApiError

from adapters.replying import form_card, mark_of, one_file_card, parts
from adapters.slack.inbound import EVENTS, Json, actor_of, event_of, kind_of, left_out, tenant_of, words_of
from adapters.slack.letters import list_standing
from adapters.slack.listening import Turns
from adapters.slack.meta import Meta, meta_of
from adapters.slack.people import People
from adapters.slack.pictures import Pictures
from adapters.slack.talk import NOT_DONE, Talk, word_of
from adapters.slack.translate import Pictures as Ids
from adapters.slack.translate import home_view
from adapters.slack.web import Web, error_word, status_of
from bot.app import App
from bot.engine import outbox, roster
from bot.engine.outcome import Outcome
from bot.kernel.card import Card, Form
from bot.kernel.effect import Reply
from bot.kernel.errors import Later
from bot.kernel.event import Event, Left, Opened, Person, Pressed, Said, Told

log = logging.getLogger(__name__)

PATIENCE = 1.5  # seconds; the rest of Slack's three are for the way there and back
TOO_LATE = 2.8  # seconds after which Slack does not read what rides on an acknowledgement
LOOK = 200  # messages after a private one, among which its answer is looked for
HOME_AGAIN = 5.0  # seconds until a home page is shown once more of which nobody knows whether it was
NOT_DELIVERED = "answer not delivered; the deed is kept"
GONE = "gone"  # the version of a message that was taken back
OVER = ("app_uninstalled", "tokens_revoked")  # events that end the workspace


class Replies:
    """
    The answers of one workspace. `me` is what auth.test says; `gone` is called when the bot was put out.

    `early` is told of a message below which somebody wrote while it is not known whose it is: it is to be read later.
    """

    def __init__(
        self, app: App, web: Web, people: People, me: Json, gone: Callable[[], None], *, patience: float = PATIENCE,
        pictures: Pictures | None = None,
    ) -> None:  # fmt: skip
        self._app, self._web, self._people, self._gone, self._patience = app, web, people, gone, patience
        self._pictures = pictures or Pictures(web)
        self.early: Callable[[str], None] = _nobody
        self._bot, self._team = str(me.get("user_id") or ""), str(me.get("team") or "")
        self._team_id = str(me.get("team_id") or "")  # a guest's payload names the workspace that they come from
        self.turns = Turns()
        self._tenant = tenant_of(self._team_id)
        self._homes: set[str] = set()  # people whose home page is shown once more in a moment
        self._told: dict[str, None] = {}  # private messages that were answered, the oldest first
        self._tasks: set[asyncio.Task[None]] = set()

    async def take(self, payload: Json, before: int) -> Json | None:
        """
        Do what a payload asks for; what rides on its acknowledgement. `before` counts earlier deliveries of it.

        Raises where an event has to come again.
        """
        if kind_of(payload) == EVENTS:
            await self._hear(payload, before)
            return None
        return await self._answer(payload)

    async def settled(self) -> None:
        """Wait until everything that was begun is done."""
        while self._tasks:
            await asyncio.wait(set(self._tasks))

    async def end(self, patience: float) -> None:
        """Let answers that were begun come to their end, for so many seconds; then call them back."""
        if self._tasks:
            await asyncio.wait(set(self._tasks), timeout=patience)
        late = set(self._tasks)
        for task in late:
            task.cancel()
        if late:
            log.warning("stopped in the middle", extra=self._about(tasks=len(late)))
            await asyncio.wait(late)

    # --- commands, presses, forms --------------------------------------------------------------------

    async def _answer(self, payload: Json) -> Json | None:
        began = _now()
        talk = Talk(self._web, payload, Meta(), self._pictures)
        try:
            event = await self._event(payload, self._team)
            if event is None:
                self._not_understood(payload)
                return None
            talk.meta = meta_of(event, home=talk.from_home)
            outcome = await self._outcome(event)
            talk.meta = replace(talk.meta, of=mark_of(event, outcome))
            if not talk.is_form:
                self._soon(self._tell(talk, payload, event, outcome, began))
                return None
            return self._closing(talk, event, outcome, began)
        except Exception:  # whoever waits shall not be left alone, whatever it was
            log.exception("interaction failed", extra=self._about(incident=_incident(payload)))
            return await talk.apologise(_incident(payload), _typed(payload))

    def _not_understood(self, payload: Json) -> None:
        log.warning("interaction not understood", extra=self._about(kind=payload.get("type")))

    async def _tell(self, talk: Talk, payload: Json, event: Event, outcome: Outcome, began: float) -> None:
        """Answer what is acknowledged already."""
        try:
            cards, form = parts(outcome)
            may_open = form is not None and not cards and _now() - began <= self._patience
            if form is None or not (may_open and await talk.open(form)):
                doors = [self._door(form)] if form else []
                await talk.say([*cards, *doors], anew=bool(outcome.refused or form))
        except NOT_DONE as trouble:
            log.warning(NOT_DELIVERED, extra=self._about(error=word_of(trouble), incident=_incident(payload)))
            await talk.own_up(_incident(payload))
        except Exception:  # the same as above
            log.exception("interaction failed", extra=self._about(incident=_incident(payload)))
            await talk.apologise(_incident(payload), _typed(payload))
        if talk.from_home:
            await self._publish(event)

    def _closing(self, talk: Talk, event: Event, outcome: Outcome, began: float) -> Json | None:
        """The answer to a form: it rides on the acknowledgement, because the form waits for it."""
        cards, form = parts(outcome)
        if cards and form:
            cards, form = [*cards, self._door(form)], None
        late = _now() - began > TOO_LATE
        answer = talk.submitted(outcome.refused, cards, form, late=late)
        self._soon(self._after(talk, event, answer, cards, late=late))
        return answer

    async def _after(self, talk: Talk, event: Event, answer: Json | None, cards: Sequence[Card], *, late: bool) -> None:
        await talk.finish(dict(answer) if answer else None, cards, late=late)
        if talk.from_home:
            await self._publish(event)

    # --- events ----------------------------------------------------------------------------------------

    async def _hear(self, payload: Json, before: int) -> None:
        happened: Json = payload.get("event") or {}
        kind, user = happened.get("type"), happened.get("user")
        if kind in OVER and (kind != "tokens_revoked" or (happened.get("tokens") or {}).get("bot")):
            self._gone()
            return
        if isinstance(user, dict):  # Slack tells who they are now
            await self._app.engine.meet(self._tenant, self._people.learn(user), self._app.clock.now())
        if not self._concerns_us(payload, happened):
            return
        async with self.turns.of(str(happened.get("channel") or actor_of(payload))):
            if before and kind == "message":
                payload = await self._as_it_is_now(payload)
            await self.hear(payload, again=before > 0)

    async def hear(self, payload: Json, *, again: bool) -> None:
        """Take an event, inside the turn of its channel. `again`: it may have been dealt with before."""
        event = self._bare_event(payload)
        match event.what if event else None:
            case None:
                return
            case Opened() if event:
                await self._show_home(replace(event, person=await self._person(payload)))
            case Told() if event:
                event = replace(event, person=await self._person(payload))
                await self._reply(event, payload, again=again or event.id in self._told)
            case Left() if event and not await self._is_met(event.person.id):
                return  # of strangers nothing is kept, not even that they left
            case Said(under) if event and not await self._is_settled(under):
                self.early(under)
            case _ if event:
                await self._handle(event)

    async def _is_settled(self, receipt: str) -> bool:
        """Is it known whose message this is? While a post of ours is in doubt, it may be that one."""
        store = self._app.store
        if await store.read(lambda tx: outbox.find_by_receipt(tx, self._tenant, receipt)):
            return True
        return not await store.read(lambda tx: outbox.is_any_in_doubt(tx, self._tenant))

    def _concerns_us(self, payload: Json, happened: Json) -> bool:
        """A busy workspace talks a lot: what is not below a post of ours, or not a person's, costs only this."""
        message: Json = happened.get("message") or happened.get("previous_message") or happened
        if happened.get("type") == "message" and message.get("parent_user_id", self._bot) != self._bot:
            return False
        return actor_of(payload) != self._bot and self._bare_event(payload) is not None

    async def _as_it_is_now(self, payload: Json) -> Json:
        """A message that comes again may have been changed or taken back in between; then that counts."""
        happened: Json = payload["event"]
        told: Json = happened.get("message") or happened
        thread = told.get("thread_ts")
        if happened.get("subtype") == "message_deleted" or not (thread or happened.get("channel_type") == "im"):
            return payload
        ts = str(told["ts"])
        method = "conversations.replies" if thread else "conversations.history"
        try:
            found = await self._web.call(
                method, paced=False, channel=happened["channel"], ts=thread, oldest=ts, latest=ts, inclusive=True,
                limit=10,
            )  # fmt: skip
        except NOT_DONE:
            return payload
        now = next((message for message in found.get("messages") or () if message.get("ts") == ts), None)
        if now is None:
            gone = {"subtype": "message_deleted", "deleted_ts": ts, "previous_message": told}
            return {**payload, "event": {**_bare(happened), **gone}}
        return {**payload, "event": {**_bare(happened), **now}}

    async def _reply(self, event: Event, payload: Json, *, again: bool) -> None:
        """Answer a private message there. Its answer is found again by its name, because Slack may ask for it twice."""
        outcome = await self._handle(event)
        cards, form = parts(outcome)
        cards += [self._door(form)] if form else []
        cards += [one_file_card()] if left_out(payload) and cards and not outcome.refused else []
        name = f"reply/{event.id}"
        known = await list_standing(self._web, event.spot, name, event.receipt.partition("/")[2]) if again else ()
        try:
            talk = Talk(self._web, payload, Meta(of=mark_of(event, outcome)), self._pictures)
            await talk.write(event.spot, cards, name, known)
        except SlackApiError as no:
            if status_of(no) >= 500:
                raise  # so it comes again, and is looked for first
            log.warning("private message not answered", extra=self._about(error=error_word(no)))
        self._told[event.id] = None
        if len(self._told) > LOOK:
            del self._told[next(iter(self._told))]

    # --- the home page -----------------------------------------------------------------------------------

    async def _publish(self, event: Event) -> None:
        """Show the home page as it is after a deed there. What only reads changes nothing on it."""
        if not self._app.engine.routes.reads(event.what):
            await self._show_home(replace(event, group="", spot="", receipt="", of=""))

    async def _show_home(self, event: Event, *, is_last: bool = False) -> None:
        """Without it the page is as old as the deed; so where Slack takes it later, it is shown once more then."""
        who = event.person.id
        try:
            async with self.turns.of(f"home/{who}"):
                outcome = await self._home(event)
                cards, of = parts(outcome)[0], mark_of(event, outcome)
                await self._pictures.show_now(cards, partial(self._publish_view, who, cards, of))
        except NOT_DONE as trouble:
            if is_last or error_word(trouble):
                log.warning("home page not shown", extra=self._about(error=word_of(trouble)))
            elif who not in self._homes:
                self._homes.add(who)
                wait = trouble.wait.total_seconds() if isinstance(trouble, Later) else HOME_AGAIN
                self._soon(self._show_home_later(event, wait))

    async def _publish_view(self, who: str, cards: Sequence[Card], of: str, pictures: Ids) -> None:
        await self._web.call("views.publish", paced=False, user_id=who, view=home_view(cards, of, pictures))

    async def _show_home_later(self, event: Event, wait: float) -> None:
        try:
            await asyncio.sleep(wait)
        finally:
            self._homes.discard(event.person.id)
        await self._show_home(event, is_last=True)

    async def _home(self, event: Event) -> Outcome:
        cards = await self._app.engine.home(event)
        return Outcome(tuple(map(Reply, cards)), group=await self._app.engine.group_of(event))

    # --- inside --------------------------------------------------------------------------------------------

    async def _event(self, payload: Json, title: str = "") -> Event | None:
        event = self._bare_event(payload, title)
        return event and replace(event, person=await self._person(payload))

    def _bare_event(self, payload: Json, title: str = "") -> Event | None:
        """What happened. Of the person it has the id alone: nobody is asked."""
        now, called, person = self._app.clock.now(), self._people.called, Person(actor_of(payload))
        event = event_of(kind_of(payload), payload, now, person, title, self._team_id, called)
        if event and isinstance(event.what, Told | Said):
            return replace(event, id=message_id(event, payload))
        return event

    async def _person(self, payload: Json) -> Person:
        """Whoever acted. The name in a payload is better than none, and worse than the one that they are known by."""
        person, called = await self._people.person(actor_of(payload)), _called(payload)
        if person.name or not called:
            return person
        [known] = await self._app.store.read(lambda tx: roster.list_names(tx, self._tenant, [person.id]))
        return person if known else replace(person, name=called)

    async def _is_met(self, member: str) -> bool:
        return await self._app.store.read(lambda tx: roster.is_met(tx, self._tenant, member))

    async def _outcome(self, event: Event) -> Outcome:
        if isinstance(event.what, Opened):
            return await self._home(event)
        if isinstance(event.what, Pressed) and event.what.action.route not in self._app.engine.routes.presses:
            log.warning("unknown action", extra=self._about(route=event.what.action.route[:40]))
        return await self._handle(event)

    async def _handle(self, event: Event) -> Outcome:
        outcome = await self._app.engine.handle(event)
        if outcome.erased:
            self._people.forget(outcome.erased)
            self._told.clear()
        if not isinstance(event.what, Said) or outcome.answers:
            self._app.hurry()
        return outcome

    def _door(self, form: Form) -> Card:
        """A form can be opened for three seconds. When that is over, a button opens it."""
        action = self._app.engine.opener(form.action)
        if action is None:
            raise LookupError(f"nothing opens the form {form.action.route}")
        return form_card(form, action)

    def _soon(self, job: Coroutine[Any, Any, None]) -> None:
        """Run it after the acknowledgement."""
        task = asyncio.create_task(self._kept_in(job))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _kept_in(self, job: Coroutine[Any, Any, None]) -> None:
        try:
            await job
        except NOT_DONE as trouble:
            log.warning(NOT_DELIVERED, extra=self._about(error=word_of(trouble)))
        except Exception:  # the deed is kept; only its answer is lost
            log.exception("answer failed", extra=self._about())

    def _about(self, **more: object) -> dict[str, object]:
        """What a line in the log says beside its words."""
        return {"workspace": self._team or self._team_id, **more}


def _nobody(_: str) -> None:
    """Stands for whoever reads later, until there is somebody."""


def message_id(event: Event, payload: Json) -> str:
    """What the core knows a message by: its receipt below that of its thread, and which version of it this is."""
    happened: Json = payload.get("event") or {}
    said = event.what
    if isinstance(said, Said):
        ts = said.receipt.partition("/")[2]
        if said.text is None:
            return f"{said.under}/{ts}/{GONE}"
        name = f"{said.under}/{ts}"
    else:
        name = event.receipt
    version = ((happened.get("message") or happened).get("edited") or {}).get("ts")
    if not version and happened.get("subtype") == "message_changed":
        version = happened.get("event_ts")
    return f"{name}/{version}" if version else name


def _called(payload: Json) -> str:
    """What a payload calls whoever acted: a name to log in with, not the one that people read."""
    user = payload.get("user")
    found = user.get("name") or user.get("username") if isinstance(user, dict) else payload.get("user_name")
    return str(found or "")


def _incident(payload: Json) -> str:
    """A number under which the log can be searched."""
    return sha256(str(payload.get("trigger_id")).encode()).hexdigest()[:6]


def _typed(payload: Json) -> tuple[str, ...]:
    """What they typed into a form or behind a command."""
    return words_of(payload) or tuple(filter(None, [str(payload.get("text") or "")]))


def _bare(happened: Json) -> Json:
    """Where an event happened, without what it said."""
    return {key: happened[key] for key in ("type", "channel", "channel_type", "event_ts") if key in happened}


def _now() -> float:
    return asyncio.get_running_loop().time()
