"""What people do arrives at a real slack-bolt app, and what it answers is what they see."""

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest
from slack_sdk.errors import SlackApiError
from slack_sdk.webhook.async_client import AsyncWebhookClient

from bot.clock import TurnedClock
from tests.adapters.slack.stage import Parrot, button, card, field, listening, modal, page, plain, quietly
from tests.slack_fake.deeds import Deed
from tests.slack_fake.forms import Handed
from tests.slack_fake.server import FakeSlack
from tests.slack_fake.town import Channel, Message, User, View


class Scene:
    def __init__(self, fake: FakeSlack, parrot: Parrot) -> None:
        self.fake, self.parrot = fake, parrot
        self.ada: User = fake.town.add_user("Ada")
        self.ben: User = fake.town.add_user("Ben")
        self.channel: Channel = fake.town.add_channel("study", self.ada, self.ben)

    async def study(self, text: str = "today") -> Deed:
        return await self.fake.command(self.ada, self.channel, "/study", text)

    async def posted(self, *buttons: dict[str, Any]) -> Message:
        answer = await self.parrot.client.chat_postMessage(channel=self.channel.id, **card("A post", *buttons))
        return self.channel.messages[answer["ts"]]

    async def opened(self, *blocks: dict[str, Any]) -> View:
        self.parrot.answer = opens(modal(*blocks))
        return (await self.study()).opened

    async def respond(self, deed: Deed, **body: Any) -> tuple[int, str]:
        url = deed.payload["response_url"]
        answer = await AsyncWebhookClient(url, session=self.parrot.client.session, retry_handlers=[]).send_dict(body)
        return answer.status_code, answer.body


@pytest.fixture
async def scene(clock: TurnedClock) -> AsyncIterator[Scene]:
    async with FakeSlack(clock) as fake, listening(fake) as parrot:
        yield Scene(fake, parrot)
        assert [str(verdict) for verdict in fake.verdicts] == []


def opens(view: dict[str, Any], *, push: bool = False) -> Any:
    async def answer(parrot: Parrot, ack: Any, body: dict[str, Any]) -> None:
        call = parrot.client.views_push if push else parrot.client.views_open
        await call(trigger_id=body["trigger_id"], view=view)
        await ack()

    return answer


def acks(**payload: Any) -> Any:
    async def answer(parrot: Parrot, ack: Any, body: dict[str, Any]) -> None:
        await ack(**payload)

    return answer


def says(text: str, **more: Any) -> Any:
    async def answer(parrot: Parrot, ack: Any, body: dict[str, Any]) -> None:
        await ack()
        url = AsyncWebhookClient(body["response_url"], session=parrot.client.session, retry_handlers=[])
        await url.send_dict({**card(text, button("0:again", "Again")), "replace_original": False, **more})

    return answer


# --- commands and response_url --------------------------------------------------------------------


async def test_a_command_arrives_and_its_answer_is_seen_by_one_person(scene: Scene) -> None:
    scene.parrot.answer = says("Hello Ada")
    seen = await scene.study("today please")
    assert scene.parrot.heard[0]["text"] == "today please"
    assert seen.ephemeral.words == "Hello Ada"
    assert seen.ephemeral.seen_by is scene.ada
    assert not scene.channel.messages


async def test_a_command_can_be_answered_on_the_ack(scene: Scene) -> None:
    scene.parrot.answer = acks(text="Hello", response_type="ephemeral")
    assert (await scene.study()).ephemeral.text == "Hello"


async def test_a_response_url_works_five_times(scene: Scene) -> None:
    seen = await scene.study()
    answers = [(await scene.respond(seen, **card(f"{n}")))[0] for n in range(6)]
    assert answers == [200] * 5 + [404]
    assert len(seen.ephemerals) == 5


async def test_a_response_url_lives_half_an_hour(scene: Scene, clock: TurnedClock) -> None:
    seen = await scene.study()
    clock.go(timedelta(minutes=30))
    assert (await scene.respond(seen, **card("just in time")))[0] == 200
    clock.go(timedelta(seconds=1))
    assert "expired_url" in (await scene.respond(seen, **card("too late")))[1]


