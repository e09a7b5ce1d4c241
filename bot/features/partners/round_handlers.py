"""The round, every second Monday: everybody who wishes is seated anew. And the weekly count for the matching alone."""

from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import combinations
from typing import Any

from bot.features.partners import known_records, known_rules, pair_records, pair_rules, records, wish_rules
from bot.features.partners.fit_rules import Kind, kind_of, read_table
from bot.features.partners.handlers import FEATURE, blocked_with, can_sit, round_on, term_of, week_at
from bot.features.partners.known_handlers import args_of, learn
from bot.features.partners.matching_rules import match
from bot.features.partners.nudge_cards import left_nudge, together_nudge, vote_nudge
from bot.features.partners.pair_handlers import AT_ONCE, ROUND_TAKES, begin, come, end, look, seat_waiting
from bot.features.partners.pair_rules import Sat
from bot.features.partners.records import Round
from bot.features.partners.rules import WEEK, Term, after_week
from bot.features.partners.wish_rules import Wisher
from bot.kernel.effect import Effect, Late, Missed, Wake, Work
from bot.kernel.engine_facts import SettingsChanged
from bot.kernel.event import Done, Due, Scene
from bot.kernel.ports import Tx

DAY = timedelta(days=1)
LEARNT = 6  # members of whom the matching learns in one transaction: it looks through their reviews
STEP = 4  # groups that are seated, or ended, in one
COUNTED = 40  # members whose round is counted in one


@FEATURE.every("round", lambda settings: settings.rhythm, Late(None, Missed.LATEST), "Partner round")
def hold_round(due: Due, scene: Scene, tx: Tx) -> Sequence[Effect]:
    """
    Every Monday the week is counted and the matching learns of everybody; every second one all are seated anew.

    In steps, so that in a large group nobody's press waits for all of it. A round that could not be held in its time is
    held as soon as it can be: until then who said "again", and who is alone until the next round, waits for it.
    """
    monday = due.name.rpartition("/")[2]
    if records.find_first_monday(tx, scene.group) is None or records.find_round(tx, scene.group, monday):
        return []
    term = term_of(scene, tx, due.at)
    begun = _begin_round(scene, tx, monday, term) if term.name == monday or _is_missing(scene, tx, term) else []
    return [*begun, *_prepare(scene, tx, due.at, monday, 0)]


@FEATURE.on_wake("overdue")
def hold_overdue(due: Due, scene: Scene, tx: Tx) -> Sequence[Effect]:
    return hold_missed(scene, tx)


def hold_missed(scene: Scene, tx: Tx) -> list[Effect]:
    """The round of this term, where its time has passed without it: the group's clock was moved, say."""
    term, monday = term_of(scene, tx), week_at(scene.now, scene)
    if not scene.settings.on or round_on(scene, term.monday) > scene.now or not _is_missing(scene, tx, term):
        return []
    if records.find_round(tx, scene.group, str(monday)):
        return []
    at = min(round_on(scene, monday), scene.now)
    return [*_begin_round(scene, tx, str(monday), term), *_prepare(scene, tx, at, str(monday), 0)]


def _is_missing(scene: Scene, tx: Tx, term: Term) -> bool:
    """A group's first term has no round: whoever wishes is seated at once."""
    older = pair_records.had_partners_before(tx, scene.group, term.number)
    return older and not records.has_round(tx, scene.group, term.number)


def _begin_round(scene: Scene, tx: Tx, monday: str, term: Term) -> list[Effect]:
    records.keep_round(tx, scene.group, monday, term.number, scene.now)
    return [Wake(f"partners.give_up/{scene.group}/{monday}", "partners.give_up", scene.now + ROUND_TAKES)]


