"""A run from its first stage to its end: what is due is said, the next beat is planned, the answer is handed in."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from bot.features.mlsd import ask_rules, records, run_cards, run_records, run_rules, stage_cards, twist_rules
from bot.features.mlsd.handlers import FEATURE, catalogue_of
from bot.features.mlsd.rules import State
from bot.features.mlsd.run_cards import Done
from bot.features.mlsd.run_rules import Course, Cue, Run, Written
from bot.features.mlsd.stage_cards import Place
from bot.kernel.card import Card
from bot.kernel.design_facts import AnswerGiven, DesignRunFinished, TakesWords
from bot.kernel.effect import Direct, Effect, Post, Room, Unpost, Unwake, Wake
from bot.kernel.engine_facts import PostParked, WhenWasItDown
from bot.kernel.errors import Refusal
from bot.kernel.event import Due, Scene
from bot.kernel.peer_facts import ItemsOf
from bot.kernel.ports import Tx

# --- the run as it is now ------------------------------------------------------------------


def course_of(scene: Scene, tx: Tx, run: Run) -> Course | None:
    """None when its prompt or its plan was taken out of the packs."""
    item, plan = catalogue_of(scene).item(run.item), catalogue_of(scene).session(run.plan)
    if item is None or item.timed is None or plan is None:
        return None
    told = frozenset(run_records.list_told(tx, scene.group, run.number))
    wait = run_records.find_wait(tx, scene.group, run.number)
    gaps = [*scene.ask(WhenWasItDown(), tx), *run_records.list_waits(tx, scene.group, run.number, scene.now)]
    run = run_rules.settled(run, scene.now)
    return Course(run, item, plan, run_rules.cues(item, plan), told, gaps, scene.now, wait[0] if wait else None)


def own_course(scene: Scene, tx: Tx, number: str) -> Course:
    """The course of a run of whoever acts, whatever its state."""
    run = run_records.find_run(tx, scene.group, int(number)) if number.isdecimal() and len(number) < 10 else None
    course = course_of(scene, tx, run) if run and run.member == scene.member else None
    if course is None:
        raise Refusal("This run is not there any more.", hint="Type /study design to see where you are.")
    return course


def live_course(scene: Scene, tx: Tx, number: str) -> Course:
    """... that still goes on."""
    course = own_course(scene, tx, number)
    if not course.run.is_live:
        raise Refusal("This run is over.", hint="Type /study design to see what you can do next.")
    return course


def find_live_course(scene: Scene, tx: Tx, member: str) -> Course | None:
    run = run_records.find_live(tx, scene.group, member)
    return course_of(scene, tx, run) if run else None


def find_taking_course(scene: Scene, tx: Tx, member: str) -> Course | None:
    """The course of the run that takes this member's private messages."""
    runs = run_records.list_runs_of(tx, scene.group, member)
    run = next((run for run in runs if run.is_live), None) or next(iter(runs), None)
    return course_of(scene, tx, run) if run and run_rules.takes_messages(run, scene.now) else None


def written_in(scene: Scene, tx: Tx, run: Run) -> tuple[Written, ...]:
    return run_records.list_written(tx, scene.group, run.number)


def count_done(course: Course, written: Sequence[Written]) -> int:
    """How many stages have words."""
    done = {one.slot for one in written if one.text}
    return sum(cue.slot in done for cue in course.stages)


# --- its messages -----------------------------------------------------------------------------


def name_of(scene: Scene, run: Run, what: str) -> str:
    """The name of this run's message about WHAT. In a room it has another one, because it is another message."""
    return f"mlsd.run/{scene.group}/{run.number}/{'room/' if run.in_room else ''}{what}"


def post(scene: Scene, run: Run, what: str, card: Card) -> Post:
    room = Room(f"mlsd.room/{scene.group}/{run.number}", (run.member,))
    return Post(name_of(scene, run, what), room if run.in_room else Direct(run.member), card)


def post_cue(scene: Scene, tx: Tx, course: Course, cue: Cue) -> Post:
    """A stage or a twist with what is written. Names begin with the minute: what is due together comes in order."""
    run = course.run
    before = twist_rules.came_before(course.cues, cue.slot) if cue.turn else ()
    on, pause = course.is_on(cue), course.may_pause
    place = Place(run.number, run.member, cue, len(course.stages), before, run.is_live, on, pause)
    written = next((one for one in written_in(scene, tx, run) if one.slot == cue.slot), None)
    show, kind = (stage_cards.twist_card, "change") if cue.turn else (stage_cards.stage_card, "stage")
    return post(scene, run, f"{cue.minute:02}/{kind}/{cue.slot}", show(place, written))


