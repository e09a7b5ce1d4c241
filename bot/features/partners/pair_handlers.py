"""How members come to sit with others and leave again, and what follows when somebody is silent."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from bot.features.partners import pair_records, pair_rules, records, silence_rules
from bot.features.partners.fit_rules import Kind, kind_of, read_table
from bot.features.partners.handlers import (
    FEATURE,
    PairChanged,
    blocked_with,
    can_sit,
    next_round_at,
    round_on,
    term_of,
    week_at,
)
from bot.features.partners.known_handlers import args_of, learn, options_for
from bot.features.partners.nudge_cards import (
    choice_nudge,
    first_nudge,
    left_nudge,
    parked_nudge,
    together_nudge,
    vote_nudge,
)
from bot.features.partners.pair_rules import Sat
from bot.features.partners.room_handlers import show_room, welcome
from bot.features.partners.rules import SOON, Entry, Term, enter, met_again
from bot.features.partners.silence_rules import Choice, Deed, Phase, What
from bot.features.partners.wish_rules import State, Wisher
from bot.kernel.calendar import Zones, draw, zone_at
from bot.kernel.effect import Effect, Unwake, Wake
from bot.kernel.engine_facts import WhenWasItDown, ZonesOver
from bot.kernel.event import Due, Scene
from bot.kernel.facts import Nudge
from bot.kernel.ports import Tx

ROUND_TAKES = timedelta(hours=1)  # at the most; a round that has not come about by then is waited for by nobody
AT_ONCE = 3  # members who wait that are looked at in one transaction

# --- coming ----------------------------------------------------------------------------------------------


def begin(
    scene: Scene, tx: Tx, seats: Sequence[int], term: Term, kind: Kind, *, shaky: bool = False, room: int = 0
) -> list[Effect]:
    """These are partners from now until the term ends. `room`: the number of the room that they have already."""
    empty = Sat(0, "", room, term.number, kind, scene.now, term.ends, live=True, shaky=shaky, sittings=())
    sat = pair_records.keep_pair(tx, scene.group, empty)
    turns = sorted(seats)
    draw(f"{scene.group}/{term.name}/{turns}").shuffle(turns)  # who is nudged first where nobody says a word
    effects: list[Effect] = [told for seat in turns for told in _no_longer_left(scene, tx, term, seat)]
    for seat in turns:
        sat = _sit(scene, tx, sat, seat)
    number = sat.number
    effects += [
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


def _no_longer_left(scene: Scene, tx: Tx, term: Term, seat: int) -> list[Nudge]:
    """What they were to read of having nobody is true no more."""
    wisher = records.find_seat(tx, scene.group, seat)
    waited = wisher and wisher.waits_since
    return [left_nudge(wisher.member, term.name, "taken", scene.now)] if wisher and waited else []


def join(scene: Scene, tx: Tx, sat: Sat, wisher: Wisher) -> list[Effect]:
    """One more, or one who was there before."""
    again = sat.sitting(wisher.number) is not None
    told = _no_longer_left(scene, tx, term_of(scene, tx), wisher.number)
    sat = _sit(scene, tx, sat, wisher.number)
    sat = _kind_anew(scene, tx, sat)
    greeted = welcome(scene, tx, sat, wisher, again=again)
    return [*told, show_room(scene, tx, sat), greeted, PairChanged(sat.number), *look(scene, tx, sat.number)]


def talk_anew(scene: Scene, tx: Tx, sat: Sat) -> list[Effect]:
    """One of them has said anew when they have time and how they like to talk: their room says what follows."""
    if len(sat.here) < 2:
        return []
    sat = _kind_anew(scene, tx, sat)
    return [show_room(scene, tx, sat), PairChanged(sat.number)]


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
    if (
        not scene.settings.on
        or not can_sit(scene, tx, wisher)
        or pair_records.find_sat_with(tx, scene.group, wisher.member)
    ):
        return []
    before = _place_before(scene, tx, wisher)
    if before:
        return join(scene, tx, before, wisher)
    term = term_of(scene, tx)
    learn(scene, tx, [wisher], term, str(week_at(scene.now, scene)))
    if _round_is_near(scene, tx):
        records.keep_state(tx, scene.group, replace(wisher, waits_since=wisher.waits_since or scene.now))
        return []
    there = options_for(scene, tx, wisher, term)
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
    """It is held soon, or at this moment: then whoever has come too late for it is looked at when it is over."""
    if records.is_prepared(tx, scene.group, scene.now - ROUND_TAKES):
        return True
    ahead = next_round_at(scene, tx)
    return ahead is not None and ahead - scene.now <= SOON


def left_alone(scene: Scene, tx: Tx, seat: int) -> list[Nudge]:
    """Nobody was found for them, and no press of theirs has shown it."""
    wisher, term = records.find_seat(tx, scene.group, seat), term_of(scene, tx)
    if wisher is None or not wisher.waits_since or _round_is_near(scene, tx):
        return []
    return [left_nudge(wisher.member, term.name, "alone", term.ends)]


def nothing_to_ask(scene: Scene, tx: Tx, wisher: Wisher) -> list[Effect]:
    """They want no partner now: what they were to read of having none, or of being parked, is true no more."""
    return [*_no_longer_left(scene, tx, term_of(scene, tx), wisher.number), *not_parked(scene, tx, wisher)]


def _place_before(scene: Scene, tx: Tx, wisher: Wisher) -> Sat | None:
    """The pair that they were in, where somebody of it is still there and would have them."""
    apart = blocked_with(scene, tx, wisher.member)
    lately = pair_records.list_lately(tx, scene.group, wisher.number, term_of(scene, tx).number)
    for sat in reversed([sat for sat in lately if sat.live]):
        mine = sat.sitting(wisher.number)
        fits = silence_rules.takes_back(sat.watch) and not apart & {s.member for s in sat.here}
        wants = all(s.vote != pair_rules.ELSE for s in (*sat.here, *((mine,) if mine else ())))
        if mine and fits and wants:
            return sat
    return None


def seat_waiting(scene: Scene, tx: Tx) -> list[Effect]:
    """
    Something has changed: whoever waits may fit in now.

    The first are looked at now, the others in turns, so that nobody's press waits for all of them.
    """
    waiting = records.list_waiting(tx, scene.group)
    effects = _seat_these(scene, tx, waiting[:AT_ONCE])
    turn = records.begin_turn(tx, scene.group) if len(waiting) > AT_ONCE else 0
    return [*effects, _next_turn(scene, turn, 0)] if turn else effects


def _seat_these(scene: Scene, tx: Tx, waiting: Sequence[Wisher]) -> list[Effect]:
    """One may have been seated with another meanwhile."""
    effects: list[Effect] = []
    for known in waiting:
        wisher = records.find_seat(tx, scene.group, known.number)
        if wisher and wisher.waits_since:
            effects += come(scene, tx, wisher)
    return effects


def _next_turn(scene: Scene, turn: int, after: int) -> Wake:
    return Wake(f"partners.turn/{scene.group}/{turn}/{after}", "partners.turn", scene.now)


@FEATURE.on_wake("turn")
def seat_more_waiting(due: Due, scene: Scene, tx: Tx) -> Sequence[Effect]:
    turn, after = (int(part) for part in due.name.split("/")[-2:])
    waiting = sorted(
        (wisher for wisher in records.list_waiting(tx, scene.group) if wisher.number > after), key=lambda w: w.number
    )
    effects = _seat_these(scene, tx, waiting[:AT_ONCE])
    if len(waiting) > AT_ONCE:
        return [*effects, _next_turn(scene, turn, waiting[AT_ONCE - 1].number)]
    following = records.close_turn(tx, scene.group)
    return [*effects, _next_turn(scene, following, 0)] if following else effects


# --- going -----------------------------------------------------------------------------------------------


def leave(scene: Scene, tx: Tx, sat: Sat, seat: int, *, locked: bool = False) -> list[Effect]:
    """Whoever is left goes on, or is asked. `locked`: whoever goes must not read the room any more."""
    settled: list[Effect] = [*_no_reminders(scene, sat, seat)]
    if sat.asked and sat.asked[0] == seat:
        settled.append(_no_question(scene, sat, seat))
    sat = sat.gone(seat, scene.now)
    if locked:
        sat = sat.locked(seat)
    pair_records.keep_standings(tx, scene.group, sat)
    shown = [show_room(scene, tx, sat)] if sat.readers else []
    return [*settled, *shown, PairChanged(sat.number), *look(scene, tx, sat.number), *seat_waiting(scene, tx)]


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
    shown = [show_room(scene, tx, ended)] if sat.readers else []
    return [*called_off, _unlook(scene, sat), *shown, PairChanged(number)]


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
    if not scene.settings.on:  # nobody is asked for anything, so nobody owes a word
        return [] if sat.here else end(scene, tx, number)
    before, down = sat, scene.ask(WhenWasItDown(), tx)
    watch, deeds = silence_rules.look(sat.watch, sat.signs, scene.now, down)
    sat = sat.watched(watch)
    if sat.asked and sat.asked != before.asked:
        sat = replace(sat, asked=(sat.asked[0], _asked_from(scene, tx, sat.asked[0])))
    for deed in deeds:
        if deed.what is What.PARK:
            sat = sat.gone(sat.sittings[deed.seat].seat, scene.now, phase=Phase.PARKED)
    pair_records.keep_standings(tx, scene.group, sat)
    effects: list[Effect] = [
        first_nudge(sat, now.member, scene.now)
        for then, now in zip(before.sittings, sat.sittings, strict=True)
        if then.standing.phase is Phase.NUDGED and now.standing.phase is Phase.ACTIVE
    ]
    effects += [effect for deed in deeds for effect in _do(scene, tx, sat, deed)]
    if not sat.here:
        return [*effects, *end(scene, tx, number)]
    if len(sat.here) != len(before.here):
        effects += [show_room(scene, tx, sat), PairChanged(number)]
    again = silence_rules.next_look(sat.watch, sat.signs, down)
    if again is None:
        return effects
    old = _unlook(scene, sat)
    turn = pair_records.keep_look(tx, scene.group, number)
    return [*effects, old, Wake(f"partners.look/{scene.group}/{number}/{turn}", "partners.look", again)]


def _asked_from(scene: Scene, tx: Tx, seat: int) -> datetime:
    wisher = records.find_seat(tx, scene.group, seat)
    zones: Zones = scene.ask(ZonesOver(wisher.member if wisher else ""), tx)
    return pair_rules.asked_from(scene.now, zone_at(zones, scene.now))


def _unlook(scene: Scene, sat: Sat) -> Effect:
    return Unwake(f"partners.look/{scene.group}/{sat.number}/{sat.looks}")


@FEATURE.on_wake("look")
def look_again(due: Due, scene: Scene, tx: Tx) -> Sequence[Effect]:
    number = int(due.name.split("/")[-2])
    return [*look(scene, tx, number), *seat_waiting(scene, tx)]


@FEATURE.on_wake("end")
def end_in_time(due: Due, scene: Scene, tx: Tx) -> Sequence[Effect]:
    """A term ends, and a round follows. It is looked at once more: the group's clock may have moved past it."""
    term = term_of(scene, tx)
    at = max(scene.now, round_on(scene, term.monday)) + ROUND_TAKES
    name = f"partners.overdue/{scene.group}/{at:%Y-%m-%dT%H:%M}"
    return [*end(scene, tx, int(due.name.rpartition("/")[2])), Wake(name, "partners.overdue", at)]


