"""The pretended Web API, called by the real slack_sdk."""

from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from bot.clock import TurnedClock
from tests.adapters.slack.stage import card, plain
from tests.slack_fake.limits import STRICT, Meter
from tests.slack_fake.server import FakeSlack
from tests.slack_fake.town import IM, MPIM, PRIVATE, Channel, User


class Scene:
    def __init__(self, fake: FakeSlack, client: AsyncWebClient) -> None:
        self.fake, self.client = fake, client
        self.ada: User = fake.town.add_user("Ada", "Asia/Tokyo", is_admin=True)
        self.ben: User = fake.town.add_user("Ben")
        self.channel: Channel = fake.town.add_channel("study", self.ada)

    async def post(self, text: str = "Hello", **more: Any) -> str:
        answer = await self.client.chat_postMessage(**{"channel": self.channel.id, **card(text), **more})
        return str(answer["ts"])

    async def history(self, **more: Any) -> Any:
        return await self.client.conversations_history(channel=self.channel.id, **more)


@pytest.fixture
async def scene(clock: TurnedClock) -> AsyncIterator[Scene]:
    async with FakeSlack(clock) as fake, aiohttp.ClientSession() as session:
        client = AsyncWebClient(fake.bot_token, base_url=fake.api_base, session=session, retry_handlers=[])
        yield Scene(fake, client)
        assert [str(verdict) for verdict in fake.verdicts] == []


def refused(error: str) -> Any:
    return pytest.raises(SlackApiError, match=f"'error': '{error}'")


# --- who may ----------------------------------------------------------------------------------


async def test_each_token_opens_its_own_doors(scene: Scene) -> None:
    assert (await scene.client.auth_test())["user_id"] == scene.fake.town.bot.id
    with refused("invalid_auth"):
        await AsyncWebClient("xoxb-other", base_url=scene.fake.api_base).auth_test()
    with refused("not_allowed_token_type"):
        await scene.client.apps_connections_open(app_token=scene.fake.bot_token)
    scene.fake.revoke_token()
    with refused("token_revoked"):
        await scene.client.auth_test()


async def test_a_missing_scope_is_named(scene: Scene) -> None:
    scene.fake.scopes -= {"pins:write"}
    ts = await scene.post()
    with pytest.raises(SlackApiError) as error:
        await scene.client.pins_add(channel=scene.channel.id, timestamp=ts)
    assert error.value.response["needed"] == "pins:write"
    assert "chat:write" in error.value.response["provided"].split(",")


async def test_the_granted_scopes_stand_in_the_headers(scene: Scene) -> None:
    answer = await scene.client.auth_test()
    assert set(answer.headers["X-OAuth-Scopes"].split(",")) == scene.fake.scopes


async def test_a_form_with_a_field_for_a_file_needs_a_scope(clock: TurnedClock) -> None:
    blocks = [{"type": "input", "block_id": "b", "label": plain("File"), "element": {"type": "file_input"}}]
    view = {"type": "home", "blocks": blocks}
    async with FakeSlack(clock, judge=False) as fake:
        client, ada = AsyncWebClient(fake.bot_token, base_url=fake.api_base), fake.town.add_user("Ada")
        await client.views_publish(user_id=ada.id, view=view)
        fake.scopes -= {"files:read"}
        with refused("missing_scope"):
            await client.views_publish(user_id=ada.id, view=view)


async def test_whoever_a_post_in_a_channel_mentions_is_rung_which_is_a_fault(scene: Scene) -> None:
    user = {"type": "rich_text_section", "elements": [{"type": "user", "user_id": scene.ada.id}]}
    direct = scene.fake.town.im(scene.ada)
    for message in (card(f"<@{scene.ada.id}>"), {"text": "x", "blocks": [{"type": "rich_text", "elements": [user]}]}):
        with refused("invalid_blocks"):
            await scene.client.chat_postMessage(channel=scene.channel.id, **message)
        assert f"mentions {scene.ada.id}, who is notified" in str(scene.fake.verdicts.pop())
        await scene.client.chat_postMessage(channel=direct.id, **message)


# --- messages -----------------------------------------------------------------------------------


async def test_a_post_stands_until_it_is_edited_and_deleted(scene: Scene) -> None:
    ts = await scene.post("One")
    await scene.client.chat_update(channel=scene.channel.id, ts=ts, **card("Two"))
    assert scene.channel.messages[ts].words == "Two"
    await scene.client.chat_delete(channel=scene.channel.id, ts=ts)
    assert not scene.channel.messages
    with refused("message_not_found"):
        await scene.client.chat_update(channel=scene.channel.id, ts=ts, **card("Three"))


