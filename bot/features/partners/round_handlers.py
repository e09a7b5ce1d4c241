"""The round, every second Monday: everybody who wishes is seated anew. And the weekly count for the matching alone."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

from bot.features.partners import cards, pair_records, pair_rules, records, wish_rules
from bot.features.partners.fit_rules import Kind
from bot.features.partners.handlers import FEATURE, blocked_with, can_sit, term_of
from bot.features.partners.matching_rules import match
from bot.features.partners.pair_handlers import (
    args_of,
    begin,
    end,
    request,
    seat_everybody_free,
    seat_waiting,
)
from bot.features.partners.pair_rules import Sat
from bot.features.partners.records import Round
from bot.features.partners.rules import WEEK, Term, after_week
from bot.features.partners.wish_rules import Wisher
from bot.kernel.effect import Effect, Late, Missed, Wake, Work
from bot.kernel.event import Done, Due, Scene
from bot.kernel.facts import Nudge
from bot.kernel.ports import Tx

TOO_LATE = timedelta(hours=24)
STEP = 5  # groups that are seated in one transaction


@FEATURE.every("round", lambda settings: settings.rhythm, Late(None, Missed.LATEST), "Partner round")
def hold_round(due: Due, scene: Scene, tx: Tx) -> Sequence[Effect]:
    """After a day without the bot everybody is seated as in the middle of a term."""
    monday = date.fromisoformat(due.name.rpartition("/")[2])
    count_weeks(scene, tx, monday, due.at)
    term = term_of(scene, tx, due.at)
    if scene.now - due.at > TOO_LATE:
        return seat_everybody_free(scene, tx)
    if term.monday != monday:
        return [*_ask_for_plans(scene, tx), *seat_everybody_free(scene, tx)]
    if records.find_first_monday(tx, scene.group) is None or records.find_round(tx, scene.group, term.name):
        return []
    effects: list[Effect] = []
    for sat in pair_records.list_live(tx, scene.group):
        if sat.term < term.number:
            effects += end(scene, tx, sat.number)
    return [*effects, *_ask_matching(scene, tx, term)]


def _ask_for_plans(scene: Scene, tx: Tx) -> list[Effect]:
    """The second week begins: partners would like to hear of each other again."""
    live = pair_records.list_live(tx, scene.group)
    return [effect for sat in live for effect in request(scene, tx, sat.number)]


def _ask_matching(scene: Scene, tx: Tx, term: Term) -> list[Effect]:
    wishers = [wisher for wisher in records.list_wishers(tx, scene.group) if can_sit(scene, tx, wisher)]
    wishers = [w for w in wishers if pair_records.find_sat_with(tx, scene.group, w.member) is None]
    for wisher in wishers:
        records.keep_state(tx, scene.group, replace(wisher, solo=False))
    if not wishers:
        return []
    seats = records.seats_of(wishers)
    args = args_of(scene, tx, term.name, wishers, term)
    at = {seat: place for place, seat in enumerate(seats)}
    args["stay"] = [[at[seat] for seat in sat.seats] for sat in _staying(scene, tx, seats, term)]
    records.keep_round(tx, scene.group, Round(term.name, term.number, done=False, seats=seats), args, scene.now)
    return [Work(f"partners.match/{scene.group}/{term.name}", "partners.match", args)]


def _staying(scene: Scene, tx: Tx, seats: Sequence[int], term: Term) -> list[Sat]:
    before = pair_records.list_of_term(tx, scene.group, term.number - 1)
    return pair_rules.staying(seats, before, pair_records.list_met(tx, scene.group), len(seats))


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
    staying = _staying(scene, tx, round_.seats, term) if term.number == round_.term else []
    effects: list[Effect] = []
    for group in result["groups"][first : first + STEP]:
        seats = _still(scene, tx, [round_.seats[place] for place in group["seats"]])
        if len(seats) > 1:
            room = next((sat.room_number for sat in staying if set(sat.seats) <= set(seats)), 0)
            kind = Kind(group["kind"])
            effects += begin(scene, tx, seats, term, kind, shaky=bool(group["shaky"]), room=room)
    if first + STEP < len(result["groups"]):
        name = f"partners.seat/{scene.group}/{round_.monday}/{first + STEP}"
        return [*effects, Wake(name, "partners.seat", scene.now)]
    records.close_round(tx, scene.group, round_.monday)
    _count_terms(scene, tx, round_)
    return [*effects, *_tell_left(scene, tx, round_, result, term), *seat_waiting(scene, tx)]


def _still(scene: Scene, tx: Tx, seats: Sequence[int]) -> list[int]:
    """Those who can sit now: somebody may have left, paused or blocked while they were matched."""
    wishers = [w for w in (records.find_seat(tx, scene.group, seat) for seat in seats) if w and can_sit(scene, tx, w)]
    wishers = [w for w in wishers if pair_records.find_sat_with(tx, scene.group, w.member) is None]
    blocked = {w.number: blocked_with(scene, tx, w.member) for w in wishers}
    return pair_rules.without_blocked([w.number for w in wishers], {w.number: w.member for w in wishers}, blocked)


def _unseated(scene: Scene, tx: Tx, round_: Round) -> list[Wisher]:
    wishers = [w for w in (records.find_seat(tx, scene.group, seat) for seat in round_.seats) if w]
    alone = [w for w in wishers if pair_records.find_sat_with(tx, scene.group, w.member) is None]
    return [w for w in alone if can_sit(scene, tx, w)]


def _count_terms(scene: Scene, tx: Tx, round_: Round) -> None:
    alone = {wisher.number for wisher in _unseated(scene, tx, round_)}
    for seat in round_.seats:
        wisher = records.find_seat(tx, scene.group, seat)
        if wisher and seat not in alone:
            records.keep_state(tx, scene.group, replace(wisher, terms=wisher.terms + 1))


def _tell_left(scene: Scene, tx: Tx, round_: Round, result: Mapping[str, Any], term: Term) -> list[Effect]:
    """Nobody is silently left out: in private, why not, and what happens next."""
    whys = {round_.seats[int(place)]: str(why) for place, why in result["left"].items()}
    effects: list[Effect] = []
    for wisher in _unseated(scene, tx, round_):
        records.keep_state(tx, scene.group, replace(wisher, waits_since=wisher.waits_since or scene.now))
        line = cards.left_line(whys.get(wisher.number, "taken"))
        button = cards.board_button("Your partners")
        effects.append(Nudge(wisher.member, "partner", f"left/{round_.monday}", line, button, term.ends))
    return effects


# --- the end of a term -----------------------------------------------------------------------------------


@FEATURE.on_wake("ask_vote")
def ask_vote(due: Due, scene: Scene, tx: Tx) -> Sequence[Effect]:
    sat = pair_records.find_sat(tx, scene.group, int(due.name.rpartition("/")[2]))
    if sat is None or not sat.live or len(sat.here) < 2:
        return []
    return [
        Nudge(s.member, "partner", f"vote/{sat.number}", cards.vote_line(), cards.vote_button(), sat.ends)
        for s in sat.here
    ]


# --- the weekly count ----------------------------------------------------------------------------------------


def count_weeks(scene: Scene, tx: Tx, monday: date, until: datetime) -> None:
    """What the week before this Monday was to everybody; each week once."""
    number = term_of(scene, tx, until).number
    starts = until - WEEK
    sats = [sat for term in (number - 1, number) for sat in pair_records.list_of_term(tx, scene.group, term)]
    for wisher in records.list_wishers(tx, scene.group):
        if wisher.counted >= str(monday):
            continue
        week = wish_rules.week_of(wisher, starts, _sat_for(sats, wisher.number, starts, until))
        records.keep_record(tx, scene.group, wisher.number, after_week(wisher.record, week), str(monday))


def _sat_for(sats: Sequence[Sat], seat: int, starts: datetime, until: datetime) -> timedelta:
    whole = timedelta()
    for sat in sats:
        sitting = sat.sitting(seat)
        if sitting:
            ends = min(sitting.left_at or sat.ends, sat.ends, until)
            whole += max(timedelta(), ends - max(sitting.joined_at, starts))
    return whole
