"""Every rule of delivery, one test each."""

import asyncio
from datetime import timedelta

import pytest

from bot.engine import courier as courier_module
from bot.engine import outbox
from bot.kernel.effect import Channel, Direct, Post, Room, Under, Unpost
from bot.kernel.errors import Later, Reason, Rejected, Unsure
from bot.kernel.ports import Posting, Spot, Target, Thread, To
from tests.engine.bench import Bench, card
from tests.world import CHANNEL, GROUP, Crash

MAIN = Channel("main")
LEASE_OVER = outbox.LEASE + timedelta(seconds=1)


@pytest.fixture
async def bench(bench: Bench) -> Bench:
    """Without the club's daily wake: nothing is said but what the test wants."""
    await bench.press("olga", "club.move", manages=True)
    return bench


def post(name: str, text: str = "Hello", **more: object) -> Post:
    return Post(name, MAIN, card(text), **more)


async def die_at_next(bench: Bench, where: str) -> None:
    """Let the process die at the first step of the next drain whose description holds `where`."""
    bench.fuse.faults = {}
    before, original = bench.fuse.steps, bench.fuse.step

    def step(here: str, *, can_time_out: bool = False) -> None:
        if where in here and not bench.fuse.dead:
            bench.fuse.faults[bench.fuse.steps + 1] = "crash"
        original(here, can_time_out=can_time_out)

    bench.fuse.step = step  # type: ignore[method-assign]
    with pytest.raises(Crash):
        await bench.drain()
    bench.fuse.step = original  # type: ignore[method-assign]
    assert bench.fuse.steps > before
    bench.fuse.faults = {}
    bench.restart()


# --- once, and the newest words -------------------------------------------------------------


async def test_a_wish_becomes_one_message(bench: Bench) -> None:
    await bench.want(post("p"))
    await bench.settle()
    assert bench.world.created == ["p"]
    assert bench.row("p")["shown"] == 1


async def test_the_same_wish_again_calls_nobody(bench: Bench) -> None:
    await bench.want(post("p"))
    await bench.settle()
    await bench.want(post("p"))
    await bench.go(timedelta(minutes=1))
    assert bench.world.calls == [("post", "p")]


async def test_another_card_under_the_same_name_is_an_edit(bench: Bench) -> None:
    await bench.want(post("p"))
    await bench.settle()
    await bench.want(post("p", "Changed"))
    await bench.go(timedelta(seconds=3))
    assert bench.world.calls == [("post", "p"), ("edit", "p")]
    assert bench.world.named("p").card.title == "Changed"


async def test_three_hundred_edits_become_one_call(bench: Bench) -> None:
    await bench.want(post("p"))
    await bench.settle()
    for n in range(300):
        await bench.want(post("p", f"{n} answers"))
        await bench.settle()
    await bench.go(timedelta(seconds=3))
    assert bench.world.calls == [("post", "p"), ("edit", "p")]
    assert bench.world.named("p").card.title == "299 answers"


async def test_a_change_during_the_call_is_shown_afterwards(bench: Bench) -> None:
    await bench.want(post("p", "first"))

    async def slow(posting: Posting) -> str:
        receipt = await type(bench.world).post(bench.world, posting)
        await bench.want(post("p", "second"))
        return receipt

    bench.world.post = slow  # type: ignore[method-assign]
    await bench.go(timedelta(seconds=3))
    assert bench.world.named("p").card.title == "second"
    assert bench.world.doubles() == []


async def test_an_unwanted_message_is_removed(bench: Bench) -> None:
    await bench.want(post("p"))
    await bench.settle()
    await bench.perform([Unpost("p")])
    await bench.settle()
    assert bench.world.names() == []
    assert bench.row("p")["receipt"] is None


async def test_a_wish_that_is_withdrawn_in_time_is_never_said(bench: Bench) -> None:
    await bench.want(post("p"))
    await bench.perform([Unpost("p")])
    await bench.settle()
    assert bench.world.calls == []
    assert await bench.courier.next_due() is None


async def test_a_message_unwanted_while_in_doubt_is_looked_for_and_removed(bench: Bench) -> None:
    await bench.want(post("p"))
    await die_at_next(bench, "after post")
    await bench.perform([Unpost("p")])
    await bench.go(LEASE_OVER)
    assert bench.world.names() == []


async def test_a_removed_message_can_be_wanted_again(bench: Bench) -> None:
    await bench.want(post("p"))
    await bench.settle()
    await bench.perform([Unpost("p")])
    await bench.settle()
    await bench.want(post("p", "Back"))
    await bench.go(timedelta(seconds=3))
    assert bench.world.named("p").card.title == "Back"


# --- look before you repeat --------------------------------------------------------------------


