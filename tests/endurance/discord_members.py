"""What members press and type on Discord, and what they read there."""

from collections.abc import Mapping, Sequence
from typing import Any

from adapters.discord.replies import reply_name
from adapters.discord.translate import component_id
from tests.discord_fake.talk import Interaction
from tests.discord_fake.town import Channel, Message
from tests.endurance.day import Deed
from tests.endurance.discord_side import ObservedDiscord
from tests.endurance.members import SORRY, USE, Buttons, Members, NotYet

Seen = Interaction | Message


class DiscordMembers(Members):
    fake: ObservedDiscord

    def text(self, seen: Seen) -> str:
        return "\n".join(message.text for message in _messages(seen))

    def buttons(self, seen: Seen) -> Buttons:
        found = (button for message in _messages(seen) for button in message.buttons)
        return [(button["label"], button["custom_id"].partition(":")[2]) for button in found]

    def is_form(self, seen: Seen) -> bool:
        return isinstance(seen, Interaction) and seen.modal is not None

    async def type(self, deed: Deed, word: str) -> Interaction:
        self._registered()
        return self._fine(await self._see(await self.fake.command(deed.member, deed.study.channel, word)))

    async def click(self, deed: Deed, seen: Seen, label: str) -> Interaction:
        message = next(one for one in _messages(seen) if any(button["label"] == label for button in one.buttons))
        return self._fine(await self._see(await self.fake.press(deed.member, message, label)))

    async def submit(self, deed: Deed, form: Interaction, values: Mapping[str, Any]) -> Interaction:
        return self._fine(await self._see(await self.fake.submit(deed.member, form, values)))

    async def point(self, deed: Deed) -> Interaction:
        self._registered()
        return self._fine(await self._see(await self.fake.message_command(deed.member, USE, deed.message)))

    async def write(self, deed: Deed, below: Channel | None) -> Message:
        return await self.fake.write(deed.member, below, deed.text)

    async def change(self, message: Message, text: str) -> None:
        await self.fake.edit(message, text)

    async def delete(self, message: Message) -> None:
        await self.fake.delete(message)

    def standing(self, name: str) -> Message | None:
        return self.fake.standing.get(component_id(name))

    def thread(self, board: Message) -> Channel | None:
        found = self.fake.town.channels.get(board.id)
        return None if found is None or found.locked else found

    def below(self, thread: Channel) -> Sequence[Message]:
        return [*thread.messages.values()]

    def answer_to(self, message: Message) -> Message | None:
        return self.fake.replies.get(reply_name(message.receipt))

    def silent(self, deed: Deed) -> Exception:
        """Until the bot has answered somebody, it may not even know that there is such a channel."""
        names = (reply_name(message.receipt) for message in deed.message.channel.messages.values())
        is_known = any(name in self.fake.replies for name in names)
        silence = super().silent(deed)
        return silence if is_known else NotYet("the first private message was not heard")

    def _registered(self) -> None:
        if not self.fake.town.commands:
            raise NotYet("Discord does not know the commands")

    def _fine(self, seen: Interaction) -> Interaction:
        if SORRY in self.text(seen):
            raise AssertionError(f"{seen.describe()}: {self.text(seen)}")
        return seen


def _messages(seen: Seen) -> Sequence[Message]:
    return [seen] if isinstance(seen, Message) else seen.messages
