"""What people do arrives at the real discord.py client, and what it answers is what they see."""

from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import timedelta
from typing import Any

import discord
import pytest
from discord import ui

from bot.clock import TurnedClock
from tests.adapters.discord.stage import Listener, connected
from tests.discord_fake.server import FakeDiscord
from tests.discord_fake.sheets import Handed, fields
from tests.discord_fake.talk import Interaction
from tests.discord_fake.town import Channel, Guild, User

Answer = Callable[[Any], Awaitable[Any]]


class Parrot(Listener):
    """Answers every interaction as the test says."""

    def __init__(self) -> None:
        super().__init__(guild_messages=True, message_content=True, dm_messages=True)
        self.errors: list[Exception] = []
        self.answer: Answer = _say("hello")

    async def on_interaction(self, interaction: Any) -> None:
        try:
            await self.answer(interaction)
        except Exception as error:  # noqa: BLE001  (the test looks at it)
            self.errors.append(error)
            self.dispatch("failed")


def _say(text: str, **more: Any) -> Answer:
    return lambda interaction: interaction.response.send_message(text, **more)


class Scene:
    def __init__(self, fake: FakeDiscord, bot: Parrot, guild: Guild) -> None:
        self.fake, self.bot, self.guild = fake, bot, guild
        self.olga: User = guild.owner
        assert guild.system_channel
        self.channel: Channel = guild.system_channel

    async def study(self, sub: str = "today", **options: str) -> Interaction:
        return await self.fake.command(self.olga, self.channel, sub, options)


@pytest.fixture
async def scene(clock: TurnedClock) -> AsyncIterator[Scene]:
    async with FakeDiscord(clock) as fake:
        guild = fake.town.add_guild("Study", fake.town.add_user("Olga"))
        bot = Parrot()
        tree = discord.app_commands.CommandTree(bot)
        group = discord.app_commands.Group(name="study", description="Study together")

        @group.command(name="today", description="The problem of today")
        async def today(interaction: discord.Interaction, city: str = "") -> None: ...

        @today.autocomplete("city")
        async def cities(interaction: discord.Interaction, typed: str) -> list[Any]:
            return []

        tree.add_command(group)

        @tree.context_menu(name="Use as my answer")
        async def use(interaction: discord.Interaction, message: discord.Message) -> None: ...

        async with connected(fake, bot):
            await bot.hear("GUILD_CREATE")
            await tree.sync()
            bot._connection._command_tree = None  # the router of the test answers, not the tree
            yield Scene(fake, bot, guild)
        assert [str(verdict) for verdict in fake.verdicts] == []


def card(label: str = "Go") -> ui.LayoutView:
    view = ui.LayoutView()
    row: Any = ui.ActionRow(ui.Button(label=label, custom_id="go"))
    view.add_item(ui.Container(ui.TextDisplay("## Today"), row))
    return view


class Sheet(ui.Modal, title="Answer"):
    words: Any = ui.Label(text="Words", component=ui.TextInput(custom_id="words", default="old", max_length=20))
    rating: Any = ui.Label(
        text="Rating",
        component=ui.RadioGroup(
            custom_id="rating", options=[discord.RadioGroupOption(label=n, value=n) for n in ("1", "2", "3")]
        ),
    )
    several: Any = ui.Label(
        text="Several",
        component=ui.CheckboxGroup(
            custom_id="several",
            min_values=0,
            required=False,
            options=[discord.CheckboxGroupOption(label=n, value=n) for n in ("a", "b", "c")],
        ),
    )
    file: Any = ui.Label(text="File", component=ui.FileUpload(custom_id="file", required=False))
    who: Any = ui.Label(text="Who", component=ui.UserSelect(custom_id="who", required=False))


async def test_an_ephemeral_answer_is_seen_by_its_person_alone(scene: Scene) -> None:
    scene.bot.answer = _say("only you", ephemeral=True)
    seen = await (await scene.study()).answered()
    assert [message.text for message in seen.messages] == ["only you"]
    assert scene.channel.messages == {}


