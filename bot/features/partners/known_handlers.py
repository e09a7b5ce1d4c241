"""What the matching knows of members is learnt, and the best place is looked for in the middle of a term."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from bot.features.partners import known_records, known_rules, pair_records, records
from bot.features.partners.fit_rules import Kind, best_partner, best_third, read_table
from bot.features.partners.handlers import blocked_with, can_sit, hours_of, is_new, weak_areas, week_at
from bot.features.partners.known_rules import Known, Sketch
from bot.features.partners.pair_rules import Sat
from bot.features.partners.rules import Term
from bot.features.partners.wish_rules import Wisher, seat_of
from bot.kernel.event import Scene
from bot.kernel.ports import Tx


def know(scene: Scene, tx: Tx, wishers: Sequence[Wisher], term: Term) -> list[Known]:
    """All of each, as it is now, for the matching of this term. It names nobody."""
    weak = weak_areas(scene, tx, [wisher.member for wisher in wishers])
    return [_know(scene, tx, wisher, term, weak.get(wisher.member, ())) for wisher in wishers]


def _know(scene: Scene, tx: Tx, wisher: Wisher, term: Term, weak: Sequence[str]) -> Known:
    number, week = wisher.number, week_at(scene.now, scene)
    lately = pair_records.list_lately(tx, scene.group, number, term.number - 1)
    lately = [sat for sat in lately if sat.term >= term.number - 1]
    blocked = [records.find_wisher(tx, scene.group, member) for member in blocked_with(scene, tx, wisher.member)]
    apart = known_rules.apart_from(number, lately) | {other.number for other in blocked if other}
    return Known(
        number,
        seat_of(wisher, hours_of(scene, tx, wisher, week), weak, new=is_new(scene, tx, wisher)),
        tuple(sorted(apart)),
        known_rules.met_by(pair_records.list_met(tx, scene.group, number), term.number),
        any(sat.shaky for sat in lately if sat.term < term.number),
    )  # fmt: skip


def learn(scene: Scene, tx: Tx, wishers: Sequence[Wisher], term: Term, monday: str) -> None:
    """The same, kept for the week from `monday`; nothing is known of who cannot be seated."""
    able = [wisher for wisher in wishers if can_sit(scene, tx, wisher)]
    known = {found.number: found for found in know(scene, tx, able, term)}
    for wisher in wishers:
        known_records.keep_known(tx, scene.group, wisher.number, monday, known.get(wisher.number))


def args_of(scene: Scene, tx: Tx, name: str, wishers: Sequence[Wisher], term: Term) -> dict[str, Any]:
    """What `matching_rules.match` reads of a few."""
    return known_rules.args_of(f"{scene.group}/{name}", know(scene, tx, wishers, term))


# --- the best of many, for one ---------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Options:
    """What there is for one member in the middle of a term: a pair to join, another who waits."""

    third: Sat | None
    partner: Wisher | None
    kind: Kind = Kind.ASYNC


def options_for(scene: Scene, tx: Tx, wisher: Wisher, term: Term) -> Options:
    """The best of each. Whoever is asked what they want is left alone until they have said it."""
    near = _near(scene, tx, wisher, term)
    sats = [pair_records.find_sat(tx, scene.group, number) for number in dict.fromkeys(o.pair for o in near if o.pair)]
    apart = blocked_with(scene, tx, wisher.member)
    pairs = [sat for sat in sats if sat and sat.takes_third and apart.isdisjoint(sat.readers)]
    standing = [records.find_seat(tx, scene.group, other.number) for other in near if not other.pair]
    waiting = [other for other in standing if other and can_sit(scene, tx, other)]
    sitting = [records.find_seat(tx, scene.group, seat) for sat in pairs for seat in sat.seats]
    everybody = [wisher, *waiting, *(other for other in sitting if other)]
    if len(everybody) == 1:
        return Options(None, None)
    table = read_table(args_of(scene, tx, f"{term.name}/{wisher.number}", everybody, term))
    at = {other.number: place for place, other in enumerate(everybody)}
    couples = {tuple(at[seat] for seat in sat.seats): sat for sat in pairs}
    third = best_third(table, 0, list(couples))
    partner = best_partner(table, 0, [at[other.number] for other in waiting])
    return Options(
        couples[third.group] if third else None,
        everybody[partner.group[0]] if partner else None,
        partner.kind if partner else Kind.ASYNC,
    )


def _near(scene: Scene, tx: Tx, wisher: Wisher, term: Term) -> list[Sketch]:
    """Those who are looked at closely: whoever must not sit with them is none."""
    number = wisher.number
    apart = set(blocked_with(scene, tx, wisher.member))
    lately = pair_records.list_lately(tx, scene.group, number, term.number - 1)
    unwilling = known_rules.apart_from(number, [sat for sat in lately if sat.term >= term.number - 1])
    everybody = [*known_records.list_pairs_open(tx, scene.group), *known_records.list_standing_by(tx, scene.group)]
    closed = {o.pair for o in everybody if o.number == number or o.member in apart or o.number in unwilling} - {0}
    fit = [
        other
        for other in everybody
        if other.pair not in closed and other.number != number
        and other.member not in apart and other.number not in unwilling
    ]  # fmt: skip
    hours = hours_of(scene, tx, wisher, week_at(scene.now, scene))
    mine = Sketch(number, wisher.member, hours, wisher.wish.stage, wisher.wish.in_writing)
    return known_rules.short_list(mine, fit)
