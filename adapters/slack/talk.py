"""
One interaction and how it is answered: by its response address, by a view, or in private messages.

What is said is seen by whoever acted alone. Slack takes a trigger for three seconds and once, and a response address
for half an hour and five times; where one is over, the answer goes to their private messages.
"""

import asyncio
import logging
from collections.abc import Mapping, Sequence
from enum import Enum, auto
from functools import partial
from hashlib import sha256
from itertools import count
from typing import Any

from slack_sdk.errors import SlackApiError

from adapters.slack.delivery import DIRECT, TROUBLES, delivery_error
from adapters.slack.forms import form_view
from adapters.slack.inbound import actor_of, channel_of
from adapters.slack.letters import does_stand
from adapters.slack.markup import is_person
from adapters.slack.meta import Meta
from adapters.slack.pictures import NotYet, Pictures, is_about_pictures
from adapters.slack.translate import Json, card_message, files_of, pack, reply_view
from adapters.slack.translate import Pictures as Ids
from adapters.slack.web import ANSWER, Web, error_word
from bot.engine.outcome import Refused
from bot.kernel.card import Card, Form, Note, Para, TooLarge
from bot.kernel.errors import DeliveryError, Later, Rejected, Unsure
from bot.kernel.text import md

log = logging.getLogger(__name__)

USES = 5  # Slack: messages to one response address
LONGEST_WAIT = 5.0  # seconds that an answer waits for a limit
NOT_DONE = (*TROUBLES, Later)
SUBMITTED = "view_submission"
PRESSED = "press"  # names of answers to a press begin with it


class NotSaid(Exception):
    """This way to answer is over."""


class Way(Enum):
    ADDRESS = auto()  # a channel: a note that only they see
    PRIVATE = auto()  # a message in their private messages
    OPEN = auto()  # the home page, or no place at all: a view opens
    MODAL = auto()  # a view that is open


