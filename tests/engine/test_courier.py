"""Every rule of delivery, one test each: once, the newest words, look before you repeat, deaths and errors."""

import asyncio
from datetime import datetime, timedelta
from itertools import count

import pytest

from bot.engine import courier as courier_module
from bot.engine import outbox
from bot.engine.courier import CLAIM, LINES
from bot.kernel.effect import Channel, Post, Room, Unpost
from bot.kernel.errors import Later, Reason, Rejected, Unsure
from bot.kernel.ports import Gathering, Posting, Spot
from tests.engine.bench import LEASE_OVER, Bench, card, die_at_next, post
from tests.world import CHANNEL, Crash


@pytest.fixture
async def bench(bench: Bench) -> Bench:
    """Without the club's daily wake: nothing is said but what the test wants."""
    await bench.press("olga", "club.move", manages=True)
    return bench


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


async def test_a_message_that_changes_all_the_time_is_edited_every_four_seconds(bench: Bench) -> None:
    await bench.want(post("p"))
    await bench.settle()
    for n in range(100):
        await bench.want(post("p", f"{n} answers"))
        await bench.go(timedelta(milliseconds=100))
    await bench.go(outbox.MERGE)
    assert bench.world.calls == [("post", "p"), ("edit", "p"), ("edit", "p"), ("edit", "p")]
    assert bench.world.named("p").card.title == "99 answers"


async def test_after_a_quiet_while_an_edit_comes_after_two_seconds_again(bench: Bench) -> None:
    await bench.want(post("p"))
    for text, pause in (("first", 9), ("second", 9), ("third", 1), ("fourth", 3), ("fifth", 1)):
        await bench.settle()
        await bench.want(post("p", text))
        due = datetime.fromisoformat(str(bench.row("p")["due"]))
        wait = due - bench.clock.now()
        assert wait == (outbox.MERGE if text in {"fourth", "fifth"} else outbox.MERGE / 2), text
        await bench.go(wait + timedelta(seconds=pause))


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


async def test_a_room_that_became_another_one_is_written_to_from_then_on(bench: Bench) -> None:
    """On Slack other people are another group message."""
    await bench.want(Post("p/1", Room("pair", ("ada", "ben")), card()))
    await bench.settle()

    async def moved(receipt: str, posting: Posting) -> str | None:
        await type(bench.world).edit(bench.world, receipt, posting)
        return "another-room" if isinstance(posting.target, Gathering) else None

    bench.world.edit = moved  # type: ignore[method-assign]
    await bench.want(Post("p/2", Room("pair", ("ada", "cem")), card()))
    await bench.settle()
    assert bench.row("room/pair")["receipt"] == "another-room"
    assert bench.world.named("p/2").posting.target == Spot("another-room"), "ben must not read it"


async def _move_rooms(bench: Bench) -> None:
    rooms = count(1)

    async def moved(receipt: str, posting: Posting) -> str | None:
        await type(bench.world).edit(bench.world, receipt, posting)
        return f"room-{next(rooms)}" if isinstance(posting.target, Gathering) else None

    bench.world.edit = moved  # type: ignore[method-assign]


@pytest.mark.parametrize("dies", ["", "before post p/1", "after post p/1", "after remove p/1"])
async def test_what_is_said_anew_moves_to_the_room_that_its_people_have_now(bench: Bench, dies: str) -> None:
    """And leaves the old one, where nobody could change it any more. What is not said anew stays where it was read."""
    for name in ("p/1", "p/2"):
        await bench.want(Post(name, Room("pair", ("ada", "ben")), card("for two")))
    await bench.settle()
    await _move_rooms(bench)
    old = bench.world.named("p/1").receipt
    await bench.want(Post("p/1", Room("pair", ("ada", "ben", "cem")), card("for three")))
    await bench.settle()
    bench.clock.set(bench.clock.now() + timedelta(seconds=3))
    if dies:
        await die_at_next(bench, dies)
    await bench.go(timedelta(minutes=10))
    there = bench.world.named("p/1")
    assert (there.posting.target, there.card.title) == (Spot("room-1"), "for three")
    assert old not in bench.world.messages
    assert bench.world.created.count("p/1") == 2
    assert bench.world.named("p/2").posting.target != Spot("room-1")


async def test_an_edit_waits_for_a_room_that_takes_its_time(bench: Bench) -> None:
    await bench.want(Post("p/1", Room("pair", ("ada", "ben")), card("for two")))
    await bench.settle()
    await _move_rooms(bench)
    bench.world.refuse(Later(timedelta(seconds=30)), call="edit", name="room/pair", times=1)
    await bench.want(Post("p/1", Room("pair", ("ada", "ben", "cem")), card("for three")))
    await bench.go(timedelta(minutes=1))
    assert bench.world.named("p/1").posting.target == Spot("room-1")


