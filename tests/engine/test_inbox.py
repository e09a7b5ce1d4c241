"""A delivery that comes again, a refusal that hands words back, a mistake of ours."""

import sqlite3
from collections.abc import Callable

import pytest

from bot.engine.engine import Outcome, Refused
from bot.kernel.action import Action
from bot.kernel.card import CityField, TextField, card_words
from bot.kernel.effect import Ask, Erase, Reply, Unenrol
from bot.kernel.event import Chosen, Due, Opened, Person, Said, Submitted, Suggest, Told, Typed
from bot.kernel.ports import Tx
from tests.engine.bench import Bench
from tests.world import GROUP, MORNING, TENANT


def titles(outcome: Outcome) -> list[str]:
    return [answer.card.title for answer in outcome.answers if isinstance(answer, Reply)]


def form_value(outcome: Outcome, key: str) -> str:
    ask = outcome.answers[-1]
    assert isinstance(ask, Ask)
    (found,) = [part for part in ask.form.fields if part.key == key]
    assert isinstance(found, TextField | CityField)
    return found.value


async def refused(bench: Bench, raw: str, values: dict[str, str], member: str = "ada") -> Refused:
    outcome = await bench.submit(member, raw, values)
    assert outcome.refused
    return outcome.refused


# --- the same delivery again --------------------------------------------------------------------


async def test_the_same_delivery_again_gets_the_same_answer_and_changes_nothing(bench: Bench) -> None:
    first = await bench.submit("ada", "club.keep", {"text": "first words"}, delivery="d1")
    await bench.submit("ada", "club.keep", {"text": "other words"}, delivery="d2")
    before = bench.store.rows("SELECT * FROM outbox")
    again = await bench.submit("ada", "club.keep", {"text": "first words"}, delivery="d1")
    assert again == first
    assert bench.notes() == {"ada": "other words"}
    assert bench.store.rows("SELECT * FROM outbox") == before


async def test_a_form_is_opened_again_by_the_same_delivery(bench: Bench) -> None:
    first = await bench.press("ada", "club.write?n=1", delivery="d1")
    assert first == await bench.press("ada", "club.write?n=1", delivery="d1")
    assert isinstance(first.answers[-1], Ask)


async def test_a_delivery_of_somebody_else_brings_nobody_their_answer(bench: Bench) -> None:
    await bench.submit("ada", "club.keep", {"text": "a secret of ada"}, delivery="d1")
    other = await bench.submit("ben", "club.keep", {"text": "words of ben"}, delivery="d1")
    assert "a secret of ada" not in str(other)
    assert bench.notes() == {"ada": "a secret of ada", "ben": "words of ben"}


async def test_a_delivery_is_known_by_its_tenant_too(bench: Bench) -> None:
    await bench.found("ada", group="other:1", tenant="elsewhere")
    await bench.press("ada", "club.where", delivery="d1")
    other = await bench.press("ada", "club.where", delivery="d1", group="other:1", tenant="elsewhere")
    assert titles(other) == ["This is other:1."]


# --- a refusal hands the words back -----------------------------------------------------------


async def test_a_refusal_names_the_field_and_hands_the_words_back(bench: Bench) -> None:
    no = await refused(bench, "club.keep?day=1", {"text": "ab", "city": "Pune"})
    assert (no.because, no.hint, no.field) == ("That is too short.", "Write a sentence.", "text")
    assert no.typed == ("ab", "Pune")
    assert no.again == Action.to("club.write", day="1")
    assert "ab" in card_words(no.card)


async def test_the_form_opens_again_with_the_words_in_it(bench: Bench) -> None:
    no = await refused(bench, "club.keep?day=1", {"text": "ab", "city": "Pune"})
    assert no.again
    again = await bench.press("ada", no.again.encode())
    assert (form_value(again, "text"), form_value(again, "city")) == ("ab", "Pune")


async def test_the_words_wait_for_their_writer_and_their_form_only(bench: Bench) -> None:
    await refused(bench, "club.keep?day=1", {"text": "ab"})
    assert form_value(await bench.press("ben", "club.write?day=1"), "text") == ""
    assert form_value(await bench.press("ada", "club.write?day=2"), "text") == ""


async def test_the_words_are_forgotten_once_they_are_kept(bench: Bench) -> None:
    await refused(bench, "club.keep?day=1", {"text": "ab"})
    await bench.submit("ada", "club.keep?day=1", {"text": "long enough"})
    assert form_value(await bench.press("ada", "club.write?day=1"), "text") == ""
    assert bench.store.rows("SELECT * FROM drafts") == []


async def test_a_later_refusal_keeps_the_later_words(bench: Bench) -> None:
    await refused(bench, "club.keep?day=1", {"text": "ab"})
    await refused(bench, "club.keep?day=1", {"text": "x"})
    assert form_value(await bench.press("ada", "club.write?day=1"), "text") == "x"


@pytest.mark.parametrize(
    "what", [Typed("nothing-like-it", "my words"), Told("my words", "r1")], ids=lambda w: type(w).__name__
)
async def test_words_that_were_typed_elsewhere_come_back_too(bench: Bench, what: Typed | Told) -> None:
    outcome = await bench.do("stranger", what, group=GROUP)
    assert outcome.refused
    assert outcome.refused.typed == ("my words",)


async def test_a_refused_deed_leaves_no_trace(bench: Bench) -> None:
    before = bench.store.rows("SELECT * FROM outbox")
    await refused(bench, "club.keep", {"text": "ab"})
    assert bench.notes() == {}
    assert bench.store.rows("SELECT * FROM outbox") == before