async def test_a_press_on_an_ephemeral_message_can_replace_it(scene: Scene) -> None:
    scene.parrot.answer = says("First")
    first = (await scene.study()).ephemeral
    scene.parrot.answer = says("Second", replace_original=True)
    seen = await scene.fake.press(scene.ada, first, "again")
    body = scene.parrot.heard[-1]
    assert "message" not in body
    assert body["container"]["is_ephemeral"]
    assert (seen.ephemerals, seen.replaced) == ([], [first])
    assert first.words == "Second"


async def test_a_press_on_a_post_shows_the_message_and_answers_one_person(scene: Scene) -> None:
    post = await scene.posted(button("0:read", "Read", value="x"))
    scene.parrot.answer = says("For you")
    seen = await scene.fake.press(scene.ben, post, "Read")
    body = scene.parrot.heard[-1]
    assert body["message"]["ts"] == body["container"]["message_ts"] == post.ts
    assert body["actions"][0]["value"] == "x"
    assert seen.ephemeral.seen_by is scene.ben


async def test_only_what_stands_in_a_message_can_be_pressed(scene: Scene) -> None:
    post = await scene.posted(button("0:read", "Read"))
    with pytest.raises(AssertionError, match="nothing “write” to press"):
        await scene.fake.press(scene.ben, post, "write")
    await scene.fake.press(scene.ben, post, "0:write", forged=True)
    assert scene.parrot.heard[-1]["actions"][0]["action_id"] == "0:write"


async def test_a_choice_in_a_menu_carries_its_option(scene: Scene) -> None:
    options = [{"text": plain(word), "value": word.lower()} for word in ("One", "Two")]
    post = await scene.posted({"type": "static_select", "action_id": "0:pick", "options": options})
    await scene.fake.press(scene.ada, post, "pick", "two")
    assert scene.parrot.heard[-1]["actions"][0]["selected_option"] == options[1]


# --- modals ---------------------------------------------------------------------------------------


async def test_a_trigger_opens_one_view_within_three_seconds(scene: Scene, clock: TurnedClock) -> None:
    seen = await scene.study()
    await scene.parrot.client.views_open(trigger_id=seen.trigger, view=modal())
    with pytest.raises(SlackApiError, match="exchanged_trigger_id"):
        await scene.parrot.client.views_open(trigger_id=seen.trigger, view=modal())
    later = await scene.study()
    clock.go(timedelta(seconds=3, milliseconds=1))
    with pytest.raises(SlackApiError, match="expired_trigger_id"):
        await scene.parrot.client.views_open(trigger_id=later.trigger, view=modal())


async def test_a_submission_carries_what_the_fields_hold(scene: Scene) -> None:
    menu = {"type": "radio_buttons", "action_id": "0:mood", "options": [{"text": plain("Good"), "value": "good"}]}
    place = {"type": "conversations_select", "action_id": "place", "initial_conversation": scene.channel.id}
    view = await scene.opened(
        field("answer"),
        {"type": "input", "block_id": "mood", "label": plain("Mood"), "element": menu},
        {"type": "input", "block_id": "place", "label": plain("Place"), "element": place},
    )
    scene.parrot.answer = quietly
    await scene.fake.submit(scene.ada, view, {"answer": "my <words>", "mood": "good"})
    values = scene.parrot.heard[-1]["view"]["state"]["values"]
    assert values["field-answer"]["answer"]["value"] == "my <words>"
    assert values["mood"]["0:mood"]["selected_option"]["value"] == "good"
    assert values["place"]["place"]["selected_conversation"] == scene.channel.id
    assert not scene.ada.modals


async def test_a_screen_sends_only_what_its_fields_take(scene: Scene) -> None:
    view = await scene.opened(field("answer"))
    with pytest.raises(AssertionError, match="must be filled"):
        await scene.fake.submit(scene.ada, view)
    with pytest.raises(AssertionError, match="no field other"):
        await scene.fake.submit(scene.ada, view, {"other": "x"})
    scene.parrot.answer = quietly
    await scene.fake.submit(scene.ada, view, forged=True)


async def test_errors_stand_beside_the_fields_and_the_form_stays_open(scene: Scene) -> None:
    view = await scene.opened()
    scene.parrot.answer = acks(response_action="errors", errors={"field-answer": "Too short."})
    seen = await scene.fake.submit(scene.ada, view, {"answer": "x"})
    assert view.errors == {"field-answer": "Too short."}
    assert seen.errors == {"answer": "Too short."}
    assert scene.ada.modals == [view]


