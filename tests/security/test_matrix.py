"""
Who may what: every deed that is registered, tried by everybody who should not.

The deeds are found by pressing through everything that the bot offers (`crawl`), so a new feature is tried here without
a word. What is written down by hand is only what strangers may do, and where one member's deed may touch another.
"""

import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from functools import cache, lru_cache

import pytest

from bot.engine.outcome import Outcome
from bot.kernel.event import Event, Opened, Pressed, Submitted, Suggest, Told, What
from bot.kernel.ports import To
from tests.security import town as people
from tests.security.crawl import WORDS, Offer, offers
from tests.security.town import MAY_READ, MEMBERS, NAMELESS, ORGANISERS, OUTSIDERS, Town, Visitor, readable, town
from tests.world import GROUP, TENANT

# What anybody may do here, member or not. Whoever adds to it says why.
OPEN: Mapping[str, str] = {
    "/study ": "the first words; says who can set the group up, or how to join",
    "/study help": "the same",
    "/study join": "joining is for everybody",
    "members.join": "joining is for everybody",
    "/study privacy": "whoever has left still has data here",
    "members.data": "whoever has left still has data here",
    "members.export": "one's own data, and nobody else's",
    "members.erase": "explains what erasing means",
    "members.erase_sure": "asks once more",
    "members.erase_now": "forgets whoever pressed it, and nobody else",
    "Said": "talk in a thread; of people who are not in the group nothing is kept",
    "engine.group": "chooses among one's own groups",
}
# A row of somebody else that a member's deed may touch, and why.
TOUCHES: Mapping[str, str] = {
    "outbox daily.help/": "help is offered to whoever is stuck, by a private message",
    "outbox organiser.": "organisers are told of what they have to do",
    "roster_organisers": "organisers add and remove organisers",
    "streaks_corrections": "an organiser counts or excuses a day of a member, who sees it",
    "outbox streaks.": "the member is told of a correction",
    "outbox safety.": "organisers are told of a report, and both sides of the decision",
    "safety_told": "which organisers have a message about a report",
}
# Rows without anybody: of who was erased a hash stays, for a backup that is put back and a press that comes again.
NOBODYS = ("erasures", "inbox")
GROUP_S_OWN = ("roster_groups", "roster_places", "roster_settings", "roster_organisers", "organiser_", "daily_changes",
               "safety_log", "safety_removed", "safety_barred")  # fmt: skip


@dataclass(frozen=True)
class Table:
    columns: tuple[str, ...]
    rows: frozenset[tuple[object, ...]]

    def named(self, row: tuple[object, ...]) -> dict[str, object]:
        return dict(zip(self.columns, row, strict=True))


# --- what changed ------------------------------------------------------------------------------------


@lru_cache(1_000)
def tables(image: bytes) -> dict[str, Table]:
    with closing(sqlite3.connect(":memory:")) as db:
        db.deserialize(image)
        found = {}
        for (name,) in db.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall():
            rows = db.execute(f"SELECT * FROM {name}")  # noqa: S608 - ours
            found[name] = Table(tuple(column[0] for column in rows.description), frozenset(rows))
        return found


def changed(before: bytes, after: bytes) -> Iterator[tuple[str, dict[str, object]]]:
    """(table, row) for everything that came, went, or became something else."""
    if before == after:
        return
    was, now = tables(before), tables(after)
    for name, table in now.items():
        for row in sorted(table.rows ^ was[name].rows, key=str):
            yield name, table.named(row)


def owners(row: Mapping[str, object]) -> set[str]:
    return {str(row[column]) for column in ("member", "only_member") if row.get(column)}


@cache
def private_names(image: bytes) -> dict[str, str]:
    """What rows that belong to one member alone are called: (name, owner)."""
    return {
        str(value): str(row["only_member"])
        for table in tables(image).values()
        if "only_member" in table.columns
        for row in map(table.named, table.rows)
        for key, value in row.items()
        if key in ("task", "round") and row["only_member"]
    }


def judged(image: bytes) -> dict[str, str]:
    """Whose texts somebody has reported, and their words: organisers read those and decide about their authors."""
    found: dict[str, str] = {}
    cases = tables(image).get("safety_cases", Table((), frozenset()))
    for row in map(cases.named, cases.rows):
        author = str(row["author_member"])
        found[author] = f"{found.get(author, '')}{row['words']}"
    return found


def is_only_held(table: str, row: Mapping[str, object], rows: Sequence[tuple[str, dict[str, object]]]) -> bool:
    """A report hides somebody's text, and does nothing else to it."""
    if "held" not in row:
        return False
    twins = (other for name, other in rows if name == table and other["held"] != row["held"])
    return any({**other, "held": row["held"]} == row for other in twins)


def touched(table: str, row: Mapping[str, object]) -> str:
    return next((why for why in TOUCHES if f"{table} {row.get('name', '')}".startswith(why)), "")


