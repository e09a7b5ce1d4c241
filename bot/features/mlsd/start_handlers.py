"""How members begin, stop and close a run, and take another prompt."""

from collections.abc import Sequence
from dataclasses import replace

from bot.content.catalogue import Item, SessionPlan
from bot.features.mlsd import records, run_cards, run_records, run_rules
from bot.features.mlsd.calendar_handlers import list_spares, look_ahead
from bot.features.mlsd.handlers import FEATURE, catalogue_of
from bot.features.mlsd.rules import State, Week
from bot.features.mlsd.run_handlers import (
    advance,
    beat_name,
    check_swap,
    count_done,
    course_of,
    find_live_course,
    finish,
    given_answer,
    live_course,
    own_course,
    plan_beat,
    post,
    post_cue,
    post_done,
    post_prompt,
    put_away,
    written_in,
)
from bot.features.mlsd.run_rules import SHORT, WHOLE, Course, Run
from bot.features.mlsd.wait_handlers import go_on
from bot.features.mlsd.week_handlers import show_week
from bot.kernel.card import OPTIONS, Card
from bot.kernel.design_facts import AnswerGiven
from bot.kernel.effect import Effect, Reply, Unwake
from bot.kernel.errors import Refusal
from bot.kernel.event import Pressed, Scene
from bot.kernel.facts import TaskOpened
from bot.kernel.peer_facts import AnswerTo
from bot.kernel.ports import Tx

# --- before the clock ----------------------------------------------------------------------


@FEATURE.on_press("start", reads=True)
def look(press: Pressed, scene: Scene, tx: Tx) -> Sequence[Effect]:
    return [_look(scene, tx, press.action.get("week"), WHOLE)]


@FEATURE.on_press("short", reads=True)
def choose_short(press: Pressed, scene: Scene, tx: Tx) -> Sequence[Effect]:
    """This week's prompt, where its run still counts; else any that is open to all by now."""
    if course := find_live_course(scene, tx, scene.member):
        return [where_am_i(scene, tx, course)]
    mine = run_records.list_runs_of(tx, scene.group, scene.member)
    choices = []
    for week in records.list_weeks(tx, scene.group):
        item = catalogue_of(scene).item(week.item)
        practice = run_rules.is_practice(week, mine, scene.now)
        if item and item.timed and practice is not None:
            choices.append((week.number, item.title, "Practice, only for you" if practice else "This week's prompt"))
    return [Reply(run_cards.choose_short_card(choices[:OPTIONS]))]


@FEATURE.on_press("short_look", reads=True)
def look_short(press: Pressed, scene: Scene, tx: Tx) -> Sequence[Effect]:
    return [_look(scene, tx, press.value or press.action.get("week"), SHORT)]


def _look(scene: Scene, tx: Tx, week: str, plan: str) -> Reply:
    if course := find_live_course(scene, tx, scene.member):
        return where_am_i(scene, tx, course)
    found, item, session = _startable(scene, tx, week, plan)
    practice = found.state is not State.OPEN
    locks = None if practice else found.locks
    return Reply(run_cards.look_card(item.title, session.minutes, found.number, plan, locks, practice=practice))


def _startable(scene: Scene, tx: Tx, number: str, plan: str) -> tuple[Week, Item, SessionPlan]:
    """The week whose prompt may be run now by this plan. Raises Refusal."""
    week = records.find_week(tx, scene.group, int(number)) if number.isdecimal() and len(number) < 9 else None
    item = catalogue_of(scene).item(week.item) if week else None
    session = catalogue_of(scene).session(plan) if plan in (WHOLE, SHORT) else None
    if week is None or item is None or item.timed is None or session is None:
        raise Refusal("This prompt is not there any more.", hint="Type /study design to see what there is.")
    if run_records.is_live_elsewhere(tx, scene.group, scene.member):
        raise Refusal("A run of yours goes on in another group.", hint="Close it there first. One run at a time.")
    mine = run_records.list_runs_of(tx, scene.group, scene.member)
    run_rules.may_run(week, session, mine, scene.now, knows=_knows_changes(scene, tx, week, mine))
    return week, item, session


def _knows_changes(scene: Scene, tx: Tx, week: Week, mine: Sequence[Run]) -> bool:
    """Has this member seen a change of the week's prompt, in a run that they gave up?"""
    runs = [run for run in mine if run.week == week.number and run.item == week.item]
    courses = [course_of(scene, tx, run) for run in runs]
    return any(cue.turn for course in courses if course for cue in course.open_cues)