async def test_fields_keep_what_was_entered_as_long_as_they_keep_their_ids(scene: Scene) -> None:
    view = await scene.opened(field("answer"), field("other", optional=True))
    again = modal(field("answer"), field("else", optional=True) | {"block_id": "field-other"})
    again["blocks"][0]["element"]["initial_value"] = "from the bot"
    scene.parrot.answer = acks(response_action="update", view=again)
    await scene.fake.submit(scene.ada, view, {"answer": "typed", "other": "lost"})
    scene.parrot.answer = quietly
    await scene.fake.submit(scene.ada, view)
    values = scene.parrot.heard[-1]["view"]["state"]["values"]
    assert values["field-answer"]["answer"]["value"] == "typed"
    assert values["field-other"]["else"]["value"] is None


async def test_an_answer_can_update_push_and_clear(scene: Scene) -> None:
    view = await scene.opened()
    before = view.hash
    scene.parrot.answer = acks(response_action="update", view=modal(title="Once more"))
    seen = await scene.fake.submit(scene.ada, view, {"answer": "x"})
    assert seen.opened is view
    assert (view.title, view.hash != before) == ("Once more", True)
    scene.parrot.answer = acks(response_action="push", view=modal(title="On top"))
    above = (await scene.fake.submit(scene.ada, view, {"answer": "x"})).opened
    assert [one.title for one in scene.ada.modals] == ["Once more", "On top"]
    scene.parrot.answer = acks(response_action="clear")
    await scene.fake.submit(scene.ada, above, {"answer": "x"})
    assert not scene.ada.modals


async def test_three_views_fit_above_each_other(scene: Scene) -> None:
    view = await scene.opened(field("answer"), {"type": "actions", "elements": [button("0:more", "More")]})
    for title in ("Second", "Third"):
        again = modal(field("answer"), {"type": "actions", "elements": [button("0:more", "More")]}, title=title)
        scene.parrot.answer = opens(again, push=True)
        view = (await scene.fake.press(scene.ada, view, "more")).opened
    scene.parrot.answer = quietly
    seen = await scene.fake.press(scene.ada, view, "more")
    with pytest.raises(SlackApiError, match="push_limit_reached"):
        await scene.parrot.client.views_push(trigger_id=seen.trigger, view=modal())


async def test_an_update_with_an_old_hash_is_refused(scene: Scene) -> None:
    view = await scene.opened()
    old = view.hash
    await scene.parrot.client.views_update(view_id=view.id, hash=old, view=modal(title="Newer"))
    with pytest.raises(SlackApiError, match="hash_conflict"):
        await scene.parrot.client.views_update(view_id=view.id, hash=old, view=modal(title="Older"))
    assert view.title == "Newer"


async def test_a_closed_view_cannot_be_updated(scene: Scene) -> None:
    view = await scene.opened()
    await scene.fake.close(scene.ada, view)
    with pytest.raises(SlackApiError, match="not_found"):
        await scene.parrot.client.views_update(view_id=view.id, view=modal())


async def test_a_file_comes_with_the_form(scene: Scene) -> None:
    part = {"type": "file_input", "action_id": "shot", "filetypes": ["png"], "max_files": 1}
    view = await scene.opened({"type": "input", "block_id": "shot", "label": plain("Picture"), "element": part})
    scene.parrot.answer = quietly
    await scene.fake.submit(scene.ada, view, {"shot": Handed("a.png", b"picture", seconds=2.5)})
    [file] = scene.parrot.heard[-1]["view"]["state"]["values"]["shot"]["shot"]["files"]
    assert file["duration_ms"] == 2_500
    headers = {"Authorization": f"Bearer {scene.fake.bot_token}"}
    assert scene.parrot.client.session
    async with scene.parrot.client.session.get(file["url_private"], headers=headers) as answer:
        assert await answer.read() == b"picture"


# --- home, shortcuts, chat --------------------------------------------------------------------------