async def test_an_edit_does_not_wait_for_a_room_that_there_cannot_be(bench: Bench) -> None:
    await bench.want(Post("p/1", Room("pair", ("ada", "ben")), card("for two")))
    await bench.settle()

    async def refused(receipt: str, posting: Posting) -> str | None:
        if isinstance(posting.target, Gathering):
            raise Rejected(Reason.FORBIDDEN, "Nobody may be added.")
        return await type(bench.world).edit(bench.world, receipt, posting)

    bench.world.edit = refused  # type: ignore[method-assign]
    await bench.want(Post("p/1", Room("pair", ("ada", "ben", "cem")), card("for three")))
    await bench.go(timedelta(seconds=10))
    assert bench.row("room/pair")["state"] == "parked"
    assert bench.world.named("p/1").card.title == "for three"


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


async def test_a_channel_that_does_not_answer_holds_up_no_other(bench: Bench) -> None:
    answered = asyncio.Event()

    async def slow(posting: Posting) -> str:
        if posting.name.startswith("slow"):
            await answered.wait()
        return await type(bench.world).post(bench.world, posting)

    bench.world.post = slow  # type: ignore[method-assign]
    await bench.want(Post("slow/1", Channel("aaa"), card()))
    await bench.courier.drain(patience=0)
    await bench.want(Post("slow/2", Channel("aaa"), card()))
    await bench.want(post("p"))
    while bench.world.created != ["p"]:
        await bench.courier.drain(patience=0.001)
    answered.set()
    await bench.courier.finish()
    assert bench.world.created == ["p", "slow/1", "slow/2"], "the messages of one channel keep their order"


async def test_what_is_due_in_many_channels_is_sent_at_one_look(bench: Bench) -> None:
    for n in range(3 * CLAIM + 1):
        await bench.want(Post(f"many/{n}", Channel(f"c{n}"), card()))
    assert await bench.courier.drain(patience=60) == 3 * CLAIM + 1
    assert len(bench.world.created) == 3 * CLAIM + 1


async def test_no_more_channels_are_served_at_once_than_there_are_lines(bench: Bench) -> None:
    began: list[str] = []

    async def hang(posting: Posting) -> str:
        began.append(posting.name)
        return await asyncio.Event().wait() or ""

    bench.world.post = hang  # type: ignore[method-assign]
    for n in range(3 * LINES):
        await bench.want(Post(f"many/{n}", Channel(f"c{n}"), card()))
    looking = asyncio.create_task(bench.courier.drain())
    while len(began) < LINES:  # noqa: ASYNC110 - the world has no word for it
        await asyncio.sleep(0)
    for _ in range(10 * LINES):
        await asyncio.sleep(0)
    assert len(began) == LINES
    assert len(bench.store.rows("SELECT name FROM outbox WHERE owner IS NOT NULL")) < LINES + CLAIM
    looking.cancel()
    bench.courier.give_up()
    await bench.courier.finish()


async def test_what_is_let_go_of_on_its_way_is_looked_for_later(bench: Bench) -> None:
    async def hang(posting: Posting) -> str:
        await type(bench.world).post(bench.world, posting)
        return await asyncio.Event().wait() or ""

    bench.world.post = hang  # type: ignore[method-assign]
    await bench.want(post("p"))
    await bench.courier.drain(patience=0)
    while not bench.world.created:
        await bench.courier.drain(patience=0.001)
    bench.courier.give_up()
    await bench.courier.finish()
    del bench.world.post
    bench.clock.go(LEASE_OVER)
    await bench.settle()
    assert bench.world.doubles() == []
    assert bench.row("p")["receipt"] == bench.world.named("p").receipt


# --- too late to be of use ------------------------------------------------------------------


async def test_what_could_not_be_posted_in_time_is_not_posted(bench: Bench) -> None:
    until = bench.clock.now() + timedelta(hours=1)
    bench.world.refuse(Unsure("no answer"), times=100)
    await bench.want(Post("p", Channel("main"), card(), until=until))
    await bench.go(timedelta(hours=2))
    bench.world.heal()
    await bench.go(timedelta(hours=5))
    assert bench.world.names() == []
    assert bench.row("p")["receipt"] is None
    assert bench.row("p")["state"] == "open"


async def test_what_stands_already_stays_although_its_time_has_passed(bench: Bench) -> None:
    await bench.want(Post("p", Channel("main"), card(), until=bench.clock.now() + timedelta(hours=1)))
    await bench.settle()
    await bench.go(timedelta(hours=2))
    await bench.want(Post("p", Channel("main"), card("Changed"), until=bench.clock.now() - timedelta(hours=1)))
    await bench.go(timedelta(seconds=3))
    assert bench.world.named("p").card.title == "Changed"


async def test_what_was_delivered_in_doubt_is_found_although_its_time_has_passed(bench: Bench) -> None:
    await bench.want(Post("p", Channel("main"), card(), until=bench.clock.now() + timedelta(seconds=30)))
    await die_at_next(bench, "after post")
    bench.clock.go(LEASE_OVER)
    await bench.settle()
    assert bench.world.names() == ["p"]
    assert bench.row("p")["receipt"] is not None