def _do(scene: Scene, tx: Tx, sat: Sat, deed: Deed) -> list[Effect]:
    seat = sat.sittings[deed.seat]
    wisher = records.find_seat(tx, scene.group, seat.seat)
    if wisher is None:
        return []
    match deed.what:
        case What.NUDGE:
            until = scene.now + silence_rules.SILENT_AFTER
            return [first_nudge(sat, wisher.member, until)]
        case What.PARK:
            parked = replace(wisher, state=State.PARKED, parked_at=scene.now)
            records.keep_state(tx, scene.group, parked)
            return [
                first_nudge(sat, wisher.member, scene.now),
                parked_nudge(sat, wisher.member, sat.ends),
            ]
        case What.ASK:
            until = (sat.asked[1] if sat.asked else scene.now) + silence_rules.DECIDES_IN
            return [choice_nudge(sat, wisher.member, until)]
        case What.TAKE_BACK:
            return [_no_question(scene, sat, seat.seat)] if seat.member else []
        case What.SETTLE:
            return [*settle(scene, tx, sat, wisher, Choice.THIRD), *left_alone(scene, tx, wisher.number)]


def _no_reminders(scene: Scene, sat: Sat, seat: int) -> list[Nudge]:
    """Of what is asked of whoever goes; and how it was is not asked of one who stays alone."""
    alone = len(sat.here) < 3
    gone = [s.member for s in sat.here if s.seat == seat]
    told = [first_nudge(sat, member, scene.now) for member in gone]
    told += [together_nudge(sat, s.member, scene.now) for s in sat.here if alone or s.seat == seat]
    return [*told, *(vote_nudge(sat, s.member, scene.now) for s in sat.here if alone or s.seat == seat)]


