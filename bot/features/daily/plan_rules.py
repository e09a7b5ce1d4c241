"""What the group gets on which day. The plan that organisers see and the post itself take the same step."""

from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from bot.content.catalogue import Catalogue, Domain, Item
from bot.features.daily import rules
from bot.features.daily.rules import AS_PACK, Met, Wishes
from bot.kernel.calendar import Rhythm, draw, occurrences
from bot.kernel.card import FORM_FIELDS, OPTION_LABEL, OPTIONS
from bot.kernel.errors import Refusal

SHOWN = timedelta(days=14)  # the days of one page of the plan
AHEAD = timedelta(days=70)  # how far organisers can look
SWAPPED = timedelta(days=14)  # a swapped item rests this long
PRIVATE = timedelta(days=28)  # what the group gets within these days is not practised before

SWAP, CHOOSE, NEVER = "swap", "choose", "never"
PACKS_FIELD = "packs0"  # the key of the first field with packs
MIXES = ((0, "None"), (50, "Less"), (AS_PACK, "As the pack says"), (200, "More"))


@dataclass(frozen=True, slots=True)
class Change:
    """
    What an organiser changed. `number` is its place among the group's changes.

    "swap": `item` makes room for another one on `day` and rests from then on. "choose": `item` comes on `day`.
    "never": `item` is never posted; it was the one of `day`.
    """

    number: int
    day: date
    kind: str
    item: str


@dataclass(frozen=True, slots=True)
class Ledger:
    """
    Everything that decides what comes next: the past, the newcomers, the organisers' wishes. Oldest first.

    `focus` are the skills that the group is about on a day, where it is about something.
    """

    group: str
    met: tuple[Met, ...] = ()
    days: frozenset[date] = frozenset()  # the dates that had a problem
    given: frozenset[str] = frozenset()
    changes: tuple[Change, ...] = ()
    mix: tuple[tuple[str, int], ...] = ()
    packs_off: frozenset[str] = frozenset()
    focus: Mapping[date, frozenset[str]] = field(default_factory=dict)

    @property
    def known(self) -> frozenset[str]:
        return frozenset(entry.item for entry in self.met)

    def after(self, day: date, item: Item) -> "Ledger":
        """As it stands when `item` has been posted on `day`."""
        met = (*self.met, Met(item.id, item.domain, item.strand))
        return replace(self, met=met, days=self.days | {day})


@dataclass(frozen=True, slots=True)
class PlannedDay:
    """
    A day of the group's rhythm. `item` None: a day `off`, or nothing is left. `change` 0: nobody changed it.

    `fits`: the item practises what the group is about on that day.
    """

    day: date
    at: datetime
    item: Item | None
    off: bool = False
    change: int = 0
    fits: bool = False


def next_item(catalogue: Catalogue, ledger: Ledger, day: date) -> Item | None:
    """The item of this day, if it is the next to get one. None: nothing is left that the group may get."""
    wishes = wishes_on(ledger, day)
    chosen = _chosen(ledger).get(day)
    for item in rules.available(catalogue, ledger.known, wishes):
        if item.id == chosen:
            return item
    dice = draw(f"daily/{ledger.group}/{len(ledger.met)}")
    return rules.choose(catalogue, ledger.met, ledger.given, dice, wishes, focus_on(ledger, day))


def focus_on(ledger: Ledger, day: date) -> frozenset[str]:
    return ledger.focus.get(day, frozenset())


def wishes_on(ledger: Ledger, day: date) -> Wishes:
    """What the organisers want, as it counts on this day."""
    never = frozenset(change.item for change in ledger.changes if change.kind == NEVER)
    swapped = {change.item for change in ledger.changes if change.kind == SWAP and _rests(change, ledger.days, day)}
    kept = {item for later, item in _chosen(ledger).items() if later > day}  # else it would be gone by then
    return Wishes(ledger.mix, ledger.packs_off, never, frozenset(swapped | kept))


def _rests(swap: Change, days: Set[date], day: date) -> bool:
    """A swap of a day that never had its problem is forgotten."""
    return swap.day == day or (swap.day in days and swap.day < day < swap.day + SWAPPED)


def _chosen(ledger: Ledger) -> dict[date, str]:
    """What was chosen for each day. The last word of a day counts, so a swap takes a choice back."""
    last = {change.day: change for change in ledger.changes if change.kind != NEVER}
    return {day: change.item for day, change in last.items() if change.kind == CHOOSE}


def plan(
    catalogue: Catalogue,
    ledger: Ledger,
    rhythm: Rhythm,
    zone: ZoneInfo,
    now: datetime,
    until: date,
    days_off: Set[date] = frozenset(),
    passed: Set[date] = frozenset(),
) -> tuple[PlannedDay, ...]:
    """
    Every day of the rhythm after `now` up to the local date `until`, exactly as it will be posted.

    `passed` are days whose hour has come and gone without a problem: their turn does not come again.
    """
    found: list[PlannedDay] = []
    changed = {change.day: change.number for change in ledger.changes}
    for day, at in occurrences(rhythm, zone, now):
        if day > until:
            break
        if day in ledger.days or day in passed:
            continue
        if day in days_off:
            found.append(PlannedDay(day, at, None, off=True))
            continue
        item = next_item(catalogue, ledger, day)
        fits = item is not None and bool(rules.overlap(item, focus_on(ledger, day)))
        found.append(PlannedDay(day, at, item, change=changed.get(day, 0), fits=fits))
        ledger = ledger.after(day, item) if item else ledger
    return tuple(found)


