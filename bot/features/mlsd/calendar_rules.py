"""
Which prompt comes in which week. Pure; the same past gives the same calendar.

The guarantee: any four weeks in a row hold the three classic twists, and no category comes twice within four weeks.
"""

from collections.abc import Iterator, Sequence, Set
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import lru_cache
from hashlib import sha256
from itertools import islice
from zoneinfo import ZoneInfo

from bot.content.catalogue import Catalogue, Item
from bot.features.mlsd.rules import Week, following, opened, waits_for
from bot.kernel.calendar import Rhythm, occurrences
from bot.kernel.errors import Refusal
from bot.kernel.text import listed

WEEKS = 8  # so many are planned
DAYS = 200  # that are looked at for them, at most
SPAN = 4  # weeks over which the guarantee holds
CLASSIC = {"scale-100m": "a hundred million users", "realtime": "real time", "on-device": "on the device"}
LOOKS = 20_000  # prompts that one search may try before it gives up
WIDTH = 48  # plans that are kept side by side where the guarantee cannot be kept
SWAP, MOVE, SKIP = "swap", "move", "skip"


@dataclass(frozen=True, slots=True)
class Prompt:
    """What the draw must know of an item. `twists` are kinds; without a category the item is not installed any more."""

    id: str
    category: str = ""
    twists: tuple[str, ...] = ()
    difficulty: str = ""


@dataclass(frozen=True, slots=True)
class Promised:
    """An item that stands in the calendar. `pinned`: an organiser put it there."""

    item: str
    pinned: bool = False


@dataclass(frozen=True, slots=True)
class Slot:
    """A week ahead. `item` None: organisers skip it, it is a day `off` of the group, or nothing is left."""

    day: date
    at: datetime
    item: Item | None = None
    skipped: bool = False
    off: bool = False


@dataclass(frozen=True, slots=True)
class Change:
    """What an organiser changed; `kind` is "swap", "move" or "skip", see the table."""

    number: int
    kind: str
    day: date
    item: str
    other: str


# --- what can come ---------------------------------------------------------------------------


def prompt_of(item: Item | None, id: str = "") -> Prompt:
    if item is None or item.timed is None:
        return Prompt(item.id if item else id)
    return Prompt(item.id, item.strand, tuple(turn.kind for turn in item.timed.turns), item.difficulty)


def playable(catalogue: Catalogue) -> tuple[Item, ...]:
    """Every active item that a run can be held with, sorted by id."""
    return tuple(item for item in catalogue.items() if item.timed and catalogue.session(item.timed.plan))


# --- the guarantee -----------------------------------------------------------------------------


def faults(row: Sequence[Prompt], start: int = 0) -> list[str]:
    """
    What the guarantee misses in the weeks of `row` from place `start` on, a short clause each.

    Items that are not installed any more are not held against it.
    """
    return [fault for place in range(start, len(row)) for fault in _faults_at(row, place)]


def _faults_at(row: Sequence[Prompt], place: int) -> Iterator[str]:
    here = row[place]
    window = row[max(0, place - SPAN + 1) : place + 1]
    if here.category and any(before.category == here.category for before in window[:-1]):
        yield f"“{here.category.replace('-', ' ')}” comes twice within four weeks"
    if len(window) == SPAN and all(prompt.category for prompt in window):
        held = {twist for prompt in window for twist in prompt.twists}
        missing = [words for kind, words in CLASSIC.items() if kind not in held]
        if missing:
            yield f"four weeks in a row bring no twist about {listed(missing)}"


# --- the draw ------------------------------------------------------------------------------------


@lru_cache(maxsize=32)
def plan_row(
    group: str, past: tuple[Prompt, ...], promised: tuple[tuple[Prompt, bool], ...], pool: tuple[Prompt, ...]
) -> tuple[Prompt, ...]:
    """
    The prompts of the next weeks, in order: what is promised, and what the draw adds.

    `past` is all that the group has met, oldest first; `promised` are (prompt, pinned). Where what was promised leaves
    no way to keep the guarantee, its end is drawn anew, but never what an organiser put there. Where nothing keeps it,
    as few faults as can be found. Fewer than eight when the pool has no more.
    """
    keep = tuple(prompt for prompt, _ in promised)[:WEEKS]
    pinned = max((place for place, (_, pin) in enumerate(promised[:WEEKS], 1) if pin), default=0)
    count = min(WEEKS, len({prompt.id for prompt in (*keep, *pool)}))
    order = _Order(group, len(past), tuple(pool))
    before = past[-SPAN + 1 :]
    for kept in range(len(keep), pinned - 1, -1):
        found = _search(before, keep[:kept], order, count)
        if found is not None:
            return found
    return _least_faults(before, keep, order, count)