async def test_what_an_edit_does_not_name_stays(scene: Scene) -> None:
    metadata = {"event_type": "whetstone_post", "event_payload": {"name": "daily"}}
    ts = await scene.post("One", metadata=metadata)
    await scene.client.chat_update(channel=scene.channel.id, ts=ts, text="Two")
    message = scene.channel.messages[ts]
    assert (message.text, message.words, message.metadata) == ("Two", "One", metadata)


async def test_nobody_edits_what_others_wrote(scene: Scene) -> None:
    said = await scene.fake.write(scene.ada, scene.fake.town.add_channel("away", scene.ada, with_bot=False), "mine")
    assert said.message
    with refused("cant_update_message"):
        await scene.client.chat_update(channel=said.message.channel.id, ts=said.message.ts, **card("yours"))


async def test_where_the_bot_may_not_post_it_hears_why(scene: Scene) -> None:
    town = scene.fake.town
    private = town.add_channel("secret", scene.ada, kind=PRIVATE, with_bot=False)
    public = town.add_channel("open", scene.ada, with_bot=False)
    with refused("channel_not_found"):
        await scene.post(channel=private.id)
    with refused("not_in_channel"):
        await scene.post(channel=public.id)
    scene.fake.scopes |= {"chat:write.public"}
    await scene.post(channel=public.id)
    scene.channel.closed = True
    with refused("restricted_action"):
        await scene.post()
    scene.channel.archived = True
    with refused("is_archived"):
        await scene.post()
    scene.fake.are_messages_off = True
    with refused("messages_tab_disabled"):
        await scene.post(channel=scene.ada.id)


async def test_only_one_person_sees_an_ephemeral_post(scene: Scene) -> None:
    await scene.client.chat_postEphemeral(channel=scene.channel.id, user=scene.ada.id, **card("Psst"))
    assert not scene.channel.messages
    assert [one.seen_by for one in scene.fake.ephemeral.values()] == [scene.ada]
    with refused("user_not_in_channel"):
        await scene.client.chat_postEphemeral(channel=scene.channel.id, user=scene.ben.id, **card("Psst"))


async def test_a_message_is_pinned_once(scene: Scene) -> None:
    where = {"channel": scene.channel.id, "timestamp": await scene.post()}
    await scene.client.pins_add(**where)
    assert (await scene.history())["messages"][0]["pinned_to"] == [scene.channel.id]
    with refused("already_pinned"):
        await scene.client.pins_add(**where)
    await scene.client.pins_remove(**where)
    with refused("no_pin"):
        await scene.client.pins_remove(**where)


# --- conversations and people ----------------------------------------------------------------------


async def test_one_person_is_an_im_and_several_are_a_group(scene: Scene) -> None:
    alone = (await scene.client.conversations_open(users=scene.ada.id))["channel"]["id"]
    pair = (await scene.client.conversations_open(users=[scene.ada.id, scene.ben.id]))["channel"]["id"]
    again = (await scene.client.conversations_open(users=[scene.ben.id, scene.ada.id]))["channel"]["id"]
    channels = scene.fake.town.channels
    assert (channels[alone].kind, channels[pair].kind, again) == (IM, MPIM, pair)
    scene.ben.deleted = True
    with refused("user_disabled"):
        await scene.client.conversations_open(users=scene.ben.id)


async def test_a_person_has_a_zone_and_rights(scene: Scene) -> None:
    ada = (await scene.client.users_info(user=scene.ada.id))["user"]
    ben = (await scene.client.users_info(user=scene.ben.id))["user"]
    assert (ada["tz"], ada["tz_offset"], ada["is_admin"]) == ("Asia/Tokyo", 9 * 3600, True)
    assert not ben["is_admin"]
    scene.ben.zone = ""
    assert "tz" not in (await scene.client.users_info(user=scene.ben.id))["user"]
    with refused("user_not_found"):
        await scene.client.users_info(user="U404")