@FEATURE.on_wake("give_up")
def give_up(due: Due, scene: Scene, tx: Tx) -> Sequence[Effect]:
    """Nothing has come of the matching: who said "again" goes on, and the others are seated as in mid-term."""
    monday = due.name.rpartition("/")[2]
    round_ = records.find_round(tx, scene.group, monday)
    if round_ is None or round_.done or round_.result is not None:
        return []
    staying = records.list_staying(tx, scene.group, monday)
    groups = [group for places in staying if (group := _as_matched(scene, tx, round_, places))]
    result = {"groups": groups, "left": {}}
    records.keep_result(tx, scene.group, monday, result)
    return _seat_some(scene, tx, replace(round_, result=result), 0)


def _as_matched(scene: Scene, tx: Tx, round_: Round, places: Sequence[int]) -> dict[str, Any] | None:
    """These as the matching would have put them together; None where too few of them can sit."""
    wishers = _still(scene, tx, [round_.seats[place] for place in places])
    if len(wishers) < 2:
        return None
    table = read_table(args_of(scene, tx, round_.monday, wishers, term_of(scene, tx)))
    kind = kind_of(table, range(len(wishers)))
    return {"seats": list(places), "kind": str(kind), "shaky": any(seat.shaky for seat in table.seats)}


@FEATURE.on_wake("prepare")
def prepare_more(due: Due, scene: Scene, tx: Tx) -> Sequence[Effect]:
    monday, turn = due.name.split("/")[-2:]
    return _prepare(scene, tx, due.at, monday, int(turn))


def _prepare(scene: Scene, tx: Tx, at: datetime, monday: str, turn: int) -> list[Effect]:
    """
    The next step, as long as there is one; then the matching.

    What is left to do is asked of the rows each time: whoever changes their answers meanwhile is learnt of once more.
    """
    term = term_of(scene, tx, at)
    round_ = records.find_round(tx, scene.group, monday)
    over = pair_records.list_outlived(tx, scene.group, term.number, STEP) if round_ else []
    effects = [effect for number in over for effect in end(scene, tx, number)]
    wishers = known_records.list_unknown(tx, scene.group, monday, LEARNT)
    learn(scene, tx, [_count_week(scene, tx, wisher, monday, at) for wisher in wishers], term, monday)
    if over or wishers:
        return [*effects, Wake(f"partners.prepare/{scene.group}/{monday}/{turn + 1}", "partners.prepare", at)]
    return _ask_matching(scene, tx, term, monday) if round_ else seat_free(scene, tx, monday, 0)


def seat_free(scene: Scene, tx: Tx, monday: str, after: int) -> list[Effect]:
    """Whoever wishes and has nobody, waiting or not: where the round that should have seated them did not come."""
    free = records.list_free(tx, scene.group, after, AT_ONCE)
    effects = [effect for wisher in free for effect in come(scene, tx, wisher)]
    if len(free) < AT_ONCE:
        return effects
    name = f"partners.free/{scene.group}/{monday}/{free[-1].number}"
    return [*effects, Wake(name, "partners.free", scene.now)]


@FEATURE.on_wake("free")
def seat_more_free(due: Due, scene: Scene, tx: Tx) -> Sequence[Effect]:
    monday, after = due.name.split("/")[-2:]
    return seat_free(scene, tx, monday, int(after))


@FEATURE.on_fact(SettingsChanged)
def take_up_again(fact: SettingsChanged, scene: Scene, tx: Tx) -> Sequence[Effect]:
    """Switched on again: nobody owes a word for the time before, and whoever has nobody is seated."""
    if fact.feature != FEATURE.name or not fact.after.get("on"):
        return []
    pair_records.forget_requests(tx, scene.group)
    return _take_up(scene, tx, f"{scene.now:%Y-%m-%dT%H:%M:%S}", 0)


@FEATURE.on_wake("take_up")
def take_up_more(due: Due, scene: Scene, tx: Tx) -> Sequence[Effect]:
    turn, after = due.name.split("/")[-2:]
    return _take_up(scene, tx, turn, int(after))


def _take_up(scene: Scene, tx: Tx, turn: str, after: int) -> list[Effect]:
    numbers = pair_records.list_numbers(tx, scene.group, after, STEP)
    effects = [effect for number in numbers for effect in look(scene, tx, number)]
    if len(numbers) == STEP:
        return [*effects, Wake(f"partners.take_up/{scene.group}/{turn}/{numbers[-1]}", "partners.take_up", scene.now)]
    return [*effects, *(hold_missed(scene, tx) or seat_free(scene, tx, turn, 0))]


