"""
Everything that is kept about one person: found by the names of columns, handed out, and forgotten.

A column that holds a member is called `member` or ends in `_member`. `member` and `only_member` say whose the row is;
another such column only mentions somebody in a row that belongs to others or to the group. A column that ends in
`_person` holds who was shut out of a group: it is handed out, and outlives erasing until that is lifted.
"""

import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields, is_dataclass, replace
from datetime import datetime
from functools import partial
from hashlib import sha256
from typing import Any, TypeVar
from urllib.parse import quote_plus

from bot.engine import outbox, retention
from bot.kernel import codec
from bot.kernel.action import Action
from bot.kernel.calendar import stamp
from bot.kernel.card import Button, Option, PersonField, Quote, Select
from bot.kernel.effect import Reply, Room
from bot.kernel.ports import Row, Tx
from bot.kernel.text import Mention, Plain

T = TypeVar("T")
Kept = Mapping[str, tuple[dict[str, object], ...]]

OWNER = ("member", "only_member")
STAYS = "_person"
FORMER, ERASED = "a former member", "(erased by its author)"
OTHER, HIDDEN = "another member", "(words of another member)"
PERSONS = ("member", "person")  # what the fields of forms are called in which somebody is chosen


def list_columns(tx: Tx) -> list[tuple[str, str]]:
    """Every (table, column) that holds a member."""
    return [(table, column) for table, column in tx.columns() if column in OWNER or column.endswith(("_member", STAYS))]


# --- handing out ------------------------------------------------------------------------------


def everything(tx: Tx, tenant: str, member: str) -> Kept:
    """
    Every row that holds this member, by table, in all groups of the tenant. JSON is read already.

    Nothing of anybody else is in it: rows of others are left out, and in the member's own rows the names and the words
    of others are replaced. A reply that tells of somebody else is left out whole: what an organiser was told of a
    member's days is that member's.
    """
    found: dict[str, tuple[dict[str, object], ...]] = {}
    for table, columns in _by_table(tx).items():
        mine = " OR ".join(f"{column} = :member" for column in columns)
        rows = tx.all(
            f"SELECT * FROM {table} WHERE ({mine}) AND {_scope(tx, table)}",  # noqa: S608 - our own tables and columns
            member=member, tenant=tenant,
        )  # fmt: skip
        own = [row for row in rows if all(row[column] in ("", None, member) for column in columns if column in OWNER)]
        if own:
            found[table] = tuple(_handed_out(row, columns, member) for row in own)
    return found


def _handed_out(row: Row, columns: Sequence[str], member: str) -> dict[str, object]:
    shown: dict[str, object] = {}
    for key, value in dict(row).items():
        if key == "typed" and isinstance(value, str):
            shown[key] = _typed(value, member)
        elif key in columns and value not in ("", None, member):
            shown[key] = OTHER
        else:
            shown[key] = _read(value, member) if isinstance(value, str) else value
    return shown


def _read(text: str, member: str) -> object:
    """JSON of ours as data, without what belongs to others; any other text as it is."""
    if not text.startswith(("{", "[")):
        return text
    try:
        plain: object = json.loads(text)
        if json.dumps(plain, ensure_ascii=False, separators=(",", ":")) != text:
            return text  # somebody's own words that look like JSON: ours is written in one way only
        kept = codec.load(text)
    except (ValueError, KeyError, TypeError):
        return text
    if isinstance(kept, tuple):
        kept = tuple(part for part in kept if not (isinstance(part, Reply) and _tells_of_others(part, member)))
    return json.loads(codec.dump(without_others(kept, member)))


def _typed(text: str, member: str) -> object:
    """What was typed into a form that was not taken, without the others who were chosen in it."""
    read = _read(text, member)
    if not isinstance(read, list):
        return read
    return [
        [pair[0], OTHER]
        if isinstance(pair, list) and len(pair) == 2 and pair[0] in PERSONS and pair[1] != member
        else pair
        for pair in read
    ]


def _tells_of_others(part: object, member: str) -> bool:
    if isinstance(part, Mention):
        return part.member != member
    if isinstance(part, tuple):
        return any(_tells_of_others(inner, member) for inner in part)
    if is_dataclass(part) and not isinstance(part, type):
        return any(_tells_of_others(getattr(part, held.name), member) for held in fields(part))
    return False


# --- forgetting -------------------------------------------------------------------------------


