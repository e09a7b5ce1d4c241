"""How members come to sit with others and leave again, and what follows when somebody is silent."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from bot.features.partners import cards, pair_records, pair_rules, records, silence_rules
from bot.features.partners.fit_rules import Kind, best_partner, best_third, kind_of, read_table
from bot.features.partners.handlers import (
    FEATURE,
    blocked_with,
    can_sit,
    hours_of,
    is_new,
    next_round_at,
    term_of,
    weak_areas,
    week_at,
)
from bot.features.partners.pair_rules import Sat
from bot.features.partners.room_handlers import show_room, welcome
from bot.features.partners.rules import SOON, Entry, Term, enter, met_again
from bot.features.partners.silence_rules import Choice, Deed, Phase, What
from bot.features.partners.wish_rules import State, Wisher, seat_of
from bot.kernel.calendar import draw
from bot.kernel.card import Button
from bot.kernel.effect import Effect, Unwake, Wake
from bot.kernel.event import Due, Scene
from bot.kernel.facts import Nudge
from bot.kernel.ports import Tx
from bot.kernel.text import Text

# --- the matching's view of some members ---------------------------------------------------------------


def args_of(scene: Scene, tx: Tx, name: str, wishers: Sequence[Wisher], term: Term) -> dict[str, object]:
    """What `matching_rules.match` reads. It names nobody."""
    seats = records.seats_of(wishers)
    members = {wisher.number: wisher.member for wisher in wishers}
    blocked = {wisher.number: blocked_with(scene, tx, wisher.member) for wisher in wishers}
    lately = [
        sat for number in (term.number - 1, term.number) for sat in pair_records.list_of_term(tx, scene.group, number)
    ]
    week = week_at(scene.now, scene)
    return {
        "round": f"{scene.group}/{name}",
        "seats": [
            seat_of(w, hours_of(scene, tx, w, week), weak_areas(scene, tx, w.member), new=is_new(scene, tx, w))
            for w in wishers
        ],
        "apart": pair_rules.kept_apart(seats, members, blocked, lately),
        "met": pair_rules.met_by(seats, pair_records.list_met(tx, scene.group), term.number),
        "weary": pair_rules.weary_of(seats, [sat for sat in lately if sat.term < term.number]),
    }


@dataclass(frozen=True, slots=True)
class Options:
    """What there is for one member in the middle of a term: a pair to join, another who waits."""

    third: Sat | None
    partner: Wisher | None
    kind: Kind = Kind.ASYNC


def _options(scene: Scene, tx: Tx, wisher: Wisher, term: Term) -> Options:
    """The best of each. Whoever is asked what they want is left alone until they have said it."""
    pairs = [
        sat for sat in pair_records.list_live(tx, scene.group) if sat.takes_third and wisher.number not in sat.seats
    ]
    waiting = [w for w in records.list_waiting(tx, scene.group) if w.number != wisher.number and can_sit(scene, tx, w)]
    sitting = [records.find_seat(tx, scene.group, seat) for sat in pairs for seat in sat.seats]
    everybody = [wisher, *waiting, *(other for other in sitting if other)]
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


# --- coming ----------------------------------------------------------------------------------------------


def begin(
    scene: Scene, tx: Tx, seats: Sequence[int], term: Term, kind: Kind, *, shaky: bool = False, room: int = 0
) -> list[Effect]:
    """These are partners from now until the term ends. `room`: the number of the room that they have already."""
    empty = Sat(0, "", room, term.number, kind, scene.now, term.ends, live=True, shaky=shaky, sittings=())
    sat = pair_records.keep_pair(tx, scene.group, empty)
    turns = sorted(seats)
    draw(f"{scene.group}/{term.name}/{turns}").shuffle(turns)  # who is nudged first where nobody says a word
    for seat in turns:
        sat = _sit(scene, tx, sat, seat)
    number = sat.number
    effects: list[Effect] = [
        show_room(scene, tx, sat),
        Wake(f"partners.end/{scene.group}/{number}", "partners.end", sat.ends),
    ]
    asks = sat.ends - pair_rules.VOTE_BEFORE
    if asks > scene.now:
        effects.append(Wake(f"partners.ask_vote/{scene.group}/{number}", "partners.ask_vote", asks))
    return [*effects, *look(scene, tx, number)]


def _sit(scene: Scene, tx: Tx, sat: Sat, seat: int) -> Sat:
    for other in sat.seats:
        known = pair_records.find_met(tx, scene.group, seat, other)
        if other != seat:
            pair_records.keep_met(tx, scene.group, seat, other, met_again(known, sat.term))
    wisher = records.find_seat(tx, scene.group, seat)
    if wisher:
        records.keep_state(tx, scene.group, replace(wisher, waits_since=None, solo=False))
    return pair_records.keep_sitting(tx, scene.group, sat.number, seat, scene.now)


def join(scene: Scene, tx: Tx, sat: Sat, wisher: Wisher) -> list[Effect]:
    """One more, or one who was there before."""
    again = sat.sitting(wisher.number) is not None
    sat = _sit(scene, tx, sat, wisher.number)
    sat = _kind_anew(scene, tx, sat)
    greeted = welcome(scene, sat, wisher, again=again)
    return [show_room(scene, tx, sat), greeted, *look(scene, tx, sat.number)]


def _kind_anew(scene: Scene, tx: Tx, sat: Sat) -> Sat:
    wishers = [w for w in (records.find_seat(tx, scene.group, seat) for seat in sat.seats) if w]
    table = read_table(args_of(scene, tx, "kind", wishers, term_of(scene, tx)))
    kind = kind_of(table, range(len(wishers)))
    shaky = sat.shaky or any(seat.shaky for seat in table.seats)
    pair_records.keep_kind(tx, scene.group, sat.number, kind, shaky=shaky)
    return replace(sat, kind=kind, shaky=shaky)


def come(scene: Scene, tx: Tx, known: Wisher) -> list[Effect]:
    """Somebody who wants partners and has none: back where they were, or by the rules for the middle of a term."""
    wisher = records.find_seat(tx, scene.group, known.number) or known
    if not can_sit(scene, tx, wisher) or pair_records.find_sat_with(tx, scene.group, wisher.member):
        return []
    before = _place_before(scene, tx, wisher)
    if before:
        return join(scene, tx, before, wisher)
    if _round_is_near(scene, tx):
        records.keep_state(tx, scene.group, replace(wisher, waits_since=wisher.waits_since or scene.now))
        return []
    term = term_of(scene, tx)
    there = _options(scene, tx, wisher, term)
    # Who waits has found no pair that could take them: whoever comes is theirs first.
    pairs = int(there.third is not None and there.partner is None)
    entry = enter(scene.now, term, pairs=pairs, waiting=int(there.partner is not None))
    if entry is Entry.THIRD and there.third:
        return join(scene, tx, there.third, wisher)
    if entry is Entry.SHORT and there.partner:
        return begin(scene, tx, (wisher.number, there.partner.number), term, there.kind)
    records.keep_state(tx, scene.group, replace(wisher, waits_since=wisher.waits_since or scene.now))
    return []


def _round_is_near(scene: Scene, tx: Tx) -> bool:
    ahead = next_round_at(scene, tx)
    return ahead is not None and ahead - scene.now <= SOON


def _place_before(scene: Scene, tx: Tx, wisher: Wisher) -> Sat | None:
    """The pair that they were in, where somebody of it is still there and would have them."""
    apart = blocked_with(scene, tx, wisher.member)
    for sat in reversed(pair_records.list_live(tx, scene.group)):
        mine = sat.sitting(wisher.number)
        fits = 0 < len(sat.here) < pair_rules.MOST and not apart & {s.member for s in sat.here}
        wants = all(s.vote != pair_rules.ELSE for s in (*sat.here, *((mine,) if mine else ())))
        if mine and fits and wants:
            return sat
    return None


def seat_waiting(scene: Scene, tx: Tx) -> list[Effect]:
    """Something has changed: whoever waits may fit in now."""
    effects: list[Effect] = []
    for waiting in records.list_waiting(tx, scene.group):
        wisher = records.find_seat(tx, scene.group, waiting.number)
        if wisher and wisher.waits_since:
            effects += come(scene, tx, wisher)
    return effects


def seat_everybody_free(scene: Scene, tx: Tx) -> list[Effect]:
    """Whoever wishes and has nobody, waiting or not, where the round that should have seated them did not come."""
    free = [wisher for wisher in records.list_wishers(tx, scene.group) if not wisher.solo]
    return [effect for wisher in free for effect in come(scene, tx, wisher)]


# --- going -----------------------------------------------------------------------------------------------


def leave(scene: Scene, tx: Tx, sat: Sat, seat: int, *, locked: bool = False) -> list[Effect]:
    """Whoever is left goes on, or is asked. `locked`: whoever goes must not read the room any more."""
    sat = sat.gone(seat, scene.now)
    if locked:
        sat = sat.locked(seat)
    pair_records.keep_standings(tx, scene.group, sat)
    shown = [show_room(scene, tx, sat)] if sat.readers and (locked or len(sat.here) > 1) else []
    return [*shown, *look(scene, tx, sat.number), *seat_waiting(scene, tx)]


def lock_out(scene: Scene, tx: Tx, sat: Sat, seat: int) -> list[Effect]:
    """This seat cannot open the room any more, whether they are partners still or not."""
    sitting = sat.sitting(seat)
    if sat.live and sitting and sitting.here:
        return leave(scene, tx, sat, seat, locked=True)
    sat = sat.locked(seat)
    pair_records.keep_standings(tx, scene.group, sat)
    return [show_room(scene, tx, sat)] if sat.readers else []


def end(scene: Scene, tx: Tx, number: int) -> list[Effect]:
    """These are no partners any more. The room stays, and says so."""
    sat = pair_records.find_sat(tx, scene.group, number)
    if sat is None or not sat.live:
        return []
    pair_records.keep_end(tx, scene.group, number)
    called_off = [_no_question(scene, sat, sat.asked[0])] if sat.asked else []
    ended = replace(sat, live=False)
    return [*called_off, _unlook(scene, sat), *([show_room(scene, tx, ended)] if sat.readers else [])]


# --- silence -----------------------------------------------------------------------------------------------


def request(scene: Scene, tx: Tx, pair: int) -> list[Effect]:
    """All of the pair are asked for a sign from now on: a plan, a check-in."""
    pair_records.keep_request(tx, scene.group, pair, scene.now)
    return look(scene, tx, pair)


def look(scene: Scene, tx: Tx, number: int) -> list[Effect]:
    """What is to be done in this pair now, and when to look again."""
    sat = pair_records.find_sat(tx, scene.group, number)
    if sat is None or not sat.live:
        return []
    before = sat
    watch, deeds = silence_rules.look(sat.watch, sat.signs, scene.now)
    sat = sat.watched(watch)
    for deed in deeds:
        if deed.what is What.PARK:
            sat = sat.gone(sat.sittings[deed.seat].seat, scene.now, phase=Phase.PARKED)
    pair_records.keep_standings(tx, scene.group, sat)
    effects = [effect for deed in deeds for effect in _do(scene, tx, sat, deed)]
    if not sat.here:
        return [*effects, *end(scene, tx, number)]
    if len(sat.here) != len(before.here) and len(sat.here) > 1:
        effects.append(show_room(scene, tx, sat))
    again = silence_rules.next_look(sat.watch, sat.signs)
    if again is None:
        return effects
    old = _unlook(scene, sat)
    turn = pair_records.keep_look(tx, scene.group, number)
    return [*effects, old, Wake(f"partners.look/{scene.group}/{number}/{turn}", "partners.look", again)]


def _unlook(scene: Scene, sat: Sat) -> Effect:
    return Unwake(f"partners.look/{scene.group}/{sat.number}/{sat.looks}")


@FEATURE.on_wake("look")
def look_again(due: Due, scene: Scene, tx: Tx) -> Sequence[Effect]:
    number = int(due.name.split("/")[-2])
    return [*look(scene, tx, number), *seat_waiting(scene, tx)]


@FEATURE.on_wake("end")
def end_in_time(due: Due, scene: Scene, tx: Tx) -> Sequence[Effect]:
    return end(scene, tx, int(due.name.rpartition("/")[2]))


def _do(scene: Scene, tx: Tx, sat: Sat, deed: Deed) -> list[Effect]:
    seat = sat.sittings[deed.seat]
    wisher = records.find_seat(tx, scene.group, seat.seat)
    if wisher is None:
        return []
    match deed.what:
        case What.NUDGE:
            until = scene.now + silence_rules.SILENT_AFTER
            return [_nudge(sat, wisher, "first", cards.first_line(), cards.here_button(), until)]
        case What.PARK:
            parked = replace(wisher, state=State.PARKED, parked_at=scene.now)
            records.keep_state(tx, scene.group, parked)
            return [
                _nudge(sat, wisher, "first", cards.first_line(), cards.here_button(), scene.now),
                _nudge(sat, wisher, "parked", cards.parked_line(), cards.back_button(), sat.ends),
            ]
        case What.ASK:
            until = scene.now + silence_rules.DECIDES_IN
            return [_nudge(sat, wisher, "choice", cards.choice_line(), cards.board_button("Choose"), until)]
        case What.TAKE_BACK:
            return [_no_question(scene, sat, seat.seat)] if seat.member else []
        case What.SETTLE:
            return settle(scene, tx, sat, wisher, Choice.THIRD)


def _nudge(sat: Sat, wisher: Wisher, about: str, line: Text, button: Button, until: datetime) -> Nudge:
    """The same again replaces it; with an `until` that is over it takes it back."""
    return Nudge(wisher.member, "partner", f"{about}/{sat.number}", line, button, until)


def _no_question(scene: Scene, sat: Sat, seat: int) -> Effect:
    asked = sat.sitting(seat)
    member = asked.member if asked else ""
    return Nudge(
        member, "partner", f"choice/{sat.number}", cards.choice_line(), cards.board_button("Choose"), scene.now
    )


def settle(scene: Scene, tx: Tx, sat: Sat, wisher: Wisher, choice: Choice) -> list[Effect]:
    """Whoever is left alone gets what they chose, or the nearest to it that there is."""
    term = term_of(scene, tx)
    there = _options(scene, tx, wisher, term)
    got = silence_rules.can_have(choice, pairs=int(there.third is not None), standing_by=int(there.partner is not None))
    left = sat.gone(wisher.number, scene.now)
    pair_records.keep_standings(tx, scene.group, replace(left, asked=None))
    over = end(scene, tx, sat.number)
    if got is Choice.THIRD and there.third:
        return [*over, *join(scene, tx, there.third, wisher)]
    if got is Choice.ANOTHER and there.partner:
        return [*over, *begin(scene, tx, (wisher.number, there.partner.number), term, there.kind)]
    alone = choice is Choice.SOLO
    records.keep_state(tx, scene.group, replace(wisher, solo=alone, waits_since=None if alone else scene.now))
    return over