class Talk:
    """
    The answers to one interaction. `meta` is what a view that answers it must carry.

    `submitted` and `apology` give what rides on the acknowledgement; everything else is said after it.
    """

    def __init__(
        self, web: Web, payload: Mapping[str, Any], meta: Meta, pictures: Pictures | None = None
    ) -> None:  # fmt: skip
        self._web, self._payload, self.meta = web, payload, meta
        self._pictures = pictures or Pictures(web)
        self._view: Mapping[str, Any] = payload.get("view") or {}
        container: Mapping[str, Any] = payload.get("container") or {}
        self._on_reply = bool(container.get("is_ephemeral"))
        self._thread = thread_of(payload)
        self._way = self._find_way(container)
        self._press, self._said = sha256(str(payload.get("trigger_id")).encode()).hexdigest()[:16], count()

    @property
    def is_form(self) -> bool:
        return self._payload.get("type") == SUBMITTED

    @property
    def from_home(self) -> bool:
        return Meta.decode(self._view.get("private_metadata")).home

    def _find_way(self, container: Mapping[str, Any]) -> Way:
        if self._view:
            return Way.OPEN if self._view.get("type") == "home" else Way.MODAL
        if container.get("type") == "message" and not self._on_reply and channel_of(self._payload).startswith("D"):
            return Way.PRIVATE
        return Way.ADDRESS if self._payload.get("response_url") else Way.OPEN

    # --- after the acknowledgement -------------------------------------------------------------------

    async def open(self, form: Form) -> bool:
        """Show a form; whether that was still possible."""
        try:
            await self._show_view(self._form_view(form), push=True)
        except NotSaid as over:
            log.info("form not opened", extra={"error": str(over)})
            return False
        return True

    async def say(self, cards: Sequence[Card], *, anew: bool = False) -> None:
        """Show the cards. They take the place of the reply that was pressed, unless `anew`."""
        if not cards and (self._payload.get("container") or self.is_form):
            return
        cards = cards or [done_card()]
        shown = [*cards, await self._hand_out(cards)] if files_of(cards) else cards
        if self._way is Way.PRIVATE:
            await self._put(channel_of(self._payload), shown)
            return
        try:
            if self._way is Way.ADDRESS:
                await self._respond(shown, change=self._on_reply and not anew)
            else:
                await self._show_cards(shown, push=anew)
        except (NotSaid, TooLarge) as over:
            log.info("answered in private messages instead", extra={"error": str(over)})
            await self._put(self._person, shown)

    async def finish(self, answer: Json | None, cards: Sequence[Card], *, late: bool) -> None:
        """What a form's answer needs beside the acknowledgement: its files, and a late one itself, wherever it goes."""
        if answer and "errors" in answer:
            return  # the words stay in the form
        shown = [*cards, await self._hand_out(cards)] if files_of(cards) else cards
        lacks = self._pictures.lacks(shown)  # an acknowledgement cannot wait for a picture
        view = (answer or {}).get("view")
        if shown is cards and not (view and (late or lacks)):
            return
        is_last = shown is not cards or bool(view and view.get("clear_on_close"))
        try:
            await self._fill(str(self._view["id"]), shown, is_last=is_last, instead=view)
        except NOT_DONE as trouble:
            log.info("answered in private messages instead", extra={"error": word_of(trouble)})
            await self._put(self._person, shown)

    async def write(self, channel: str, cards: Sequence[Card], name: str = "", known: Sequence[str] = ()) -> None:
        """
        Write plain messages, called `name/0` and so on where they need a name; what is `known` stands already.

        Raises what `Web.call` raises.
        """
        for number, some in enumerate(pack(cards)):
            called = f"{name}/{number}" if name else ""
            if called and called in known:
                continue
            sent = await self._post(channel, some, called)
            if files := files_of(some):
                await self._web.upload(files, sent)

    async def _put(self, channel: str, cards: Sequence[Card]) -> None:
        """
        Write them without their files, in as few messages as hold them.

        Slack tells of a press once. So what is in doubt is looked for at once, and written again where it is not there.
        """
        number = next(self._said)
        for place, some in enumerate(pack(cards)):
            name = f"{PRESSED}/{self._press}/{number}/{place}"
            try:
                channel = await self._post(channel, some, name)
            except TROUBLES as trouble:
                if not isinstance(delivery_error(trouble), Unsure):
                    raise
                log.info("looked for an answer in doubt", extra={"error": word_of(trouble)})
                if is_person(channel):
                    opened = await patiently(self._web, "conversations.open", users=channel)
                    channel = str(opened["channel"]["id"])
                if not await does_stand(self._web, channel, name):
                    await self._post(channel, some, name)

    async def _post(self, channel: str, cards: Sequence[Card], name: str) -> str:
        """One message; the channel that this was."""

        async def send(pictures: Ids) -> Json:
            message = card_message(cards, name, self.meta.of, pictures)
            return await patiently(self._web, "chat.postMessage", channel=channel, **message)

        return str((await self._pictures.show(cards, send))["channel"])

    # --- on the acknowledgement ------------------------------------------------------------------------

    def submitted(
        self, refused: Refused | None, cards: Sequence[Card], form: Form | None, *, late: bool = False
    ) -> Json | None:
        """
        The answer to a form.

        A no stands at its field, and the words stay in the form. A no that a button would help with is shown with it;
        so is a late one, because a field can say something on the acknowledgement alone.
        """
        at_field = refused is not None and not (refused.buttons or form or late)
        if refused and at_field and (field := self._field(refused.field)):
            return {"response_action": "errors", "errors": {field: f"{refused.because} {refused.hint}".strip()}}
        if form and not cards:
            return {"response_action": "update", "view": self._form_view(form)}
        ready = self._pictures.ready(cards)
        view = reply_view(cards, self.meta, is_last=not refused, pictures=ready) if cards else None
        return {"response_action": "update", "view": view} if view else None

    async def apologise(self, incident: str, typed: Sequence[str]) -> Json | None:
        """Say that it went wrong, and hand the words back. Never raises."""
        because, hint = f"That went wrong on our side (number {incident}).", "Please try again."
        sorry = Refused(because, hint, typed=tuple(typed))
        if self.is_form:
            try:
                return self.submitted(sorry, [sorry.card], None)
            except Exception:  # the view itself may be what went wrong
                log.exception("apology failed", extra={"incident": incident})
                return None
        await self._say_instead(sorry.card, incident)
        return None

    async def own_up(self, incident: str) -> None:
        """Say that the answer itself did not come, where it was not to be had. Never raises."""
        await self._say_instead(lost_card(), incident)

    async def _say_instead(self, card: Card, incident: str) -> None:
        """Nothing is left to try after this."""
        try:
            await self.say([card], anew=True)
        except NOT_DONE as trouble:
            log.info("nor the apology", extra={"incident": incident, "error": word_of(trouble)})
        except Exception:
            log.exception("apology failed", extra={"incident": incident})

    def _field(self, wanted: str) -> str:
        """The block of this field, or of the first one; empty where nothing can carry an error."""
        inputs = [block for block in self._view.get("blocks") or () if block.get("type") == "input"]
        found = [block for block in inputs if block["element"]["action_id"] == wanted] or inputs
        return str(found[0]["block_id"]) if found else ""

    # --- inside ----------------------------------------------------------------------------------------

    def _form_view(self, form: Form) -> Json:
        return form_view(form, self.meta, str(self._payload.get("trigger_id") or ""))

    async def _show_cards(self, cards: Sequence[Card], *, push: bool) -> None:
        """A trigger cannot wait for a picture: one that is not ready comes a moment later."""
        ready = self._pictures.ready(cards)
        try:
            async with self._pictures.named(ready):
                view_id = await self._show_view(reply_view(cards, self.meta, pictures=ready), push=push)
        except NotYet as gone:
            raise NotSaid(word_of(gone)) from gone
        if self._pictures.lacks(cards):
            try:
                await self._fill(view_id, cards)
            except NOT_DONE as trouble:  # its words stand there
                log.info("a picture did not come", extra={"error": word_of(trouble)})

    async def _fill(self, view_id: str, cards: Sequence[Card], *, is_last: bool = False, instead: Any = None) -> None:
        """Show the cards in a view that is open, with their pictures; without cards `instead`."""

        async def send(pictures: Ids) -> None:
            view = reply_view(cards, self.meta, is_last=is_last, pictures=pictures) if cards else instead
            await self._web.call("views.update", paced=False, view_id=view_id, view=view)

        await self._pictures.show(cards, send)

    async def _show_view(self, view: Json, *, push: bool) -> str:
        """The id of the view."""
        trigger = str(self._payload.get("trigger_id") or "")
        try:
            if self._way is not Way.MODAL:
                answer = await self._web.call("views.open", paced=False, trigger_id=trigger, view=view)
            elif push:
                answer = await self._push(trigger, view)
            else:
                answer = await self._web.call("views.update", paced=False, view_id=self._view["id"], view=view)
        except NOT_DONE as trouble:
            raise NotSaid(word_of(trouble)) from trouble
        return str(answer["view"]["id"])

    async def _push(self, trigger: str, view: Json) -> Json:
        try:
            return await self._web.call("views.push", paced=False, trigger_id=trigger, view=view)
        except SlackApiError as no:
            if error_word(no) != "push_limit_reached":
                raise
            return await self._web.call("views.update", paced=False, view_id=self._view["id"], view=view)

    async def _respond(self, cards: Sequence[Card], *, change: bool) -> None:
        messages = pack(cards)
        if len(messages) > USES:
            raise NotSaid("too many messages for one address")
        for number, some in enumerate(messages):
            replaces = change and number == 0
            await self._pictures.show(some, partial(self._answer, some, replaces=replaces))

    async def _answer(self, cards: Sequence[Card], pictures: Ids, *, replaces: bool) -> None:
        message = card_message(cards, of=self.meta.of, pictures=pictures)
        if replaces or not (self._thread and await self._whisper(message)):
            await self._send(message | {"response_type": "ephemeral", "replace_original": replaces})

    async def _whisper(self, message: Json) -> bool:
        """Say it in the thread: what goes to a response address stands in the channel. Whether Slack let us."""
        where = {"channel": channel_of(self._payload), "thread_ts": self._thread, "user": self._person}
        try:
            await self._web.call("chat.postEphemeral", paced=False, **where, **message)
        except NOT_DONE as trouble:
            if is_about_pictures(trouble):
                raise
            log.info("answered in the channel instead", extra={"error": word_of(trouble)})
            return False
        return True

    async def _send(self, message: Json) -> None:
        session, client = self._web.client.session, self._web.client
        if session is None:
            raise NotSaid("no session")
        try:
            async with asyncio.timeout(ANSWER):
                url = str(self._payload["response_url"])
                async with session.post(url, json=message, proxy=client.proxy) as answer:
                    if answer.status != 200:
                        raise NotSaid(f"status {answer.status}: {(await answer.text())[:80]}")
        except TROUBLES as broken:
            raise NotSaid(word_of(broken)) from broken

    async def _hand_out(self, cards: Sequence[Card]) -> Card:
        """Slack takes files in conversations only. Says where they are, or why they are nowhere."""
        try:
            opened = await patiently(self._web, "conversations.open", users=self._person)
            await self._web.upload(files_of(cards), str(opened["channel"]["id"]))
        except NOT_DONE as trouble:
            log.warning("files not handed out", extra={"error": word_of(trouble)})
            return not_sent_card(delivery_error(trouble, DIRECT))
        return sent_card()

    @property
    def _person(self) -> str:
        """Whoever acted; as a channel, their private messages."""
        return actor_of(self._payload)


