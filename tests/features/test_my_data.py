"""What is stored about a member: they see it, take it along, and have it erased."""

import json
import re
from dataclasses import replace
from datetime import timedelta
from hashlib import sha256
from itertools import count
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.app import App
from bot.engine import personal
from bot.features import discover
from bot.features.members import data_rules
from bot.kernel import codec
from bot.kernel.action import Action
from bot.kernel.card import FILE_BYTES, FILES, Card, File, Form, PersonField, card_words
from bot.kernel.effect import Reply
from bot.kernel.event import UTC_ZONE, Event, Person, Pressed, What
from bot.kernel.ports import Tx
from tests.features.mornings import CLOSE, GOOD, JOIN, MONDAY, answer, joined, monday
from tests.story import CoreDriver, Driver
from tests.test_architecture import examples
from tests.test_member_columns import ADA, BEN, OLGA, live
from tests.world import BERLIN, CHANNEL, GROUP, TENANT, World

TASK = MONDAY.rpartition("/")[2]
NAME = "Adelheid Quux"
TOKEN = sha256(ADA.encode()).hexdigest()[:8]
MARK = "quincemarmalade"  # in everything that Ada types, and nowhere else
Table = list[dict[str, Any]]


async def dump(app: App) -> dict[str, Table]:
    """Every row of every table."""

    def look(tx: Tx) -> dict[str, Table]:
        names = [row["name"] for row in tx.all("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name")]
        return {name: [dict(row) for row in tx.all(f"SELECT * FROM {name}")] for name in names}  # noqa: S608 - ours

    return await app.store.read(look)


def traces(tables: dict[str, Table], *words: str) -> list[str]:
    """Where any of these words stand, in whatever letters."""
    rows = [(table, row) for table, found in tables.items() for row in found]
    return [f"{table}: {row}" for table, row in rows if any(word.lower() in repr(row).lower() for word in words)]


async def files(app: App, member: str) -> dict[str, str]:
    """What this member downloads, by name."""
    outcome = await app.engine.handle(event_of(app, member, Pressed(Action.to("members.export"))))
    (reply,) = outcome.answers
    assert isinstance(reply, Reply)
    return {file.name: file.text for file in reply.card.files}


_deliveries = count(1)


def event_of(app: App, member: str, what: What) -> Event:
    person, delivery = Person(member, member.title()), f"looking-{next(_deliveries)}"
    return Event(delivery, TENANT, GROUP, CHANNEL, person, app.clock.now(), what)


# --- what is stored, and who can read it ------------------------------------------------------------


async def test_everybody_can_see_what_is_stored_and_who_can_read_it(story: Driver) -> None:
    await joined(story, "ada")
    listed = await story.type("ada", "/study privacy")
    assert "Your drafts, and private messages that may become an answer: Only you." in listed.words
    assert "They belong to the chat platform." in listed.words
    assert "Backups" in listed.words
    await story.type("ada", "/study me")
    assert (await story.press("ada", "My data")).words == listed.words


async def test_the_list_says_what_every_feature_says(story: Driver) -> None:
    await joined(story, "ada")
    words = (await story.type("ada", "/study privacy")).words
    for feature in discover():
        for what, who in feature.stores:
            assert f"{what}: {who}" in words, feature.name


async def test_whoever_has_left_still_sees_downloads_and_erases(story: Driver) -> None:
    await joined(story, "ada")
    await story.type("ada", "/study leave")
    await story.press("ada", "My data")
    assert "Here is your data." in (await story.press("ada", "Download my data")).words
    await story.type("ada", "/study privacy")
    await story.press("ada", "Erase my data")
    await story.press("ada", "Erase my data")
    assert "Everything about you is erased." in (await story.press("ada", "Yes, erase everything")).words


async def test_every_feature_that_keeps_members_says_so_in_short_sentences(story: Driver, app: App) -> None:
    tables = {table for table, _ in await app.store.read(personal.list_columns)}
    for feature in discover():
        if any(table.startswith(f"{feature.name}_") for table in tables):
            assert feature.stores, f"{feature.name} keeps members and does not say what"
        for sentence in (
            sentence for line in feature.stores for part in line for sentence in re.split(r"[.;]\s", part)
        ):
            assert len(sentence.split()) < 20, f"{feature.name}: {sentence}"