@FEATURE.on_press("begin")
def begin(press: Pressed, scene: Scene, tx: Tx) -> Sequence[Effect]:
    """The clock runs. Pressed twice it shows where one is."""
    if course := find_live_course(scene, tx, scene.member):
        return [where_am_i(scene, tx, course)]
    week, item, _ = _startable(scene, tx, press.action.get("week"), press.action.get("plan"))
    counted = week.number if week.state is State.OPEN else 0
    number = run_records.next_number(tx, scene.group)
    run = Run(number, scene.member, counted, item.id, item.revision, press.action.get("plan"), scene.now)
    shown = show_week(scene, tx, week) if counted else []  # it counts who takes part
    return [Reply(run_cards.begun_card()), *_start(scene, tx, run, item), *shown]


def _start(scene: Scene, tx: Tx, run: Run, item: Item) -> list[Effect]:
    run = replace(run, touched_at=scene.now, deadline=scene.now)
    run_records.keep_run(tx, scene.group, run)
    course = course_of(scene, tx, run)
    effects: list[Effect] = []
    if not run.week or run.spare:  # the week's task was opened with the week
        effects.append(TaskOpened(run.task, item.title, scene.now, None, "", run.member, handed_in=True))
    if course:
        effects += post_prompt(scene, course)
    return [*effects, *advance(scene, tx, run)]


# --- where one is ----------------------------------------------------------------------------


@FEATURE.on_press("my_run", reads=True)
def show_my_run(press: Pressed, scene: Scene, tx: Tx) -> Sequence[Effect]:
    course = find_live_course(scene, tx, scene.member)
    return [where_am_i(scene, tx, course) if course else Reply(run_cards.no_run_card())]


def where_am_i(scene: Scene, tx: Tx, course: Course) -> Reply:
    return Reply(_my_run(scene, tx, course))


def _my_run(scene: Scene, tx: Tx, course: Course) -> Card:
    run = course.run
    return run_cards.my_run_card(
        run.number,
        course.item.title,
        run_rules.current(course.cues, course.told),
        course.minutes_left,
        count_done(course, written_in(scene, tx, run)),
        len(course.stages),
        paused=run.state == "paused" or course.waits is not None,
        time_up="end" in course.told,
        pause=course.may_pause,
    )


@FEATURE.on_home
def home(scene: Scene, tx: Tx) -> Sequence[Card]:
    course = find_live_course(scene, tx, scene.member)
    return [_my_run(scene, tx, course)] if course else []


# --- pause ---------------------------------------------------------------------------------------


@FEATURE.on_press("pause")
def pause(press: Pressed, scene: Scene, tx: Tx) -> Sequence[Effect]:
    """What is due by now comes first; then the clock stands still."""
    course = live_course(scene, tx, press.action.get("run"))
    run_rules.may_pause(course.run, course.plan, course.gone, course.waits)
    effects = advance(scene, tx, course.run)
    course = live_course(scene, tx, press.action.get("run"))
    run = replace(course.run, state="paused", paused_at=scene.now)
    card = run_cards.paused_card(run.number, scene.now + run_rules.PAUSE)
    course = replace(course, run=run)
    effects += [post_cue(scene, tx, course, cue) for cue in course.open_cues if course.is_on(cue)]  # no second pause
    return [*effects, post(scene, run, "pause", card), *plan_beat(scene, tx, course), Reply(card)]


@FEATURE.on_press("resume")
def resume(press: Pressed, scene: Scene, tx: Tx) -> Sequence[Effect]:
    course = live_course(scene, tx, press.action.get("run"))
    if course.waits:
        return [Reply(run_cards.resumed_card(course.run.number, course.minutes_left)), *go_on(scene, tx, course)]
    if course.run.state == "running":  # by itself, or pressed twice
        return [where_am_i(scene, tx, course), *advance(scene, tx, _kept(scene, tx, course))]
    run = replace(course.run, state="running", resumed_at=scene.now, touched_at=scene.now)
    card = run_cards.resumed_card(run.number, course.minutes_left)
    return [Reply(card), post(scene, run, "pause", card), *advance(scene, tx, run)]


def _kept(scene: Scene, tx: Tx, course: Course) -> Run:
    """The run as it is kept: a pause that ended by itself is still open there."""
    return run_records.find_run(tx, scene.group, course.run.number) or course.run


# --- the end -------------------------------------------------------------------------------------


@FEATURE.on_press("close", reads=True)
def ask_close(press: Pressed, scene: Scene, tx: Tx) -> Sequence[Effect]:
    course = live_course(scene, tx, press.action.get("run"))
    done = count_done(course, written_in(scene, tx, course.run))
    return [Reply(run_cards.close_card(course.run.number, done, len(course.stages)))]