def thread_of(payload: Mapping[str, Any]) -> str:
    """The `ts` of the thread in which a message was pressed or chosen; empty where it stands in the channel itself."""
    message, container = payload.get("message") or {}, payload.get("container") or {}
    thread = str(container.get("thread_ts") or message.get("thread_ts") or "")
    here = container.get("message_ts") or message.get("ts")
    return "" if thread == here else thread


async def patiently(web: Web, method: str, **args: Any) -> Json:
    """The call, again after a limit that is soon over. Raises as `Web.call` does."""
    try:
        return await web.call(method, paced=False, **args)
    except Later as later:
        if later.wait.total_seconds() > LONGEST_WAIT:
            raise
        await asyncio.sleep(later.wait.total_seconds())
    return await web.call(method, paced=False, **args)


def done_card() -> Card:
    """Says only that it worked, to somebody who waits for a word."""
    return Card("Done.", (Para(md("There is nothing more to do here.")),), tone="good")


def lost_card() -> Card:
    """Stands for an answer that Slack did not take."""
    words = "What you did is kept. Only my answer to it did not reach you."
    return Card("My answer was lost.", (Para(md(words)), Note(md("Your page shows how things are: type /study me."))))


def sent_card() -> Card:
    """Where the files are."""
    return Card(
        "The file is in your private messages.", (Note(md("Slack shows no files in a reply that only you see.")),)
    )


def not_sent_card(why: DeliveryError) -> Card:
    """Nothing of it stands; why, and what to do."""
    todo = why.fix if isinstance(why, Rejected) else "Please try again in a minute."
    return Card("Slack did not take the file.", (Para(md("{todo}", todo=todo)),), tone="warning")


def word_of(trouble: Exception) -> str:
    """What went wrong, for the log."""
    return error_word(trouble) or type(trouble).__name__
