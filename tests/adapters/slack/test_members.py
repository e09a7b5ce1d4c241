"""What members of a workspace bring along: their names, their files, their number, and where they come from."""

import asyncio
import shutil
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from adapters.slack.people import People
from adapters.slack.platform import SlackPlatform
from adapters.slack.web import POST, Web
from bot.clock import TurnedClock
from bot.kernel.card import Card
from bot.kernel.errors import Later, Rejected
from bot.kernel.event import Told
from bot.kernel.ports import Posting, Spot, To
from tests.adapters.slack.line import WORDS, Bot, Scene, living, with_a_problem, workspace
from tests.adapters.slack.turned import Refusals, in_turned_time
from tests.slack_fake.forms import Handed
from tests.slack_fake.server import FakeSlack
from tests.slack_fake.town import User


@pytest.fixture
async def fake(clock: TurnedClock) -> AsyncIterator[FakeSlack]:
    async with FakeSlack(clock) as fake:
        yield fake
        assert fake.verdicts == []


@pytest.fixture
async def bot(fake: FakeSlack, migrated: Path, tmp_path: Path, clock: TurnedClock) -> AsyncIterator[Bot]:
    shutil.copytree(migrated, tmp_path / "data")
    async with living(fake, tmp_path / "data", clock) as bot:
        yield bot


@pytest.fixture
async def scene(fake: FakeSlack, bot: Bot) -> Scene:
    return workspace(fake, bot)


@pytest.fixture
async def ada(bot: Bot, scene: Scene) -> User:
    return await with_a_problem(bot, scene)


async def titles(bot: Bot) -> list[str]:
    rows = await bot.app.store.read(lambda tx: tx.all("SELECT title FROM roster_groups ORDER BY group_id"))
    return [str(row["title"]) for row in rows]


async def test_a_group_is_called_after_its_channel_whatever_forms_are_sent(bot: Bot, scene: Scene, ada: User) -> None:
    assert await titles(bot) == ["#study"]
    await scene.answer(ada)
    assert await titles(bot) == ["#study"]


async def test_an_answer_to_a_form_leaves_no_older_page_behind(bot: Bot, scene: Scene, ada: User) -> None:
    form = (await scene.press(ada, scene.board(), "Answer")).opened
    refused = await scene.fill(ada, form, {"text": "no"})
    assert refused.errors
    sent = await scene.fill(ada, form, {"text": WORDS})
    assert sent.views[-1].payload["clear_on_close"] is True


async def test_whoever_hands_over_several_files_is_told_that_one_was_taken(
    fake: FakeSlack, bot: Bot, ada: User
) -> None:  # fmt: skip
    files = [Handed("a.png", b"xx"), Handed("b.png", b"yy")]
    told = await fake.write(ada, None, "Both of them.", files=files)
    await bot.caught_up()
    assert "I took one file." in told.posts[-1].words
    alone = await fake.write(ada, None, "One of them.", files=files[:1])
    await bot.caught_up()
    assert "I took one file." not in alone.posts[-1].words


async def test_somebody_who_is_mentioned_keeps_their_name(fake: FakeSlack, bot: Bot, scene: Scene, ada: User) -> None:
    nobody = fake.town.add_user("zoe")
    im, text = fake.town.im(ada), f"As <@{scene.owner.id}> and <@{nobody.id}> said."
    said = {"type": "message", "channel_type": "im", "channel": im.id, "user": ada.id, "text": text}
    await fake.event(ada, {**said, "ts": fake.town.next_ts(), "event_ts": fake.town.next_ts()}, im)
    await bot.caught_up()
    event = bot.events[-1].what
    assert isinstance(event, Told)
    assert event.text == "As @olga and @somebody said."


async def test_organisers_are_told_to_invite_the_bot_by_the_name_that_it_has_there(
    clock: TurnedClock, migrated: Path, tmp_path: Path
) -> None:
    shutil.copytree(migrated, tmp_path / "data")
    async with FakeSlack(clock) as fake:
        fake.town.bot.name = "study_owl"
        async with living(fake, tmp_path / "data", clock) as bot:
            closed = fake.town.add_channel("closed", with_bot=False)
            [platform] = bot.platforms.values()
            with pytest.raises(Rejected) as no:
                await platform.post(Posting("x", "g", Spot(closed.id), Card("Today")))
            assert "“/invite @study_owl”" in no.value.fix


@pytest.mark.parametrize(
    ("profile", "manages"),
    [
        ({}, True),
        ({"team_id": "T1"}, True),
        ({"team_id": "T9"}, False),
        ({"team_id": "T9", "enterprise_user": {"teams": ["T1", "T9"]}}, True),
        ({"team_id": "T1", "is_stranger": True}, False),
        ({"team_id": "T1", "is_restricted": True}, False),
        ({"team_id": "T9", "id": "U0BOSS"}, True),  # whoever runs the bot named them
    ],
)
async def test_an_admin_of_another_workspace_has_no_rights_in_ours(profile: dict[str, Any], *, manages: bool) -> None:
    people = People(Web("xoxb-1", None), ("U0BOSS",), "T1")  # type: ignore[arg-type]  # no network
    user = {"id": "U9", "real_name": "Eve", "is_admin": True, "is_owner": True, **profile}
    assert people.learn(user).manages is manages


class Postbox(Refusals):
    """Counts as Slack does, and takes messages for persons."""

    def answer(self, method: str, channel: str, args: dict[str, Any]) -> dict[str, Any]:
        return {"channel": f"D{channel}" if method == POST else {"id": f"D{args['users']}"}, "ts": "1.000001"}


def test_three_hundred_private_reminders_take_no_longer_than_the_limit_for_messages() -> None:
    async def nobody(members: Sequence[str]) -> Sequence[str]:
        return members

    async def story() -> None:
        slack = Postbox(slow=0.3)
        web = Web("xoxb-1", None)  # type: ignore[arg-type]  # no network
        web.client = slack  # type: ignore[assignment]
        platform, receipts = SlackPlatform(web, "U0", nobody), set()

        async def remind(person: str) -> None:
            while True:
                try:
                    receipts.add(await platform.post(Posting(f"reminder/{person}", "g", To(person), Card("Today"))))
                except Later as later:
                    await asyncio.sleep(later.wait.total_seconds())
                else:
                    return

        async with asyncio.timeout(61):
            await asyncio.gather(*(remind(f"U{number:04}") for number in range(300)))
        assert slack.refused == []
        assert receipts == {f"DU{number:04}/1.000001" for number in range(300)}

    in_turned_time(story)
