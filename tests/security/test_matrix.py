"""
Who may what: every deed that is registered, tried by everybody who should not.

The deeds are found by pressing through everything that the bot offers (`crawl`), so a new feature is tried here without
a word. What is written down by hand is only what strangers may do, and where one member's deed may touch another.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

import pytest

from bot.engine.outcome import Outcome
from bot.kernel import codec
from bot.kernel.event import Event, Opened, Submitted, Suggest, Told, What
from tests.security import town as people
from tests.security.crawl import Offer, found_in_town, seen_in_town
from tests.security.days import WORDS, town
from tests.security.town import (
    MAY_READ,
    MEMBERS,
    NAMELESS,
    ORGANISERS,
    OUTSIDERS,
    Moment,
    Town,
    Visitor,
    readable,
)
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
    "safety_pointed": "what was pointed at and not reported is forgotten after a day, by whoever points next",
    "nudges_waiting": "partners, authors and reviewers are reminded in private, or no more",
    "outbox reviews.given/": "the author hears of a review",
}
# ... and by which deeds, where not every deed may.
LEADS_TO: Mapping[str, tuple[str, ...]] = {
    "members.erase_now": ("inbox", "safety_blocks", "reviews_leases"),  # their words and names go, wherever they stand
    "members.leave": ("reviews_requests",),  # whoever was drawn to review is gone: others are looked for
    "/study leave": ("reviews_requests",),
    "safety.block": ("reviews_requests",),
    "safety.send_block": ("reviews_requests",),
    "safety.expel": ("reviews_requests",),
    "safety.bar": ("reviews_requests",),
    "safety.send_report": ("reviews_requests", "reviews_leases"),  # what is reported is not reviewed
    "reviews.send": ("reviews_requests",),  # it has the review now
}
# Rows without anybody: of who was erased a hash stays, for a backup that is put back and a press that comes again.
NOBODYS = ("erasures", "inbox")
GROUP_S_OWN = ("roster_groups", "roster_places", "roster_settings", "roster_organisers", "organiser_", "daily_changes",
               "safety_log", "safety_removed", "safety_barred")  # fmt: skip


pytestmark = pytest.mark.timeout(600)  # all of it is tried in the first test that asks for it

Row = tuple[tuple[str, object], ...]  # (column, value)


# --- what changed ------------------------------------------------------------------------------------


def owners(row: Mapping[str, object]) -> set[str]:
    return {str(row[column]) for column in ("member", "only_member") if row.get(column)}


def rows_of(here: Town, table: str) -> frozenset[Row]:
    return frozenset(tuple(row.items()) for row in here.store.rows(f"SELECT * FROM {table}"))  # noqa: S608 - ours


class Before:
    """The rows before a deed, each table read once."""

    def __init__(self, here: Town) -> None:
        self.here = here
        self.tables: dict[str, frozenset[Row]] = {}
        self.private_names = _private_names(here)
        self.judged = _judged(here)
        self.organised = {str(row["group_id"]) for row in here.store.rows("SELECT group_id FROM roster_organisers")}

    def rows(self, table: str) -> frozenset[Row]:
        """To be asked for while the rows are as they were."""
        if table not in self.tables:
            self.tables[table] = rows_of(self.here, table)
        return self.tables[table]


def _private_names(here: Town) -> dict[str, str]:
    """What rows that belong to one member alone are called: (name, owner)."""
    return {
        str(row["name"]): str(row["only_member"])
        for table, column in _private_columns(here)
        for row in here.store.rows(f"SELECT only_member, {column} AS name FROM {table}")  # noqa: S608 - ours
        if row["only_member"]
    }


def _private_columns(here: Town) -> list[tuple[str, str]]:
    if not _PRIVATE:
        _PRIVATE.extend(
            (str(row["table_name"]), str(row["name"]))
            for row in here.store.rows(
                """SELECT t.name AS table_name, c.name FROM sqlite_master AS t, pragma_table_info(t.name) AS c
                    WHERE t.type = 'table' AND c.name IN ('task', 'round')
                      AND EXISTS (SELECT 1 FROM pragma_table_info(t.name) AS o WHERE o.name = 'only_member')"""
            )
        )
    return _PRIVATE


_PRIVATE: list[tuple[str, str]] = []


def _judged(here: Town) -> dict[str, str]:
    """Whose texts somebody has reported, and their words: organisers read those and decide about their authors."""
    found: dict[str, str] = {}
    for row in here.store.rows("SELECT author_member, words FROM safety_cases"):
        author = str(row["author_member"])
        found[author] = f"{found.get(author, '')}{row['words']}"
    return found


def is_only_held(table: str, row: Mapping[str, object], rows: Sequence[tuple[str, dict[str, object]]]) -> bool:
    """A report hides somebody's text, and does nothing else to it."""
    if "held" not in row:
        return False
    twins = (other for name, other in rows if name == table and other["held"] != row["held"])
    return any({**other, "held": row["held"]} == row for other in twins)


