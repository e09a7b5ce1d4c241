"""When the clock of a run waits for its member: after a long outage, and while they have left the group."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

from bot.features.mlsd import run_cards, run_records, run_rules
from bot.features.mlsd.handlers import FEATURE
from bot.features.mlsd.run_handlers import advance, course_of, give_up, may_swap, plan_beat, post
from bot.features.mlsd.run_rules import Course
from bot.kernel.effect import Effect
from bot.kernel.engine_facts import CameBack
from bot.kernel.event import Scene
from bot.kernel.facts import MemberJoined, MemberLeft
from bot.kernel.ports import Tx


@FEATURE.on_fact(CameBack)
def come_back(fact: CameBack, scene: Scene, tx: Tx) -> Sequence[Effect]:
    """The clocks stood still meanwhile. Whoever lost time of their run reads so, and the next beats move."""
    effects: list[Effect] = []
    for run in run_records.list_live(tx, scene.group):
        course = course_of(scene, tx, run)
        if course is None:
            effects += give_up(scene, tx, run)
            continue
        lost = timedelta() if course.waits else run_rules.lost(course.run, fact.since, fact.until)
        if lost > timedelta(minutes=1):
            what = f"down/{fact.since:%Y%m%dT%H%M%S}"
            run_records.keep_told(tx, scene.group, run, what, scene.now)
            course = replace(course, told=course.told | {what})
            waits = lost > run_rules.LONG and "end" not in course.told
            if waits:  # nobody sits there for so long: it would run out unseen
                run_records.keep_wait(tx, scene.group, run, scene.now)
            restart, minutes = may_swap(scene, tx, course), int(lost.total_seconds()) // 60
            card = run_cards.down_card(run.number, minutes, restart=restart, waits=waits)
            effects.append(post(scene, course.run, what, card))
        effects += advance(scene, tx, run)
    return effects


def go_on(scene: Scene, tx: Tx, course: Course) -> list[Effect]:
    """Its member is back: the clock runs, and it is said once."""
    run_records.end_wait(tx, scene.group, course.run.number, scene.now)
    run_records.keep_touched(tx, scene.group, course.run.number, scene.now)
    run = run_records.find_run(tx, scene.group, course.run.number) or course.run
    what = f"on/{course.waits:%Y%m%dT%H%M%S}"
    card = run_cards.resumed_card(run.number, course.minutes_left)
    return [post(scene, run, what, card), *advance(scene, tx, run)]


@FEATURE.on_fact(MemberLeft)
def stop_run(fact: MemberLeft, scene: Scene, tx: Tx) -> Sequence[Effect]:
    """Whoever has left gets no private messages from the group. Their run waits: it may have been a mistake."""
    run = run_records.find_live(tx, scene.group, fact.member)
    if run is None:
        return []
    run_records.end_wait(tx, scene.group, run.number, scene.now)
    run_records.keep_wait(tx, scene.group, run, scene.now, has_left=True)
    course = course_of(scene, tx, run)
    return plan_beat(scene, tx, course) if course else []


@FEATURE.on_fact(MemberJoined)
def meet_again(fact: MemberJoined, scene: Scene, tx: Tx) -> Sequence[Effect]:
    run = run_records.find_live(tx, scene.group, fact.member)
    wait = run_records.find_wait(tx, scene.group, run.number) if run else None
    if run is None or wait is None or not wait[1]:
        return []
    run_records.end_wait(tx, scene.group, run.number, scene.now)
    run_records.keep_wait(tx, scene.group, run, scene.now)
    course = course_of(scene, tx, run)
    if course is None:
        return []
    card = run_cards.back_card(run.number, course.item.title)
    return [post(scene, run, f"back/{scene.now:%Y%m%dT%H%M%S}", card), *plan_beat(scene, tx, course)]
