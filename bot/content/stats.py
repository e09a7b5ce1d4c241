"""How much a pack holds, and for how long it lasts."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from bot.content.catalogue import Catalogue, Item


@dataclass(frozen=True, slots=True)
class Count:
    """The active items of one domain. DAYS counts postings from Monday to Friday until its share runs dry."""

    domain: str
    label: str
    share: int
    items: int
    by_difficulty: Mapping[str, int]
    by_strand: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Stats:
    """DAYS: postings without a repeat, one a working day. DAYS_AT_SHARES: until a domain lacks its share."""

    domains: tuple[Count, ...]
    by_status: Mapping[str, int]
    days: int
    days_at_shares: int


def count(catalogue: Catalogue) -> Stats:
    """Count what CATALOGUE offers; only active items make days."""
    rows = []
    for domain in catalogue.domains:
        items = [item for item in catalogue.items() if item.domain == domain.name]
        rows.append(
            Count(domain.name, domain.label, domain.share, len(items), _by(items, "difficulty"), _by(items, "strand"))
        )
    daily = [row for row in rows if row.share > 0]
    everything = [item for status in ("active", "draft", "reserved", "retired") for item in catalogue.items(status)]
    return Stats(tuple(rows), _by(everything, "status"), sum(row.items for row in daily), _days_at_shares(daily))


def _by(items: list[Item], key: str) -> dict[str, int]:
    return dict(sorted(Counter(str(getattr(item, key)) for item in items).items()))


def _days_at_shares(rows: list[Count]) -> int:
    """The domain that runs dry first ends it: after ITEMS postings of its own it has seen all shares in proportion."""
    shares = sum(row.share for row in rows)
    return min((row.items * shares // row.share for row in rows), default=0)