async def test_long_lists_come_in_pages(scene: Scene) -> None:
    scene.fake.largest_page = 2
    for n in range(5):
        scene.fake.town.add_channel(f"room-{n}")
    names: list[str] = []
    async for page in await scene.client.conversations_list(limit=1000):
        assert len(page["channels"]) <= 2
        names += [channel["name"] for channel in page["channels"]]
    assert names == ["study", *(f"room-{n}" for n in range(5))]
    members: list[str] = []
    async for page in await scene.client.users_list():
        members += [user["id"] for user in page["members"]]
    assert members == list(scene.fake.town.users)
    assert (await scene.client.conversations_members(channel=scene.channel.id, limit=1))["members"] == [scene.ada.id]
    with refused("invalid_cursor"):
        await scene.client.users_list(cursor="nonsense")


async def test_history_can_be_read_forward_from_a_moment(scene: Scene) -> None:
    sent = [await scene.post(f"{n}") for n in range(5)]
    await scene.post("an answer", thread_ts=sent[0])
    newest = await scene.history(limit=2)
    assert [one["ts"] for one in newest["messages"]] == [sent[4], sent[3]]
    found: list[str] = []
    async for page in await scene.history(oldest=sent[0], limit=2):
        found += [one["ts"] for one in reversed(page["messages"])]
    assert found == sent[1:]
    thread = await scene.client.conversations_replies(channel=scene.channel.id, ts=sent[0])
    assert [one["text"] for one in thread["messages"]] == ["0", "an answer"]


async def test_metadata_is_told_to_those_who_ask(scene: Scene) -> None:
    metadata = {"event_type": "whetstone_post", "event_payload": {"name": "daily"}}
    await scene.post(metadata=metadata)
    assert "metadata" not in (await scene.history())["messages"][0]
    assert (await scene.history(include_all_metadata=True))["messages"][0]["metadata"] == metadata


async def test_history_needs_a_scope_of_its_own(clock: TurnedClock) -> None:
    async with FakeSlack(clock, history=False) as fake:
        scene = Scene(fake, AsyncWebClient(fake.bot_token, base_url=fake.api_base, retry_handlers=[]))
        with pytest.raises(SlackApiError) as error:
            await scene.history()
        assert error.value.response["needed"] == "channels:history"


# --- files ----------------------------------------------------------------------------------------


async def test_an_uploaded_picture_can_stand_in_a_card(scene: Scene) -> None:
    uploaded = await scene.client.files_upload_v2(filename="a.png", content=b"picture", alt_txt="A picture")
    file = scene.fake.town.files[uploaded["file"]["id"]]
    assert (file.content, file.alt_text, file.mimetype) == (b"picture", "A picture", "image/png")
    picture = {"type": "image", "slack_file": {"id": file.id}, "alt_text": "A picture"}
    with pytest.raises(SlackApiError, match=r"invalid slack file \[json-pointer:/blocks/0/slack_file\]"):
        await scene.post(blocks=[picture])  # Slack needs a moment
    await scene.post(blocks=[picture])
    assert not scene.channel.newest().files
    scene.fake.town.files[file.id].deleted = True
    with pytest.raises(SlackApiError, match="invalid slack file"):
        await scene.post(blocks=[picture])
    assert scene.fake.verdicts == []


async def test_a_picture_that_nobody_handed_in_is_a_fault_in_a_message_and_in_a_view(scene: Scene) -> None:
    picture = {"type": "image", "slack_file": {"id": "F0000000000"}, "alt_text": "A picture"}
    ada = scene.fake.town.add_user("Ada")
    with pytest.raises(SlackApiError, match="no file F0000000000 was uploaded"):
        await scene.post(blocks=[picture])
    with pytest.raises(SlackApiError, match="no file F0000000000 was uploaded"):
        await scene.client.views_publish(user_id=ada.id, view={"type": "home", "blocks": [picture]})
    assert len(scene.fake.verdicts) == 2
    scene.fake.verdicts.clear()


async def test_a_file_can_be_shared_to_a_conversation(scene: Scene) -> None:
    above = await scene.post()
    where: dict[str, Any] = {"channel": scene.channel.id, "thread_ts": above, "initial_comment": "Look"}
    uploaded = await scene.client.files_upload_v2(filename="a.txt", content="words", **where)
    message = scene.channel.newest()
    assert (message.text, message.thread_ts, [file.name for file in message.files]) == ("Look", above, ["a.txt"])
    assert "ts" not in uploaded["file"]


# --- trouble ----------------------------------------------------------------------------------------


