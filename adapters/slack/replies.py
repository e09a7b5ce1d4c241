"""
What is done with each thing that Slack says, and how whoever acted is answered.

The deed is kept first. Then an event is acknowledged, so what was lost on the way comes again and gets the same answer;
a press is acknowledged and answered after that. Nothing is kept here between two deliveries.
"""

import asyncio
import logging
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import replace
from hashlib import sha256
from typing import Any

from slack_sdk.errors import SlackApiError

from adapters.slack.delivery import TROUBLES
from adapters.slack.inbound import EVENTS, Json, actor_of, event_of, kind_of, words_of
from adapters.slack.listening import Turns
from adapters.slack.people import People
from adapters.slack.talk import Talk
from adapters.slack.translate import Meta, carries, home_view, meta_of
from adapters.slack.web import Web, status_of
from bot.app import App
from bot.engine.outcome import Outcome
from bot.kernel.action import Action
from bot.kernel.card import Button, Card, Form, Note
from bot.kernel.effect import Ask, Reply
from bot.kernel.errors import Later
from bot.kernel.event import Event, Opened, Person, Pressed, Said, Told, group_mark
from bot.kernel.text import md

log = logging.getLogger(__name__)

PATIENCE = 1.5  # seconds; the rest of Slack's three are for the way there and back
TOO_LATE = 2.8  # seconds after which Slack does not read what rides on an acknowledgement
LOOK = 200  # messages after a private one, among which its answer is looked for
OVER = ("app_uninstalled", "tokens_revoked")  # events that end the workspace


class Replies:
    """The answers of one workspace. `me` is what auth.test says; `gone` is called when the bot was put out."""

    def __init__(
        self, app: App, web: Web, people: People, me: Json, gone: Callable[[], None], *, patience: float = PATIENCE
    ) -> None:
        self._app, self._web, self._people, self._gone, self._patience = app, web, people, gone, patience
        self._bot, self._team = str(me.get("user_id") or ""), str(me.get("team") or "")
        self._team_id = str(me.get("team_id") or "")  # a guest's payload names the workspace that they come from
        self._turns = Turns()
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
            log.warning("stopped in the middle", extra={"tasks": len(late)})
            await asyncio.wait(late)

    # --- commands, presses, forms --------------------------------------------------------------------

    async def _answer(self, payload: Json) -> Json | None:
        began = _now()
        talk = Talk(self._web, payload, Meta())
        try:
            event = await self._event(payload, self._team)
            if event is None:
                self._not_understood(payload)
                return None
            talk.meta = meta_of(event, home=talk.from_home)
            outcome = await self._outcome(event)
            talk.meta = replace(talk.meta, of=_group_mark(event, outcome))
            if not talk.is_form:
                self._soon(self._tell(talk, payload, event, outcome, began))
                return None
            return self._closing(talk, event, outcome, began)
        except Exception:  # whoever waits shall not be left alone, whatever it was
            log.exception("interaction failed", extra={"incident": _incident(payload)})
            return await talk.apologise(_incident(payload), _typed(payload))

    def _not_understood(self, payload: Json) -> None:
        log.warning("interaction not understood", extra={"kind": payload.get("type")})

    async def _tell(self, talk: Talk, payload: Json, event: Event, outcome: Outcome, began: float) -> None:
        """Answer what is acknowledged already."""
        try:
            cards, form = _parts(outcome)
            may_open = form is not None and not cards and _now() - began <= self._patience
            if form is None or not (may_open and await talk.open(form)):
                doors = [self._door(form)] if form else []
                await talk.say([*cards, *doors], anew=bool(outcome.refused or form))
        except Exception:  # the same as above
            log.exception("interaction failed", extra={"incident": _incident(payload)})
            await talk.apologise(_incident(payload), _typed(payload))
        if talk.from_home:
            await self._publish(event)

    def _closing(self, talk: Talk, event: Event, outcome: Outcome, began: float) -> Json | None:
        """The answer to a form: it rides on the acknowledgement, because the form waits for it."""
        cards, form = _parts(outcome)
        if cards and form:
            cards, form = [*cards, self._door(form)], None
        answer = talk.submitted(outcome.refused, cards, form)
        self._soon(self._after(talk, event, answer, cards, late=_now() - began > TOO_LATE))
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
            self._people.learn(user)
        if not self._concerns_us(payload, happened):
            return
        async with self._turns.of(str(happened.get("channel") or actor_of(payload))):
            if before and kind == "message":
                payload = await self._as_it_is_now(payload)
            event = await self._event(payload)
            match event.what if event else None:
                case None:
                    return
                case Opened() if event:
                    await self._show_home(event)
                case Told() if event:
                    await self._reply(event, payload, again=before > 0 or event.id in self._told)
                case _ if event:
                    await self._handle(event)

    def _concerns_us(self, payload: Json, happened: Json) -> bool:
        """A busy workspace talks a lot: what is not below a post of ours, or not a person's, costs only this."""
        message: Json = happened.get("message") or happened.get("previous_message") or happened
        if happened.get("type") == "message" and message.get("parent_user_id", self._bot) != self._bot:
            return False
        who = actor_of(payload)
        return who != self._bot and event_of(EVENTS, payload, self._app.clock.now(), Person(who)) is not None

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
        except (*TROUBLES, Later):
            return payload
        now = next((message for message in found.get("messages") or () if message.get("ts") == ts), None)
        if now is None:
            gone = {"subtype": "message_deleted", "deleted_ts": ts, "previous_message": told}
            return {**payload, "event": {**_bare(happened), **gone}}
        return {**payload, "event": {**_bare(happened), **now}}

    async def _reply(self, event: Event, payload: Json, *, again: bool) -> None:
        """Answer a private message there. Its answer is found again by its name, because Slack may ask for it twice."""
        outcome = await self._handle(event)
        cards, form = _parts(outcome)
        name = f"reply/{event.id}"
        known = await self._standing(event, name) if again else ()
        try:
            talk = Talk(self._web, payload, Meta(of=_group_mark(event, outcome)))
            await talk.write(event.spot, [*cards, *([self._door(form)] if form else [])], name, known)
        except SlackApiError as no:
            if status_of(no) >= 500:
                raise  # so it comes again, and is looked for first
            log.warning("private message not answered", extra={"error": str(no.response.get("error"))})
        self._told[event.id] = None
        if len(self._told) > LOOK:
            del self._told[next(iter(self._told))]

    async def _standing(self, event: Event, name: str) -> Sequence[str]:
        """The names of answers to this private message that stand there."""
        said = event.receipt.partition("/")[2]
        found = await self._web.call(
            "conversations.history", paced=False, channel=event.spot, oldest=said, limit=LOOK,
            include_all_metadata=True,
        )  # fmt: skip
        names = [f"{name}/{number}" for number in range(LOOK)]
        messages = [message for message in found.get("messages") or () if message.get("bot_id")]
        return [one for one in names[: len(messages)] if any(carries(message, one) for message in messages)]

    # --- the home page -----------------------------------------------------------------------------------

    async def _publish(self, event: Event) -> None:
        """Show the home page as it is now, after a deed there. Without it the page is as old as the deed."""
        try:
            async with self._turns.of(event.person.id):
                await self._show_home(replace(event, group="", spot="", receipt="", of=""))
        except Exception:  # the deed is kept and answered
            log.exception("home page not shown")

    async def _show_home(self, event: Event) -> None:
        outcome = await self._home(event)
        view = home_view(_parts(outcome)[0], _group_mark(event, outcome))
        await self._web.call("views.publish", paced=False, user_id=event.person.id, view=view)

    async def _home(self, event: Event) -> Outcome:
        cards = await self._app.engine.home(event)
        return Outcome(tuple(map(Reply, cards)), group=await self._app.engine.group_of(event))

    # --- inside --------------------------------------------------------------------------------------------

    async def _event(self, payload: Json, title: str = "") -> Event | None:
        person = await self._people.person(actor_of(payload))
        return event_of(kind_of(payload), payload, self._app.clock.now(), person, title, self._team_id)

    async def _outcome(self, event: Event) -> Outcome:
        if isinstance(event.what, Opened):
            return await self._home(event)
        if isinstance(event.what, Pressed) and event.what.action.route not in self._app.engine.routes.presses:
            log.warning("unknown action", extra={"route": event.what.action.route[:40]})
        return await self._handle(event)

    async def _handle(self, event: Event) -> Outcome:
        outcome = await self._app.engine.handle(event)
        if outcome.erased:
            self._people.forget(outcome.erased)
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
        task = asyncio.create_task(_kept_in(job))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


