"""What is kept about one person: found, handed out, forgotten; whatever the courier is just doing."""

import re
from collections.abc import Iterator
from datetime import timedelta
from hashlib import sha256

import pytest

from bot.engine import inbox, personal
from bot.engine.personal import ERASED, FORMER, HIDDEN, OTHER
from bot.kernel.action import Action
from bot.kernel.card import (
    Card,
    Form,
    Note,
    Para,
    PersonField,
    Quote,
)
from bot.kernel.effect import Ask, Direct, Erase, KeepZone, Post, Reply, Room, Under, Wake
from bot.kernel.errors import Later, Reason, Rejected, Unsure
from bot.kernel.ports import Posting, Tx
from bot.kernel.text import Mention, md
from tests.engine.bench import LEASE_OVER, MAIN, Bench, die_at_next, post
from tests.quick_store import QuickStore
from tests.world import GROUP, TENANT, World

ADA = "m-ada-5d1"
TOKEN = sha256(ADA.encode()).hexdigest()[:8]
PRIVATE = f"club.whisper/{GROUP}/{TOKEN}"


@pytest.fixture
async def bench(bench: Bench) -> Bench:
    """Ada is a member under a name that cannot be met by chance; there is no daily wake."""
    await bench.press(ADA, "club.join")
    await bench.press("olga", "club.move", manages=True)
    return bench


def everywhere(store: QuickStore) -> Iterator[tuple[str, dict[str, object]]]:
    for table in store.rows("SELECT name FROM sqlite_master WHERE type = 'table'"):
        for row in store.rows(f"SELECT * FROM {table['name']}"):  # noqa: S608 - our own tables
            yield str(table["name"]), row


def traces(store: QuickStore, *words: str) -> list[str]:
    """Where any of these words stand, in whatever letters."""
    found = []
    for table, row in everywhere(store):
        text = repr(row).lower()
        found += [f"{table}: {text}" for word in words if word.lower() in text]
    return found


async def erase(bench: Bench, member: str = ADA) -> None:
    await bench.perform([Erase(member)])


# --- columns ----------------------------------------------------------------------------------------


async def test_every_column_that_holds_a_member_is_found(bench: Bench) -> None:
    found = await bench.store.read(personal.list_columns)
    assert {("inbox", "member"), ("outbox", "member"), ("roster_people", "member"), ("club_notes", "member")} <= set(
        found
    )
    assert ("answers_tasks", "only_member") in found
    assert all(re.fullmatch(r"(\w+_)?member|\w+_person", column) for _, column in found)


async def test_a_column_that_is_emptied_is_part_of_no_key(bench: Bench) -> None:
    """Two erased members would collide there, and the second could not be erased."""
    for table, column in await bench.store.read(personal.list_columns):
        if column in personal.OWNER or column.endswith(personal.STAYS):
            continue
        keys = bench.store.rows(
            """SELECT part.name FROM pragma_index_list(:table) AS key JOIN pragma_index_info(key.name) AS part
                WHERE key."unique" = 1""",
            table=table,
        )
        assert {"name": column} not in keys, f"{table}.{column}"


# --- handing out ----------------------------------------------------------------------------------------


async def test_one_gets_every_row_of_ones_own_and_nothing_of_others(bench: Bench) -> None:
    await bench.submit(ADA, "club.keep", {"text": "My own words."})
    await bench.submit("ben", "club.keep", {"text": "Words of somebody else."})
    await bench.press(ADA, "club.whisper")
    found = await bench.store.read(lambda tx: personal.everything(tx, TENANT, ADA))
    assert {"inbox", "outbox", "roster_people", "roster_members", "club_notes"} <= set(found)
    assert [row["text"] for row in found["club_notes"]] == ["My own words."]
    assert "somebody else" not in repr(found)
    assert "'ben'" not in repr(found)


async def shut_out(bench: Bench, *people: str) -> None:
    """As a feature notes that an organiser has removed these."""
    for person in people:
        await bench.store.run(
            lambda tx, person=person: tx.run(
                "INSERT INTO club_gone (group_id, gone_person, by_member) VALUES (:group, :person, 'olga')",
                group=GROUP, person=person,
            )
        )  # type: ignore[misc]  # fmt: skip


async def test_who_was_shut_out_gets_that_and_not_by_whom(bench: Bench) -> None:
    await shut_out(bench, ADA, "ben")
    found = await bench.store.read(lambda tx: personal.everything(tx, TENANT, ADA))
    assert found["club_gone"] == ({"group_id": GROUP, "gone_person": ADA, "by_member": OTHER},)