async def test_a_public_answer_stands_in_the_channel(scene: Scene) -> None:
    seen = await (await scene.study()).answered()
    assert scene.channel.messages == {seen.messages[0].id: seen.messages[0]}


async def test_what_is_not_registered_cannot_be_typed(scene: Scene) -> None:
    with pytest.raises(AssertionError, match="has no tomorrow"):
        await scene.study("tomorrow")
    with pytest.raises(AssertionError, match="takes no"):
        await scene.study("today", country="Peru")


async def test_after_three_seconds_an_interaction_is_unknown(scene: Scene, clock: TurnedClock) -> None:
    async def late(interaction: Any) -> None:
        clock.set(clock.now() + timedelta(seconds=4))
        await interaction.response.send_message("too late")

    scene.bot.answer = late
    asked = await scene.study()
    await scene.bot.wait_for("failed", timeout=10)
    assert [getattr(error, "code", 0) for error in scene.bot.errors] == [10062]
    with pytest.raises(AssertionError, match="had no answer"):
        await asked.answered(within=0)


async def test_an_interaction_is_answered_once(scene: Scene) -> None:
    async def twice(interaction: Any) -> None:
        await interaction.response.send_message("first")
        interaction.response._response_type = None
        await interaction.response.send_message("second")

    scene.bot.answer = twice
    asked = await (await scene.study()).answered()
    await scene.bot.wait_for("failed", timeout=10)
    assert [getattr(error, "code", 0) for error in scene.bot.errors] == [40060]
    assert [message.text for message in asked.messages] == ["first"]


async def test_a_deferral_is_no_answer_until_it_is_filled(scene: Scene) -> None:
    async def slow(interaction: Any) -> None:
        await interaction.response.defer(ephemeral=True)
        assert not asked.is_answered
        await interaction.edit_original_response(view=card())

    scene.bot.answer = slow
    asked = await scene.study()
    await asked.answered()
    assert asked.messages[0].text == "## Today"
    assert asked.messages[0].ephemeral


async def test_the_first_follow_up_fills_a_deferral(scene: Scene) -> None:
    async def slow(interaction: Any) -> None:
        await interaction.response.defer(ephemeral=True)
        await interaction.followup.send("one")
        await interaction.followup.send("two", ephemeral=True)

    scene.bot.answer = slow
    asked = await scene.study()
    await scene.bot.hear("INTERACTION_CREATE")
    assert [message.text for message in await asked.seen(2)] == ["one", "two"]
    assert all(message.ephemeral for message in asked.messages)


async def test_a_token_ends_after_fifteen_minutes(scene: Scene, clock: TurnedClock) -> None:
    async def much_later(interaction: Any) -> None:
        await interaction.response.defer()
        clock.set(clock.now() + timedelta(minutes=16))
        await interaction.followup.send("late")

    scene.bot.answer = much_later
    await scene.study()
    await scene.bot.wait_for("failed", timeout=10)
    assert [getattr(error, "code", 0) for error in scene.bot.errors] == [50027]


async def test_a_press_on_an_ephemeral_message_can_change_it(scene: Scene) -> None:
    scene.bot.answer = lambda interaction: interaction.response.send_message(view=card(), ephemeral=True)
    first = await (await scene.study()).answered()
    scene.bot.answer = lambda interaction: interaction.response.edit_message(view=card("Again"))
    pressed = await (await scene.fake.press(scene.olga, first.messages[0], "Go")).answered()
    assert pressed.messages == first.messages
    assert [button["label"] for button in first.messages[0].buttons] == ["Again"]


async def test_nobody_presses_what_they_do_not_see(scene: Scene) -> None:
    ada = scene.fake.town.add_user("Ada")
    scene.fake.town.join(scene.guild, ada)
    scene.bot.answer = lambda interaction: interaction.response.send_message(view=card(), ephemeral=True)
    seen = await (await scene.study()).answered()
    with pytest.raises(AssertionError, match="only for somebody else"):
        await scene.fake.press(ada, seen.messages[0], "Go")
    with pytest.raises(AssertionError, match="nothing “Stop” to press"):
        await scene.fake.press(scene.olga, seen.messages[0], "Stop")