line = st.tuples(st.text(min_size=1, max_size=120), st.text(min_size=1, max_size=120))


@given(st.lists(line, max_size=90))
def test_a_list_of_any_length_loses_no_line(lines: list[tuple[str, str]]) -> None:
    pages = data_rules.pages(lines)
    assert [shown for page in pages for shown in page] == list(dict.fromkeys(lines))
    for page in pages:
        assert len(page) <= data_rules.PARTS
        assert sum(len(what) + len(who) + 4 for what, who in page) <= data_rules.LINES


# --- the download --------------------------------------------------------------------------------------


async def test_the_download_holds_every_row_of_ones_own_and_nothing_of_others(story: CoreDriver, app: App) -> None:
    await live(story)
    tables = json.loads((await files(app, ADA))["my-data.json"])
    everything = await dump(app)
    for table, rows in everything.items():
        mine = [row for row in rows if ADA in (row.get("member"), row.get("only_member"))]
        assert len(tables.get(table, ())) >= len(mine), table
    text = json.dumps(tables)
    assert ADA in text
    assert "A word in the thread." not in text, "threads are closed here, so it was only talk"
    for other in (BEN, OLGA, "I sorted it and then", "a heap is enough"):
        assert other not in text


async def test_answers_can_be_read_without_a_program_for_data(story: CoreDriver, app: App) -> None:
    await monday(story, "ada", "ben")
    await answer(story, "ada", "# My first line\n\nbecause a heading stays a quotation.", "show")
    await answer(story, "ben")
    await story.press("ada", "Answer", MONDAY)
    await story.fill("ada", {"text": "A newer one, not sent yet, because I wait.", "choices": ("draft",)})
    text = (await files(app, "ada"))["my-answers.md"]
    title = next(seen.title for seen in await story.read("ada") if seen.name == MONDAY)
    heading, drafts = text.split("# Drafts")
    assert heading.startswith("# My answers\n\n## ")
    assert re.search(r"^## (.+)$", heading, re.MULTILINE)[1] in title  # type: ignore[index]
    assert "2026-01-05 08:00 (Europe/Berlin)" not in heading, "it was nine in Berlin"
    assert "2026-01-05 09:00 (Europe/Berlin), shown at the close" in heading
    assert "> # My first line\n>\n> because a heading stays a quotation." in heading
    assert "> A newer one, not sent yet" in drafts
    assert GOOD not in text


async def test_what_an_organiser_did_for_others_stays_out_of_their_download(story: CoreDriver, app: App) -> None:
    await live(story)
    await correct(story, ADA, "They were ill on that day.")
    await story.type(OLGA, "/study organise")
    await story.press(OLGA, "More tools")
    await story.press(OLGA, "Organisers")
    await story.press(OLGA, "Add an organiser")
    assert (await story.fill(OLGA, {"person": "tim-who-is-no-member"})).refused
    tables = json.loads((await files(app, OLGA))["my-data.json"])
    assert "tim-who-is-no-member" not in json.dumps(tables)
    assert ["person", personal.OTHER] in [pair for row in tables["drafts"] for pair in row["typed"]]
    replies = json.dumps([row["answers"] for row in tables["inbox"]])
    assert "The day is corrected." not in replies, "that reply tells of somebody else"
    assert "Welcome! You are in." in json.dumps(json.loads((await files(app, ADA))["my-data.json"])["inbox"])


def test_every_field_for_a_person_has_a_name_that_the_download_knows() -> None:
    """A draft keeps what was typed by the names of fields, and nothing else."""
    keys = {part.key for _, shown in examples() if isinstance(shown, Form) for part in shown.fields
            if isinstance(part, PersonField)}  # fmt: skip
    assert keys
    assert keys <= set(personal.PERSONS)