# --- one attempt -----------------------------------------------------------------------------------------


class Attempt:
    """What became of one deed of one person."""

    def __init__(self, offer: Offer, who: Visitor, outcome: Outcome, before: bytes, after: bytes) -> None:
        self.offer, self.who, self.outcome, self.before, self.after = offer, who, outcome, before, after

    @property
    def label(self) -> str:
        return f"{self.who.label}: {self.offer.label}"

    def mistakes(self) -> Iterator[str]:
        """What was tried may be refused; it must not break anything."""
        if self.outcome.refused and "our side" in self.outcome.refused.because:
            yield f"{self.label}: {self.outcome.refused.because}"

    def leaks(self) -> Iterator[str]:
        """Secrets that came back, or that became this person's own: theirs to read at the next press."""
        reported = {**judged(self.before), **judged(self.after)} if self.who in ORGANISERS else {}
        known = "".join(reported.values())
        for text in readable(self.outcome):
            yield from leaks_of(text, self.who.id, self.label, known)
        for table, row in changed(self.before, self.after):
            if owners(row) == {self.who.id}:
                yield from leaks_of(str(row), self.who.id, f"{self.label} into {table}", known)

    def private_things(self) -> Iterator[str]:
        """What belongs to one member alone and did not refuse somebody else."""
        named = {value for _, value in self.offer.args}
        for name, owner in private_names(self.before).items():
            if name in named and owner != self.who.id and not self.outcome.refused:
                yield f"{self.label}: reaches {name}, which is of {owner} alone"

    def strange_rows(self, *groups: str) -> Iterator[str]:
        """Changes of rows that are neither this person's nor of these groups."""
        for table, row in changed(self.before, self.after):
            mine = owners(row) == {self.who.id} or (
                table in NOBODYS and not owners(row) and self.who.id not in str(row)
            )
            if not mine and row.get("group_id", "") not in groups:
                yield f"{self.label}: changed {table} {row}"

    def others_rows(self) -> Iterator[str]:
        """Changes of rows that belong to somebody else."""
        decides = self.who in ORGANISERS and self.offer.route.startswith("safety.")
        authors = set(judged(self.before)) if decides else set()
        rows = list(changed(self.before, self.after))
        for table, row in rows:
            if owners(row) - {self.who.id} - authors and not (touched(table, row) or is_only_held(table, row, rows)):
                yield f"{self.label}: changed {table} {row}"

    def group_rows(self) -> Iterator[str]:
        """Changes of what only organisers decide, where there is one."""
        organisers = tables(self.before)["roster_organisers"]
        organised = {str(organisers.named(row)["group_id"]) for row in organisers.rows}
        for table, row in changed(self.before, self.after):
            if table.startswith(GROUP_S_OWN) and row["group_id"] in organised:
                yield f"{self.label}: changed {table} {row}"


def leaks_of(text: str, reader: str, where: str, known: str = "") -> Iterator[str]:
    """`known` was reported, and this reader decides about it."""
    for secret, readers in MAY_READ.items():
        if secret in text and reader not in readers and secret not in known:
            yield f"{where}: reads {secret}"
    for secret, whose in NAMELESS.items():
        if secret in text and whose in text and reader != whose and secret not in known:
            yield f"{where}: reads who wrote {secret}"


def without_secrets(what: What) -> What:
    """Somebody's words in a form or a message: whoever sends it has words of their own, which they may read again."""
    if isinstance(what, Told):
        return replace(what, text=WORDS)
    if not isinstance(what, Submitted):
        return what
    kept = {
        key: WORDS if isinstance(value, str) and any(secret in value for secret in MAY_READ) else value
        for key, value in what.values.items()
    }
    return Submitted(what.action, kept)


async def attempts(here: Town, found: list[Offer], who: Visitor) -> list[Attempt]:
    made = []
    for offer in found:
        here.at(offer.image)
        outcome = await here.do(who, without_secrets(offer.what), offer.receipt)
        made.append(Attempt(offer, who, outcome, offer.image, here.store.image))
    return made


_FOUND: list[Offer] = []


@pytest.fixture
async def found() -> tuple[Town, list[Offer]]:
    """A town, and all that can be done in it; that is looked for once."""
    here = town()
    if not _FOUND:
        _FOUND.extend(await offers(here))
    return here, _FOUND


# --- the deeds were found ------------------------------------------------------------------------------


async def test_every_registration_is_tried_and_most_are_found_by_pressing(found: tuple[Town, list[Offer]]) -> None:
    here, deeds = found
    engine = here.engine
    registered = {
        *engine.routes.presses, *engine.routes.submits, *engine.routes.shortcuts,
        *(f"/study {word}" for word in engine.routes.commands),
    }  # fmt: skip
    assert registered <= {offer.route for offer in deeds}
    pressed = {offer.route for offer in deeds if offer.by != "nobody"}
    assert len(pressed & registered) > 0.7 * len(registered), f"nobody was offered {sorted(registered - pressed)}"


