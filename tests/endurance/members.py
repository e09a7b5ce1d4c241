"""How people do things on a chat platform, whichever it is: what they press and type, and what they read then."""

from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import date
from typing import Any

from bot.kernel.action import Action
from tests.endurance.day import Deed

USE = "Use as my answer"
SORRY = "went wrong on our side"

Settle = Callable[[], Awaitable[None]]
Knows = Callable[[str], bool]
Buttons = Sequence[tuple[str, str]]  # what is written on each, and its encoded action


class NotYet(Exception):
    """It cannot be done now, or was refused: the member tries again later. Says what they read."""


class Silence(Exception):
    """A private message had no answer."""


class Members(ABC):
    """
    One method for each deed; each raises NotYet. What `see` and `settle` raise goes through: then nobody knows.

    `see` waits for the answer to an interaction, `settle` until everything is done; `knows` says whether the bot knows
    that its post of this name stands. What they see is a thing of the platform, which `text`, `buttons` and `is_form`
    read.
    """

    def __init__(self, fake: Any, see: Callable[[Any], Awaitable[Any]], settle: Settle, knows: Knows) -> None:
        self.fake, self._see, self._settle, self._knows = fake, see, settle, knows
        self._kept: dict[tuple[Any, str], Any] = {}  # the newest answer to an answer
        self._replies: dict[tuple[Any, str], Any] = {}

    async def do(self, deed: Deed) -> None:
        await getattr(self, f"_{deed.what}")(deed)

    # --- what each platform has in its own way -------------------------------------------------------

    @abstractmethod
    def text(self, seen: Any) -> str: ...

    @abstractmethod
    def buttons(self, seen: Any) -> Buttons: ...

    @abstractmethod
    def is_form(self, seen: Any) -> bool: ...

    @abstractmethod
    async def type(self, deed: Deed, word: str) -> Any:
        """Send `/study word`; what they see."""

    @abstractmethod
    async def click(self, deed: Deed, seen: Any, label: str) -> Any:
        """Press the button, which is there; what they see."""

    @abstractmethod
    async def submit(self, deed: Deed, form: Any, values: Mapping[str, Any]) -> Any: ...

    @abstractmethod
    async def point(self, deed: Deed) -> Any:
        """Use the menu of the deed's message; what they see."""

    @abstractmethod
    async def write(self, deed: Deed, below: Any) -> Any:
        """Write the deed's text `below` a post, or in private; the message."""

    @abstractmethod
    async def change(self, message: Any, text: str) -> None: ...

    @abstractmethod
    async def delete(self, message: Any) -> None: ...

    @abstractmethod
    def standing(self, name: str) -> Any:
        """The post of this name, or None."""

    @abstractmethod
    def thread(self, board: Any) -> Any:
        """Where one writes below this post, or None."""

    @abstractmethod
    def below(self, thread: Any) -> Sequence[Any]:
        """The messages there, oldest first."""

    @abstractmethod
    def answer_to(self, message: Any) -> Any:
        """What the bot said to a private message, or None."""

    def silent(self, deed: Deed) -> Exception:
        """What no answer to a private message means. They write again."""
        deed.message = None
        return Silence(deed.name)

    # --- organisers ----------------------------------------------------------------------------------

    async def _found(self, deed: Deed) -> None:
        begun = await self.type(deed, "begin")
        if "Set up a study group" not in self.text(begun):
            return  # it is done
        done = await self._press(deed, begun, "Use this channel, Mon-Fri 09:00")
        if self.is_form(done):
            done = await self._send(deed, done, {"city": deed.study.city})
        self._must(done, "The study group is ready.")

    async def _choose_forum(self, deed: Deed) -> None:
        more = await self._press(deed, await self.type(deed, "organise"), "More tools")
        form = await self._press(deed, await self._press(deed, more, "Channels"), "Change")
        assert deed.study.forum
        self._must(await self._send(deed, form, {"daily": [str(deed.study.forum.id)]}), "Changed.", "All is as it was.")

    async def _open_threads(self, deed: Deed) -> None:
        desk = await self.type(deed, "organise")
        if "Use closed answers" not in dict(self.buttons(desk)):
            await self._press(deed, desk, "Use open threads")

    # --- members --------------------------------------------------------------------------------------

    async def _join(self, deed: Deed) -> None:
        self._must(await self.type(deed, "join"), "You are in.", "You are already in.")

    async def _want_reminders(self, deed: Deed) -> None:
        shown = await self.type(deed, "reminders")
        if "Remind me" in dict(self.buttons(shown)):
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
        cries = [one for one in self.below(self._thread(deed)) if "Offer help" in dict(self.buttons(one))]
        if cries:
            await self._press(deed, cries[-1], "Offer help")

    async def _answer(self, deed: Deed) -> None:
        form = await self._press(deed, self._board(deed), "Answer")
        self._keep(deed, await self._send(deed, form, {"text": deed.text, "choices": ["show"]}))

    async def _withdraw(self, deed: Deed) -> None:
        kept = self._kept.get((deed.member.id, day_of(deed)))
        if kept is None:
            raise NotYet("nothing to withdraw")
        deed.sent = True
        self._must(await self._press(deed, kept, "Withdraw it"), "Your answer is withdrawn.")

    async def _tell(self, deed: Deed) -> None:
        """A private message, then the button below the bot's answer."""
        if deed.message is None:
            deed.message = await self.write(deed, None)
        await self._settle()
        answer = self.answer_to(deed.message)
        if answer is None:
            raise self.silent(deed)
        try:
            await self._use(deed, answer)
        except NotYet:
            deed.message = None  # they write again
            raise

    async def _point_at(self, deed: Deed) -> None:
        """A message in the thread, and then its menu."""
        if deed.message is None:
            deed.message = await self.write(deed, self._thread(deed))
        await self._use(deed, await self.point(deed))

    async def _use(self, deed: Deed, offered: Any) -> None:
        """The bot names the problem that is likeliest meant; on a slow day that is the next one already."""
        for label, action in self.buttons(offered):
            if label == USE and deed.key:
                deed.key, deed.sent = (deed.key[0], Action.decode(action).get("task"), deed.key[2]), True
        self._keep(deed, await self._press(deed, offered, USE))

    # --- in an open thread: it counts because it stands there, whether the bot is up or not --------------

    async def _reply(self, deed: Deed) -> None:
        """
        Not while the post is in doubt: such replies wait by the machine's clock, and this day is over in seconds.
        """
        if not self._knows(f"daily/{deed.study.group}/{day_of(deed)}"):
            raise NotYet("the bot does not know its post")
        self._replies[deed.member.id, day_of(deed)] = await self.write(deed, self._thread(deed))

    async def _change_reply(self, deed: Deed) -> None:
        await self.change(self._own(deed), deed.text)

    async def _delete_reply(self, deed: Deed) -> None:
        await self.delete(self._own(deed))

    def _own(self, deed: Deed) -> Any:
        found = self._replies.get((deed.member.id, day_of(deed)))
        if found is None:
            raise NotYet("no reply stands there")
        return found

    # --- steps ------------------------------------------------------------------------------------------

    def _board(self, deed: Deed) -> Any:
        found = self.standing(f"daily/{deed.study.group}/{day_of(deed)}")
        if found is None or found.deleted:
            raise NotYet("the problem does not stand yet")
        return found

    def _thread(self, deed: Deed) -> Any:
        found = self.thread(self._board(deed))
        if found is None:
            raise NotYet("there is no open thread")
        return found

    async def _press(self, deed: Deed, seen: Any, label: str) -> Any:
        if label not in dict(self.buttons(seen)):
            raise NotYet(f"no button “{label}” in “{self.text(seen)}”")
        return await self.click(deed, seen, label)

    async def _send(self, deed: Deed, form: Any, values: Mapping[str, Any]) -> Any:
        if not self.is_form(form):
            raise NotYet(f"no form but “{self.text(form)}”")
        deed.sent = True
        return await self.submit(deed, form, values)

    def _keep(self, deed: Deed, answered: Any) -> None:
        self._must(answered, "Your answer is kept.", "Your answer is changed.")
        self._kept[deed.member.id, day_of(deed)] = answered

    def _must(self, seen: Any, *words: str) -> None:
        if not any(one in self.text(seen) for one in words):
            raise NotYet(self.text(seen))


def day_of(deed: Deed) -> str:
    return deed.key[1] if deed.key else str(date.fromisoformat(deed.text))