def post_prompt(scene: Scene, course: Course) -> list[Effect]:
    run, title = course.run, course.item.title
    pages = run_cards.prompt_pages(course.item.statement)
    known = bool(run.week) and not run.spare and run.is_live
    found: list[Effect] = []
    for n, page in enumerate(pages, 1):
        card = run_cards.prompt_card(
            run.number, title, page, course.plan.minutes, first=n == 1, last=n == len(pages), known=known
        )
        found.append(post(scene, run, f"00/prompt/{n}", card if run.is_live else replace(card, buttons=())))
    return found


# --- what is due ------------------------------------------------------------------------------


def beat_name(group: str, run: Run) -> str:
    return f"mlsd.beat/{group}/{run.number}/{run.beat}"


def advance(scene: Scene, tx: Tx, run: Run) -> list[Effect]:
    """Say all that is due by the run's own clock, keep the run, and plan when to look again."""
    course = course_of(scene, tx, run)
    if course is None:
        return give_up(scene, tx, run)
    if course.waits:
        return _wait_on(scene, tx, course)
    effects: list[Effect] = []
    if run.state == "paused" and course.run.state == "running":
        card = run_cards.resumed_card(run.number, course.minutes_left)
        effects.append(post(scene, course.run, "pause", card))
    dues = run_rules.due(course.run, course.plan, course.cues, course.told, course.gone)
    if dues.cues or dues.over:
        effects += _take_offers_back(scene, course)
    was_on = [cue for cue in course.open_cues if course.is_on(cue)]
    for cue in dues.cues:
        course = _note_cue(scene, tx, course, cue)
    effects += [post_cue(scene, tx, course, cue) for cue in dues.cues]
    if dues.over:
        return [*effects, *finish(scene, tx, course, "over")]
    ends = dues.time_up and "end" not in course.told
    course = _note(scene, tx, course, "end") if ends else course
    effects += [post_cue(scene, tx, course, cue) for cue in was_on if not course.is_on(cue)]
    if ends:
        effects.append(post(scene, course.run, f"{course.plan.minutes:02}/time", run_cards.end_card(run.number)))
    elif not dues.time_up:
        course, offered = _offer_hint(scene, tx, course)
        effects += offered
    return [*effects, *plan_beat(scene, tx, course)]


def _wait_on(scene: Scene, tx: Tx, course: Course) -> list[Effect]:
    """Until its member is back. In the end what is there is handed in, unless they have left the group."""
    run, wait = course.run, run_records.find_wait(tx, scene.group, course.run.number)
    if wait is None or scene.now < run_rules.waits_until(wait[0], _locks(scene, tx, run)):
        return plan_beat(scene, tx, course)
    if not wait[1]:
        return finish(scene, tx, course, "over")
    run_records.keep_run(tx, scene.group, replace(run, state="closed", ended_at=scene.now))
    return [Unwake(beat_name(scene.group, run))]


def _locks(scene: Scene, tx: Tx, run: Run) -> datetime | None:
    week = records.find_week(tx, scene.group, run.week) if run.week else None
    return week.locks if week and week.state is State.OPEN else None


def _note_cue(scene: Scene, tx: Tx, course: Course, cue: Cue) -> Course:
    if cue.turn:
        stages = twist_rules.came_before(course.cues, cue.slot)
        before = [one for one in written_in(scene, tx, course.run) if one.slot in stages and one.text]
        run_records.keep_before(tx, scene.group, course.run, cue.slot, before)
    course = _note(scene, tx, course, cue.slot)
    return replace(course, run=replace(course.run, touched_at=scene.now))


def _note(scene: Scene, tx: Tx, course: Course, what: str) -> Course:
    run_records.keep_told(tx, scene.group, course.run, what, scene.now)
    return replace(course, told=course.told | {what})