def page(planned: Sequence[PlannedDay], first: date) -> tuple[PlannedDay, ...]:
    """The days that one card shows, from this date on."""
    return tuple(day for day in planned if first <= day.day < first + SHOWN)


def first_day(wanted: str, today: date) -> date:
    """From which date the plan is shown. What cannot be read, or lies outside, becomes the nearest date that can."""
    day = read_day(wanted) or today
    return min(max(day, today), today + AHEAD - SHOWN)


def read_day(raw: str) -> date | None:
    """A date as it stands in an action; None for anything else."""
    try:
        return date.fromisoformat(raw)
    except ValueError:
        return None


def find_day(planned: Sequence[PlannedDay], wanted: str) -> PlannedDay:
    """The day that somebody pressed."""
    day = read_day(wanted)
    for one in planned:
        if one.day == day:
            return one
    raise Refusal("Nothing is planned for that day any more.", hint="Open the plan again and choose another day.")


def alternatives(catalogue: Catalogue, ledger: Ledger, planned: PlannedDay) -> list[Item]:
    """What can come on that day instead: from each domain in turn, as many as a menu holds, its own domain first."""
    able = rules.available(catalogue, ledger.known, wishes_on(ledger, planned.day))
    able = [item for item in able if item != planned.item]
    domain = planned.item.domain if planned.item else ""
    turns: dict[str, int] = {}
    ranked: list[tuple[int, bool, str, str, Item]] = []
    for item in able:
        turns[item.domain] = turns.get(item.domain, 0) + 1
        ranked.append((turns[item.domain], item.domain != domain, item.domain_label, item.id, item))
    taken = [entry[-1] for entry in sorted(ranked, key=lambda entry: entry[:-1])[:OPTIONS]]
    return sorted(taken, key=lambda item: (item.domain != domain, item.domain_label, item.title, item.id))


def can_choose(catalogue: Catalogue, ledger: Ledger, id: str) -> Item:
    """The item that an organiser wants on a day, if the group can still get it."""
    wishes = wishes_on(ledger, date.max)
    for item in rules.available(catalogue, ledger.known, wishes):
        if item.id == id:
            return item
    raise Refusal("That problem cannot come any more.", hint="Open the plan again and choose another one.")


def day_words(day: date) -> str:
    return f"{day:%a} {day.day} {day:%b}"


# --- mix and packs -----------------------------------------------------------------------


def drawn_domains(catalogue: Catalogue) -> list[Domain]:
    """The domains that the daily draw knows."""
    return [domain for domain in catalogue.domains if domain.share > 0]


def mix_page(catalogue: Catalogue, wanted: str) -> tuple[int, Sequence[Domain], bool]:
    """(page, its domains, is there another page after it). A form holds five."""
    domains = drawn_domains(catalogue)
    last = max(0, (len(domains) - 1) // FORM_FIELDS)
    number = min(int(wanted), last) if wanted.isdecimal() and len(wanted) < 4 else 0
    return number, domains[number * FORM_FIELDS : (number + 1) * FORM_FIELDS], number < last


def accept_mix(
    catalogue: Catalogue, before: Sequence[tuple[str, int]], chosen: Sequence[tuple[str, str]]
) -> tuple[tuple[str, int], ...]:
    """The mix after the organiser's choices (domain, percent). What the pack says is not written down."""
    known = {domain.name for domain in drawn_domains(catalogue)}
    percents = {str(percent): percent for percent, _ in MIXES}
    mix = dict(before) | {domain: percents[raw] for domain, raw in chosen if domain in known and raw in percents}
    if known and not any(mix.get(domain, AS_PACK) for domain in known):
        raise Refusal(
            "With none of all there would be no problem to post.",
            hint="Leave at least one kind in.",
            field=chosen[0][0] if chosen else "",
        )
    return tuple(sorted((domain, percent) for domain, percent in mix.items() if percent != AS_PACK))


def mix_word(mix: Sequence[tuple[str, int]], domain: str) -> str:
    """How much of this domain comes, in words."""
    return dict(MIXES).get(dict(mix).get(domain, AS_PACK), "As the pack says")


def packs(catalogue: Catalogue) -> list[str]:
    """The packs that have something for the daily draw."""
    return sorted({item.pack for item in rules.available(catalogue, frozenset(), rules.AS_THE_PACKS_SAY)})


def accept_packs(installed: Sequence[str], chosen: Sequence[str]) -> tuple[str, ...]:
    """The packs that are off when these were chosen to be on."""
    off = tuple(pack for pack in installed if pack not in chosen)
    if len(off) == len(installed):
        raise Refusal(
            "Without a pack there would be no problem to post.", hint="Leave at least one on.", field=PACKS_FIELD
        )
    return off


def shorten(words: str, limit: int = OPTION_LABEL) -> str:
    """A title may be longer than a menu's line; its beginning tells which one it is."""
    return words if len(words) <= limit else f"{words[: limit - 1]}…"