def not_parked(scene: Scene, tx: Tx, wisher: Wisher) -> list[Effect]:
    """They are back: they need not be told any more how."""
    lately = pair_records.list_lately(tx, scene.group, wisher.number, term_of(scene, tx).number - 1)
    parked = [sat for sat in lately if (s := sat.sitting(wisher.number)) and s.standing.phase is Phase.PARKED]
    return [parked_nudge(sat, wisher.member, scene.now) for sat in parked]


def _no_question(scene: Scene, sat: Sat, seat: int) -> Nudge:
    asked = sat.sitting(seat)
    return choice_nudge(sat, asked.member if asked else "", scene.now)


def settle(scene: Scene, tx: Tx, sat: Sat, wisher: Wisher, choice: Choice) -> list[Effect]:
    """Whoever is left alone gets what they chose, or the nearest to it that there is."""
    term = term_of(scene, tx)
    there = options_for(scene, tx, wisher, term)
    got = silence_rules.can_have(choice, pairs=int(there.third is not None), standing_by=int(there.partner is not None))
    left = sat.gone(wisher.number, scene.now)
    pair_records.keep_standings(tx, scene.group, replace(left, asked=None))
    over = [_no_question(scene, sat, wisher.number), *end(scene, tx, sat.number)]
    if got is Choice.THIRD and there.third:
        return [*over, *join(scene, tx, there.third, wisher)]
    if got is Choice.ANOTHER and there.partner:
        return [*over, *begin(scene, tx, (wisher.number, there.partner.number), term, there.kind)]
    alone = choice is Choice.SOLO
    records.keep_state(tx, scene.group, replace(wisher, solo=alone, waits_since=None if alone else scene.now))
    return over