def _offer_hint(scene: Scene, tx: Tx, course: Course) -> tuple[Course, list[Effect]]:
    """After four quiet minutes, once a stage, while hints are left."""
    stage = run_rules.current(course.cues, course.told)
    left = len(course.item.hints) - sum(what.startswith("hint/") for what in course.told)
    if stage is None or f"quiet/{stage.slot}" in course.told or left <= 0:
        return course, []
    if not run_rules.is_quiet(course.run, course.gaps, scene.now):
        return course, []
    minutes = int(run_rules.QUIET.total_seconds()) // 60
    card = stage_cards.quiet_card(course.run.number, minutes, left)
    course = _note(scene, tx, course, f"quiet/{stage.slot}")
    return course, [post(scene, course.run, f"{stage.minute:02}/zz-quiet", card)]


def _take_offers_back(scene: Scene, course: Course) -> list[Effect]:
    """The offer of a hint for a stage that has passed is in the way."""
    offered = [cue for cue in course.stages if f"quiet/{cue.slot}" in course.told]
    return [Unpost(name_of(scene, course.run, f"{cue.minute:02}/zz-quiet")) for cue in offered[-1:]]


def plan_beat(scene: Scene, tx: Tx, course: Course) -> list[Effect]:
    """One wake at a time: the one before is called off."""
    run = course.run
    at = run_rules.next_beat(run, course.plan, course.cues, course.told, course.gaps, scene.now)
    deadline = run_rules.latest_end(run, course.plan, course.gaps, scene.now)
    if course.waits:
        at = deadline = max(run_rules.waits_until(course.waits, _locks(scene, tx, run)), scene.now)
    planned = replace(run, beat=run.beat + 1, deadline=deadline)
    run_records.keep_run(tx, scene.group, planned)
    before: list[Effect] = [Unwake(beat_name(scene.group, run))] if run.beat else []
    return [*before, Wake(beat_name(scene.group, planned), "mlsd.beat", at)]


@FEATURE.on_wake("beat")
def beat(due: Due, scene: Scene, tx: Tx) -> Sequence[Effect]:
    number = due.name.split("/")[-2]
    run = run_records.find_run(tx, scene.group, int(number))
    return advance(scene, tx, run) if run and run.is_live else []


def may_swap(scene: Scene, tx: Tx, course: Course) -> bool:
    """Could this member take another prompt now?"""
    try:
        check_swap(scene, tx, course)
    except Refusal:
        return False
    return True


def check_swap(scene: Scene, tx: Tx, course: Course) -> None:
    """Raises Refusal where another prompt cannot be had."""
    mine = run_records.list_runs_of(tx, scene.group, course.run.member)
    last = max((run.started_at for run in mine if run.spare), default=None)
    was_away = any(what.startswith("down/") for what in course.told)
    run_rules.may_restart(course.run, course.gone, last, scene.now, was_away=was_away)


# --- the end ---------------------------------------------------------------------------------


def finish(scene: Scene, tx: Tx, course: Course, state: str) -> list[Effect]:
    """The run ends, and what is there is handed in."""
    written = written_in(scene, tx, course.run)
    given = any(one.text for one in written)
    run = replace(course.run, state=state, ended_at=scene.now, handed_in=given)
    course = replace(course, run=replace(run, partial=run_rules.is_partial(course.cues, written)))
    run_records.keep_run(tx, scene.group, course.run)
    run_records.end_wait(tx, scene.group, run.number, scene.now)
    if given:
        records.forget_reader(tx, scene.group, run.week, run.member)  # whoever has a run reviews as its author
    effects: list[Effect] = [Unwake(beat_name(scene.group, run)), *put_away(scene, tx, course)]
    effects.append(post_done(scene, tx, course))
    if given:
        effects += [given_answer(scene, tx, course), DesignRunFinished(run.task, run.member)]
    return effects


def put_away(scene: Scene, tx: Tx, course: Course) -> list[Effect]:
    """The messages of a run that has ended, without buttons that would only refuse."""
    run = course.run
    found = [*post_prompt(scene, course)[-1:], *(post_cue(scene, tx, course, cue) for cue in course.open_cues)]
    if "end" in course.told:
        found.append(post(scene, run, f"{course.plan.minutes:02}/time", replace(run_cards.end_card(0), buttons=())))
    if run.paused_at and run.resumed_at is None:
        found.append(post(scene, run, "pause", run_cards.stopped_card()))
    return [*found, *_take_offers_back(scene, course)]


