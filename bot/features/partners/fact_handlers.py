"""What partners do when a member works, rests, leaves, is blocked or forgotten; and who partners are, for others."""

from collections.abc import Sequence
from dataclasses import replace

from bot.features.partners import pair_records, records
from bot.features.partners.handlers import FEATURE, end_of_rest
from bot.features.partners.pair_handlers import come, leave, left_alone, lock_out, look, nothing_to_ask, seat_waiting
from bot.features.partners.wish_rules import State
from bot.kernel.effect import Effect
from bot.kernel.engine_facts import MemberErased
from bot.kernel.event import Due, Said, Scene
from bot.kernel.facts import AnswerKept, MemberLeft, MemberPaused, MemberResumed, PausedUntil, TimedRunFinished
from bot.kernel.peer_facts import MembersBlocked, PartnersOf, ReviewGiven
from bot.kernel.ports import Tx


@FEATURE.answers(PartnersOf)
def partners_of(question: PartnersOf, scene: Scene, tx: Tx) -> tuple[str, ...]:
    pair = pair_records.find_pair(tx, scene.group, question.member)
    return tuple(member for member in pair.members if member != question.member) if pair else ()


# --- signs of life: partners read of this work in the next check-in ------------------------------------------


@FEATURE.on_fact(AnswerKept)
def note_answer(fact: AnswerKept, scene: Scene, tx: Tx) -> Sequence[Effect]:
    return _note_work(scene, tx, fact.member)


@FEATURE.on_fact(ReviewGiven)
def note_review(fact: ReviewGiven, scene: Scene, tx: Tx) -> Sequence[Effect]:
    return _note_work(scene, tx, fact.member)


@FEATURE.on_fact(TimedRunFinished)
def note_run(fact: TimedRunFinished, scene: Scene, tx: Tx) -> Sequence[Effect]:
    return _note_work(scene, tx, fact.member)


@FEATURE.on_said
def note_word(said: Said, scene: Scene, tx: Tx) -> Sequence[Effect]:
    """They write in the room of partners. What they write is not read."""
    in_room = said.under.startswith(("partners.", "room/partners/"))
    return _note_work(scene, tx, scene.member) if in_room and said.text and scene.is_member else []


def _note_work(scene: Scene, tx: Tx, member: str) -> list[Effect]:
    sat = pair_records.find_sat_with(tx, scene.group, member)
    if sat is None:
        return []
    pair_records.keep_sign(tx, scene.group, sat.number, member, scene.now)
    return look(scene, tx, sat.number)


# --- rest: it costs nothing, and partners are free at once -------------------------------------------------------


@FEATURE.on_fact(MemberPaused)
def rest(fact: MemberPaused, scene: Scene, tx: Tx) -> Sequence[Effect]:
    wisher = records.find_wisher(tx, scene.group, fact.member)
    if wisher is None or wisher.state is State.OFF:
        return []
    # They have said so, and that is a sign: after the break nobody is parked any more.
    rested = replace(wisher, state=State.WANTS, resting=True, rested_at=scene.now, waits_since=None)
    told = nothing_to_ask(scene, tx, wisher)
    records.keep_state(tx, scene.group, rested)
    sat = pair_records.find_sat_with(tx, scene.group, fact.member)
    wake = end_of_rest(scene, wisher, fact.until)
    return [*told, wake, *(leave(scene, tx, sat, wisher.number) if sat else [])]


@FEATURE.on_wake("rested")
def end_rest(due: Due, scene: Scene, tx: Tx) -> Sequence[Effect]:
    wisher = records.find_seat(tx, scene.group, int(due.name.split("/")[-2]))
    return _wake_up(scene, tx, wisher.member) if wisher else []


@FEATURE.on_fact(MemberResumed)
def resume(fact: MemberResumed, scene: Scene, tx: Tx) -> Sequence[Effect]:
    return _wake_up(scene, tx, fact.member)


def _wake_up(scene: Scene, tx: Tx, member: str) -> list[Effect]:
    wisher = records.find_wisher(tx, scene.group, member)
    if wisher is None or not wisher.resting or scene.ask(PausedUntil(member), tx):
        return []
    awake = replace(wisher, resting=False, rested_at=scene.now)
    records.keep_state(tx, scene.group, awake)
    return [*come(scene, tx, awake), *left_alone(scene, tx, awake.number)]


# --- going, and being kept apart ---------------------------------------------------------------------------------


@FEATURE.on_fact(MemberLeft)
def end_with_member(fact: MemberLeft, scene: Scene, tx: Tx) -> Sequence[Effect]:
    return _take_out(scene, tx, fact.member)


def _take_out(scene: Scene, tx: Tx, member: str) -> list[Effect]:
    wisher = records.find_wisher(tx, scene.group, member)
    if wisher is None:
        return []
    told = nothing_to_ask(scene, tx, wisher)
    records.keep_state(tx, scene.group, replace(wisher, state=State.OFF, waits_since=None, solo=False, resting=False))
    rooms = pair_records.list_rooms_of(tx, scene.group, wisher.number)
    effects = [effect for sat in rooms for effect in lock_out(scene, tx, sat, wisher.number)]
    sat = pair_records.find_sat_with(tx, scene.group, member, parked=True)
    return [*told, *effects, *(leave(scene, tx, sat, wisher.number, locked=True) if sat else [])]


@FEATURE.on_fact(MemberErased)
def forget_member(fact: MemberErased, scene: Scene, tx: Tx) -> Sequence[Effect]:
    """Their row goes afterwards; what others have of them, which is a number, goes now."""
    wisher = records.find_wisher(tx, scene.group, fact.member)
    effects = _take_out(scene, tx, fact.member)
    if wisher:
        pair_records.forget_seat(tx, scene.group, wisher.number)
        records.forget_in_rounds(tx, scene.group, wisher.number)
    return effects


@FEATURE.on_fact(MembersBlocked)
def part(fact: MembersBlocked, scene: Scene, tx: Tx) -> Sequence[Effect]:
    """Whoever blocked moves on, quietly: to the other it looks as if they had chosen somebody else."""
    wisher = records.find_wisher(tx, scene.group, fact.member)
    if wisher is None:
        return []
    rooms = pair_records.list_rooms_of(tx, scene.group, wisher.number)
    shared = [sat for sat in rooms if fact.other_member in sat.readers]
    effects = [effect for sat in shared for effect in lock_out(scene, tx, sat, wisher.number)]
    found = records.find_wisher(tx, scene.group, fact.member)
    back = come(scene, tx, found) if found and shared else []
    return [*effects, *back, *seat_waiting(scene, tx)]
