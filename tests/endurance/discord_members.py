"""How people do things on Discord: what they press and type, and what they read then."""

from collections.abc import Awaitable, Callable, Mapping
from datetime import date
from typing import Any

from adapters.discord.replies import reply_name
from adapters.discord.translate import component_id
from bot.kernel.action import Action
from tests.discord_fake.talk import Interaction
from tests.discord_fake.town import Message
from tests.endurance.discord_day import Deed
from tests.endurance.discord_side import ObservedDiscord

USE = "Use as my answer"
SORRY = "went wrong on our side"

See = Callable[[Interaction], Awaitable[Interaction]]


class NotYet(Exception):
    """It cannot be done now, or was refused: the member tries again later. Says what they read."""


class Silence(Exception):
    """A private message had no answer."""


class Members:
    """
    One method for each deed; each raises NotYet. What `see` and `settle` raise goes through: then nobody knows.

    `see` waits for the answer to an interaction, `settle` until everything is done; `knows` says whether the bot knows
    that its post of this name stands.
    """

    def __init__(
        self, fake: ObservedDiscord, see: See, settle: Callable[[], Awaitable[None]], knows: Callable[[str], bool]
    ) -> None:
        self.fake, self._see, self._settle, self._knows = fake, see, settle, knows
        self._kept: dict[tuple[int, str], Interaction] = {}  # the newest answer to an answer
        self._replies: dict[tuple[int, str], Message] = {}
        self._conversations: set[int] = set()  # private channels in which the bot has answered

    async def do(self, deed: Deed) -> None:
        await getattr(self, f"_{deed.what}")(deed)

    # --- organisers ----------------------------------------------------------------------------------

    async def _found(self, deed: Deed) -> None:
        begun = await self._type(deed, "begin")
        if "Set up a study group" not in text_of(begun):
            return  # it is done
        form = await self._press(deed, begun, "Use this channel, Mon-Fri 09:00")
        _must(await self._send(deed, form, {"city": deed.study.city}), "The study group is ready.")

    async def _choose_forum(self, deed: Deed) -> None:
        more = await self._press(deed, await self._type(deed, "organise"), "More tools")
        form = await self._press(deed, await self._press(deed, more, "Channels"), "Change")
        assert deed.study.forum
        _must(await self._send(deed, form, {"daily": [str(deed.study.forum.id)]}), "Changed.", "All is as it was.")

    async def _open_threads(self, deed: Deed) -> None:
        desk = await self._type(deed, "organise")
        if not any(button["label"] == "Use closed answers" for one in desk.messages for button in one.buttons):
            await self._press(deed, desk, "Use open threads")

    # --- members --------------------------------------------------------------------------------------

    async def _join(self, deed: Deed) -> None:
        _must(await self._type(deed, "join"), "You are in.", "You are already in.")

    async def _want_reminders(self, deed: Deed) -> None:
        shown = await self._type(deed, "reminders")
        if any(button["label"] == "Remind me" for one in shown.messages for button in one.buttons):
            await self._press(deed, shown, "Remind me")

    async def _take_hint(self, deed: Deed) -> None:
        await self._press(deed, self._board(deed), "Hint")

    async def _start_clock(self, deed: Deed) -> None:
        await self._press(deed, self._board(deed), "Start the clock")

    async def _be_stuck(self, deed: Deed) -> None:
        form = await self._press(deed, self._board(deed), "I'm stuck")
        await self._send(deed, form, {"tried": "I tried to sort it and then I did not know"})

    async def _offer_help(self, deed: Deed) -> None:
        """If somebody is stuck."""
        thread = self._thread(deed)
        cries = [one for one in thread.messages.values() if any(b["label"] == "Offer help" for b in one.buttons)]
        if cries:
            await self._press(deed, cries[-1], "Offer help")

    async def _answer(self, deed: Deed) -> None:
        form = await self._press(deed, self._board(deed), "Answer")
        self._keep(deed, await self._send(deed, form, {"text": deed.text, "choices": ["show"]}))

    async def _withdraw(self, deed: Deed) -> None:
        kept = self._kept.get((deed.member.id, _day(deed)))
        if kept is None:
            raise NotYet("nothing to withdraw")
        deed.sent = True
        _must(await self._press(deed, kept, "Withdraw it"), "Your answer is withdrawn.")

    async def _tell(self, deed: Deed) -> None:
        """A private message, then the button below the bot's answer."""
        channel = self.fake.town.dm(deed.member)
        if deed.message is None:
            deed.message = await self.fake.write(deed.member, None, deed.text)
        await self._settle()
        answer = self.fake.replies.get(reply_name(deed.message.receipt))
        if answer is None:
            deed.message = None
            if channel.id in self._conversations:
                raise Silence(deed.name)
            raise NotYet("the first private message was not heard")
        self._conversations.add(channel.id)
        if not any(button["label"] == USE for button in answer.buttons):
            deed.message = None
            raise NotYet(answer.text)
        await self._use(deed, answer)

    async def _point_at(self, deed: Deed) -> None:
        """A message in the thread, and then its menu."""
        if deed.message is None:
            deed.message = await self.fake.write(deed.member, self._thread(deed), deed.text)
        if not self.fake.town.commands:
            raise NotYet("Discord does not know the commands")
        offered = await self._see(await self.fake.message_command(deed.member, USE, deed.message))
        await self._use(deed, _fine(offered))

    async def _use(self, deed: Deed, offered: Interaction | Message) -> None:
        """The bot names the problem that is likeliest meant; on a slow day that is the next one already."""
        messages = [offered] if isinstance(offered, Message) else offered.messages
        for button in (button for message in messages for button in message.buttons):
            if button["label"] == USE and deed.key:
                task = Action.decode(button["custom_id"].partition(":")[2]).get("task")
                deed.key, deed.sent = (deed.key[0], task, deed.key[2]), True
        self._keep(deed, await self._press(deed, offered, USE))

    # --- in an open thread: it counts because it stands there, whether the bot is up or not --------------

    async def _reply(self, deed: Deed) -> None:
        """
        Not while the post is in doubt: such replies wait by the machine's clock, and this day is over in seconds.
        """
        if not self._knows(f"daily/{deed.study.group}/{_day(deed)}"):
            raise NotYet("the bot does not know its post")
        where = deed.member.id, _day(deed)
        self._replies[where] = await self.fake.write(deed.member, self._thread(deed), deed.text)

    async def _change_reply(self, deed: Deed) -> None:
        await self.fake.edit(self._own(deed), deed.text)

    async def _delete_reply(self, deed: Deed) -> None:
        await self.fake.delete(self._own(deed))

    def _own(self, deed: Deed) -> Message:
        found = self._replies.get((deed.member.id, _day(deed)))
        if found is None:
            raise NotYet("no reply stands there")
        return found

    # --- steps ------------------------------------------------------------------------------------------

    def _board(self, deed: Deed) -> Message:
        found = self.fake.standing.get(component_id(f"daily/{deed.study.group}/{_day(deed)}"))
        if found is None or found.deleted:
            raise NotYet("the problem does not stand yet")
        return found

    def _thread(self, deed: Deed) -> Any:
        found = self.fake.town.channels.get(self._board(deed).id)
        if found is None or found.locked:
            raise NotYet("there is no open thread")
        return found

    async def _type(self, deed: Deed, word: str) -> Interaction:
        if not self.fake.town.commands:
            raise NotYet("Discord does not know the commands")
        return _fine(await self._see(await self.fake.command(deed.member, deed.study.channel, word)))

    async def _press(self, deed: Deed, seen: Interaction | Message, label: str) -> Interaction:
        messages = [seen] if isinstance(seen, Message) else seen.messages
        for message in messages:
            if any(button["label"] == label for button in message.buttons):
                return _fine(await self._see(await self.fake.press(deed.member, message, label)))
        raise NotYet(f"no button “{label}” in “{messages[-1].text if messages else ''}”")

    async def _send(self, deed: Deed, form: Interaction, values: Mapping[str, Any]) -> Interaction:
        if form.modal is None:
            raise NotYet(f"no form but “{text_of(form)}”")
        deed.sent = True
        return _fine(await self._see(await self.fake.submit(deed.member, form, values)))

    def _keep(self, deed: Deed, answered: Interaction) -> None:
        _must(answered, "Your answer is kept.", "Your answer is changed.")
        self._kept[deed.member.id, _day(deed)] = answered


def text_of(seen: Interaction) -> str:
    return "\n".join(message.text for message in seen.messages)


def _fine(seen: Interaction) -> Interaction:
    if SORRY in text_of(seen):
        raise AssertionError(f"{seen.describe()}: {text_of(seen)}")
    return seen


def _must(seen: Interaction, *words: str) -> None:
    if not any(one in text_of(seen) for one in words):
        raise NotYet(text_of(seen))


def _day(deed: Deed) -> str:
    return deed.key[1] if deed.key else str(date.fromisoformat(deed.text))
