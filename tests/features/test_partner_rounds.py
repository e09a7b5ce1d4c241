"""A round that is missed, that fails, or that was switched off leaves nobody alone for a term."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from bot.app import App
from bot.engine import roster
from bot.features.partners.wish_rules import PartnersSettings
from bot.kernel.card import card_words
from bot.kernel.engine_facts import EverythingAbout, SettingsChanged
from bot.kernel.peer_facts import PartnersOf
from bot.kernel.ports import Tx
from tests.features.mornings import JOIN, joined
from tests.features.peers import ask
from tests.features.test_desk import _more
from tests.features.test_partner_ghosts import choose, home, wished
from tests.features.test_partners import say_here, stay_until, wish
from tests.story import CoreDriver
from tests.world import GROUP, TENANT, World

HOUR = timedelta(hours=1)
SUNDAY = datetime(2026, 1, 18, 18, tzinfo=UTC)
ROUND = datetime(2026, 1, 19, 7, 0, 10, tzinfo=UTC)  # Monday, 08:00 in Berlin
TUESDAY = datetime(2026, 1, 20, 12, tzinfo=UTC)


async def rounds(app: App) -> list[dict[str, Any]]:
    return await app.store.read(lambda tx: [dict(row) for row in tx.all("SELECT * FROM partners_rounds")])


async def pairs(app: App) -> list[dict[str, Any]]:
    return await app.store.read(
        lambda tx: [dict(row) for row in tx.all("SELECT * FROM partners_pairs WHERE state = 'live'")]
    )


async def switch(app: App, *, on: bool) -> None:
    def change(tx: Tx) -> None:
        roster.configure(tx, GROUP, "partners", PartnersSettings, {"on": on})
        app.engine.hear(tx, GROUP, SettingsChanged("partners", {"on": not on}, {"on": on}), app.clock.now())

    await app.store.run(change)
    await app.settle()


async def test_after_an_outage_over_the_round_it_is_held_late_with_all_that_was_said(
    story: CoreDriver, app: App
) -> None:
    await wished(story, "ada", "ben", "cleo")
    await story.press("dan", "Join the study group", JOIN)
    await wish(story, "dan")
    await stay_until(story, SUNDAY, "ada", "ben", "cleo")
    for member in ("ada", "ben", "cleo"):
        await choose(story, member, "How was it?")
        await story.press(member, "Again, please")
    story.clock.set(TUESDAY)
    await app.settle()
    await story.wait(HOUR)
    assert set(await ask(app, PartnersOf("ada"))) == {"ben", "cleo"}
    assert [row["monday"] for row in await rounds(app)] == ["2026-01-19"]


async def test_who_is_alone_until_the_next_round_is_not_so_after_a_late_one(story: CoreDriver, app: App) -> None:
    await wished(story, "ada", "ben", "cleo")
    await choose(story, "ada", "Something is wrong")
    await story.press("ada", "Take a break")
    await story.wait(HOUR)
    await choose(story, "cleo", "I want no partner any more")
    await story.wait(HOUR)
    left = [member for member in ("ada", "ben") if "You are alone at present." in await home(story, member)]
    for member in left:
        await choose(story, member, "Stay alone for now")
    story.clock.set(TUESDAY)
    await app.settle()
    await story.wait(HOUR)
    for member in ("ada", "ben"):
        assert "on your own until" not in (await story.type(member, "/study partner")).words


async def test_a_group_whose_clock_moves_past_the_round_has_it_all_the_same(story: CoreDriver, app: App) -> None:
    await wished(story, "ada", "ben", "cleo", "dan", "eve")
    await stay_until(story, datetime(2026, 1, 18, 22, 30, tzinfo=UTC), "ada", "ben", "cleo", "dan", "eve")
    await _more(story, "Time zone")
    await story.fill("olga", {"city": "Tokyo"})
    await story.wait(9 * HOUR)
    for member in ("ada", "ben", "cleo", "dan", "eve"):
        assert await ask(app, PartnersOf(member))
    assert [row["monday"] for row in await rounds(app)] == ["2026-01-19"]


async def test_a_matching_that_fails_leaves_nobody_alone(
    story: CoreDriver, app: App, monkeypatch: pytest.MonkeyPatch
) -> None:
    await wished(story, "ada", "ben", "cleo")
    await stay_until(story, ROUND - 4 * HOUR, "ada", "ben", "cleo")

    def broken(args: Mapping[str, Any]) -> Any:
        raise ValueError("no solver")

    monkeypatch.setattr(app.engine, "task", lambda name: broken)
    for hours in range(8):
        story.clock.set(ROUND - 4 * HOUR + hours * HOUR)
        await app.settle()
    for member in ("ada", "ben", "cleo"):
        assert await ask(app, PartnersOf(member))


async def test_who_said_again_goes_on_though_the_matching_fails(
    story: CoreDriver, app: App, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Seated as in mid-term, ben and cleo would take dan as their third."""
    await wished(story, "ada", "ben", "cleo", "dan", "eve")
    assert await ask(app, PartnersOf("dan")) == ("eve",)
    await stay_until(story, SUNDAY, "ada", "ben", "cleo", "dan", "eve")
    await choose(story, "ada", "I want no partner any more")
    for member in ("dan", "eve"):
        await choose(story, member, "How was it?")
        await story.press(member, "Again, please")

    def broken(args: Mapping[str, Any]) -> Any:
        raise ValueError("no solver")

    monkeypatch.setattr(app.engine, "task", lambda name: broken)
    await story.until(ROUND + 3 * HOUR)
    rooms = [(sat["room_number"], sat["number"]) for sat in await pairs(app)]
    assert [await ask(app, PartnersOf(member)) for member in ("dan", "ben")] == [("eve",), ("cleo",)]
    assert (2, 3) in rooms, "dan and eve go on in the room that they had"
    assert (await rounds(app))[0]["state"] == "done"


