"""What is true about daily problems, whoever asks and wherever it is stored."""

from collections import Counter
from collections.abc import Sequence, Set
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from hashlib import sha256

from bot.content.catalogue import Catalogue, Item
from bot.kernel.calendar import Draw
from bot.kernel.errors import Refusal
from bot.kernel.text import clean, count_visible

SOLUTION = timedelta(minutes=25)  # timed practice: until a solution stands
WHOLE = timedelta(minutes=45)  # ... until it is explained as well
FORGOTTEN = timedelta(hours=3)  # a clock that nobody stopped has run out by then
STALE = timedelta(minutes=20)  # a ring that comes later than this helps nobody
ON_TIME = timedelta(minutes=5)  # a post within this is not called late
FIRST = "first"  # how the names of newcomers' rounds begin
TRIED = 300  # characters of "what I tried"
REST = 2  # a strand rests for this many problems
RECENT = 28  # problems over which the shares of the domains are kept
AS_PACK = 100  # percent of the share that the pack gives a domain
FITS = 4  # a skill in common with what the group is about makes an item so many times likelier


@dataclass(frozen=True, slots=True)
class Round:
    """
    One problem put to a group, or to `only_member`. `name` is unique in the group: the local date, or a member's own.

    `closes` None never closes (a newcomer's first problem, practice).
    """

    group: str
    name: str
    item: str
    opens: datetime
    closes: datetime | None
    late: bool = False
    only_member: str = ""
    closed: bool = False
    told: int = 0  # messages that the close has put into the thread

    @property
    def post(self) -> str:
        """The name of the message; a private round has none."""
        return "" if self.only_member else f"daily/{self.group}/{self.name}"


class Held(StrEnum):
    """What a report has made of somebody's words."""

    NOT = ""
    REPORTED = "reported"  # nobody reads them until an organiser has decided
    REMOVED = "removed"  # by an organiser, for good


@dataclass(frozen=True, slots=True)
class Stuck:
    """Somebody said that they are stuck. `number` stands for them in what others can see: 1, 2, ..."""

    number: str
    member: str
    tried: str
    held: Held = Held.NOT


@dataclass(frozen=True, slots=True)
class Met:
    """An entry of the ledger: what the group has met, oldest first."""

    item: str
    domain: str
    strand: str


def window(meant: datetime, now: datetime, wait: timedelta) -> tuple[datetime, datetime, bool]:
    """(opens, closes, late). A late post moves its window by the same delay, so that nobody has less time."""
    late = now - meant > ON_TIME
    opens = now if late else meant
    return opens, opens + wait, late


def first_name(member: str) -> str:
    """The name of the round in which this member meets their first problem in private."""
    return f"{FIRST}-{token(member)}"


def private_round(group: str, member: str, item: Item, now: datetime) -> Round:
    """A newcomer's first problem, when the group has none open: it does not use up the group's ledger."""
    return Round(group, first_name(member), item.id, now, None, only_member=member)


@dataclass(frozen=True, slots=True)
class Wishes:
    """
    What the organisers want of the draw.

    `mix` scales the share of a domain, in percent (0: none of it). Items of `packs_off` and those of `never` do not
    come at all; those of `later` come only when nothing else is left.
    """

    mix: tuple[tuple[str, int], ...] = ()
    packs_off: frozenset[str] = frozenset()
    never: frozenset[str] = frozenset()
    later: frozenset[str] = frozenset()


AS_THE_PACKS_SAY = Wishes()


def available(catalogue: Catalogue, known: Set[str], wishes: Wishes) -> list[Item]:
    """The items that a group which has met `known` can still get, whatever its mix is; sorted by id."""
    drawn = {domain.name for domain in catalogue.domains if domain.share > 0}
    return [
        item
        for item in catalogue.items()
        if item.domain in drawn
        and item.id not in known
        and item.id not in wishes.never
        and item.pack not in wishes.packs_off
    ]


