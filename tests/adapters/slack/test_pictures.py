"""Pictures on Slack: handed in once, named by blocks, and never a reason why a card does not come."""

import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from adapters.slack.picture_records import PictureRecords
from adapters.slack.pictures import READY, REST, Pictures
from adapters.slack.platform import SlackPlatform
from bot.clock import TurnedClock
from bot.engine.outcome import Outcome
from bot.kernel.card import Card, Para
from bot.kernel.effect import Reply
from bot.kernel.errors import Later
from bot.kernel.event import Event
from bot.kernel.text import md
from tests.adapters.pictures import ALT, PNG, give_figures, picture
from tests.adapters.slack.line import Bot, Scene, living, private, with_a_problem, workspace
from tests.adapters.slack.test_platform import Street, card, street
from tests.slack_fake.server import FakeSlack
from tests.slack_fake.town import Message, User, View

UPLOAD, POST, UPDATE = "files.getUploadURLExternal", "chat.postMessage", "chat.update"
WORDS = f"Picture: {ALT}"


def shows(title: str = "Monday", **knobs: Any) -> Card:
    return replace(card(title), blocks=(Para(md("Look.")), picture(**knobs)))


def ids(seen: Message | View | None) -> list[str]:
    assert seen
    return [block["slack_file"]["id"] for block in seen.blocks if block["type"] == "image"]


def uploads(fake: FakeSlack) -> int:
    return sum(call.method == UPLOAD for call in fake.calls)


async def posted(it: Street, shown: Card | None = None) -> str:
    """Posted as the courier does it: again while it may go better later."""
    for _ in range(5):
        try:
            return await it.post(card=shown or shows())
        except Later:
            continue
    pytest.fail("never posted")


@asynccontextmanager
async def remembering(it: Street, folder: Path) -> AsyncIterator[SlackPlatform]:
    """A platform that has just started, and what it kept before."""
    records = await PictureRecords.open(folder)
    platform = it.started()
    platform._pictures = Pictures(platform._web, "slack:T", records)
    try:
        yield platform
    finally:
        await records.close()


# --- posts ---------------------------------------------------------------------------------------------


async def test_a_picture_is_handed_in_without_a_channel_and_named_by_its_block(clock: TurnedClock) -> None:
    async with street(clock) as it:
        message = it.shown(await posted(it))
        [id_] = ids(message)
        file = it.fake.town.files[id_]
        assert (file.name, file.content, file.alt_text) == ("curves.png", PNG, ALT)
        assert not message.files
        assert len(it.daily.messages) == 1, "nobody sees the file but in the card"
        assert ALT in message.text, "notifications and screen readers say it"


async def test_while_slack_is_not_that_far_the_post_waits_and_is_not_given_up(clock: TurnedClock) -> None:
    async with street(clock) as it:
        it.fake.unready = 3
        with pytest.raises(Later) as later:
            await it.post(card=shows())
        assert 1 <= later.value.wait.total_seconds() <= 2
        assert not it.daily.messages
        await posted(it)
        assert (uploads(it.fake), len(it.daily.messages)) == (1, 1)


async def test_an_edit_hands_nothing_in_and_neither_does_another_post(clock: TurnedClock) -> None:
    async with street(clock) as it:
        receipt = await posted(it)
        before = ids(it.shown(receipt))
        for number in range(5):
            await it.edit(receipt, card=shows(f"Answers: {number}"))
        await it.post(name="daily.day/other", card=shows())
        assert (uploads(it.fake), ids(it.shown(receipt))) == (1, before)


async def test_what_was_handed_in_is_known_after_a_new_start(clock: TurnedClock, tmp_path: Path) -> None:
    async with street(clock) as it:
        async with remembering(it, tmp_path) as it.platform:
            receipt = await posted(it)
        async with remembering(it, tmp_path) as it.platform:
            await it.edit(receipt, card=shows("Tuesday"))
            assert uploads(it.fake) == 1


async def test_each_workspace_has_its_own(clock: TurnedClock, tmp_path: Path) -> None:
    records = await PictureRecords.open(tmp_path)
    await records.keep_file("slack:T1", "digest", "F1")
    await records.keep_file("slack:T1", "digest", "F2")
    assert (await records.list_files("slack:T1"), await records.list_files("slack:T2")) == ({"digest": "F2"}, {})
    await records.forget_file("slack:T2", "digest")
    await records.forget_file("slack:T1", "digest")
    assert await records.list_files("slack:T1") == {}
    await records.close()