@pytest.mark.parametrize("where", ["before post", "after post", "before a commit", "after a commit"])
async def test_a_death_anywhere_shows_the_message_once(bench: Bench, where: str) -> None:
    await bench.want(post("p"))
    await die_at_next(bench, where)
    await bench.go(LEASE_OVER)
    assert bench.world.created == ["p"]
    bench.world.named("p")


async def test_a_newer_wish_does_not_make_us_forget_that_an_earlier_try_may_stand(bench: Bench) -> None:
    await bench.want(post("p", "old"))
    await die_at_next(bench, "after post")
    await bench.want(post("p", "new"))
    await bench.go(LEASE_OVER)
    assert bench.world.created == ["p"]
    assert bench.world.named("p").card.title == "new"


async def test_a_timeout_is_looked_after_before_anything_is_repeated(bench: Bench) -> None:
    await bench.want(post("p"))
    bench.fuse.faults = dict.fromkeys([bench.fuse.steps + n for n in range(1, 9)], "timeout")
    await bench.go(timedelta(minutes=5))
    assert ("find", "p") in bench.world.calls
    assert bench.world.created == ["p"]


async def test_the_search_starts_at_the_first_try_however_many_newer_messages_hide_it(bench: Bench) -> None:
    bench.world.crowd(CHANNEL, 500)
    bench.clock.go(timedelta(hours=1))
    await bench.want(post("p"))
    await die_at_next(bench, "after post")
    bench.world.crowd(CHANNEL, 500)
    for _ in range(3):  # three more deaths before the search answers
        bench.clock.go(LEASE_OVER * 4)
        await die_at_next(bench, "before find")
    await bench.go(timedelta(hours=1))
    assert bench.world.created == ["p"]


async def test_what_may_stand_already_is_served_before_fresh_work(bench: Bench) -> None:
    await bench.want(post("z"))
    await die_at_next(bench, "after post")
    for n in range(40):
        await bench.want(Post(f"fresh/{n:02}", Channel("other"), card()))
    bench.clock.go(LEASE_OVER)
    claimed = await bench.store.run(lambda tx: outbox.claim(tx, "somebody", bench.clock.now()))
    assert claimed[0]["name"] == "z"
    assert len(claimed) > 1


async def test_a_room_in_doubt_is_looked_for_too(bench: Bench) -> None:
    await bench.want(Post("p", Room("pair", ("ada", "ben")), card()))
    await die_at_next(bench, "after post room/pair")
    await bench.go(timedelta(minutes=10))
    assert sorted(bench.world.created) == ["p", "room/pair"]


# --- deaths, errors, poison ------------------------------------------------------------------


async def test_the_neighbours_of_a_poisoned_message_arrive(bench: Bench) -> None:
    async def deadly(posting: Posting) -> str:
        if posting.name == "poison":
            bench.fuse.dead = True
            raise Crash("poison")
        return await type(bench.world).post(bench.world, posting)

    bench.world.post = deadly  # type: ignore[method-assign]
    await bench.want(Post("poison", Channel("aaa"), card()))
    for n in range(5):
        await bench.want(Post(f"neighbour/{n}", Channel("aaa"), card()))
    lives = 0
    while bench.row("poison")["state"] == "open":
        try:
            await bench.settle()
            bench.clock.go(outbox.LEASE)
        except Crash:
            lives += 1
            bench.restart()
        assert lives < 20, "the poisoned message kills for ever"
    assert lives == outbox.SUSPECT + outbox.POISON
    assert sorted(bench.world.created) == [f"neighbour/{n}" for n in range(5)]
    assert bench.heard("parked") == [("parked bug", "poison")]


async def test_a_suspect_is_claimed_alone(bench: Bench) -> None:
    await bench.want(post("a"))
    await bench.want(Post("b", Channel("other"), card()))
    await bench.store.run(lambda tx: tx.run("UPDATE outbox SET crashes = :n WHERE name = 'a'", n=outbox.SUSPECT))
    first = await bench.store.run(lambda tx: outbox.claim(tx, "one", bench.clock.now()))
    second = await bench.store.run(lambda tx: outbox.claim(tx, "two", bench.clock.now()))
    assert ([row["name"] for row in first], [row["name"] for row in second]) == (["b"], ["a"])


async def test_the_claim_of_a_suspect_lasts_longer_each_time(bench: Bench) -> None:
    await bench.want(post("a"))
    leases = []
    for crashes in range(outbox.SUSPECT - 1, outbox.SUSPECT + 3):
        reset = "UPDATE outbox SET crashes = :n, owner = NULL, lease = NULL"
        await bench.store.run(lambda tx, n=crashes, sql=reset: tx.run(sql, n=n))
        (row,) = await bench.store.run(lambda tx: outbox.claim(tx, "me", bench.clock.now()))
        leases.append(row["lease"])
    assert leases == sorted(set(leases))