async def test_a_stranger_who_asks_gets_a_friendly_nothing(story: CoreDriver, app: App) -> None:
    await story.found()
    outcome = await app.engine.handle(event_of(app, "eve", Pressed(Action.to("members.export"))))
    assert [answer.card.title for answer in outcome.answers if isinstance(answer, Reply)] == [
        "I keep nothing about you."
    ]


rows = st.lists(st.dictionaries(st.sampled_from(["text", "task", "at", "n"]), st.text(max_size=30) | st.integers()))


@given(st.dictionaries(st.sampled_from(["inbox", "answers_kept", "answers_drafts", "daily_hints"]), rows))
def test_the_files_hold_exactly_the_rows(everything: dict[str, list[dict[str, object]]]) -> None:
    export = data_rules.export(everything, {}, UTC_ZONE)
    assert export.left_out == 0
    assert held(export.files) == {table: found for table, found in everything.items() if found}


@settings(max_examples=20, deadline=None)
@given(
    st.lists(st.integers(1, 700), min_size=1, max_size=30),
    st.lists(st.integers(1, 900), max_size=9),
    st.sampled_from(["a", "ä", "\n", '"']),
)
def test_what_is_large_is_cut_into_files_and_what_does_not_fit_is_counted(
    inbox: list[int], answers: list[int], letter: str
) -> None:
    everything: dict[str, list[dict[str, object]]] = {
        "inbox": [{"id": n, "answers": letter * kilobytes * 1024} for n, kilobytes in enumerate(inbox)],
        "answers_kept": [{"task": str(n), "text": letter * kilobytes * 1024} for n, kilobytes in enumerate(answers)],
    }
    export = data_rules.export(everything, {}, UTC_ZONE)
    assert len(export.files) <= FILES
    assert all(len(file.text.encode()) <= FILE_BYTES for file in export.files)
    assert len({file.name for file in export.files}) == len(export.files)
    kept = held(export.files)
    entries = sum(file.text.count("\n## ") for file in export.files if file.name.endswith(".md"))
    assert sum(map(len, kept.values())) + entries + export.left_out == len(inbox) + 2 * len(answers)
    if len(export.files) < FILES and max([*inbox, *answers]) < 100:
        assert export.left_out == 0


def held(found: tuple[File, ...]) -> dict[str, list[object]]:
    """What the JSON files say together."""
    tables: dict[str, list[object]] = {}
    for file in found:
        if file.name.endswith(".json"):
            for table, part in json.loads(file.text).items():
                tables.setdefault(table, []).extend(part)
    return tables


# --- erasing -------------------------------------------------------------------------------------------------


async def erase(story: Driver, member: str) -> str:
    await story.type(member, "/study privacy")
    explained = await story.press(member, "Erase my data")
    assert "It cannot be undone." in explained.words
    assert "in every study group of this server" in explained.words
    await story.press(member, "Erase my data")
    return (await story.press(member, "Yes, erase everything")).words


async def more_of_ada(story: CoreDriver) -> None:
    """Deeds with words that nobody else uses, in every place where words can be typed."""
    await answer(story, ADA, f"{MARK} is my answer, because it is easy to find.", "show")
    await story.press(ADA, "I'm stuck", MONDAY)
    await story.fill(ADA, {"tried": f"I tried {MARK} and nothing else."})
    await story.press(BEN, "Offer help", (await story.read(BEN, MONDAY))[-1].name)
    await story.tell(ADA, f"A private {MARK} that may become an answer one day.")
    await story.press(ADA, "Answer", MONDAY)
    await story.fill(ADA, {"text": f"{MARK}, not sent yet, because I wait.", "choices": ("draft",)})
    await story.press(ADA, "Answer", MONDAY)
    await story.fill(ADA, {"text": MARK[:5]})  # refused: the words are kept for the form
    await story.type(ADA, "/study pause")
    await story.choose(ADA, "3 days")
    await story.type(ADA, "/study me")
    await story.press(ADA, "members.zone")
    await story.fill(ADA, {"city": "Kathmandu"})
    await story.type(ADA, "/study me")
    await story.choose(ADA, "5 days")
    await story.type(ADA, f"/study {MARK}")
    await story.type(ADA, "/study reminders")
    await story.press(ADA, "nudges.on")
    new = (await story.type(ADA, "/study practice")).replies[0].options[0]
    await story.choose(ADA, new[0])
    await story.press(ADA, "Answer")
    await story.fill(ADA, {"text": f"{MARK} in practice, because nobody sees it."})
    await correct(story, ADA, f"They were at a {MARK} fair.")
    await story.press(BEN, "Answer", MONDAY)
    await story.fill(BEN, {"text": "Ben's answer stays, because it is his.", "choices": ("show",)})
    await story.press(BEN, "Read answers")