async def test_each_kind_of_trouble_can_be_planned(scene: Scene) -> None:
    faults = scene.fake.faults
    faults.refuse("fatal_error", "chat.postMessage")
    with refused("fatal_error"):
        await scene.post()
    faults.reset_before("chat.postMessage")
    with pytest.raises(aiohttp.ClientError):
        await scene.post()
    faults.status(503, "chat.postMessage")
    with pytest.raises(SlackApiError):
        await scene.post()
    assert not scene.channel.messages
    faults.reset_after("chat.postMessage")
    with pytest.raises(aiohttp.ClientError):
        await scene.post()
    faults.status(503, "chat.postMessage", after=True)
    with pytest.raises(SlackApiError):
        await scene.post()
    assert len(scene.channel.messages) == 2
    faults.throttle(7, "chat.postMessage")
    with pytest.raises(SlackApiError) as error:
        await scene.post()
    assert error.value.response.headers["Retry-After"] == "7"
    assert len(faults.met) == 6


async def test_the_same_seed_gives_the_same_doubts(scene: Scene) -> None:
    async def run() -> list[str]:
        scene.fake.faults.ambiguous(0.3, "a seed")
        before = len(scene.fake.faults.met)
        for n in range(20):
            try:
                await scene.post(f"{n}")
            except (SlackApiError, aiohttp.ClientError):
                continue
        scene.fake.faults.heal()
        return [kind for kind, _ in scene.fake.faults.met[before:]]

    first = await run()
    scene.fake.faults._calls = 0
    assert len(set(first)) > 1
    assert await run() == first


async def test_an_unknown_method_is_a_fault_of_ours(clock: TurnedClock) -> None:
    async with FakeSlack(clock) as fake, aiohttp.ClientSession() as session:
        client = AsyncWebClient(fake.bot_token, base_url=fake.api_base, session=session, retry_handlers=[])
        with refused("unknown_method"):
            await client.api_call("chat.shout")
        assert [str(one) for one in fake.verdicts] == ["chat.shout: the body: this fake has no such method"]


async def test_an_answer_is_no_place_for_another_thread(clock: TurnedClock) -> None:
    async with FakeSlack(clock) as fake, aiohttp.ClientSession() as session:
        client = AsyncWebClient(fake.bot_token, base_url=fake.api_base, session=session, retry_handlers=[])
        scene = Scene(fake, client)
        answer = await scene.post(thread_ts=await scene.post())
        await scene.post(thread_ts=answer)
        assert "is an answer in a thread" in str(fake.verdicts[0])


# --- limits -----------------------------------------------------------------------------------------


class Seconds:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def test_a_channel_takes_one_message_a_second() -> None:
    seconds = Seconds()
    meter = Meter(STRICT, seconds)
    assert meter.count("chat.postMessage", "C1") == (0, "")
    assert meter.count("chat.postMessage", "C1") == (1, "channel")
    assert meter.count("chat.postMessage", "C2") == (0, "")
    seconds.now = 1.0
    assert meter.count("chat.postMessage", "C1") == (0, "")
    assert (meter.busiest(1.0, "C1"), meter.busiest(60.0)) == (1, 3)


def test_a_workspace_takes_three_hundred_messages_a_minute() -> None:
    seconds = Seconds()
    meter = Meter(STRICT, seconds)
    for n in range(300):
        seconds.now = n / 10
        assert meter.count("chat.postMessage", f"C{n}") == (0, "")
    assert meter.count("chat.postMessage", "C300") == (31, "workspace")
    seconds.now = 60.0
    assert meter.count("chat.postMessage", "C300") == (0, "")


def test_methods_have_tiers() -> None:
    seconds = Seconds()
    meter = Meter(STRICT, seconds)
    answers = [meter.count("pins.add", "C1") for _ in range(21)]
    assert answers == [(0, "")] * 20 + [(60, "tier 2")]
    assert meter.count("pins.remove", "C1") == (0, "")


async def test_who_is_too_fast_hears_how_long_to_wait(clock: TurnedClock) -> None:
    async with FakeSlack(clock, limits=STRICT, seconds=Seconds()) as fake, aiohttp.ClientSession() as session:
        client = AsyncWebClient(fake.bot_token, base_url=fake.api_base, session=session, retry_handlers=[])
        scene = Scene(fake, client)
        await scene.post()
        with pytest.raises(SlackApiError) as error:
            await scene.post()
        assert (error.value.response.status_code, error.value.response["error"]) == (429, "ratelimited")
        assert error.value.response.headers["Retry-After"] == "1"
        assert [one.scope for one in fake.throttled] == ["channel"]
        assert len(scene.channel.messages) == 1