async def test_doubt_and_death_are_counted_apart(bench: Bench) -> None:
    await bench.want(post("p"))
    bench.world.refuse(Unsure("reset"), times=2)
    await bench.drain()
    await bench.go(timedelta(seconds=5))
    assert (bench.row("p")["errors"], bench.row("p")["crashes"]) == (2, 0)
    bench.clock.go(timedelta(minutes=1))
    await die_at_next(bench, "after post")
    bench.clock.go(LEASE_OVER)
    await bench.store.run(lambda tx: outbox.claim(tx, "look", bench.clock.now()))
    assert (bench.row("p")["errors"], bench.row("p")["crashes"]) == (2, 1)


async def test_a_mistake_in_a_platform_takes_no_neighbour_down(bench: Bench) -> None:
    async def broken(posting: Posting) -> str:
        if posting.name == "broken":
            raise KeyError("a mistake of ours")
        return await type(bench.world).post(bench.world, posting)

    bench.world.post = broken  # type: ignore[method-assign]
    await bench.want(Post("broken", Channel("aaa"), card()))
    for n in range(12):
        await bench.want(Post(f"neighbour/{n}", Channel(f"c{n}"), card()))
    await bench.drain()
    assert len(bench.world.created) == 12
    assert not [row for row in bench.store.rows("SELECT owner FROM outbox") if row["owner"]]


async def test_after_many_doubtful_tries_the_message_is_parked(bench: Bench) -> None:
    await bench.want(post("p"))
    bench.world.refuse(Unsure("reset"))
    await bench.go(timedelta(days=1))
    assert bench.row("p")["state"] == "parked"
    assert len(bench.world.calls) == outbox.PATIENCE
    assert bench.heard("parked") == [("parked bug", "p")]


async def test_the_waits_between_doubtful_tries_grow(bench: Bench) -> None:
    await bench.want(post("p"))
    bench.world.refuse(Unsure("reset"))
    waits = []
    for _ in range(6):
        await bench.drain()
        due = await bench.courier.next_due()
        assert due
        waits.append(due - bench.clock.now())
        bench.clock.set(due)
    assert waits == sorted(set(waits))
    assert waits[0] == timedelta(seconds=5)


async def test_only_the_owner_settles(bench: Bench) -> None:
    await bench.want(post("p"))
    (stale,) = await bench.store.run(lambda tx: outbox.claim(tx, "stale", bench.clock.now()))
    bench.clock.go(LEASE_OVER)
    (fresh,) = await bench.store.run(lambda tx: outbox.claim(tx, "fresh", bench.clock.now()))
    assert not await bench.store.run(lambda tx: outbox.settle(tx, stale, "old", bench.clock.now()))
    assert bench.row("p")["receipt"] is None
    await bench.store.run(lambda tx: outbox.release(tx, stale, bench.clock.now(), sent=False))
    await bench.store.run(lambda tx: outbox.park(tx, stale, Rejected(Reason.BUG, "x")))
    assert (bench.row("p")["owner"], bench.row("p")["state"]) == ("fresh", "open")
    assert await bench.store.run(lambda tx: outbox.settle(tx, fresh, "new", bench.clock.now()))
    assert bench.row("p")["receipt"] == "new"


async def test_while_one_process_holds_a_claim_no_other_sends(bench: Bench) -> None:
    await bench.want(post("p"))
    await bench.store.run(lambda tx: outbox.claim(tx, "other", bench.clock.now()))
    assert await bench.drain() == 0
    assert bench.world.calls == []


async def test_looking_and_sending_end_before_the_claim_lapses() -> None:
    assert 3 * courier_module.CALL < outbox.LEASE


async def test_what_could_not_be_finished_within_the_claim_is_not_begun(bench: Bench) -> None:
    for n in range(3):
        await bench.want(post(f"p/{n}"))

    async def slow(posting: Posting) -> str:
        bench.clock.go(timedelta(seconds=35))
        return await type(bench.world).post(bench.world, posting)

    bench.world.post = slow  # type: ignore[method-assign]
    await bench.drain()
    assert bench.world.created == ["p/0"]
    assert bench.row("p/1")["owner"] is None
    assert bench.row("p/1")["attempts"] == 0
    await bench.settle()
    assert bench.world.created == ["p/0", "p/1", "p/2"]


async def test_a_call_that_never_ends_is_doubt(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(courier_module, "CALL", timedelta(milliseconds=5))

    async def hang(posting: Posting) -> str:
        await asyncio.Event().wait()
        raise AssertionError

    bench.world.post = hang  # type: ignore[method-assign]
    await bench.want(post("p"))
    await bench.drain()
    assert (bench.row("p")["errors"], bench.row("p")["attempts"]) == (1, 1)


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