async def test_being_shut_out_outlives_erasing(bench: Bench) -> None:
    """Else one press would undo what an organiser decided."""
    await shut_out(bench, ADA, "olga")
    await erase(bench)
    assert {place.partition(":")[0] for place in traces(bench.store, ADA)} == {"club_gone"}
    await erase(bench, "olga")
    rows = bench.store.rows("SELECT gone_person, by_member FROM club_gone ORDER BY gone_person")
    assert rows == [{"gone_person": ADA, "by_member": ""}, {"gone_person": "olga", "by_member": ""}]


async def test_what_one_was_shown_of_others_is_left_out(bench: Bench) -> None:
    """A hidden name would be read there, because a quotation carries whose it is."""
    seen = Card("Answers", (Note((Mention("ben"),)), Quote("Hidden thoughts.", "cem"), Quote("Mine.", ADA)))
    await bench.want(Post(PRIVATE, Direct(ADA), seen))
    (row,) = (await bench.store.read(lambda tx: personal.everything(tx, TENANT, ADA)))["outbox"]
    text = repr(row["card"])
    assert OTHER in text
    assert HIDDEN in text
    assert "Mine." in text
    assert not [word for word in ("ben", "cem", "Hidden thoughts") if word in text]


async def test_a_row_about_two_is_its_owners(bench: Bench) -> None:
    """Whoever only stands in a row of somebody else does not get it; its owner gets it without the other."""

    def unit(tx: Tx) -> None:
        tx.run("CREATE TABLE club_help (group_id TEXT, member TEXT, by_member TEXT, text TEXT)")
        for member, by in ((ADA, "ben"), ("ben", ADA), ("", ADA)):
            tx.run(
                "INSERT INTO club_help VALUES (:group, :member, :by_member, :text)",
                group=GROUP, member=member, by_member=by, text=f"for {member or 'all'}",
            )  # fmt: skip

    await bench.store.run(unit)
    found = (await bench.store.read(lambda tx: personal.everything(tx, TENANT, ADA)))["club_help"]
    assert [(row["member"], row["by_member"], row["text"]) for row in found] == [
        (ADA, OTHER, f"for {ADA}"), ("", ADA, "for all"),
    ]  # fmt: skip
    await erase(bench)
    left = bench.store.rows("SELECT member, by_member FROM club_help ORDER BY member")
    assert left == [{"member": "", "by_member": ""}, {"member": "ben", "by_member": ""}]


async def test_json_is_read_and_words_that_look_like_it_stay_words(bench: Bench) -> None:
    await bench.submit(ADA, "club.keep", {"text": '{"a": 1}'})
    found = await bench.store.read(lambda tx: personal.everything(tx, TENANT, ADA))
    assert found["club_notes"][0]["text"] == '{"a": 1}'
    assert isinstance(found["inbox"][0]["answers"], list)


async def test_what_belongs_to_another_platform_is_nobody_elses(bench: Bench) -> None:
    bench.tenants.append("other")
    bench.restart()
    await bench.found(ADA, group="other:club", tenant="other")
    await bench.submit(ADA, "club.keep", {"text": "On another server."}, group="other:club", tenant="other")
    await bench.submit(ADA, "club.keep", {"text": "Quince marmalade."})
    assert "On another server." not in repr(await bench.store.read(lambda tx: personal.everything(tx, TENANT, ADA)))
    await erase(bench)
    assert bench.notes() == {ADA: "On another server."}
    assert traces(bench.store, "quince") == []
    people = bench.store.rows("SELECT tenant FROM roster_people WHERE member = :member", member=ADA)
    assert people == [{"tenant": "other"}]


# --- forgetting: rows --------------------------------------------------------------------------------


async def test_nothing_in_any_table_tells_of_somebody_who_was_erased(bench: Bench) -> None:
    await bench.submit(ADA, "club.keep", {"text": "Quince marmalade."})
    await bench.submit(ADA, "club.keep", {"text": "xy"})  # refused, so the words are kept for the form
    await bench.press(ADA, "club.whisper")
    wakes = [Wake(f"club.bell/{GROUP}/{TOKEN}/2026-01-09", "club.bell", bench.clock.now() + timedelta(days=1))]
    await bench.perform([KeepZone(ADA, "Asia/Tokyo"), *wakes])
    await bench.settle()
    assert traces(bench.store, ADA, TOKEN)
    await erase(bench)
    await bench.go(timedelta(minutes=1))
    assert traces(bench.store, ADA, TOKEN, "quince", "marmalade") == []
    assert bench.world.private(ADA) == []