def is_touched(who: str, route: str, table: str, row: Mapping[str, object]) -> bool:
    """May this person's deed change this row of somebody else?"""
    if table == "reviews_leases" and row["author_member"] == who:
        return True  # their own answer, in a reviewer's hands
    named = any(f"{table} {row.get('name', '')}".startswith(name) for name in TOUCHES)
    return named or table in LEADS_TO.get(route, ())


# --- one attempt -----------------------------------------------------------------------------------------


@dataclass
class Attempt:
    """What became of one deed of one person: the rows that changed, each as it was and as it is."""

    offer: Offer
    who: Visitor
    outcome: Outcome
    before: Before
    changed: list[tuple[str, dict[str, object]]] = field(default_factory=list)
    judged: Mapping[str, str] = field(default_factory=dict)

    @property
    def label(self) -> str:
        return f"{self.offer.moment.name}, {self.who.label}: {self.offer.label}"

    def mistakes(self) -> Iterator[str]:
        """What was tried may be refused; it must not break anything."""
        if self.outcome.refused and "our side" in self.outcome.refused.because:
            yield f"{self.label}: {self.outcome.refused.because}"

    def leaks(self) -> Iterator[str]:
        """Secrets that came back, or that became this person's own: theirs to read at the next press."""
        known = "".join(self.judged.values()) if self.who in ORGANISERS else ""
        moment = self.offer.moment
        for text in readable(self.outcome):
            yield from leaks_of(text, self.who.id, self.label, moment, known)
        for table, row in self.changed:
            if owners(row) == {self.who.id}:
                where = f"{self.label} into {table}"
                yield from secrets_in(str(row), self.who.id, where, moment, known)
                if table == "outbox" and row["card"]:  # beside the words stands whose they are, for erasing them
                    yield from names_in(people.card_text(codec.load(str(row["card"]))), self.who.id, where, known)

    def private_things(self) -> Iterator[str]:
        """What belongs to one member alone and did not refuse somebody else."""
        named = {value for _, value in self.offer.args}
        for name, owner in self.before.private_names.items():
            if name in named and owner != self.who.id and not self.outcome.refused:
                yield f"{self.label}: reaches {name}, which is of {owner} alone"

    def strange_rows(self, *groups: str) -> Iterator[str]:
        """Changes of rows that are neither this person's nor of these groups."""
        for table, row in self.changed:
            mine = owners(row) == {self.who.id} or (
                table in NOBODYS and not owners(row) and self.who.id not in str(row)
            )
            if not mine and row.get("group_id", "") not in groups:
                yield f"{self.label}: changed {table} {row}"

    def others_rows(self) -> Iterator[str]:
        """Changes of rows that belong to somebody else."""
        decides = self.who in ORGANISERS and self.offer.route.startswith("safety.")
        authors = set(self.before.judged) if decides else set()
        for table, row in self.changed:
            theirs = owners(row) - {self.who.id} - authors
            allowed = is_touched(self.who.id, self.offer.route, table, row)
            if theirs and not (allowed or is_only_held(table, row, self.changed)):
                yield f"{self.label}: changed {table} {row}"

    def group_rows(self) -> Iterator[str]:
        """Changes of what only organisers decide, where there is one."""
        for table, row in self.changed:
            if table.startswith(GROUP_S_OWN) and row["group_id"] in self.before.organised:
                yield f"{self.label}: changed {table} {row}"


def leaks_of(text: str, reader: str, where: str, moment: Moment, known: str = "") -> Iterator[str]:
    """`known` was reported, and this reader decides about it."""
    yield from secrets_in(text, reader, where, moment, known)
    yield from names_in(text, reader, where, known)


def secrets_in(text: str, reader: str, where: str, moment: Moment, known: str) -> Iterator[str]:
    for secret, readers in moment.may_read.items():
        if secret in text and reader not in readers and secret not in known:
            yield f"{where}: reads {secret}"


def names_in(text: str, reader: str, where: str, known: str) -> Iterator[str]:
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


async def attempts(here: Town, found: list[Offer], visitors: Sequence[Visitor]) -> list[Attempt]:
    """Each deed by each of these. Deeds at the same state of the rows come one after another, which is a lot faster."""
    made: list[Attempt] = []
    image, before = b"", None
    for offer in found:
        here.at(offer.image, offer.moment.at)
        if before is None or offer.image is not image:
            image, before = offer.image, Before(here)
        deep = offer.image is not offer.moment.image
        for who in visitors:
            if deep and who in OUTSIDERS and who.group != GROUP:
                continue  # some presses in this group change nothing elsewhere
            here.at(offer.image, offer.moment.at)
            outcome = await here.do(who, without_secrets(offer.what), offer.receipt)
            attempt = Attempt(offer, who, outcome, before, judged=before.judged)
            made.append(attempt)
            if here.store.has_changed:
                after = {table: rows_of(here, table) for table in here.store.written}
                attempt.judged = {**before.judged, **_judged(here)} if "safety_cases" in after else before.judged
                here.at(offer.image, offer.moment.at)
                attempt.changed = [
                    (table, dict(row))
                    for table, rows in after.items()
                    for row in sorted(rows ^ before.rows(table), key=str)
                ]
    return made