@FEATURE.on_press("close_now")
def close(press: Pressed, scene: Scene, tx: Tx) -> Sequence[Effect]:
    course = live_course(scene, tx, press.action.get("run"))
    return [Reply(run_cards.closed_card()), *finish(scene, tx, course, "closed")]


@FEATURE.on_press("redo")
def choose_redo(press: Pressed, scene: Scene, tx: Tx) -> Sequence[Effect]:
    course = _finished(scene, tx, press)
    label = next((cue.label for cue in course.stages if cue.slot == press.value), "")
    if not label:
        raise Refusal("This stage is not part of your run.", hint="Choose one from the menu.")
    course = replace(course, run=replace(course.run, redo_stage=press.value))
    run_records.keep_run(tx, scene.group, course.run)
    return [Reply(run_cards.redo_card(label)), post_done(scene, tx, course)]


@FEATURE.on_press("hide")
def hide_name(press: Pressed, scene: Scene, tx: Tx) -> Sequence[Effect]:
    """Until the reveal: what others have read cannot be unread. It needs no prompt that is still in the packs."""
    raw = press.action.get("run")
    run = run_records.find_run(tx, scene.group, int(raw)) if raw.isdecimal() and len(raw) < 10 else None
    course = course_of(scene, tx, run) if run and run.member == scene.member else None
    if course or run is None or run.member != scene.member:
        course = _finished(scene, tx, press)
        run = course.run
    week = records.find_week(tx, scene.group, run.week) if run.week else None
    if week is None or week.state not in (State.OPEN, State.REVIEW):
        raise Refusal("The names are open by now.", hint="You can still withdraw your run where it is read.")
    run = replace(run, hide_name=press.action.get("on") == "1")
    run_records.keep_run(tx, scene.group, run)
    reply = Reply(run_cards.name_card(hidden=run.hide_name))
    if course:
        course = replace(course, run=run)
        return [reply, given_answer(scene, tx, course), post_done(scene, tx, course)]
    kept = scene.ask(AnswerTo(run.task, run.member), tx)
    again = AnswerGiven(run.task, run.member, kept.text, may_show=True, hide_name=run.hide_name) if kept else None
    return [reply, again] if again else [reply]


def _finished(scene: Scene, tx: Tx, press: Pressed) -> Course:
    course = own_course(scene, tx, press.action.get("run"))
    if not course.run.handed_in:
        raise Refusal("Nothing of this run is handed in.", hint="Type /study design to see where you are.")
    return course


# --- another prompt ---------------------------------------------------------------------------------


@FEATURE.on_press("other", reads=True)
def ask_other(press: Pressed, scene: Scene, tx: Tx) -> Sequence[Effect]:
    course = live_course(scene, tx, press.action.get("run"))
    check_swap(scene, tx, course)
    return [Reply(run_cards.other_card(course.run.number))]


@FEATURE.on_press("other_now")
def take_other(press: Pressed, scene: Scene, tx: Tx) -> Sequence[Effect]:
    """The old run ends without an answer; the new one counts for the same week."""
    course = live_course(scene, tx, press.action.get("run"))
    check_swap(scene, tx, course)
    old = course.run
    week = records.find_week(tx, scene.group, old.week)
    if week is None or week.state is not State.OPEN:
        raise Refusal("This week takes no new runs any more.", hint="Carry on with this prompt. A part counts too.")
    run_rules.may_start(course.plan, week.locks, scene.now)
    had = {run.item for run in run_records.list_runs_of(tx, scene.group, scene.member)}
    name = f"mlsd.spare/{scene.group}/{old.number}"
    soon = {week.item, *(prompt.id for prompt in look_ahead(scene, tx).row)}
    able = [item for item in list_spares(scene, tx) if item.id != week.item]
    item = run_rules.spare_item(able, soon, had, name)
    ended = replace(old, state="closed", ended_at=scene.now)
    run_records.keep_run(tx, scene.group, ended)
    number = run_records.next_number(tx, scene.group)
    run = Run(number, scene.member, old.week, item.id, item.revision, old.plan, scene.now)
    run = replace(run, spare=True, in_room=old.in_room, hide_name=old.hide_name)
    effects: list[Effect] = [Unwake(beat_name(scene.group, old))]
    effects += [*put_away(scene, tx, replace(course, run=ended)), post(scene, ended, "done", run_cards.swapped_card())]
    return [Reply(run_cards.begun_card()), *effects, *_start(scene, tx, run, item)]