async def test_the_longest_words_fit_into_the_card_of_a_refusal(bench: Bench) -> None:
    no = await refused(bench, "club.nothing", {"a": "x" * 3000, "b": "y" * 3000, "c": "z" * 3000})
    assert no.again is None
    assert no.card.title


# --- mistakes of ours --------------------------------------------------------------------------


async def test_a_broken_handler_leaves_nothing_half_done_and_says_sorry_with_a_number(bench: Bench) -> None:
    outcome = await bench.press("ada", "club.break", delivery="d1")
    assert outcome.refused
    assert "number" in outcome.refused.because
    assert bench.notes() == {}
    other = await bench.press("ada", "club.break", delivery="d2")
    assert other.refused
    assert other.refused.because != outcome.refused.because, "two incidents have two numbers"


async def test_a_full_disk_hands_the_words_back(bench: Bench) -> None:
    async def full(unit: Callable[[Tx], object]) -> object:
        raise sqlite3.OperationalError("database or disk is full")

    bench.store.run = full  # type: ignore[assignment,method-assign]
    no = await refused(bench, "club.keep", {"text": "words that took an hour"})
    assert no.typed == ("words that took an hour",)
    assert no.again is None, "the form cannot promise the words: they could not be kept"
    assert "words that took an hour" in card_words(no.card)


async def test_a_broken_wake_is_for_the_almanac_to_repeat(bench: Bench) -> None:
    outcome = await bench.do("", Due("no.such", "no.such", MORNING))
    assert outcome == Outcome()


# --- reading writes nothing ---------------------------------------------------------------------


async def test_reading_writes_nothing(bench: Bench) -> None:
    from bot.kernel.event import Event, Person

    tables = [row["name"] for row in bench.store.rows("SELECT name FROM sqlite_master WHERE type = 'table'")]
    before = {name: bench.store.rows(f"SELECT * FROM {name}") for name in tables}  # noqa: S608 - our own names
    person = Person("ada", "A new name", "Asia/Kolkata")
    for group in (GROUP, ""):
        await bench.engine.home(Event("h", "web", group, "", person, bench.clock.now(), Opened()))
        await bench.engine.suggest(Event("s", "web", group, "", person, bench.clock.now(), Suggest("club.city", "B")))
    assert {name: bench.store.rows(f"SELECT * FROM {name}") for name in tables} == before  # noqa: S608 - our own names


@pytest.mark.parametrize("member", ["stranger", "ada"])
async def test_a_suggestion_never_fails(bench: Bench, member: str) -> None:
    from bot.kernel.event import Event, Person

    await bench.found("ada", group="web:second")
    here = Event("s", "web", "", "", Person(member), bench.clock.now(), Suggest("club.city", "B"))
    assert [option.label for option in await bench.engine.suggest(here)] == ["Berlin"]


# --- what nobody knows ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    "what",
    [
        Submitted(Action("no.such"), {}),
        Typed("no-such"),
        Chosen("no.such", "text", "r", "ada"),
    ],
    ids=lambda what: type(what).__name__,
)
async def test_an_unknown_deed_is_refused_kindly(bench: Bench, what: Submitted | Typed | Chosen) -> None:
    outcome = await bench.do("ada", what)
    assert outcome.refused
    assert outcome.refused.because.endswith(".")


async def test_a_message_in_a_thread_that_is_not_ours_is_nobodys_business(bench: Bench) -> None:
    assert await bench.do("ada", Said("elsewhere", "r1", "words")) == Outcome()
    assert bench.notes() == {}


async def test_a_message_under_our_post_names_the_post(bench: Bench) -> None:
    await bench.submit("ben", "club.keep", {"text": "a note"})
    await bench.settle()
    await bench.do("ada", Said(bench.world.named("club.board").receipt, "r1", "words"))
    assert bench.notes()["ada"] == "club.board: words"


# --- after leaving, and after being erased --------------------------------------------------------


async def test_a_delivery_from_before_the_erasure_brings_nobody_back(bench: Bench) -> None:
    await bench.press("cem", "club.join", delivery="d1")
    await bench.perform([Erase("cem")])
    again = await bench.press("cem", "club.join", delivery="d1")
    assert (again.answers, again.refused) == ((), None)
    assert bench.store.rows("SELECT * FROM roster_members WHERE member = 'cem'") == []
    await bench.press("cem", "club.join", delivery="d2")
    assert bench.store.rows("SELECT * FROM roster_members WHERE member = 'cem'")


async def test_whoever_left_is_understood_in_private(bench: Bench) -> None:
    await bench.perform([Unenrol("ada")])
    outcome = await bench.press("ada", "club.zone?zone=Asia%2FTokyo", group="")
    assert outcome.refused is None
    refused = (await bench.press("ada", "club.where", group="")).refused
    assert refused
    assert refused.buttons, "joining again is one press away"


async def test_what_the_platform_says_of_somebody_is_kept_of_those_who_are_known(bench: Bench) -> None:
    for person in (Person("ada", "Ada L.", "Asia/Tokyo"), Person("eve", "Eve", "Asia/Tokyo")):
        await bench.engine.meet(TENANT, person, bench.clock.now())
    names = {row["member"]: (row["name"], row["zone"]) for row in bench.store.rows("SELECT * FROM roster_people")}
    assert names["ada"] == ("Ada L.", "Asia/Tokyo")
    assert "eve" not in names
    zones = bench.store.rows("SELECT zone FROM roster_zones WHERE member = 'ada' ORDER BY at")
    assert zones[-1]["zone"] == "Asia/Tokyo"