@pytest.fixture
async def found() -> tuple[Town, list[Offer]]:
    return await found_in_town()


_TRIED: list[Attempt] = []


@pytest.fixture
async def tried(found: tuple[Town, list[Offer]]) -> list[Attempt]:
    """All that became of it when everybody who should not tried everything."""
    if not _TRIED:
        _TRIED.extend(await attempts(*found, [*OUTSIDERS, *MEMBERS, *ORGANISERS]))
    return _TRIED


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
    assert len(pressed & registered) > 0.85 * len(registered), f"nobody was offered {sorted(registered - pressed)}"


async def test_what_is_open_to_all_is_registered_so(found: tuple[Town, list[Offer]]) -> None:
    """A line of the list above that nothing stands behind would hide a mistake one day."""
    _, deeds = found
    gone = set(OPEN) - {offer.route for offer in deeds} - {"engine.group"}
    assert not gone, f"nothing answers to {gone}"


# --- strangers ------------------------------------------------------------------------------------------


async def test_whoever_is_not_in_the_group_is_refused_and_changes_nothing(tried: list[Attempt]) -> None:
    wrong: list[str] = []
    for attempt in tried:
        who, route = attempt.who, attempt.offer.route
        if who not in OUTSIDERS:
            continue
        wrong += [*attempt.mistakes(), *attempt.leaks()]
        # Whoever is erased is erased in every group that they are in.
        at_home = who.group != GROUP or route == "members.erase_now"
        elsewhere = [people.OTHER] if who.id in (people.UMA, people.OTTO) else []
        wrong += attempt.strange_rows(*(elsewhere if at_home else []))
        if who.group == GROUP and not attempt.outcome.refused and route not in OPEN:
            wrong.append(f"{attempt.label}: is not refused")
    assert wrong == []


# --- members --------------------------------------------------------------------------------------------


async def test_a_member_reaches_nothing_of_anybody_else_and_no_tool_of_the_organisers(tried: list[Attempt]) -> None:
    wrong: list[str] = []
    for attempt in tried:
        if attempt.who not in MEMBERS:
            continue
        wrong += [
            *attempt.mistakes(),
            *attempt.leaks(),
            *attempt.private_things(),
            *attempt.others_rows(),
            *attempt.group_rows(),
        ]
    assert wrong == []


# --- organisers -------------------------------------------------------------------------------------------


async def test_an_organiser_reads_and_changes_nothing_that_is_a_members_own(tried: list[Attempt]) -> None:
    wrong: list[str] = []
    for attempt in tried:
        if attempt.who not in ORGANISERS:
            continue
        wrong += [*attempt.mistakes(), *attempt.leaks(), *attempt.private_things(), *attempt.others_rows()]
    assert wrong == []


# --- what needs no press -------------------------------------------------------------------------------------


@pytest.mark.parametrize("who", [*OUTSIDERS, *MEMBERS, *ORGANISERS], ids=lambda who: who.label)
async def test_home_pages_and_suggestions_tell_nobody_what_is_not_theirs(who: Visitor) -> None:
    here = town()
    for moment in here.moments:
        here.at(moment.image, moment.at)
        texts: list[str] = []

        def event(what: Opened | Suggest, at: datetime = moment.at) -> Event:
            return Event("look", TENANT, who.group, "general", who.person, at, what)

        texts += [people.card_text(card) for card in await here.engine.home(event(Opened()))]
        for source in here.engine.routes.suggests:
            for typed in ("", "S", "SECRET", "mem"):
                options = await here.engine.suggest(event(Suggest(source, typed)))
                texts += [f"{option.label} {option.help}" for option in options]
        assert [leak for text in texts for leak in leaks_of(text, who.id, who.label, moment)] == []
        assert not here.store.has_changed


async def test_what_stands_in_channels_rooms_and_private_messages_tells_no_secret() -> None:
    here = town()
    wrong: list[str] = []
    for moment in here.moments:
        for message in moment.messages:
            text = people.card_text(message.card)
            for reader in moment.readers(message) or [""]:
                wrong += leaks_of(text, reader, f"{moment.name}: {message.posting.name}", moment)
    assert wrong == []
    first = here.moments[0].messages
    assert any(people.STUCK in people.card_text(message.card) for message in first)


async def test_those_who_may_read_a_secret_find_it() -> None:
    """Else nothing would be shown by nobody finding it."""
    seen = set(await seen_in_town())
    moments = town().moments
    seen |= {
        secret
        for moment in moments
        for message in moment.messages
        for secret in moment.may_read
        if secret in people.card_text(message.card)
    }
    unseen = {secret for moment in moments for secret, readers in moment.may_read.items() if readers} - seen
    assert unseen == {people.ELSEWHERE}
