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


@pytest.mark.parametrize("why", ["half a day went by", "nobody listened for a while"])
async def test_slack_is_asked_again_when(why: str, clock: TurnedClock, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody tells of a change while nobody listens."""
    if "half" in why:
        monkeypatch.setattr(people_module, "FRESH", -1.0)
    async with hall(clock) as (fake, people):
        ada = fake.town.add_user("Ada", is_admin=True)
        await people.person(ada.id)
        if "nobody" in why:
            people.doubt()
        ada.is_admin = False
        assert not (await people.person(ada.id)).manages


@pytest.mark.parametrize("trouble", ["reset", "refused", "limited", "silent"])
async def test_where_slack_does_not_say_it_all_stays_as_it_was_and_a_no_takes_the_rights(
    clock: TurnedClock, monkeypatch: pytest.MonkeyPatch, trouble: str
) -> None:
    monkeypatch.setattr(people_module, "PATIENCE", 0.05 if trouble == "silent" else 5.0)
    monkeypatch.setattr(web_module, "ANSWER", 1_000.0)
    async with hall(clock) as (fake, people):
        ada, ben = fake.town.add_user("Ada", is_admin=True), fake.town.add_user("Ben")
        assert (await people.person(ada.id)).manages
        people.doubt()
        plan: dict[str, Any] = {
            "reset": lambda: fake.faults.reset_before(ASKED, times=4),
            "refused": lambda: fake.faults.refuse("missing_scope", ASKED, times=4, needed="users:read"),
            "limited": lambda: fake.faults.throttle(5, ASKED, times=4),
            "silent": lambda: fake.faults.hang(ASKED, times=4),
        }
        plan[trouble]()
        async with asyncio.timeout(10):
            manages = trouble != "refused"
            assert await people.person(ada.id) == Person(ada.id, "Ada", "Europe/Berlin", manages=manages)
            assert await people.person(ben.id) == Person(ben.id)


async def test_while_slack_asks_to_wait_it_is_asked_nothing_and_that_is_logged_once(
    clock: TurnedClock, caplog: pytest.LogCaptureFixture
) -> None:
    async with hall(clock) as (fake, people):
        users = [fake.town.add_user(f"Ada {number}") for number in range(5)]
        fake.faults.throttle(30, ASKED, times=1)
        for user in users:
            assert await people.person(user.id) == Person(user.id)
        assert len(fake.sent(ASKED)) == 1
        assert caplog.messages == ["Slack does not say who somebody is"]
        people._wait_until = 0.0  # the time is over
        assert (await people.person(users[0].id)).name == "Ada 0"
        fake.faults.reset_before(ASKED, times=12)
        for user in users[1:4]:
            await people.person(user.id)
        assert len(caplog.messages) == 2, "another time is another line"


async def test_of_who_never_used_the_bot_nothing_is_kept(clock: TurnedClock) -> None:
    async with hall(clock) as (fake, people):
        eve = fake.town.add_user("Eve", is_admin=True)
        assert people.learn(user_json(eve, fake.town)) == Person(eve.id, "Eve", "Europe/Berlin", manages=True)
        assert not people._known


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
