"""What members press and type on Slack, and what they read there."""

from collections.abc import Mapping, Sequence
from typing import Any

from adapters.slack.talk import PRESSED
from tests.endurance.day import Deed
from tests.endurance.members import Buttons, Members, NotYet
from tests.endurance.slack_side import ObservedSlack, name_of
from tests.slack_fake.deeds import Deed as Doing
from tests.slack_fake.town import IM, Message, View

SHORTCUT = "answers.use_message"  # as the manifest calls it
DOOR = "Open the form"  # stands for a form that could not be opened at once

Seen = Doing | Message


class SlackMembers(Members):
    fake: ObservedSlack

    def text(self, seen: Seen) -> str:
        errors = [] if isinstance(seen, Message) else seen.errors.values()
        return "\n".join([*(thing.words for thing in things(seen)), *errors])

    def buttons(self, seen: Seen) -> Buttons:
        found = (button for thing in things(seen) for button in thing.buttons)
        return [(button["text"]["text"], button["action_id"].partition(":")[2]) for button in found]

    def is_form(self, seen: Seen) -> bool:
        return isinstance(seen, Doing) and _form(seen) is not None

    async def type(self, deed: Deed, word: str) -> Doing:
        doing = self.fake.command(deed.member, deed.study.channel, "/study", word, wait=False)
        return await self._see_with_door(deed, await doing)

    async def click(self, deed: Deed, seen: Seen, label: str) -> Doing:
        thing = next(one for one in things(seen) if any(b["text"]["text"] == label for b in one.buttons))
        if isinstance(thing, View) and thing not in deed.member.modals:
            raise NotYet("this view is closed")
        return await self._see_with_door(deed, await self.fake.press(deed.member, thing, label, wait=False))

    async def submit(self, deed: Deed, form: Doing, values: Mapping[str, Any]) -> Doing:
        view = _form(form)
        if view is None or view not in deed.member.modals:
            raise NotYet("this form is closed")
        seen: Doing = await self._see(await self.fake.submit(deed.member, view, values, wait=False))
        return seen

    async def point(self, deed: Deed) -> Doing:
        seen: Doing = await self._see(await self.fake.shortcut(deed.member, SHORTCUT, deed.message, wait=False))
        return seen

    async def write(self, deed: Deed, below: Message | None) -> Message:
        channel, thread = (below.channel, below.ts) if below else (None, "")
        doing = await self.fake.write(deed.member, channel, deed.text, thread, wait=False)
        assert doing.message
        return doing.message

    async def change(self, message: Message, text: str) -> None:
        await self.fake.edit(message, text, wait=False)

    async def delete(self, message: Message) -> None:
        await self.fake.delete(message, wait=False)

    def standing(self, name: str) -> Message | None:
        return self.fake.standing.get(name)

    def thread(self, board: Message) -> Message:
        return board

    def below(self, thread: Message) -> Sequence[Message]:
        return thread.channel.thread(thread.ts)

    def answer_to(self, message: Message) -> Message | None:
        """The first that has a name and came after it: one member does one thing after the other."""
        later = (one for one in message.channel.messages.values() if one.ts > message.ts)
        return next((one for one in later if name_of(one).startswith("reply/")), None)

    async def _see_with_door(self, deed: Deed, doing: Doing) -> Doing:
        seen: Doing = await self._see(doing)
        if not self.is_form(seen) and DOOR in dict(self.buttons(seen)):
            return await self.click(deed, seen, DOOR)
        return seen


def things(seen: Seen) -> Sequence[Message | View]:
    """What a person looks at after a deed, the newest last."""
    if isinstance(seen, Message):
        return [seen]
    private = [one for one in seen.posts if one.channel.kind == IM and one.channel.recipient is seen.user]
    return [*seen.shown, *seen.views, *dict.fromkeys(one for one in private if name_of(one).startswith(PRESSED))]


def _form(seen: Doing) -> View | None:
    return next((view for view in reversed(seen.views) if view.inputs), None)
