"""The browser platform keeps the promises of every platform's port."""

import sqlite3
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest

from adapters.web.chat import Chat
from adapters.web.platform import WebPlatform
from bot.clock import TurnedClock
from bot.kernel.card import Card
from bot.kernel.errors import Reason, Rejected, Unsure
from bot.kernel.event import Person
from bot.kernel.ports import Gathering, Posting, Spot, Target, Thread, To

GROUP = "web:demo"


@pytest.fixture
async def chat(tmp_path: Path, clock: TurnedClock) -> AsyncIterator[Chat]:
    chat = await Chat.open(tmp_path, clock)
    for name in ("ana", "ben", "cy"):
        await chat.people.know(Person(name, name.title()))
    yield chat
    await chat.close()


@pytest.fixture
def platform(chat: Chat) -> WebPlatform:
    return WebPlatform(chat)


def posting(target: Target, title: str = "Monday", name: str = "daily/1") -> Posting:
    return Posting(name, GROUP, target, Card(title))


async def titles(chat: Chat, spot: str) -> list[str]:
    return [message.card.title for message in await chat.messages(spot) if message.card]


async def test_an_edit_keeps_the_receipt_and_changes_the_card(platform: WebPlatform, chat: Chat) -> None:
    receipt = await platform.post(posting(Spot("daily")))
    await platform.edit(receipt, posting(Spot("daily"), "Tuesday"))
    assert await titles(chat, "daily") == ["Tuesday"]


@pytest.mark.parametrize("target", [Spot("daily"), To("ana")], ids=["channel", "private"])
async def test_a_message_is_found_by_its_name_from_then_on_and_not_before(
    platform: WebPlatform, clock: TurnedClock, target: Target
) -> None:
    start = clock.now()
    assert await platform.find(target, "daily/1", start) is None
    receipt = await platform.post(posting(target))
    for n in range(200):
        await platform.post(posting(target, name=f"other/{n}"))
    assert await platform.find(target, "daily/1", start) == receipt
    assert await platform.find(target, "daily/1", start + timedelta(seconds=1)) is None
    assert await platform.find(Spot("general"), "daily/1", start) is None


async def test_two_posts_of_one_name_are_two_messages_and_the_first_is_found(
    platform: WebPlatform, chat: Chat, clock: TurnedClock
) -> None:
    first = await platform.post(posting(Spot("daily")))
    await platform.post(posting(Spot("daily")))
    assert await platform.find(Spot("daily"), "daily/1", clock.now()) == first
    assert len(await chat.messages("daily")) == 2


async def test_a_removed_message_is_gone_with_its_thread_and_removing_again_is_fine(
    platform: WebPlatform, chat: Chat, clock: TurnedClock
) -> None:
    receipt = await platform.post(posting(Spot("daily")))
    await platform.post(posting(Thread(receipt), name="daily/1/late"))
    await platform.remove(receipt)
    await platform.remove(receipt)
    assert await chat.messages("daily") == []
    assert await platform.find(Spot("daily"), "daily/1", clock.now()) is None
    assert await chat.find_message(receipt, "daily/1/late", clock.now()) is None


async def test_a_room_is_its_own_receipt_and_other_people_make_it_theirs(
    platform: WebPlatform, chat: Chat, clock: TurnedClock
) -> None:
    room = await platform.post(posting(Gathering(("ana", "ben")), "Room for 2", "room/p1"))
    other = await platform.post(posting(Gathering(("ana", "cy")), "Room for 2", "room/p2"))
    assert room != other
    assert await platform.find(Gathering(("ana", "ben")), "room/p1", clock.now()) == room
    await platform.edit(room, posting(Gathering(("ana", "cy")), "Room for 2", "room/p1"))
    await platform.post(posting(Spot(room), name="hello"))
    assert (await chat.place(room)).persons == ("ana", "cy")
    assert [place.id for place in await chat.places("ben")] == ["general", "daily", "dm-ben"]
    await platform.remove(room)
    assert await platform.find(Gathering(("ana", "cy")), "room/p1", clock.now()) is None


@pytest.mark.parametrize(
    "target", [Spot("nowhere"), Thread("m99"), To("nobody"), Gathering(("ana", "nobody"))], ids=str
)
async def test_a_place_that_is_gone_is_rejected_with_what_to_do(platform: WebPlatform, target: Target) -> None:
    with pytest.raises(Rejected) as no:
        await platform.post(posting(target))
    assert no.value.reason is Reason.GONE
    assert "Channels" in no.value.fix


async def test_a_message_that_is_gone_cannot_be_edited(platform: WebPlatform) -> None:
    with pytest.raises(Rejected) as no:
        await platform.edit("m99", posting(Spot("daily")))
    assert no.value.reason is Reason.GONE


async def test_a_disk_that_fails_leaves_it_unsure(
    platform: WebPlatform, chat: Chat, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def full(*_: object) -> None:
        raise sqlite3.OperationalError("database or disk is full")

    monkeypatch.setattr(chat._store, "run", full)
    for call in (
        platform.post(posting(Spot("daily"))),
        platform.edit("m1", posting(Spot("daily"))),
        platform.remove("m1"),
    ):
        with pytest.raises(Unsure, match="disk is full"):
            await call


async def test_everything_is_there_after_a_restart(tmp_path: Path, clock: TurnedClock) -> None:
    first = await Chat.open(tmp_path, clock)
    await first.people.know(Person("ana", "Ana", "Europe/Berlin", manages=True))
    receipt = await WebPlatform(first).post(posting(Spot("daily")))
    cookie = await first.people.let_in("ana")
    await first.asides.keep("ana", "daily", receipt, Card("Only for you"))
    await first.close()
    second = await Chat.open(tmp_path, clock)
    assert await titles(second, "daily") == ["Monday"]
    assert await second.people.who(cookie) == Person("ana", "Ana", "Europe/Berlin", manages=True)
    assert [aside.origin for aside in await second.asides.replies("ana", "daily")] == [receipt]
    assert [place.id for place in await second.places("ana")] == ["general", "daily", "dm-ana"]
    await second.close()