async def test_what_is_open_to_all_is_registered_so(found: tuple[Town, list[Offer]]) -> None:
    """A line of the list above that nothing stands behind would hide a mistake one day."""
    _, deeds = found
    gone = set(OPEN) - {offer.route for offer in deeds} - {"engine.group"}
    assert not gone, f"nothing answers to {gone}"


# --- strangers ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("who", OUTSIDERS, ids=lambda who: who.label)
async def test_whoever_is_not_in_the_group_is_refused_and_changes_nothing(
    found: tuple[Town, list[Offer]], who: Visitor
) -> None:
    here, deeds = found
    elsewhere = [people.OTHER] if who.id in (people.UMA, people.OTTO) else []
    wrong: list[str] = []
    for attempt in await attempts(here, deeds, who):
        wrong += [*attempt.mistakes(), *attempt.leaks()]
        # Whoever is erased is erased in every group that they are in.
        at_home = who.group != GROUP or attempt.offer.route == "members.erase_now"
        wrong += attempt.strange_rows(*(elsewhere if at_home else []))
        if who.group == GROUP and not attempt.outcome.refused and attempt.offer.route not in OPEN:
            wrong.append(f"{attempt.label}: is not refused")
    assert wrong == []


# --- members --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("who", MEMBERS, ids=lambda who: who.label)
async def test_a_member_reaches_nothing_of_anybody_else_and_no_tool_of_the_organisers(
    found: tuple[Town, list[Offer]], who: Visitor
) -> None:
    here, deeds = found
    wrong: list[str] = []
    for attempt in await attempts(here, deeds, who):
        wrong += [
            *attempt.mistakes(),
            *attempt.leaks(),
            *attempt.private_things(),
            *attempt.others_rows(),
            *attempt.group_rows(),
        ]
    assert wrong == []


# --- organisers -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("who", ORGANISERS, ids=lambda who: who.label)
async def test_an_organiser_reads_and_changes_nothing_that_is_a_members_own(
    found: tuple[Town, list[Offer]], who: Visitor
) -> None:
    here, deeds = found
    wrong: list[str] = []
    for attempt in await attempts(here, deeds, who):
        wrong += [*attempt.mistakes(), *attempt.leaks(), *attempt.private_things(), *attempt.others_rows()]
    assert wrong == []


# --- what needs no press -------------------------------------------------------------------------------------


@pytest.mark.parametrize("who", [*OUTSIDERS, *MEMBERS, *ORGANISERS], ids=lambda who: who.label)
async def test_home_pages_and_suggestions_tell_nobody_what_is_not_theirs(who: Visitor) -> None:
    here = town()
    before = here.store.image
    texts: list[str] = []

    def event(what: Opened | Suggest) -> Event:
        return Event("look", TENANT, who.group, "general", who.person, here.clock.now(), what)

    texts += [people.card_text(card) for card in await here.engine.home(event(Opened()))]
    for source in here.engine.routes.suggests:
        for typed in ("", "S", "SECRET", "mem", *MAY_READ):
            texts += [
                f"{option.label} {option.help}" for option in await here.engine.suggest(event(Suggest(source, typed)))
            ]
    assert [leak for text in texts for leak in leaks_of(text, who.id, who.label)] == []
    assert here.store.image == before


async def test_what_stands_in_channels_and_private_messages_tells_no_secret() -> None:
    here = town()
    wrong: list[str] = []
    for message in here.world.messages.values():
        target = message.posting.target
        reader = target.person if isinstance(target, To) else ""
        wrong += leaks_of(people.card_text(message.card), reader, message.posting.name)
    assert wrong == []
    assert any(people.STUCK in people.card_text(message.card) for message in here.world.messages.values())


async def test_those_who_may_read_a_secret_find_it(found: tuple[Town, list[Offer]]) -> None:
    """Else nothing would be shown by nobody finding it."""
    here, deeds = found
    seen: dict[str, set[str]] = {}
    by_id = {visitor.id: visitor for visitor in (*OUTSIDERS, *MEMBERS, *ORGANISERS)}
    for reader in (people.ADA, people.CARA, people.DORA):
        who = by_id.get(reader, Visitor(reader, reader))
        for attempt in await attempts(here, [one for one in deeds if isinstance(one.what, Pressed | Submitted)], who):
            text = "\n".join(readable(attempt.outcome))
            for secret in MAY_READ:
                if secret in text:
                    seen.setdefault(secret, set()).add(reader)
    expected = {secret: readers for secret, readers in MAY_READ.items() if secret != people.ELSEWHERE}
    assert seen == expected