async def test_others_keep_what_is_theirs(bench: Bench) -> None:
    await bench.submit("ben", "club.keep", {"text": "I stay."})
    await bench.perform([Wake(f"club.bell/{GROUP}/0{TOKEN}", "club.bell", bench.clock.now() + timedelta(days=1))])
    before = {table: len(list(rows)) for table, rows in tables(bench.store).items()}
    before["inbox"] += 1  # that cem's delivery was answered stays known, by a hash
    await bench.press("cem", "club.join")
    await erase(bench, "cem")
    await erase(bench, "somebody who was never here")
    assert {table: len(list(rows)) for table, rows in tables(bench.store).items()} == before
    await erase(bench)
    assert bench.notes() == {"ben": "I stay."}
    assert [row["name"] for row in bench.store.rows("SELECT name FROM wakes WHERE name LIKE 'club.bell%'")]


def tables(store: QuickStore) -> dict[str, list[dict[str, object]]]:
    """Without the list of how often somebody was erased."""
    found: dict[str, list[dict[str, object]]] = {}
    for table, row in everywhere(store):
        if table != "erasures":
            found.setdefault(table, []).append(row)
    return found


async def test_a_row_of_the_group_that_mentions_them_stays_without_them(bench: Bench) -> None:
    def unit(tx: Tx) -> None:
        tx.run(
            "INSERT INTO organiser_setups (group_id, spot, by_member, at) VALUES (:group, 'general', :member, 'x')",
            group=GROUP, member=ADA,
        )  # fmt: skip

    await bench.store.run(unit)
    await erase(bench)
    assert bench.store.rows("SELECT spot, by_member FROM organiser_setups") == [{"spot": "general", "by_member": ""}]


async def test_what_others_got_as_a_reply_is_rewritten(bench: Bench) -> None:
    shown = Card("One answer", (Note((Mention(ADA),)), Quote("Quince marmalade.", ADA), Quote("I stay.", "ben")))

    def unit(tx: Tx) -> None:
        now = bench.clock.now()
        inbox.keep_answers(tx, f"{TENANT}/ben/read", GROUP, "ben", (Reply(shown),), now)
        about = Form("About them", Action.to("club.keep", who=ADA), (PersonField("who", "Who?", ADA),))
        inbox.keep_answers(tx, f"{TENANT}/olga/form", GROUP, "olga", (Ask(about),), now)
        inbox.keep_draft(tx, GROUP, "olga", Action.to("club.keep", who=ADA).encode(), {"text": "unsent"}, now)
        inbox.keep_draft(tx, GROUP, "olga", "club.keep", {"who": ADA}, now)
        inbox.keep_draft(tx, GROUP, "olga", "club.write", {"text": "Something else."}, now)

    await bench.store.run(unit)
    await erase(bench)
    assert traces(bench.store, ADA, "quince", "unsent") == []
    assert traces(bench.store, "I stay.", "Something else.")


async def test_what_cannot_be_read_any_more_does_not_stand_in_the_way(bench: Bench) -> None:
    broken = f'{{"":"AnOlderCard","who":"{ADA}"}}'

    def unit(tx: Tx) -> None:
        inbox.keep_answers(tx, f"{TENANT}/ben/old", GROUP, "ben", (), bench.clock.now())
        tx.run("UPDATE inbox SET answers = :broken WHERE id LIKE '%/old'", broken=broken)

    await bench.store.run(unit)
    await bench.want(post("p"))
    await bench.settle()
    await bench.store.run(lambda tx: tx.run("UPDATE outbox SET card = :broken WHERE name = 'p'", broken=broken))
    await erase(bench)
    await bench.go(timedelta(minutes=1))
    assert traces(bench.store, ADA) == []
    assert "p" not in bench.world.names()


# --- forgetting: messages ----------------------------------------------------------------------------------


async def test_a_message_to_the_group_stays_without_the_name_and_the_words(bench: Bench) -> None:
    words = (Para(md("{who} wrote:", who=Mention(ADA))), Quote("Quince marmalade.", ADA), Quote("I stay.", "ben"))
    await bench.want(Post("p", MAIN, Card("Answers", words)))
    await bench.settle()
    await erase(bench)
    await bench.go(timedelta(minutes=1))
    shown = repr(bench.world.named("p").card)
    assert FORMER in shown
    assert ERASED in shown
    assert "I stay." in shown
    assert not [word for word in (ADA, "Quince") if word in shown]
    assert bench.world.doubles() == []


async def test_a_private_message_that_stands_is_removed_and_then_its_row(bench: Bench) -> None:
    await bench.want(Post(PRIVATE, Direct(ADA), Card("For you.")))
    await bench.settle()
    await erase(bench)
    assert bench.row(PRIVATE)["card"] is None
    await bench.settle()
    assert bench.world.private(ADA) == []
    assert traces(bench.store, ADA, TOKEN) == []


async def test_a_private_message_that_was_never_sent_is_never_sent(bench: Bench) -> None:
    await bench.want(Post(PRIVATE, Direct(ADA), Card("For you.")))
    await erase(bench)
    await bench.go(timedelta(minutes=5))
    assert PRIVATE not in bench.world.created
    assert traces(bench.store, ADA, TOKEN) == []


