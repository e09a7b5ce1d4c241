"""What people do: each deed becomes an event of the gateway, and the fake shows what the person saw of it."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from tests.discord_fake import rights, rules
from tests.discord_fake.payloads import channel_json, interaction_json, member_json, message_json, user_json
from tests.discord_fake.sheets import Filled, Handed, Sheet, kept
from tests.discord_fake.talk import AUTOCOMPLETE, COMMAND, COMPONENT, MODAL_SUBMIT, Interaction
from tests.discord_fake.town import Channel, Message, User

if TYPE_CHECKING:
    from tests.discord_fake.server import FakeDiscord

Json = dict[str, Any]
TYPED, ON_MESSAGE = 1, 3  # kinds of commands
TEXT_OPTION = 3
LONGEST = 4_000  # characters that a person can send: 2,000, and with Nitro twice as many


class Deeds:
    """Each waits until a bot listens, hands the event over and returns at once; `answered` waits for the answer."""

    def __init__(self, fake: "FakeDiscord") -> None:
        self._fake = fake
        self._last: tuple[str, Json, Interaction | Message] | None = None

    # --- commands ------------------------------------------------------------------------

    async def command(
        self,
        user: User,
        channel: Channel,
        sub: str,
        options: Mapping[str, str] | None = None,
        *,
        root: str = "",
        forged: bool = False,
    ) -> Interaction:
        """`/study sub`. Only what was registered can be typed, unless the payload is `forged`."""
        command = self._registered(TYPED, root)
        if forged:
            values = [{"name": name, "type": TEXT_OPTION, "value": value} for name, value in (options or {}).items()]
            chosen: list[Json] = [{"name": sub, "type": 1, "options": values}]
        else:
            chosen = self._options(command, sub, options or {})
        return await self._interact(COMMAND, user, channel, _command_data(command, chosen))

    async def autocomplete(
        self, user: User, channel: Channel, sub: str, option: str, typed: str, *, root: str = ""
    ) -> list[Json]:
        """The suggestions while `typed` stands in the option."""
        command = self._registered(TYPED, root)
        chosen = self._options(command, sub, {option: typed}, focused=option)
        found = await self._interact(AUTOCOMPLETE, user, channel, _command_data(command, chosen))
        await found.answered()
        return found.choices or []

    async def message_command(self, user: User, name: str, message: Message) -> Interaction:
        """Apps > name, on a message. The bot gets the words of that message even without the intent."""
        data = _command_data(self._registered(ON_MESSAGE, name), [])
        shown = message_json(message, self._fake.town)
        data |= {"target_id": str(message.id), "resolved": {"messages": {str(message.id): shown}}}
        target = {"target_message_id": str(message.id)}
        return await self._interact(COMMAND, user, message.channel, data, metadata=target)

    def _registered(self, kind: int, name: str) -> Json:
        found = [one for one in self._fake.town.commands if one["type"] == kind and name in ("", one["name"])]
        there = [one["name"] for one in self._fake.town.commands]
        assert found, f"no command “{name}” of kind {kind} is registered; there are {there}"
        return found[0]

    def _options(self, command: Json, sub: str, options: Mapping[str, str], focused: str = "") -> list[Json]:
        known = command.get("options", [])
        if sub:
            meant = next((one for one in known if one["type"] == 1 and one["name"] == sub), None)
            assert meant, f"/{command['name']} has no {sub}; it has {[one['name'] for one in known]}"
            return [{"name": sub, "type": 1, "options": self._values(meant, options, focused)}]
        return self._values(command, options, focused)

    def _values(self, command: Json, options: Mapping[str, str], focused: str) -> list[Json]:
        known = {one["name"]: one for one in command.get("options", ()) if one["type"] != 1}
        strange = set(options) - set(known)
        assert not strange, f"{command['name']} takes no {strange}; it takes {sorted(known)}"
        missing = [name for name, one in known.items() if one.get("required") and name not in options]
        assert focused or not missing, f"{command['name']} needs {missing}"
        assert not focused or known[focused].get("autocomplete"), f"{focused} suggests nothing"
        return [
            {
                "name": name,
                "type": known[name]["type"],
                "value": value,
                **({"focused": True} if name == focused else {}),
            }
            for name, value in options.items()
        ]

    # --- components and modals -----------------------------------------------------------------

    async def press(
        self, user: User, message: Message, custom_id: str, values: Sequence[str] = (), *, forged: bool = False
    ) -> Interaction:
        """
        Press the button (or choose in the menu) with this custom_id, or with this label.

        `forged`: as if the message had such a button (a menu, with `values`).
        """
        self._can_see(user, message)
        if forged:
            part: Json = {"type": rules.STRING_SELECT if values else rules.BUTTON, "custom_id": custom_id}
            part["options"] = [{"value": value} for value in values]
        else:
            part = _pressable(message, custom_id)
        data: Json = {"custom_id": part["custom_id"], "component_type": part["type"], "id": part.get("id") or 1}
        if part["type"] == rules.STRING_SELECT:
            offered = [option["value"] for option in part["options"]]
            assert set(values) <= set(offered), f"the menu has no {set(values) - set(offered)}; it has {offered}"
        if part["type"] in rules.SELECTS:
            least, most = part.get("min_values", 1), part.get("max_values", 1)
            assert least <= len(values) <= most, f"the menu takes {least} to {most} values"
            data |= {"values": list(values), "resolved": {}}
        metadata = {"interacted_message_id": str(message.id)}
        return await self._interact(COMPONENT, user, message.channel, data, message, metadata)

    async def submit(
        self, user: User, opened: Interaction, values: Mapping[str, Filled] | None = None, *, forged: bool = False
    ) -> Interaction:
        """
        Send the modal that this interaction was answered with; what is not given keeps what the modal holds.

        A client sends only what the modal takes, unless the payload is `forged`.
        """
        assert opened.modal, f"{opened.describe()} was not answered with a modal but with {opened.answer}"
        fake = self._fake
        sheet = Sheet(fake.town, fake.files_base, fake.uploads, opened.channel, forged=forged)
        data = sheet.filled(opened.modal, values or {})
        metadata = {"triggering_interaction_metadata": interaction_json(opened)}
        return await self._interact(MODAL_SUBMIT, user, opened.channel, data, opened.pressed, metadata)

    def _can_see(self, user: User, message: Message) -> None:
        assert not message.deleted, "the message is gone"
        assert message.seen_by in (None, user), f"{user.name} does not see a message that is only for somebody else"
        have = self._fake.town.permissions(user, message.channel)
        assert have & rights.VIEW_CHANNEL, f"{user.name} does not see where this message stands"

    async def _interact(
        self,
        kind: int,
        user: User,
        channel: Channel,
        data: Json,
        message: Message | None = None,
        metadata: Json | None = None,
    ) -> Interaction:
        fake = self._fake
        await fake.gateway.connected()
        number = fake.town.next_id()
        found = Interaction(number, f"token-{number}", kind, user, channel, fake.town.clock.now(), pressed=message)
        found.metadata = metadata or {}
        found.payload = self._payload(found, data)
        fake.interactions[found.token] = found
        self._send("INTERACTION_CREATE", found.payload, found)
        return found

    def _payload(self, found: Interaction, data: Json) -> Json:
        town, user, channel = self._fake.town, found.user, found.channel
        have = str(town.permissions(user, channel))
        payload: Json = {
            "id": str(found.id),
            "application_id": str(town.application_id),
            "type": found.type,
            "data": data,
            "token": found.token,
            "version": 1,
            "channel_id": str(channel.id),
            "channel": channel_json(channel, town) | {"permissions": have},
            "app_permissions": str(town.permissions(town.bot, channel)),
            "locale": user.locale,
            "entitlements": [],
            "authorizing_integration_owners": found.owners,
            "context": 0 if channel.guild else 1,
            "attachment_size_limit": 10 * 1024 * 1024,
        }
        if channel.guild:
            guild = channel.guild
            assert user.id in guild.members, f"{user.name} is not in {guild.name}"
            member = member_json(guild.members[user.id], guild.joined_at) | {"permissions": have}
            payload |= {"guild_id": str(guild.id), "guild_locale": "en-US", "member": member}
            payload["guild"] = {"id": str(guild.id), "locale": "en-US", "features": []}
        else:
            payload["user"] = user_json(user)
        if found.pressed:
            payload["message"] = message_json(found.pressed, town)
        return payload

    # --- chat ------------------------------------------------------------------------------------

    async def write(
        self,
        user: User,
        where: Channel | None,
        text: str,
        files: Sequence[Handed] = (),
        *,
        reply_to: Message | None = None,
    ) -> Message:
        """Write into a channel or thread; `where` None is a private message to the bot."""
        fake = self._fake
        await fake.gateway.connected()
        channel = where or fake.town.dm(user)
        have = fake.town.permissions(user, channel)
        needed = rights.SEND_MESSAGES_IN_THREADS if channel.is_thread else rights.SEND_MESSAGES
        assert have & needed, f"{user.name} may not write in {channel.name or 'this private channel'}"
        assert len(text) <= LONGEST, f"the client sends {LONGEST} characters at most"
        message = Message(fake.town.next_id(), channel, user, fake.town.clock.now(), text, reply_to=reply_to)
        message.attachments = [kept(fake.town, fake.files_base, fake.uploads, one) for one in files]
        fake.post(message)
        self._remember_message("MESSAGE_CREATE", message)
        return message

    async def edit(self, message: Message, text: str) -> Message:
        await self._fake.gateway.connected()
        message.content, message.edited_at = text, self._fake.town.moment()
        message.edits += 1
        self._fake.gateway.message("MESSAGE_UPDATE", message)
        self._remember_message("MESSAGE_UPDATE", message)
        return message

    async def delete(self, message: Message) -> None:
        await self._fake.gateway.connected()
        self._fake.drop(message)

    # --- once more -------------------------------------------------------------------------------

    async def redeliver(self, *, lost: bool = False) -> Interaction | Message:
        """
        The last deed arrives once more, word for word.

        With `lost` the first answer never reached Discord: the interaction can be answered again, and what is returned
        is the new view of it.
        """
        assert self._last, "nothing has been done yet"
        event, payload, thing = self._last
        await self._fake.gateway.connected()
        if lost and isinstance(thing, Interaction):
            old = thing
            thing = Interaction(
                old.id, old.token, old.type, old.user, old.channel, self._fake.town.clock.now(), payload
            )
            thing.pressed, thing.metadata = old.pressed, old.metadata
            self._fake.interactions[old.token] = thing
        self._send(event, payload, thing)
        return thing

    def _remember_message(self, event: str, message: Message) -> None:
        data = message_json(message, self._fake.town)
        if message.channel.guild:
            data["guild_id"] = str(message.channel.guild.id)
        self._last = event, data, message

    def _send(self, event: str, payload: Json, thing: Interaction | Message) -> None:
        self._last = event, payload, thing
        intents = 0
        if isinstance(thing, Message):
            intents = 1 << 9 if thing.channel.guild else 1 << 12
        self._fake.gateway.push(event, payload, intents)


def _command_data(command: Json, options: list[Json]) -> Json:
    found = {"id": command["id"], "name": command["name"], "type": command["type"]}
    return found | ({"options": options} if options else {})


def _pressable(message: Message, wanted: str) -> Json:
    parts = [part for _, part in rules.walk(message.components) if "custom_id" in part]
    part = next((one for one in parts if one["custom_id"] == wanted), None)
    part = part or next((one for one in parts if wanted in (one.get("label"), one.get("placeholder"))), None)
    there = [(one.get("label", ""), one["custom_id"]) for one in parts]
    assert part, f"there is nothing “{wanted}” to press; there is {there}"
    assert not part.get("disabled"), f"“{wanted}” is disabled"
    return part