async def test_another_picture_is_another_file(clock: TurnedClock) -> None:
    async with street(clock) as it:
        receipt = await posted(it)
        with pytest.raises(Later):
            await it.edit(receipt, card=shows(more=b"other"))
        await it.edit(receipt, card=shows(more=b"other"))
        assert uploads(it.fake) == 2


async def test_a_file_that_somebody_deleted_is_handed_in_again(clock: TurnedClock, tmp_path: Path) -> None:
    async with street(clock) as it:
        async with remembering(it, tmp_path) as it.platform:
            receipt = await posted(it)
        [gone] = ids(it.shown(receipt))
        it.fake.town.files[gone].deleted = True
        async with remembering(it, tmp_path) as it.platform:
            with pytest.raises(Later):
                await it.edit(receipt, card=shows("Tuesday"))
        async with remembering(it, tmp_path) as it.platform:
            assert await it.platform._pictures._load() == {}
            with pytest.raises(Later):  # the new one is not ready
                await it.edit(receipt, card=shows("Tuesday"))
            await it.edit(receipt, card=shows("Tuesday"))
            assert (uploads(it.fake), gone in ids(it.shown(receipt))) == (2, False)
        async with remembering(it, tmp_path) as it.platform:
            await it.edit(receipt, card=shows("Wednesday"))
            assert uploads(it.fake) == 2, "the new one is remembered"


@pytest.mark.parametrize("doubt", ["reset_after", "reset_before"])
async def test_a_picture_whose_fate_is_not_known_is_handed_in_again_and_the_post_stands_once(
    clock: TurnedClock, doubt: str
) -> None:
    async with street(clock) as it:
        getattr(it.fake.faults, doubt)("files.completeUploadExternal")
        await posted(it)
        assert (uploads(it.fake), len(it.daily.messages)) == (2, 1)


async def test_many_boards_of_one_morning_hand_in_one_picture(clock: TurnedClock) -> None:
    async with street(clock) as it:
        pictures = it.platform._pictures
        found = [await pictures.hand_in([shows(f"{number}")]) for number in range(9)]
        assert uploads(it.fake) == 1
        assert all(one == found[0] for one in found)


# --- where none can be shown -----------------------------------------------------------------------------


async def test_without_the_scope_its_words_stand_there_and_the_scope_is_named(clock: TurnedClock) -> None:
    async with street(clock) as it:
        it.fake.scopes -= {"files:write"}
        told = []

        async def tell(fix: str) -> None:
            told.append(fix)

        it.platform._pictures = Pictures(it.platform._web, on_refused=tell)
        receipt = await it.post(card=shows())
        assert WORDS in it.shown(receipt).words
        assert ids(it.shown(receipt)) == []
        await it.edit(receipt, card=shows("Tuesday"))
        assert len(told) == 1, "an edit every few seconds asks nobody again"
        assert "“files:write”" in told[0]