# --- the matching ----------------------------------------------------------------------------------------


def _ask_matching(scene: Scene, tx: Tx, term: Term, monday: str) -> list[Effect]:
    records.forget_solo(tx, scene.group)
    ready = known_records.list_ready(tx, scene.group, monday)
    if not ready:
        records.close_round(tx, scene.group, monday)
        return []
    seats = [known.number for known in ready]
    at = {seat: place for place, seat in enumerate(seats)}
    args = known_rules.args_of(f"{scene.group}/{term.name}", ready)
    voted = pair_records.list_voted(tx, scene.group, term.number - 1, pair_rules.AGAIN)
    args["stay"] = [[at[seat] for seat in sat.seats] for sat in voted if _stays(scene, tx, sat, at, len(seats))]
    records.keep_args(tx, scene.group, monday, seats, args)
    return [Work(f"partners.match/{scene.group}/{monday}", "partners.match", args)]


def _stays(scene: Scene, tx: Tx, sat: Sat, seats: Collection[int], active: int) -> bool:
    met = (pair_records.find_met(tx, scene.group, *two) for two in combinations(sat.seats, 2))
    return pair_rules.wants_to_stay(sat, seats, max((known.running for known in met if known), default=1), active)


@FEATURE.on_done("match", match)
def seat_everybody(done: Done, scene: Scene, tx: Tx) -> Sequence[Effect]:
    """
    What came out is kept at once and never changes. Told twice it does nothing.

    The rooms of a large group are opened in steps, so that nobody's press waits for all of them.
    """
    round_ = records.find_round(tx, scene.group, done.name.rpartition("/")[2])
    if round_ is None or round_.result is not None or round_.done:
        return []
    records.keep_result(tx, scene.group, round_.monday, done.result)
    return _seat_some(scene, tx, replace(round_, result=done.result), 0)


@FEATURE.on_wake("seat")
def seat_more(due: Due, scene: Scene, tx: Tx) -> Sequence[Effect]:
    monday, first = due.name.split("/")[-2:]
    round_ = records.find_round(tx, scene.group, monday)
    return _seat_some(scene, tx, round_, int(first)) if round_ and not round_.done else []


def _seat_some(scene: Scene, tx: Tx, round_: Round, first: int) -> list[Effect]:
    term, result = term_of(scene, tx), round_.result or {"groups": [], "left": {}}
    effects: list[Effect] = []
    for group in result["groups"][first : first + STEP]:
        wishers = _still(scene, tx, [round_.seats[place] for place in group["seats"]])
        seats = [wisher.number for wisher in wishers]
        if len(seats) > 1:
            room = _room_before(scene, tx, seats, round_) if term.number == round_.term else 0
            # They may have said since the matching began that they only write.
            kind = Kind.ASYNC if any(wisher.wish.in_writing for wisher in wishers) else Kind(group["kind"])
            effects += begin(scene, tx, seats, term, kind, shaky=bool(group["shaky"]), room=room)
            sat = pair_records.find_sat_with(tx, scene.group, wishers[0].member)
            effects += [together_nudge(sat, wisher.member, scene.now + DAY) for wisher in wishers if sat]
    if first + STEP < len(result["groups"]):
        name = f"partners.seat/{scene.group}/{round_.monday}/{first + STEP}"
        return [*effects, Wake(name, "partners.seat", scene.now)]
    return [*effects, *_count_some(scene, tx, round_, 0)]


def _still(scene: Scene, tx: Tx, seats: Sequence[int]) -> list[Wisher]:
    """Those who can sit now: somebody may have left, paused or blocked while they were matched."""
    wishers = [w for w in (records.find_seat(tx, scene.group, seat) for seat in seats) if w and can_sit(scene, tx, w)]
    wishers = [w for w in wishers if pair_records.find_sat_with(tx, scene.group, w.member) is None]
    blocked = {w.number: blocked_with(scene, tx, w.member) for w in wishers}
    kept = pair_rules.without_blocked([w.number for w in wishers], {w.number: w.member for w in wishers}, blocked)
    return [wisher for wisher in wishers if wisher.number in kept]


