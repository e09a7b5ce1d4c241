"""What a member can practise alone, at any time."""

from collections.abc import Sequence, Set
from dataclasses import dataclass
from datetime import date, datetime

from bot.content.catalogue import Item
from bot.features.daily import rules
from bot.features.daily.rules import Round
from bot.kernel.calendar import draw
from bot.kernel.card import OPTIONS
from bot.kernel.errors import Refusal

LOOKED_BACK = 60  # the group's newest rounds that a member can choose from
GOING = 5  # begun and unanswered problems on one card


@dataclass(frozen=True, slots=True)
class Practised:
    """One problem that a member took up alone."""

    item: str
    round: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Past:
    """A problem that the group had on `day`. `done`: this member has answered it, with the group or alone."""

    item: Item
    day: date
    done: bool


@dataclass(frozen=True, slots=True)
class Choice:
    """
    All that a member can practise now. Each list may be empty.

    `weakest` is what the domain is called that comes first, because the member's reviews say so; empty without any.
    """

    going: tuple[Item, ...]
    past: tuple[Past, ...]
    fresh: tuple[Item, ...]
    weakest: str = ""


def arrange(past: Sequence[Past], weak: Sequence[str] = ()) -> tuple[Past, ...]:
    """
    What this member has not done first: of the domains that are `weak`, in their order, then the newest.

    As many as a menu holds.
    """

    def rank(one: Past) -> tuple[bool, int, int, str]:
        return one.done, 0 if one.done else place_of(one.item, weak), -one.day.toordinal(), one.item.id

    return tuple(sorted(past, key=rank)[:OPTIONS])


def place_of(item: Item, weak: Sequence[str]) -> int:
    """Which place its domain has among those that need practice; domains without reviews come after them."""
    return weak.index(item.domain) if item.domain in weak else len(weak)


def weakest(choice: Choice, weak: Sequence[str]) -> str:
    """What the first domain is called that leads the lists of this choice."""
    undone = [past.item for past in choice.past if not past.done]
    led = [item for item in (*choice.fresh, *undone) if item.domain in weak]
    return min(led, key=lambda item: place_of(item, weak)).domain_label if led else ""


def fresh(
    able: Sequence[Item], soon: Set[str], had: Set[str], group: str, member: str, weak: Sequence[str] = ()
) -> tuple[Item, ...]:
    """
    One new item of each domain, the same until the member takes it up; of the `weak` domains first, in their order.

    `able` is what the group can still get, `soon` what it gets within the next weeks, `had` what this member has had.
    """
    by_domain: dict[str, list[Item]] = {}
    for item in able:
        if item.id not in soon and item.id not in had:
            by_domain.setdefault(item.domain_label, []).append(item)
    seed = f"practice/{group}/{rules.token(member)}"
    picked = [rules.pick(by_domain[label], draw(f"{seed}/{label}")) for label in sorted(by_domain)]
    return tuple(sorted(picked, key=lambda item: place_of(item, weak))[:OPTIONS])


def offered(choice: Choice) -> list[Item]:
    return [*choice.going, *(past.item for past in choice.past), *choice.fresh]


def find_matching(choice: Choice, typed: str) -> list[Item]:
    """What can be practised and has these words in its title or domain; all of it while nothing is typed."""
    wanted = typed.casefold().split()
    return [item for item in offered(choice) if _has(item, wanted)][:OPTIONS]


def _has(item: Item, words: Sequence[str]) -> bool:
    text = f"{item.domain_label} {item.title}".casefold()
    return all(word in text for word in words)


def find_named(choice: Choice, typed: str) -> Item:
    """The one item that was meant, by its id, its title or words of its title."""
    exact = [item for item in offered(choice) if typed.casefold() in (item.id, item.title.casefold())]
    found = exact or find_matching(choice, typed)
    if len(found) != 1:
        why = "Several problems fit these words." if found else "I do not find this problem."
        raise Refusal(why, hint="Type /study practice and choose one from the menus.")
    return found[0]


def may_practise(choice: Choice, wanted: str) -> Item:
    """The item that was chosen, if it is still one to choose."""
    for item in offered(choice):
        if item.id == wanted:
            return item
    raise Refusal("This problem cannot be practised now.", hint="Type /study practice and choose another one.")


def practice_round(group: str, member: str, number: int, item: Item, now: datetime) -> Round:
    """A private round that never closes. It does not use up the group's ledger."""
    name = f"practice-{number}-{rules.token(member)}"
    return Round(group, name, item.id, now, None, only_member=member)