async def test_a_person_sees_the_home_page_that_is_published(scene: Scene) -> None:
    async def publish(parrot: Parrot, ack: Any, body: dict[str, Any]) -> None:
        await parrot.client.views_publish(user_id=body["event"]["user"], view=page("Hello", button("0:more", "More")))
        await ack()

    scene.parrot.answer = publish
    home = (await scene.fake.open_home(scene.ada)).opened
    assert (home.type, home.words) == ("home", "Hello")
    scene.parrot.answer = quietly
    await scene.fake.press(scene.ada, home, "more")
    body = scene.parrot.heard[-1]
    assert body["container"] == {"type": "view", "view_id": home.id}
    assert "response_url" not in body
    again = await scene.fake.open_home(scene.ada)
    assert scene.parrot.events[-1]["view"]["id"] == home.id
    assert again.views == []


async def test_shortcuts_arrive_with_and_without_a_message(scene: Scene) -> None:
    said = await scene.fake.write(scene.ben, scene.channel, "my answer")
    assert said.message
    scene.parrot.answer = opens(modal())
    seen = await scene.fake.shortcut(scene.ada, "answers.use_message", said.message)
    body = scene.parrot.heard[-1]
    assert (body["type"], body["message"]["text"]) == ("message_action", "my answer")
    assert seen.opened.title == "Answer"
    await scene.fake.close(scene.ada, seen.opened)
    assert (await scene.fake.shortcut(scene.ada, "study")).opened.title == "Answer"
    assert scene.parrot.heard[-1]["type"] == "shortcut"


async def test_words_come_as_slack_writes_them(scene: Scene) -> None:
    await scene.fake.write(scene.ada, scene.channel, "a < b & see https://x.example/?q=1&r=2")
    assert scene.parrot.events[-1]["text"] == "a &lt; b &amp; see <https://x.example/?q=1&amp;r=2>"


async def test_edits_and_deletions_are_told(scene: Scene) -> None:
    above = (await scene.fake.write(scene.ada, scene.channel, "one")).message
    assert above
    below = (await scene.fake.write(scene.ben, scene.channel, "answer", above.ts)).message
    assert below
    assert scene.parrot.events[-1]["thread_ts"] == above.ts
    await scene.fake.edit(below, "better")
    told = scene.parrot.events[-1]
    assert (told["message"]["text"], told["previous_message"]["text"]) == ("better", "answer")
    await scene.fake.delete(above)
    assert scene.parrot.events[-1]["message"]["subtype"] == "tombstone"
    await scene.fake.delete(below)
    assert scene.parrot.events[-1]["deleted_ts"] == below.ts


async def test_people_come_change_and_go(scene: Scene) -> None:
    cleo = scene.fake.town.add_user("Cleo", "Asia/Tokyo")
    await scene.fake.join_team(cleo)
    await scene.fake.join(cleo, scene.channel)
    cleo.zone = "Europe/Paris"
    await scene.fake.change(cleo)
    cleo.deleted = True
    await scene.fake.change(cleo)
    await scene.fake.leave(cleo, scene.channel)
    assert [event["type"] for event in scene.parrot.events] == [
        "team_join",
        "member_joined_channel",
        "user_change",
        "user_change",
        "member_left_channel",
    ]
    assert [event["user"].get("tz") for event in scene.parrot.events[2:4]] == ["Europe/Paris", None]


async def test_posts_and_edits_are_seen_by_those_who_are_there(scene: Scene) -> None:
    async def post(parrot: Parrot, ack: Any, body: dict[str, Any]) -> None:
        if "command" in body:
            await parrot.client.chat_postMessage(channel=scene.channel.id, **card("For all"))
        await ack()

    scene.parrot.answer = post
    [seen] = (await scene.study()).posts
    assert (seen.words, seen.channel) == ("For all", scene.channel)


async def test_a_deed_without_a_seen_answer_can_be_answered_once_more(scene: Scene) -> None:
    scene.parrot.answer = opens(modal())
    await scene.study()
    again = await scene.fake.redeliver(lost=True)
    assert again.opened.title == "Answer"
    assert scene.parrot.heard[0] == scene.parrot.heard[1]


async def test_after_an_uninstall_the_token_opens_nothing(scene: Scene) -> None:
    await scene.fake.uninstall()
    await scene.fake.socket.idle()
    assert [event["type"] for event in scene.parrot.events] == ["tokens_revoked", "app_uninstalled"]
    with pytest.raises(SlackApiError, match="account_inactive"):
        await scene.parrot.client.auth_test()
