"""What the platform answers, one place's trouble, and where a message stands."""

from datetime import timedelta

import pytest

from bot.engine import outbox
from bot.kernel.effect import Channel, Direct, Post, Room, Under, Unpost
from bot.kernel.errors import Later, Reason, Rejected, Unsure
from bot.kernel.ports import Spot, Target, Thread, To
from tests.engine.bench import MAIN, Bench, card, die_at_next, post
from tests.world import CHANNEL, GROUP


@pytest.fixture
async def bench(bench: Bench) -> Bench:
    """Without the club's daily wake: nothing is said but what the test wants."""
    await bench.press("olga", "club.move", manages=True)
    return bench


# --- what the platform answers --------------------------------------------------------------


async def test_slow_down_waits_as_told_and_gives_the_attempt_back(bench: Bench) -> None:
    await bench.want(post("p"))
    bench.world.refuse(Later(timedelta(seconds=42)), times=1)
    await bench.drain()
    row = bench.row("p")
    assert (row["attempts"], row["errors"], row["first_try"]) == (0, 0, None)
    assert await bench.courier.next_due() == bench.clock.now() + timedelta(seconds=42)
    await bench.go(timedelta(seconds=42))
    assert [verb for verb, _ in bench.world.calls] == ["post", "post"], "nothing to look for: it was never taken"


async def test_slow_down_during_a_search_does_not_make_us_forget_to_look(bench: Bench) -> None:
    await bench.want(post("p"))
    await die_at_next(bench, "after post")
    bench.world.refuse(Later(timedelta(seconds=30)), call="find", times=1)
    await bench.go(timedelta(minutes=10))
    assert bench.world.created == ["p"]


async def test_a_refused_token_pauses_the_tenant_and_loses_nothing(bench: Bench) -> None:
    bench.tenants = ["web", "elsewhere"]
    bench.restart()
    await bench.found("eve", group="other:1", tenant="elsewhere")
    await bench.press("olga", "club.move", group="other:1", tenant="elsewhere", manages=True)
    await bench.want(post("p"))
    bench.world.refuse(Rejected(Reason.TOKEN, "Make a new token."), name="p", times=1)
    await bench.settle()
    await bench.want(post("q"))
    await bench.want(post("r"), group="other:1", tenant="elsewhere")
    await bench.go(timedelta(minutes=5))
    assert bench.world.created == ["r"]
    assert await bench.courier.next_due() is None
    assert (bench.row("p")["state"], bench.row("p")["attempts"]) == ("open", 0)
    await bench.store.run(lambda tx: tx.run("DELETE FROM roster_tenants"))
    await bench.settle()
    assert sorted(bench.world.created) == ["p", "q", "r"]


@pytest.mark.parametrize("reason", [Reason.FORBIDDEN, Reason.GONE, Reason.CLOSED, Reason.BUG])
async def test_a_refusal_for_good_is_kept_and_told_once(bench: Bench, reason: Reason) -> None:
    await bench.want(post("p"))
    bench.world.refuse(Rejected(reason, "Give the bot the right to write."))
    await bench.go(timedelta(days=2))
    row = bench.row("p")
    assert (row["state"], row["reason"], row["fix"]) == ("parked", reason, "Give the bot the right to write.")
    assert row["card"], "the payload is kept"
    assert bench.world.calls == [("post", "p")]
    assert bench.heard("parked") == [(f"parked {reason}", "p")]


async def test_a_parked_message_gets_a_fresh_chance_with_new_words(bench: Bench) -> None:
    await bench.want(post("p"))
    bench.world.refuse(Unsure("reset"))
    await bench.go(timedelta(days=1))
    assert bench.row("p")["state"] == "parked"
    bench.world.heal()
    bench.world.refuse(Unsure("reset"), times=1)
    await bench.want(post("p", "Better"))
    await bench.go(timedelta(minutes=10))
    assert bench.world.named("p").card.title == "Better"


async def test_a_parked_room_gets_a_fresh_chance_with_new_members(bench: Bench) -> None:
    bench.world.refuse(Rejected(Reason.FORBIDDEN, "Give the right."), name="room/pair", times=1)
    await bench.want(Post("p", Room("pair", ("ada", "ben")), card()))
    await bench.settle()
    assert bench.row("room/pair")["state"] == "parked"
    await bench.want(Post("p", Room("pair", ("ada", "cem")), card("New pair")))
    await bench.settle()
    assert list(bench.world.rooms.values()) == [("ada", "cem")]
    assert bench.world.named("p").card.title == "New pair"


async def test_a_group_without_a_channel_is_told_so(bench: Bench) -> None:
    await bench.store.run(lambda tx: tx.run("DELETE FROM roster_places"))
    await bench.want(post("p"))
    await bench.settle()
    assert bench.heard("parked") == [("parked gone", "p")]


