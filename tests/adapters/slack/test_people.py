"""Who somebody is on a pretended Slack: asked once, kept for a while, corrected by what Slack tells."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
import pytest

from adapters.slack import people as people_module
from adapters.slack import web as web_module
from adapters.slack.people import People
from adapters.slack.web import Web
from bot.clock import TurnedClock
from bot.kernel.event import Person
from tests.slack_fake.payloads import user_json
from tests.slack_fake.server import FakeSlack

ASKED = "users.info"


@asynccontextmanager
async def hall(clock: TurnedClock, organisers: tuple[str, ...] = ()) -> AsyncIterator[tuple[FakeSlack, People]]:
    async with FakeSlack(clock) as fake, aiohttp.ClientSession() as session:
        yield fake, People(Web(fake.bot_token, session, api_base=fake.api_base), organisers)


async def test_a_person_has_the_name_the_zone_and_the_rights_of_the_profile(clock: TurnedClock) -> None:
    async with hall(clock) as (fake, people):
        ada = fake.town.add_user("Ada", "Asia/Kolkata")
        olga = fake.town.add_user("Olga", is_owner=True)
        adam = fake.town.add_user("Adam", is_admin=True)
        assert await people.person(ada.id) == Person(ada.id, "Ada", "Asia/Kolkata", manages=False)
        assert (await people.person(olga.id)).manages
        assert (await people.person(adam.id)).manages


async def test_slack_is_asked_once(clock: TurnedClock) -> None:
    async with hall(clock) as (fake, people):
        ada = fake.town.add_user("Ada")
        assert await people.person(ada.id) == await people.person(ada.id)
        assert len(fake.sent(ASKED)) == 1


async def test_what_slack_tells_replaces_what_was_known(clock: TurnedClock) -> None:
    async with hall(clock) as (fake, people):
        ada = fake.town.add_user("Ada", is_admin=True)
        assert (await people.person(ada.id)).manages
        ada.zone, ada.is_admin = "America/New_York", False
        people.learn(user_json(ada, fake.town))
        assert await people.person(ada.id) == Person(ada.id, "Ada", "America/New_York", manages=False)
        assert len(fake.sent(ASKED)) == 1


async def test_somebody_can_be_an_organiser_by_id(clock: TurnedClock) -> None:
    async with hall(clock, ("U0010000002",)) as (fake, people):
        ada = fake.town.add_user("Ada")
        assert ada.id == "U0010000002"
        assert (await people.person(ada.id)).manages
        ada.deleted = True
        assert not people.learn(user_json(ada, fake.town)).manages


async def test_after_a_while_slack_is_asked_again(clock: TurnedClock, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody tells of a change while nobody listens."""
    monkeypatch.setattr(people_module, "FRESH", -1.0)
    async with hall(clock) as (fake, people):
        ada = fake.town.add_user("Ada", is_admin=True)
        await people.person(ada.id)
        ada.is_admin = False
        assert not (await people.person(ada.id)).manages


@pytest.mark.parametrize("trouble", ["reset", "refused", "limited", "silent"])
async def test_where_slack_does_not_say_it_names_stay_and_rights_go(
    clock: TurnedClock, monkeypatch: pytest.MonkeyPatch, trouble: str
) -> None:
    monkeypatch.setattr(people_module, "FRESH", -1.0)
    monkeypatch.setattr(people_module, "PATIENCE", 0.05 if trouble == "silent" else 5.0)
    monkeypatch.setattr(web_module, "ANSWER", 1_000.0)
    async with hall(clock) as (fake, people):
        ada, ben = fake.town.add_user("Ada", is_admin=True), fake.town.add_user("Ben")
        assert (await people.person(ada.id)).manages
        plan: dict[str, Any] = {
            "reset": lambda: fake.faults.reset_before(ASKED, times=4),
            "refused": lambda: fake.faults.refuse("missing_scope", ASKED, times=4, needed="users:read"),
            "limited": lambda: fake.faults.throttle(5, ASKED, times=4),
            "silent": lambda: fake.faults.hang(ASKED, times=4),
        }
        plan[trouble]()
        async with asyncio.timeout(10):
            assert await people.person(ada.id) == Person(ada.id, "Ada", "Europe/Berlin", manages=False)
            assert await people.person(ben.id) == Person(ben.id)


async def test_a_limit_of_slack_is_no_wait_for_who_acts(clock: TurnedClock, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(web_module, "TURN", 60.0)
    async with hall(clock) as (fake, people):
        async with asyncio.timeout(10):
            found = [await people.person(fake.town.add_user(f"Ada {number}").id) for number in range(110)]
        assert all(person.name for person in found)


async def test_no_more_people_are_remembered_than_fit(clock: TurnedClock, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(people_module, "KNOWN", 3)
    async with hall(clock) as (fake, people):
        users = [fake.town.add_user(f"Ada {number}") for number in range(5)]
        for user in users:
            await people.person(user.id)
        assert [*people._known] == [user.id for user in users[2:]]


async def test_nothing_is_left_of_who_is_forgotten(clock: TurnedClock) -> None:
    async with hall(clock) as (fake, people):
        ada = fake.town.add_user("Ada")
        await people.person(ada.id)
        people.forget(ada.id)
        people.forget("U0")
        assert not people._known