@dataclass(frozen=True, slots=True)
class _Order:
    """
    In which order the pool is tried for a place.

    Easy prompts come first in a group's life. The classic twist that fewest prompts have is not spent where the three
    weeks before have it. Then the dice decide.
    """

    group: str
    weeks: int
    pool: tuple[Prompt, ...]

    def after(self, row: Sequence[Prompt], place: int) -> list[Prompt]:
        week = self.weeks + place + 1
        wanted = "easy" if week <= 2 else "medium" if week <= 9 else ""
        rare = min(CLASSIC, key=lambda kind: sum(kind in prompt.twists for prompt in self.pool))
        spent = any(rare in prompt.twists for prompt in row[-SPAN + 1 :])

        def key(prompt: Prompt) -> tuple[bool, bool, bytes]:
            die = sha256(f"mlsd/{self.group}/{week}/{prompt.id}".encode()).digest()
            return bool(wanted) and prompt.difficulty != wanted, spent and rare in prompt.twists, die

        return sorted(self.pool, key=key)


def _search(before: Sequence[Prompt], kept: Sequence[Prompt], order: _Order, count: int) -> tuple[Prompt, ...] | None:
    """A row without a fault that begins with `kept`, by going back where there is no way on."""
    if faults([*before, *kept], len(before)):
        return None
    row, looks = [*before, *kept], LOOKS
    waiting = [iter(order.after(row, len(kept)))]
    while len(row) - len(before) < count:
        prompt = next(waiting[-1], None)
        looks -= 1
        if looks < 0 or (prompt is None and len(waiting) == 1):
            return None
        if prompt is None:
            waiting.pop()
            row.pop()
            continue
        if prompt in row[len(before) :]:
            continue
        row.append(prompt)
        if next(_faults_at(row, len(row) - 1), None) is None:
            waiting.append(iter(order.after(row, len(row) - len(before))))
        else:
            row.pop()
    return tuple(row[len(before) :])


def _least_faults(before: Sequence[Prompt], kept: Sequence[Prompt], order: _Order, count: int) -> tuple[Prompt, ...]:
    rows: list[tuple[int, tuple[Prompt, ...]]] = [(0, tuple(kept))]
    while len(rows[0][1]) < count:
        place = len(rows[0][1])
        longer = [
            (cost + len(list(_faults_at([*before, *row, prompt], len(before) + place))), (*row, prompt))
            for cost, row in rows
            for prompt in order.after([*before, *row], place)
            if prompt not in row
        ]
        rows = sorted(longer, key=lambda entry: entry[0])[:WIDTH]
    return rows[0][1]


# --- the weeks ahead ---------------------------------------------------------------------------------


def slots(
    row: Sequence[Item],
    rhythm: Rhythm,
    zone: ZoneInfo,
    now: datetime,
    skipped: Set[date],
    off: Set[date],
    running: Week | None = None,
) -> tuple[Slot, ...]:
    """
    The next eight openings. A week that is left out moves what comes after it by one.

    A day on which the week before would still go on for days is no opening; `running` is the one that is not over now.
    """
    found: list[Slot] = []
    items = iter(row)
    for day, at in islice(occurrences(rhythm, zone, now), DAYS):
        if len(found) == WEEKS:
            break
        if running and running.closes > at and waits_for(running, at, at) is None:
            continue
        if day in skipped or day in off:
            found.append(Slot(day, at, None, day in skipped, day in off))
            continue
        opens = max(at, running.closes) if running else at
        running = opened("", 0, "", 0, opens, following(rhythm, zone, opens))
        found.append(Slot(day, at, next(items, None)))
    return tuple(found)


def moved_skips(skipped: Set[date], rhythm: Rhythm, today: date) -> dict[date, date]:
    """Where the day of the openings changes, a skipped week stays skipped: its old day and its new one."""
    moved = {}
    for day in sorted(skipped):
        monday = day - timedelta(days=day.weekday())
        days = [monday + timedelta(days=weekday) for weekday in rhythm.days]
        if day >= today and days and day not in days:
            moved[day] = days[0]
    return moved


def find_slot(found: Sequence[Slot], raw: str) -> Slot:
    """The week that somebody pressed, by its date."""
    for slot in found:
        if str(slot.day) == raw:
            return slot
    raise Refusal("That week is not ahead any more.", hint="Open the calendar again and choose another one.")


def put(row: Sequence[Prompt], place: int, prompt: Prompt) -> tuple[Prompt, ...]:
    return (*row[:place], prompt, *row[place + 1 :])


def exchanged(row: Sequence[Prompt], one: int, other: int) -> tuple[Prompt, ...]:
    return put(put(row, one, row[other]), other, row[one])


def keeps(past: Sequence[Prompt], row: Sequence[Prompt], changed: Sequence[Prompt]) -> bool:
    """Does the changed row miss nothing that the row has not missed before?"""
    before = tuple(past[-SPAN + 1 :])
    missed, now = faults([*before, *row], len(before)), faults([*before, *changed], len(before))
    return len(now) <= len(missed) and (not now or set(now) <= set(missed))


def swaps(past: Sequence[Prompt], row: Sequence[Prompt], place: int, pool: Sequence[Prompt]) -> tuple[Prompt, ...]:
    """What can come at this place instead and keeps the guarantee."""
    return tuple(prompt for prompt in pool if prompt not in row and keeps(past, row, put(row, place, prompt)))


def moves(past: Sequence[Prompt], row: Sequence[Prompt], place: int) -> tuple[int, ...]:
    """The places with which this one can change, so that the guarantee is kept."""
    return tuple(
        other for other in range(len(row)) if other != place and keeps(past, row, exchanged(row, place, other))
    )