def erase(tx: Tx, tenant: str, member: str, now: datetime) -> None:
    """
    Forget this person in every table, and take them out of every message.

    A private message that stands on the platform is removed there first; its row goes when that is done.
    """
    _remove_private(tx, tenant, member, now)
    _empty_rooms(tx, tenant, member, now)
    _rewrite_posts(tx, tenant, member, now)
    _rewrite_answers(tx, tenant, member)
    _forget_forms(tx, tenant, member)
    _forget_wakes(tx, tenant, member)
    for table, columns in _by_table(tx).items():
        scope = _scope(tx, table)
        owned = " OR ".join(f"{column} = :member" for column in columns if column in OWNER)
        if owned and table != "outbox":
            tx.run(f"DELETE FROM {table} WHERE ({owned}) AND {scope}", member=member, tenant=tenant)  # noqa: S608
        for column in (column for column in columns if column not in OWNER and not column.endswith(STAYS)):
            tx.run(
                f"UPDATE {table} SET {column} = '' WHERE {column} = :member AND {scope}",  # noqa: S608 - ours
                member=member, tenant=tenant,
            )  # fmt: skip
    retention.note_erased(tx, tenant, member, now)


def _by_table(tx: Tx) -> dict[str, list[str]]:
    tables: dict[str, list[str]] = {}
    for table, column in list_columns(tx):
        tables.setdefault(table, []).append(column)
    return tables


def _scope(tx: Tx, table: str) -> str:
    """
    The tenant's part of a table, as a condition.

    A row without a group (what was done in a private message) and one of a group that was never set up count as well.
    """
    columns = {column for name, column in tx.columns() if name == table}
    if "tenant" in columns:
        return "tenant = :tenant"
    if "group_id" in columns:
        return "group_id NOT IN (SELECT group_id FROM roster_groups WHERE tenant <> :tenant)"
    return ":tenant = :tenant"


def _remove_private(tx: Tx, tenant: str, member: str, now: datetime) -> None:
    tx.run(
        """DELETE FROM outbox
            WHERE tenant = :tenant AND member = :member AND receipt IS NULL AND attempts = 0""",
        tenant=tenant, member=member,
    )  # fmt: skip
    tx.run(
        """UPDATE outbox SET card = NULL, thread = NULL, revision = revision + 1, due = :now, state = 'open',
                  reason = '', fix = '', erased = 1
            WHERE tenant = :tenant AND member = :member""",
        tenant=tenant, member=member, now=stamp(now),
    )  # fmt: skip


def _empty_rooms(tx: Tx, tenant: str, member: str, now: datetime) -> None:
    """They leave each room that they were in; a room without anybody is removed."""
    for row in _that_hold(tx, "outbox", "place", tenant, member):
        room = codec.load(row["place"])
        if not isinstance(room, Room) or member not in room.members:
            continue
        left = Room(room.name, tuple(other for other in room.members if other != member))
        card = row["card"] if left.members else None
        if card and row["name"] == outbox.room_name(room.name):
            card = codec.dump(outbox.room_card(left))
        _rewish(tx, row["name"], card, now, place=codec.dump(left))


def _rewrite_posts(tx: Tx, tenant: str, member: str, now: datetime) -> None:
    for row in _that_hold(tx, "outbox", "card", tenant, member):
        before = row["card"]
        after = _rewritten(before, member)
        if after != before:
            _rewish(tx, row["name"], after, now)


def _rewish(tx: Tx, name: str, card: str | None, now: datetime, *, place: str | None = None) -> None:
    tx.run(
        """UPDATE outbox SET card = :card, place = coalesce(:place, place), revision = revision + 1, due = :now,
                  state = 'open', reason = '', fix = ''
            WHERE name = :name""",
        name=name, card=card, place=place, now=stamp(now),
    )  # fmt: skip


def _rewrite_answers(tx: Tx, tenant: str, member: str) -> None:
    """What others got as a reply stands in the inbox, so that a repeated delivery gets the same."""
    for row in _that_hold(tx, "inbox", "answers", tenant, member):
        after = _rewritten(row["answers"], member) or "[]"
        tx.run("UPDATE inbox SET answers = :answers WHERE id = :id", answers=after, id=row["id"])