async def test_when_the_scope_is_there_the_next_edit_after_a_while_shows_the_picture(
    clock: TurnedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with street(clock) as it:
        it.fake.scopes -= {"files:write"}
        receipt = await it.post(card=shows())
        it.fake.scopes |= {"files:write"}
        it.platform._pictures._refused_at -= REST
        with pytest.raises(Later):
            await it.edit(receipt, card=shows("Tuesday"))
        await it.edit(receipt, card=shows("Tuesday"))
        assert ids(it.shown(receipt))


async def test_a_picture_that_never_gets_ready_is_said_in_words(clock: TurnedClock) -> None:
    async with street(clock) as it:
        it.fake.unready = 1_000
        pictures = it.platform._pictures
        for _ in range(3):
            with pytest.raises(Later):
                await it.post(card=shows())
            for key in pictures._fresh:
                pictures._fresh[key] -= READY + 1
            with pytest.raises(Later):
                await it.post(card=shows())
        receipt = await it.post(card=shows())
        assert WORDS in it.shown(receipt).words
        assert uploads(it.fake) == 3


async def test_an_upload_that_always_breaks_off_does_not_hold_the_post_back(clock: TurnedClock) -> None:
    async with street(clock) as it:
        for _ in range(3):
            it.fake.faults.reset_before("files.completeUploadExternal")
        for _ in range(2):
            with pytest.raises(Later):
                await it.post(card=shows())
        assert WORDS in it.shown(await it.post(card=shows())).words


async def test_a_fault_of_a_block_that_is_no_picture_is_not_waited_for(clock: TurnedClock) -> None:
    async with street(clock) as it:
        await posted(it)
        it.fake.faults.refuse("invalid_blocks", POST)
        with pytest.raises(Exception, match="bug"):
            await it.post(name="daily.day/other", card=shows())


# --- whoever waits for an answer -----------------------------------------------------------------------------


@pytest.fixture
async def fake(clock: TurnedClock) -> AsyncIterator[FakeSlack]:
    async with FakeSlack(clock) as fake:
        yield fake
        assert fake.verdicts == []


@pytest.fixture
async def bot(
    fake: FakeSlack, migrated: Path, tmp_path: Path, clock: TurnedClock, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Bot]:
    """Every problem has a figure."""
    give_figures(monkeypatch)
    shutil.copytree(migrated, tmp_path / "data")
    async with living(fake, tmp_path / "data", clock) as bot:
        yield bot


@pytest.fixture
async def scene(fake: FakeSlack, bot: Bot) -> Scene:
    return workspace(fake, bot)


@pytest.fixture
async def ada(bot: Bot, scene: Scene) -> User:
    return await with_a_problem(bot, scene)


def forgotten(bot: Bot) -> None:
    """As if nothing had been handed in."""
    pictures = bot.line._pictures
    pictures._known, pictures._records = {}, None


async def test_the_board_shows_it_and_so_does_the_answer_to_a_command(
    fake: FakeSlack, bot: Bot, scene: Scene, ada: User
) -> None:
    [id_] = ids(scene.board())
    seen = await scene.do(ada, "today")
    assert ids(seen.ephemeral) == [id_]
    assert uploads(fake) == 1


async def test_the_answer_to_a_command_waits_for_a_picture_that_is_new(
    fake: FakeSlack, bot: Bot, scene: Scene, ada: User
) -> None:
    forgotten(bot)
    seen = await scene.do(ada, "today")
    [id_] = ids(seen.ephemeral)
    assert id_ not in ids(scene.board())


async def test_without_the_scope_the_answer_has_its_words_and_organisers_are_told_once(
    fake: FakeSlack, bot: Bot, scene: Scene, ada: User
) -> None:
    fake.scopes -= {"files:write"}
    forgotten(bot)
    for _ in range(2):
        seen = await scene.do(ada, "today")
        assert WORDS in seen.ephemeral.words
    told = [one for one in private(fake, scene.owner) if "Slack takes no pictures from me." in one.words]
    assert len(told) == 1
    assert "“files:write”" in told[0].words


async def test_a_view_opens_at_once_with_words_and_shows_the_picture_a_moment_later(
    fake: FakeSlack, bot: Bot, scene: Scene, ada: User
) -> None:
    await fake.open_home(ada)
    forgotten(bot)
    assert ada.home
    await fake.press(ada, ada.home, "0:daily.open_today", forged=True)
    await bot.caught_up()
    [view] = ada.modals
    assert (len(ids(view)), view.shown) == (1, 2)


async def test_a_home_page_shows_its_picture_and_waits_for_none(
    fake: FakeSlack, bot: Bot, scene: Scene, ada: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def home(_: Any) -> list[Card]:
        return [shows(more=b"home")]

    monkeypatch.setattr(bot.app.engine, "home", home)
    await fake.open_home(ada)
    await bot.caught_up()
    assert ada.home
    assert (len(ids(ada.home)), ada.home.shown) == (1, 2), "first its words, then the picture"
    before = uploads(fake)
    await fake.open_home(ada)
    await bot.caught_up()
    assert (len(ids(ada.home)), ada.home.shown, uploads(fake)) == (1, 3, before)


def says_a_picture(bot: Bot, monkeypatch: pytest.MonkeyPatch) -> None:
    """From now on every deed is answered with a picture that is new."""

    async def handle(_: Event) -> Outcome:
        return Outcome((Reply(shows(more=b"new")),))

    monkeypatch.setattr(bot.app.engine, "handle", handle)


async def test_the_answer_to_a_form_does_not_wait_for_a_picture_which_comes_a_moment_later(
    bot: Bot, scene: Scene, ada: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    form = (await scene.press(ada, scene.board(), "Answer")).opened
    says_a_picture(bot, monkeypatch)
    before = form.shown
    await scene.fill(ada, form, {"text": "My answer"})
    assert (len(ids(form)), form.shown) == (1, before + 2)


async def test_in_a_thread_the_answer_with_a_picture_stands_in_the_thread(
    fake: FakeSlack, bot: Bot, scene: Scene, ada: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    board = scene.board()
    written = (await fake.write(ada, scene.channel, "My answer to this", board.ts)).message
    says_a_picture(bot, monkeypatch)
    chosen = await fake.shortcut(ada, "answers.use_message", written)
    await bot.caught_up()
    assert (chosen.ephemeral.thread_ts, len(ids(chosen.ephemeral))) == (board.ts, 1)