async def test_a_message_that_a_moderator_deleted_is_not_posted_again(bench: Bench) -> None:
    await bench.want(post("p"))
    await bench.settle()
    bench.world.messages.clear()
    await bench.want(post("p", "Changed"))
    await bench.go(timedelta(days=1))
    assert bench.world.created == ["p"]
    assert bench.heard("parked") == [("parked gone", "p")]


async def test_the_developer_page_says_what_becomes_of_each_message(bench: Bench) -> None:
    await bench.want(post("shown"))
    await bench.want(post("removed"))
    await bench.settle()
    await bench.want(post("withdrawn"))
    await bench.perform([Unpost("withdrawn"), Unpost("removed")])
    await bench.settle()
    bench.world.refuse(Rejected(Reason.FORBIDDEN, "Give the right."), name="parked")
    bench.world.refuse(Unsure("reset"), name="unsure")
    for name in ("parked", "unsure"):
        await bench.want(post(name))
    await bench.drain()
    await bench.want(Post("waiting", Under("nothing"), card()))
    wishes = await bench.store.read(outbox.overview)
    assert {wish.name: wish.state for wish in wishes} == {
        "shown": "shown",
        "removed": "removed",
        "withdrawn": "removed",
        "parked": "parked",
        "unsure": "unsure",
        "waiting": "waiting",
    }
    assert next(wish.fix for wish in wishes if wish.name == "parked") == "Give the right."


# --- one place's trouble is nobody else's ----------------------------------------------------


async def test_the_trouble_of_one_place_delays_no_other(bench: Bench) -> None:
    for purpose in ("daily", "other"):
        sql = "INSERT INTO roster_places (group_id, purpose, spot) VALUES (:group, :purpose, :purpose)"
        await bench.store.run(lambda tx, p=purpose, sql=sql: tx.run(sql, group=GROUP, purpose=p))
    bench.world.refuse(Later(timedelta(minutes=5)), target=Spot("daily"))
    for n in range(30):
        await bench.want(Post(f"daily/{n}", Channel("daily"), card()))
    for n in range(30):
        await bench.want(Post(f"other/{n}", Channel("other"), card()))
    await bench.settle()
    assert len(bench.world.created) == 30
    assert all(name.startswith("other/") for name in bench.world.created)


async def test_messages_of_one_place_arrive_in_the_order_in_which_they_were_wanted(bench: Bench) -> None:
    for n in (3, 1, 2):
        await bench.want(post(f"p/{n}"))
        bench.clock.go(timedelta(milliseconds=1))
    await bench.settle()
    assert bench.world.created == ["p/3", "p/1", "p/2"]


# --- places ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("place", "target"),
    [(MAIN, Spot(CHANNEL)), (Channel("unknown"), Spot(CHANNEL)), (Direct("ada"), To("ada"))],
    ids=str,
)
async def test_a_place_leads_where_it_says(bench: Bench, place: Channel | Direct, target: Target) -> None:
    await bench.want(Post("p", place, card()))
    await bench.settle()
    assert bench.world.named("p").posting.target == target


async def test_a_reply_waits_for_the_message_that_it_stands_under(bench: Bench) -> None:
    await bench.want(Post("child", Under("parent"), card()))
    await bench.go(timedelta(minutes=5))
    assert bench.world.created == []
    await bench.want(post("parent"))
    await bench.settle()
    assert bench.world.created == ["parent", "child"]
    assert bench.world.named("child").posting.target == Thread(bench.world.named("parent").receipt)


async def test_a_room_is_opened_before_anything_is_said_in_it(bench: Bench) -> None:
    await bench.want(Post("a", Room("pair", ("ada", "ben")), card()))
    await bench.want(Post("b", Room("pair", ("ada", "ben")), card()))
    await bench.settle()
    assert bench.world.created == ["room/pair", "a", "b"]
    room = bench.world.named("room/pair").receipt
    assert bench.world.named("a").posting.target == Spot(room)
    assert bench.world.rooms[room] == ("ada", "ben")


async def test_another_roster_changes_the_room_and_not_its_messages(bench: Bench) -> None:
    await bench.want(Post("a", Room("pair", ("ada", "ben")), card()))
    await bench.settle()
    await bench.want(Post("a", Room("pair", ("ada", "ben", "cem")), card()))
    await bench.go(timedelta(seconds=3))
    assert bench.world.created == ["room/pair", "a"]
    assert list(bench.world.rooms.values()) == [("ada", "ben", "cem")]


async def test_a_platform_that_is_not_connected_is_waited_for(bench: Bench) -> None:
    bench.tenants = []
    bench.restart()
    await bench.want(post("p"))
    await bench.settle()
    assert bench.row("p")["attempts"] == 0
    bench.tenants = ["web"]
    bench.restart()
    await bench.go(timedelta(minutes=5))
    assert bench.world.created == ["p"]