def choose(
    catalogue: Catalogue,
    met: Sequence[Met],
    given: Set[str],
    draw: Draw,
    wishes: Wishes = AS_THE_PACKS_SAY,
    focus: Set[str] = frozenset(),
) -> Item | None:
    """
    The next item: of the domain furthest behind its share, never one met before, never a strand of the last two.

    `given` are items that newcomers got in private: the group gets them only when nothing else is left. The very first
    is the pack's own choice for newcomers, or a short one that needs no outside page. A strand returns early only when
    nothing else is left. None: the group has met everything that it may get.

    `focus` are skills that the group is about: of the domain whose turn it is, items with them are likelier.
    """
    mix = dict(wishes.mix)
    shares = {domain.name: domain.share * mix.get(domain.name, AS_PACK) for domain in catalogue.domains}
    left = [item for item in available(catalogue, {entry.item for entry in met}, wishes) if shares[item.domain]]
    left = [item for item in left if item.id not in wishes.later] or left
    left = [item for item in left if item.id not in given] or left
    if not left:
        return None
    if not met and catalogue.first in left:
        return catalogue.first
    if not met:
        left = [item for item in left if item.self_contained] or left
        shortest = min(item.minutes_solve for item in left)
        left = [item for item in left if item.minutes_solve == shortest]
    resting = {entry.strand for entry in met[-REST:]}
    fresh = [item for item in left if item.strand not in resting] or left
    # A change of the mix, or a new pack, is made up for over the next weeks and not over the group's whole past.
    recent = met[-RECENT:]
    counts = Counter(entry.domain for entry in recent)
    total = sum(shares.values())

    def behind(domain: str) -> float:
        return shares[domain] / total * (len(recent) + 1) - counts[domain]

    most = max(behind(item.domain) for item in fresh)
    return pick([item for item in fresh if behind(item.domain) == most], draw, focus)


def pick(items: Sequence[Item], draw: Draw, focus: Set[str] = frozenset()) -> Item:
    """
    One of them. Taking another one out of `items` changes the pick only when it was the picked one.

    An item that shares skills with `focus` has more lots than the others; without a focus everybody has one.
    """
    salt = draw.random()

    def best(item: Item) -> bytes:
        lots = 1 + FITS * len(overlap(item, focus))
        return min(sha256(f"{salt}/{item.id}{f'/{lot}' if lot else ''}".encode()).digest() for lot in range(lots))

    return min(items, key=best)


def overlap(item: Item, focus: Set[str]) -> frozenset[str]:
    """The skills of the item that the group is about."""
    return frozenset(item.tags) & focus


def next_hint(item: Item, opened: int, wanted: int) -> int:
    """Which hint (1, 2, ...) opens now. Hints open in order; an opened one may be read again."""
    if not item.hints:
        raise Refusal("This problem has no hints.", hint="Press “I'm stuck” and say what you tried.")
    return max(1, min(wanted, opened + 1, len(item.hints)))


def tried(text: str) -> str:
    """One line on what was tried, as it will be shown."""
    line = " ".join(clean(text).split())
    if not count_visible(line):
        raise Refusal("Say in one line what you tried.", hint="“I do not know where to start” is fine.", field="tried")
    if len(line) > TRIED:
        raise Refusal(f"That has {len(line)} characters; at most {TRIED} fit.", "Shorten it.", "tried")
    return line


def may_say_again(stuck: Stuck | None) -> None:
    """Raises a Refusal while an organiser looks at what this member wrote here before."""
    if stuck is not None and stuck.held is Held.REPORTED:
        raise Refusal(
            "An organiser looks at what you wrote here before, so it cannot be changed now.",
            hint="You hear what they decide.",
        )


def token(member: str) -> str:
    """A short word for a member inside names and actions; it does not tell who it is."""
    return sha256(member.encode()).hexdigest()[:8]


def runs(started: datetime, finished: datetime | None, now: datetime) -> bool:
    """Does this clock still run? A forgotten one would claim a day of work."""
    return finished is None and now - started <= FORGOTTEN


def may_see(round_: Round | None, member: str) -> Round:
    """The round, if there is one and it is this member's to see."""
    if round_ is None or round_.only_member not in ("", member):
        raise Refusal("I do not find this problem.", hint="Type /study today to see what is open.")
    return round_


def minutes(wait: timedelta) -> int:
    """Whole minutes, at least one."""
    return max(1, round(wait.total_seconds() / 60))