def given_answer(scene: Scene, tx: Tx, course: Course) -> AnswerGiven:
    run, written = course.run, written_in(scene, tx, course.run)
    before = {
        cue.slot: run_records.list_before(tx, scene.group, run.number, cue.slot) for cue in course.cues if cue.turn
    }
    text = twist_rules.composed(course.cues, written, before)
    return AnswerGiven(run.task, run.member, text, may_show=True, hide_name=run.hide_name)


def post_done(scene: Scene, tx: Tx, course: Course) -> Post:
    """The last message: what was written and found, what to redo, whether to show the name."""
    run = course.run
    asked = run_records.list_asked(tx, scene.group, run.number)
    facts = course.item.timed.held_back if course.item.timed else ()
    found, all_ = ask_rules.count_found(facts, {one.fact for one in asked if one.fact is not None})
    week = records.find_week(tx, scene.group, run.week) if run.week else None
    done = Done(
        run.number,
        count_done(course, written_in(scene, tx, run)) if run.handed_in else 0,
        tuple(cue.slot for cue in course.stages),
        found,
        all_,
        run.redo_stage,
        week is not None and week.state in (State.OPEN, State.REVIEW),
        run.hide_name,
        max(week.locks, scene.now) if week and week.state is State.OPEN else None,
        any(cue.turn for cue in course.open_cues),
        run.task,
        run.spare,
    )
    return post(scene, run, "done", run_cards.done_card(done, given=run.handed_in))


def give_up(scene: Scene, tx: Tx, run: Run) -> list[Effect]:
    """The prompt or its plan is not there any more: the member keeps what is written."""
    written = written_in(scene, tx, run)
    given = any(one.text for one in written)
    over = replace(run, state="over", ended_at=scene.now, handed_in=given, partial=True)
    run_records.keep_run(tx, scene.group, over)
    effects: list[Effect] = [Unwake(beat_name(scene.group, run)), post(scene, over, "done", run_cards.gone_card())]
    if not given:
        return effects
    text = twist_rules.composed((), written, {})
    answer = AnswerGiven(run.task, run.member, text, may_show=True, hide_name=run.hide_name)
    return [*effects, answer, DesignRunFinished(run.task, run.member)]


# --- private messages are refused -------------------------------------------------------------


@FEATURE.on_fact(PostParked)
def move_to_room(fact: PostParked, scene: Scene, tx: Tx) -> Sequence[Effect]:
    """The run goes on in a room of one: what matters now is said there again."""
    number, _, _ = fact.name.removeprefix(f"mlsd.run/{scene.group}/").partition("/")
    run = run_records.find_run(tx, scene.group, int(number)) if fact.member and number.isdecimal() else None
    if run is None or run.in_room or run.member != fact.member:
        return []
    moved = replace(run, in_room=True)
    run_records.keep_run(tx, scene.group, moved)
    course = course_of(scene, tx, moved)
    if course is None:
        return []
    if not run.is_live:
        return [post_done(scene, tx, course)]
    cues = course.open_cues
    last = next((n for n in range(len(cues) - 1, -1, -1) if cues[n].turn is None), 0)
    twists = [cue for cue in cues[:last] if cue.turn][-1:]
    effects: list[Effect] = [*post_prompt(scene, course), *(post_cue(scene, tx, course, c) for c in twists)]
    effects += [post_cue(scene, tx, course, cue) for cue in cues[last:]]
    if "end" in course.told:
        effects.append(post(scene, moved, f"{course.plan.minutes:02}/time", run_cards.end_card(run.number)))
    return effects


# --- what others ask ----------------------------------------------------------------------------


@FEATURE.answers(TakesWords)
def takes_words(question: TakesWords, scene: Scene, tx: Tx) -> bool:
    return find_taking_course(scene, tx, question.member) is not None


@FEATURE.answers(ItemsOf)
def items_of(question: ItemsOf, scene: Scene, tx: Tx) -> dict[str, str]:
    """The item of each week's task, and of each run with a task of its own."""
    found: dict[str, str] = {}
    for task in question.tasks:
        number = task.removeprefix("design-")
        week = records.find_week(tx, scene.group, int(number)) if number.isdecimal() and len(number) < 10 else None
        run = run_records.find_by_task(tx, scene.group, task)
        if task.startswith("design-") and (week or run):
            found[task] = week.item if week else run.item if run else ""
    return found