def _forget_forms(tx: Tx, tenant: str, member: str) -> None:
    """A form that somebody else began, about this member or with this member chosen in it."""
    about = _that_hold(tx, "drafts", "action", tenant, quote_plus(member))
    for row in (*about, *_that_hold(tx, "drafts", "typed", tenant, member)):
        if _leads_to(Action.decode(row["action"]), member) or member in dict(codec.load(row["typed"])).values():
            tx.run(
                "DELETE FROM drafts WHERE group_id = :group AND member = :member AND action = :action",
                group=row["group_id"], member=row["member"], action=row["action"],
            )  # fmt: skip


def _that_hold(tx: Tx, table: str, column: str, tenant: str, held: str) -> Sequence[Row]:
    """The rows whose column may hold this word; perhaps more, because the database compares loosely."""
    word = json.dumps(held, ensure_ascii=False)[1:-1].replace("\\", "_")
    return tx.all(
        f"SELECT * FROM {table} WHERE {column} LIKE :word AND {_scope(tx, table)} ORDER BY {column}",  # noqa: S608
        word=f"%{word}%", tenant=tenant,
    )  # fmt: skip


def _rewritten(kept: str, member: str) -> str | None:
    """The same card or answers without this member. None where it cannot be read any more: then it must not stand."""
    try:
        return codec.dump(without(codec.load(kept), member))
    except (ValueError, KeyError, TypeError):
        return None


def _forget_wakes(tx: Tx, tenant: str, member: str) -> None:
    """A wake that belongs to one member carries a hash of them in its name."""
    token = sha256(member.encode()).hexdigest()[:8]
    alone = re.compile(rf"(?<![0-9A-Za-z]){token}(?![0-9A-Za-z])")
    for row in _that_hold(tx, "wakes", "name", tenant, token):
        if alone.search(row["name"]):
            tx.run("DELETE FROM wakes WHERE name = :name", name=row["name"])


# --- cards, forms and replies without somebody ----------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Dropped:
    """Stands for a part that has no place any more."""


DROPPED = _Dropped()
Change = Callable[[str, str, object], object]  # what stands for a name, what for words, a part


def without(value: T, member: str) -> T:
    """
    The same card, form or answers without this member: no name, no words of theirs, no choice and no button for them.

    Raises ValueError where nothing sensible is left, such as a form without a field.
    """

    def change(name: str, words: str, part: object) -> object:
        match part:
            case Mention(who) if who == member:
                return Plain(name)
            case Quote(_, who) if who == member:
                return Quote(words)
            case Option() if member in (part.value, part.label):
                return DROPPED
            case Button() if _leads_to(part.action, member):
                return DROPPED
            case Select() if _leads_to(part.action, member):
                return DROPPED
            case Select() if part.chosen == member:
                return _walk(replace(part, chosen=""), partial(change, name, words))
            case PersonField() if part.value == member:
                return replace(part, value="")
            case Action() if _leads_to(part, member):
                return Action(part.route)
        return part

    return _without(value, change, (FORMER, ERASED))


def without_others(value: T, member: str) -> T:
    """The same for its reader alone: nobody else's name, nobody else's words."""

    def change(name: str, words: str, part: object) -> object:
        match part:
            case Mention(who) if who != member:
                return Plain(name)
            case Quote(_, who) if who not in ("", member):
                return Quote(words)
            case PersonField() if part.value not in ("", member):
                return replace(part, value="")
        return part

    return _without(value, change, (OTHER, HIDDEN))


def _leads_to(action: Action, member: str) -> bool:
    return any(value == member for _, value in action.args)


def _without(value: T, change: Change, words: tuple[str, str]) -> T:
    for name, quote in (words, ("-", "-")):  # a dash is never longer than what it replaces, so it always fits
        try:
            done: T = _walk(value, partial(change, name, quote))
        except ValueError:
            continue
        return done
    raise ValueError("nothing that can be shown is left")


def _walk(value: Any, change: Callable[[object], object]) -> Any:
    """`change` for each part, from the outside to the inside. What it has changed, and what holds no change, stays."""
    changed = change(value)
    if changed is not value:
        return changed
    if isinstance(value, tuple):
        inner = [_walk(part, change) for part in value]
        same = all(new is old for new, old in zip(inner, value, strict=True))
        return value if same else tuple(part for part in inner if part is not DROPPED)
    if is_dataclass(value) and not isinstance(value, type):
        held = {field.name: getattr(value, field.name) for field in fields(value)}
        parts = {key: new for key, old in held.items() if (new := _walk(old, change)) is not old}
        if isinstance(value, Select) and parts.get("options") == ():
            return DROPPED
        return replace(value, **parts) if parts else value
    return value