def form_card(form: Form, opens: Action) -> Card:
    """Stands for a form that could not be opened at once."""
    return Card(form.title, (Note(md("The form is ready.")),), (Button("Open the form", opens, "primary"),))


def _parts(outcome: Outcome) -> tuple[list[Card], Form | None]:
    cards = [answer.card for answer in outcome.answers if isinstance(answer, Reply)]
    if outcome.refused:
        cards.append(outcome.refused.card)
    return cards, next((answer.form for answer in outcome.answers if isinstance(answer, Ask)), None)


def _group_mark(event: Event, outcome: Outcome) -> str:
    """In a channel the place says which group it is about. Elsewhere each card says it itself."""
    if event.group:
        return ""
    return group_mark(outcome.group) if outcome.group else event.of


def _incident(payload: Json) -> str:
    """A number under which the log can be searched."""
    return sha256(str(payload.get("trigger_id")).encode()).hexdigest()[:6]


def _typed(payload: Json) -> tuple[str, ...]:
    """What they typed into a form or behind a command."""
    return words_of(payload) or tuple(filter(None, [str(payload.get("text") or "")]))


def _bare(happened: Json) -> Json:
    """Where an event happened, without what it said."""
    return {key: happened[key] for key in ("type", "channel", "channel_type", "event_ts") if key in happened}


async def _kept_in(job: Coroutine[Any, Any, None]) -> None:
    try:
        await job
    except Exception:  # the deed is kept; only its answer is lost
        log.exception("answer failed")


def _now() -> float:
    return asyncio.get_running_loop().time()