def _room_before(scene: Scene, tx: Tx, seats: Sequence[int], round_: Round) -> int:
    """The number of the room that they go on in together; 0 for a new one."""
    before = pair_records.list_lately(tx, scene.group, seats[0], round_.term - 1)
    stays = (sat for sat in before if sat.term == round_.term - 1 and set(sat.seats) <= set(seats))
    active = len(round_.seats)
    return next((sat.room_number for sat in stays if _stays(scene, tx, sat, round_.seats, active)), 0)


# --- what the round was to everybody -----------------------------------------------------------------------


@FEATURE.on_wake("count")
def count_more(due: Due, scene: Scene, tx: Tx) -> Sequence[Effect]:
    monday, first = due.name.split("/")[-2:]
    round_ = records.find_round(tx, scene.group, monday)
    return _count_some(scene, tx, round_, int(first)) if round_ and not round_.done else []


def _count_some(scene: Scene, tx: Tx, round_: Round, first: int) -> list[Effect]:
    """Nobody is silently left out: in private, why not, and what happens next."""
    whys = {round_.seats[int(place)]: str(why) for place, why in (round_.result or {"left": {}})["left"].items()}
    effects: list[Effect] = []
    ends = term_of(scene, tx).ends
    for seat in round_.seats[first : first + COUNTED]:
        wisher = records.find_seat(tx, scene.group, seat)
        if wisher and pair_records.find_sat_with(tx, scene.group, wisher.member):
            records.keep_state(tx, scene.group, replace(wisher, terms=wisher.terms + 1))
        elif wisher and can_sit(scene, tx, wisher):
            records.keep_state(tx, scene.group, replace(wisher, waits_since=wisher.waits_since or scene.now))
            effects.append(left_nudge(wisher.member, round_.monday, whys.get(seat, "taken"), ends))
    if first + COUNTED < len(round_.seats):
        name = f"partners.count/{scene.group}/{round_.monday}/{first + COUNTED}"
        return [*effects, Wake(name, "partners.count", scene.now)]
    records.close_round(tx, scene.group, round_.monday)
    return [*effects, *seat_waiting(scene, tx)]


# --- the end of a term -----------------------------------------------------------------------------------


@FEATURE.on_wake("ask_vote")
def ask_vote(due: Due, scene: Scene, tx: Tx) -> Sequence[Effect]:
    sat = pair_records.find_sat(tx, scene.group, int(due.name.rpartition("/")[2]))
    if sat is None or not sat.live or len(sat.here) < 2:
        return []
    return [vote_nudge(sat, s.member, sat.ends) for s in sat.here if not s.vote]


# --- the weekly count ----------------------------------------------------------------------------------------


def _count_week(scene: Scene, tx: Tx, wisher: Wisher, monday: str, until: datetime) -> Wisher:
    """What the week before this Monday was to them, once; as they are then."""
    if wisher.counted >= monday:
        return wisher
    starts, term = until - WEEK, term_of(scene, tx, until)
    sats = pair_records.list_lately(tx, scene.group, wisher.number, term.number - 1)
    week = wish_rules.week_of(wisher, starts, _sat_for(sats, wisher.number, starts, until))
    record = after_week(wisher.record, week)
    records.keep_record(tx, scene.group, wisher.number, record, monday)
    return replace(wisher, record=record, counted=monday)


def _sat_for(sats: Sequence[Sat], seat: int, starts: datetime, until: datetime) -> timedelta:
    whole = timedelta()
    for sat in sats:
        sitting = sat.sitting(seat)
        if sitting:
            ends = min(sitting.left_at or sat.ends, sat.ends, until)
            whole += max(timedelta(), ends - max(sitting.joined_at, starts))
    return whole