async def test_who_is_seated_by_a_round_is_reminded_of_it(story: CoreDriver, app: App, world: World) -> None:
    await joined(story, "ada", "ben", "cleo")
    for member in ("ada", "ben", "cleo"):
        await wish(story, member)
    await story.type("ada", "/study reminders")
    await story.choose("ada", "18:00")
    await stay_until(story, ROUND - HOUR, "ada", "ben", "cleo")
    await story.until(datetime(2026, 1, 19, 18, tzinfo=UTC))
    assert any("You have new partners." in card_words(sent.card) for sent in world.private("ada"))


async def test_switched_off_nobody_is_paired_nudged_or_parked_and_switched_on_all_are_seated(
    story: CoreDriver, app: App
) -> None:
    await wished(story, "ada", "ben")
    await say_here(story, "ada")
    await switch(app, on=False)
    for _ in range(4):
        await story.wait(25 * HOUR)
    read = await home(story, "ben")
    assert "You are parked" not in read
    assert "wait for a word" not in read
    await story.until(TUESDAY)  # the term is over, and no round was held
    assert await ask(app, PartnersOf("ada")) == ()
    await switch(app, on=True)
    await story.wait(HOUR)
    assert await ask(app, PartnersOf("ada")) == ("ben",)


async def test_who_is_erased_is_in_no_round_and_who_asks_gets_their_pairs_and_votes(
    story: CoreDriver, app: App
) -> None:
    await wished(story, "ada", "ben", "cleo")
    await stay_until(story, SUNDAY, "ada", "ben", "cleo")
    await choose(story, "ada", "How was it?")
    await story.press("ada", "It was fine")
    mine = await ask(app, EverythingAbout("ada"))
    assert [row["vote"] for row in mine["partners_sittings"]] == ["fine"]
    await story.until(ROUND + HOUR)
    (before,) = await rounds(app)
    assert len(json.loads(before["seats"])) == 3
    assert before["args"]
    await app.store.run(lambda tx: app.engine.erase(tx, TENANT, "ada", app.clock.now()))
    await app.settle()
    (after,) = await rounds(app)
    assert min(json.loads(after["seats"])) == 0
    assert after["args"] == ""
    left = await app.store.read(
        lambda tx: tx.all("SELECT * FROM partners_sittings WHERE group_id = :group AND member = 'ada'", group=GROUP)
    )
    assert not left