async def correct(story: CoreDriver, member: str, reason: str) -> None:
    """The organiser corrects a day of this member."""
    await story.type(OLGA, "/study organise")
    asked = await story._do(OLGA, story._sitting(OLGA).where, Pressed(Action.to("streaks.correct")))
    assert asked.form, asked.words
    chosen = await story.fill(OLGA, {"member": member})
    (value, _, _), *_ = chosen.replies[0].options
    opened = await story.choose(OLGA, value)
    assert opened.form, opened.words
    assert not (await story.fill(OLGA, {"kind": "excuse", "reason": reason})).refused


@pytest.mark.parametrize("closed", [False, True])
async def test_nothing_anywhere_tells_of_a_member_who_was_erased(
    story: CoreDriver,
    app: App,
    world: World,
    closed: bool,  # noqa: FBT001
) -> None:
    story._persons[ADA] = Person(ADA, NAME)
    await live(story)
    await more_of_ada(story)
    if closed:
        await story.until(CLOSE)
    assert len(traces(await dump(app), ADA, NAME, TOKEN, MARK)) > 15
    assert [name for name, card in world.wall().items() if ADA in codec.dump(card) or MARK in codec.dump(card)]

    assert "Everything about you is erased." in await erase(story, ADA)
    await story.wait(A_MINUTE)

    left = await dump(app)
    assert traces(left, ADA, NAME, TOKEN, MARK, MARK[:5]) == []
    assert world.private(ADA) == []
    shown = {name: codec.dump(card) for name, card in world.wall().items()}
    assert traces({"messages": [shown]}, ADA, NAME, TOKEN, MARK) == []
    assert [row["text"] for row in left["answers_kept"] if row["member"] == BEN] == [
        "Ben's answer stays, because it is his."
    ]
    assert "Ben's answer stays" in "".join(shown.values()) or not closed
    assert "Answers: 1" in next(seen.words for seen in await story.read(BEN) if seen.name == MONDAY)


A_MINUTE = timedelta(minutes=1)  # until the courier has told the platform


async def test_nothing_tells_of_an_organiser_who_was_erased(story: CoreDriver, app: App, world: World) -> None:
    """What an organiser did to others stays, without a name."""
    await live(story)
    await correct(story, ADA, "They were ill on that day.")
    await story.until(CLOSE)
    await story.type(OLGA, "/study privacy")
    await story.press(OLGA, "Erase my data")
    await story.press(OLGA, "Go on without one")
    await story.press(OLGA, "Erase my data")
    await story.press(OLGA, "Yes, erase everything")
    await story.wait(A_MINUTE)
    left = await dump(app)
    assert traces(left, OLGA, sha256(OLGA.encode()).hexdigest()[:8]) == []
    assert traces({"messages": [{name: codec.dump(card) for name, card in world.wall().items()}]}, OLGA) == []
    assert world.private(OLGA) == []
    assert traces(left, "They were ill on that day.") == [], "these are the organiser's own words"
    assert [row["member"] for row in left["streaks_corrections"]] == [ADA], "the day stays as it was corrected"