async def open_sheet(scene: Scene) -> Interaction:
    scene.bot.answer = lambda interaction: interaction.response.send_modal(Sheet())
    opened = await (await scene.study()).answered()
    scene.bot.answer = _say("thank you", ephemeral=True)
    return opened


async def test_a_modal_goes_round(scene: Scene) -> None:
    opened = await open_sheet(scene)
    assert opened.modal
    assert set(fields(opened.modal)) == {"words", "rating", "several", "file", "who"}
    handed = Handed("talk.ogg", b"abc", 12.5)
    values: dict[str, Any] = {"rating": "2", "several": ["a", "c"], "file": handed, "who": [str(scene.olga.id)]}
    sent = await (await scene.fake.submit(scene.olga, opened, values)).answered()
    assert sent.messages[0].text == "thank you"
    data = sent.payload["data"]
    inner = [part["component"] for part in data["components"]]
    assert [part.get("value", part.get("values")) for part in inner][:3] == ["old", "2", ["a", "c"]]
    [stored] = data["resolved"]["attachments"].values()
    assert (stored["filename"], stored["size"], stored["duration_secs"]) == ("talk.ogg", 3, 12.5)
    assert list(data["resolved"]["users"]) == [str(scene.olga.id)]


@pytest.mark.parametrize(
    ("values", "says"),
    [
        ({}, "wants a choice in “Rating”"),
        ({"rating": "9"}, "has no option '9'"),
        ({"rating": "1", "words": "x" * 21}, "more than 20 characters"),
        ({"rating": "1", "words": ""}, "“Words” empty"),
        ({"rating": "1", "several": ["z"]}, "has no option"),
        ({"rating": "1", "colour": "red"}, "has no {'colour'}"),
    ],
)
async def test_a_client_does_not_send_what_a_modal_does_not_take(scene: Scene, values: Any, says: str) -> None:
    opened = await open_sheet(scene)
    with pytest.raises(AssertionError, match=says):
        await scene.fake.submit(scene.olga, opened, values)


async def test_suggestions_come_while_somebody_types(scene: Scene) -> None:
    async def suggest(interaction: Any) -> None:
        typed = interaction.data["options"][0]["options"][0]["value"]
        await interaction.response.autocomplete([discord.app_commands.Choice(name=typed + "lin", value="Berlin")])

    scene.bot.answer = suggest
    found = await scene.fake.autocomplete(scene.olga, scene.channel, "today", "city", "Ber")
    assert [choice["name"] for choice in found] == ["Berlin"]


async def test_a_command_on_a_message_brings_its_words(scene: Scene) -> None:
    message = await scene.fake.write(scene.olga, scene.channel, "my answer")
    asked = await (await scene.fake.message_command(scene.olga, "Use as my answer", message)).answered()
    target = asked.payload["data"]["resolved"]["messages"][str(message.id)]
    assert target["content"] == "my answer"


async def test_a_press_in_private_carries_no_server(scene: Scene) -> None:
    private = await scene.bot.create_dm(discord.Object(scene.olga.id))
    await private.send(view=card())
    pressed = await (await scene.fake.press(scene.olga, scene.fake.created[-1], "Go")).answered()
    assert "guild_id" not in pressed.payload
    assert pressed.payload["user"]["id"] == str(scene.olga.id)


async def test_a_delivery_that_comes_again_with_its_answer_lost_can_be_answered_again(scene: Scene) -> None:
    first = await (await scene.study()).answered()
    again = await scene.fake.redeliver(lost=True)
    assert isinstance(again, Interaction)
    await again.answered()
    assert again.id == first.id
    assert again.messages[0].text == "hello"