async def test_a_private_message_that_is_on_its_way_while_they_are_erased_is_removed(bench: Bench) -> None:
    await bench.want(Post(PRIVATE, Direct(ADA), Card("For you.")))
    original = World.post

    async def slow(posting: Posting) -> str:
        receipt = await original(bench.world, posting)
        await erase(bench)
        return receipt

    bench.world.post = slow  # type: ignore[method-assign]
    await bench.go(timedelta(minutes=5))
    assert bench.world.created == [PRIVATE]
    assert bench.world.private(ADA) == []
    assert traces(bench.store, ADA, TOKEN) == []


async def test_a_private_message_of_a_process_that_died_is_found_and_removed(bench: Bench) -> None:
    await bench.want(Post(PRIVATE, Direct(ADA), Card("For you.")))
    await die_at_next(bench, "after post")
    await erase(bench)
    await bench.go(LEASE_OVER + timedelta(minutes=1))
    assert bench.world.private(ADA) == []
    assert traces(bench.store, ADA, TOKEN) == []


@pytest.mark.parametrize("error", [
    Later(timedelta(seconds=30)), Unsure("no answer"), Rejected(Reason.CLOSED, "They take no messages."),
])  # fmt: skip
@pytest.mark.parametrize("call", ["post", "edit", "remove"])
async def test_whatever_the_platform_says_the_row_goes(bench: Bench, call: str, error: Exception) -> None:
    """The message may stay where the platform lets nobody remove it; what we know of it does not."""
    await bench.want(Post(PRIVATE, Direct(ADA), Card("For you.")))
    if call != "post":
        await bench.settle()
    if call == "edit":
        await bench.want(Post(PRIVATE, Direct(ADA), Card("Changed.")))
    bench.world.refuse(error, call=call, times=2)  # type: ignore[arg-type]
    if call != "remove":
        bench.clock.set(bench.clock.now() + timedelta(seconds=5))
        await bench.drain()
    await erase(bench)
    heard = len(bench.heard("parked"))
    await bench.go(timedelta(hours=1))
    known = [row for row in traces(bench.store, ADA, TOKEN) if not row.startswith("club_heard")]
    assert known == [], "what the club noted for itself when the post was refused is its own test's affair"
    assert len(bench.heard("parked")) == heard, "nobody hears of a message to somebody who is not there"
    if not isinstance(error, Rejected):
        assert bench.world.private(ADA) == []


@pytest.mark.parametrize("error", [
    Later(timedelta(seconds=30)), Unsure("no answer"), Rejected(Reason.CLOSED, "They take no messages."),
])  # fmt: skip
async def test_erasing_while_a_call_fails_leaves_nothing_and_tells_nobody(bench: Bench, error: Exception) -> None:
    await bench.want(Post(PRIVATE, Direct(ADA), Card("For you.")))

    async def failing(posting: Posting) -> str:
        await erase(bench)
        raise error

    bench.world.post = failing  # type: ignore[method-assign]
    await bench.go(timedelta(minutes=5))
    assert bench.heard("parked") == []
    assert traces(bench.store, ADA, TOKEN) == []


async def test_somebody_who_comes_back_at_once_gets_their_new_message(bench: Bench) -> None:
    await bench.want(Post(PRIVATE, Direct(ADA), Card("Old.")))
    await bench.settle()
    await erase(bench)
    await bench.press(ADA, "club.join")
    await bench.want(Post(PRIVATE, Direct(ADA), Card("New.")))
    await bench.go(timedelta(minutes=1))
    assert [seen.card.title for seen in bench.world.private(ADA)] == ["New."]
    assert bench.row(PRIVATE)["shown"] == bench.row(PRIVATE)["revision"]


async def test_they_leave_the_rooms_that_they_were_in(bench: Bench) -> None:
    await bench.want(Post("talk", Room("pair/1", (ADA, "ben")), Card("Talk to each other.")))
    await bench.want(Post("alone", Room("pair/2", (ADA,)), Card("Nobody else came.")))
    await bench.settle()
    await erase(bench)
    await bench.go(timedelta(minutes=1))
    assert list(bench.world.rooms.values()) == [("ben",)]
    assert bench.world.named("talk").card.title == "Talk to each other."
    assert "alone" not in bench.world.names()
    assert traces(bench.store, ADA) == []


async def test_a_message_in_a_thread_is_rewritten_too(bench: Bench) -> None:
    await bench.want(Post("p", MAIN, Card("Problem"), thread="Problem"))
    await bench.want(Post("q", Under("p"), Card("Close", (Quote("Quince.", ADA),))))
    await bench.settle()
    await erase(bench)
    await bench.go(timedelta(minutes=1))
    assert bench.world.named("q").card == Card("Close", (Quote(ERASED),))