async def _in_group(app: App, member: str, route: str, group: str) -> str:
    """A press in another group than that of the story; what the member reads."""
    spot = group.partition(":")[2]
    person = Person(member, member.title(), BERLIN, manages=False)
    event = Event(f"there-{next(_deliveries)}", TENANT, group, spot, person, app.clock.now(), Pressed(Action.to(route)))
    outcome = await app.engine.handle(replace(event, person=replace(person, manages=route == "organiser.setup")))
    await app.settle()
    return "\n".join(card_words(one.card) for one in outcome.answers if isinstance(one, Reply))


async def test_the_only_organiser_of_another_group_is_told_and_that_group_is_asked(
    story: CoreDriver, app: App, world: World
) -> None:
    other = "web:other"
    await joined(story, "ada")
    assert "another study group" not in (await _in_group(app, "ada", "members.erase", GROUP))
    await _in_group(app, "ada", "organiser.setup", other)
    for member in ("ada", "ben"):
        await _in_group(app, member, "members.join", other)
    explained = await _in_group(app, "ada", "members.erase", GROUP)
    assert "You organise another study group. If nobody else does, I ask its members who will." in explained
    await _in_group(app, "ada", "members.erase_now", GROUP)
    note = world.named(f"organiser.vacancy/{other}/1")
    assert note.card.title == "This group has no organiser now."


async def test_somebody_who_was_erased_joins_anew_as_a_newcomer(story: Driver) -> None:
    await monday(story, "ada", "ben")
    await answer(story, "ada")
    await story.type("ada", "/study me")
    await story.choose("ada", "6 days")
    await erase(story, "ada")
    assert "not in this study group" in (await story.type("ada", "/study today")).refused
    back = await story.press("ada", "Join the study group", JOIN)
    assert "Welcome! You are in." in back.words
    assert len(back.replies) > 1, "the first problem comes again"
    assert "4, until you choose" in (await story.type("ada", "/study me")).words
    assert "Your answer is kept." in await answer(story, "ada")


async def test_the_same_press_delivered_twice_erases_once_and_leaves_no_trace(story: CoreDriver, app: App) -> None:
    await monday(story, ADA, "ben")
    await answer(story, ADA)
    await erase(story, ADA)
    assert "Everything about you is erased." in (await story.again()).words
    assert traces(await dump(app), ADA, TOKEN) == []


async def test_nothing_happens_before_the_last_press(story: Driver) -> None:
    await monday(story, "ada")
    await answer(story, "ada")
    await story.type("ada", "/study privacy")
    await story.press("ada", "Erase my data")
    await story.press("ada", "Erase my data")
    await story.press("ada", "Keep everything")
    assert not (await story.type("ada", "/study today")).refused
    assert "Answers: 1" in next(seen.words for seen in await story.read("ada") if seen.name == MONDAY)


async def test_the_only_organiser_is_asked_for_a_successor_first(story: Driver) -> None:
    await joined(story, "olga", "ada")
    await story.type("olga", "/study privacy")
    asked = await story.press("olga", "Erase my data")
    assert "You are its only organiser." in asked.words
    assert "Erase everything about you?" in (await story.press("olga", "Go on without one")).words


async def test_it_reaches_every_group_of_the_server(story: CoreDriver, app: App, world: World) -> None:
    await monday(story, ADA)
    await answer(story, ADA)
    other = "web:other"

    async def there(member: str, what: What, *, manages: bool = False) -> None:
        person = Person(member, member.title(), BERLIN, manages)
        event = Event(f"other-{next(_deliveries)}", TENANT, other, "elsewhere", person, app.clock.now(), what)
        outcome = await app.engine.handle(event)
        assert outcome.refused is None, outcome.refused
        await app.settle()

    await there(OLGA, Pressed(Action.to("organiser.setup")), manages=True)
    await there(ADA, Pressed(Action.to("members.join")))
    await erase(story, ADA)
    await story.wait(A_MINUTE)
    assert traces(await dump(app), ADA, TOKEN) == []
    assert world.private(ADA) == []


def test_the_card_with_the_files_can_be_made_of_the_largest_files() -> None:
    most = tuple(File(f"my-data-{n}.json", "application/json", "x" * FILE_BYTES) for n in range(FILES))
    assert len(Card("Here is your data.", files=most).files) == FILES
