"""What a member writes in a run: by the form of a stage, by private messages, or in the room where it is held."""

from collections.abc import Sequence
from dataclasses import replace

from bot.features.mlsd import run_records, run_rules, stage_cards, stage_rules, twist_rules
from bot.features.mlsd.handlers import FEATURE
from bot.features.mlsd.run_handlers import (
    course_of,
    find_taking_course,
    given_answer,
    live_course,
    name_of,
    own_course,
    post,
    post_cue,
    post_done,
    written_in,
)
from bot.features.mlsd.run_rules import Course, Cue
from bot.features.mlsd.stage_cards import Kept
from bot.features.mlsd.wait_handlers import go_on
from bot.kernel.design_facts import DesignRunFinished
from bot.kernel.effect import Ask, Effect, Reply, Unpost
from bot.kernel.errors import Refusal
from bot.kernel.event import Pressed, Said, Scene, Submitted, Told
from bot.kernel.ports import Tx

# --- by the form -----------------------------------------------------------------------------


@FEATURE.on_press("write", reads=True)
def open_form(press: Pressed, scene: Scene, tx: Tx) -> Sequence[Effect]:
    course = _open(scene, tx, press)
    cue = course.cue(press.action.get("slot"))
    written = next((one for one in written_in(scene, tx, course.run) if one.slot == cue.slot), None)
    stage_rules.fits_form(written.text if written else "")
    upto = run_records.last_change(tx, scene.group, course.run.number)
    if cue.turn:
        before = twist_rules.came_before(course.cues, cue.slot)
        return [Ask(stage_cards.twist_form(course.run.number, cue, before, written, upto))]
    return [Ask(stage_cards.stage_form(course.run.number, cue, written.text if written else "", upto))]


@FEATURE.on_submit("save", opened_by="write")
def keep_form(form: Submitted, scene: Scene, tx: Tx) -> Sequence[Effect]:
    """
    A form that was open when the run was handed in is still taken for some minutes.

    It replaces what it showed when it was opened. What came meanwhile stands beside it.
    """
    course = _open(scene, tx, form)
    cue = course.cue(form.action.get("slot"))
    text, upto = stage_rules.accept_text(form.text("text")), stage_rules.accept_change(form.action.get("upto"))
    pieces = run_records.list_pieces(tx, scene.group, course.run.number)
    shown = sum(len(one.text) for one in pieces if one.slot == cue.slot and not one.merged and one.changed <= upto)
    _need_room(scene, tx, course, len(text) - shown)
    run_records.keep_form(tx, scene.group, course.run, cue.slot, text, scene.now, upto)
    if cue.turn:
        before = twist_rules.came_before(course.cues, cue.slot)
        fell = twist_rules.chosen_stages(form.chosen("fell"), before)
        run_records.keep_fell(tx, scene.group, course.run, cue.slot, fell)
    return [Reply(stage_cards.saved_card(cue, len(text))), *_show(scene, tx, course, cue.slot)]


def _open(scene: Scene, tx: Tx, what: Pressed | Submitted) -> Course:
    """The course of a run that still takes words."""
    course = own_course(scene, tx, what.action.get("run"))
    if not run_rules.may_write_late(course.run, scene.now):
        raise Refusal("This run is over, so nothing can be added.", hint="Your words are safe with you: copy them.")
    return course


def _need_room(scene: Scene, tx: Tx, course: Course, more: int) -> None:
    written = written_in(scene, tx, course.run)
    run_rules.needs_room(sum(len(one.text) for one in written), more)


def _show(scene: Scene, tx: Tx, course: Course, *slots: str) -> list[Effect]:
    """These parts as they are now. What was handed in already is handed in again."""
    effects: list[Effect] = [post_cue(scene, tx, course, course.cue(slot)) for slot in dict.fromkeys(slots)]
    run = course.run
    if run.is_live:
        run_records.keep_touched(tx, scene.group, run.number, scene.now)
        return [*effects, *(go_on(scene, tx, course) if course.waits else ())]
    partial = run_rules.is_partial(course.cues, written_in(scene, tx, run))
    course = replace(course, run=replace(run, handed_in=True, partial=partial))
    run_records.keep_run(tx, scene.group, course.run)
    effects += [given_answer(scene, tx, course), post_done(scene, tx, course)]
    return effects if run.handed_in else [*effects, DesignRunFinished(run.task, run.member)]


# --- by messages -----------------------------------------------------------------------------------


@FEATURE.on_told
def keep_message(told: Told, scene: Scene, tx: Tx) -> Sequence[Effect]:
    """Kept at once under the stage that is on; an edited message changes its own words only, in its own run."""
    source = stage_rules.source(told.receipt)
    number = run_records.find_source_run(tx, scene.group, scene.member, source)
    own = run_records.find_run(tx, scene.group, number) if number else None
    course = course_of(scene, tx, own) if own else find_taking_course(scene, tx, scene.member)
    if course is None:
        return []
    _must_take(course, scene)
    if told.upload and not told.text.strip():
        raise Refusal("I cannot keep files in a run.", hint="Send a link, with one line of words.")
    kept, effects = _keep_piece(scene, tx, course, source, stage_rules.accept_text(told.text))
    return [Reply(stage_cards.kept_card(replace(kept, file=told.upload is not None))), *effects]


@FEATURE.on_said
def keep_said(said: Said, scene: Scene, tx: Tx) -> Sequence[Effect]:
    """The same in the room where a run is held. Nobody waits for a reply there, so it is posted."""
    number = stage_rules.run_of_place(scene.group, said.under)
    run = run_records.find_run(tx, scene.group, number) if number else None
    course = course_of(scene, tx, run) if run and run.member == scene.member else None
    if course is None:
        return []
    source = stage_rules.source(said.receipt)
    try:
        _must_take(course, scene)
        if said.text is None:
            return _take_back(scene, tx, course, source)
        kept, effects = _keep_piece(scene, tx, course, source, stage_rules.accept_text(said.text))
    except Refusal as no:
        return [post(scene, course.run, f"said/{source}", stage_cards.not_kept_card(no.because, no.hint))]
    return [post(scene, course.run, f"said/{source}", stage_cards.kept_card(kept)), *effects]


def _must_take(course: Course, scene: Scene) -> None:
    if not run_rules.may_write_late(course.run, scene.now):
        raise Refusal("This run is over, so nothing can be changed.", hint="What you wrote in time is kept.")


def _keep_piece(scene: Scene, tx: Tx, course: Course, source: str, text: str) -> tuple[Kept, list[Effect]]:
    group, run = scene.group, course.run
    earlier = run_records.find_piece(tx, group, run.number, source)
    if earlier is None:
        cue = run_rules.current(course.cues, course.told)
        if cue is None:
            raise Refusal("Your first stage has not come yet.", hint="Please send it again in a moment.")
        _need_room(scene, tx, course, len(text))
        piece = run_records.keep_piece(tx, group, run, cue.slot, text, source, scene.now)
        kept = Kept(run.number, piece, cue, _others(course, cue.slot))
        return kept, _show(scene, tx, course, cue.slot)
    slot, merged = earlier.slot, earlier.merged
    _need_room(scene, tx, course, max(len(text) - len(earlier.text), 0))
    pieces = run_records.list_pieces(tx, group, run.number)
    forms = [(one.number, one.text) for one in pieces if one.slot == slot and not one.source] if merged else []
    if form := stage_rules.holder(forms, earlier.text):
        whole = stage_rules.revised(form[1], earlier.text, text)
        run_records.change_piece(tx, group, run.number, form[0], slot, whole)
    run_records.change_piece(tx, group, run.number, earlier.number, slot, text, merged=merged)
    others = () if merged else _others(course, slot)
    kept = Kept(run.number, earlier.number, course.cue(slot), others, changed=True)
    return kept, _show(scene, tx, course, slot)


def _others(course: Course, slot: str) -> tuple[Cue, ...]:
    """Where else words may go, the newest first."""
    return tuple(cue for cue in reversed(course.open_cues) if cue.slot != slot)


def _take_back(scene: Scene, tx: Tx, course: Course, source: str) -> list[Effect]:
    earlier = run_records.find_piece(tx, scene.group, course.run.number, source)
    if earlier is None or earlier.merged:
        return []
    run_records.change_piece(tx, scene.group, course.run.number, earlier.number, earlier.slot, "")
    return [Unpost(name_of(scene, course.run, f"said/{source}")), *_show(scene, tx, course, earlier.slot)]


@FEATURE.on_press("move")
def move_piece(press: Pressed, scene: Scene, tx: Tx) -> Sequence[Effect]:
    course = _open(scene, tx, press)
    raw = press.action.get("piece")
    number = int(raw) if raw.isdecimal() and len(raw) < 6 else 0
    found = run_records.find_numbered(tx, scene.group, course.run.number, number)
    cue = course.cue(press.value)
    if found is None or not found.text:
        raise Refusal("These words are not there any more.", hint="Please send them again.")
    if found.merged:
        raise Refusal("These words stand in a form by now.", hint=f"Press “Change this stage” under “{cue.label}”.")
    run_records.change_piece(tx, scene.group, course.run.number, number, cue.slot, found.text)
    written = next((one for one in written_in(scene, tx, course.run) if one.slot == cue.slot), None)
    asks = cue.turn is not None and not (written and written.chose)
    card = stage_cards.kept_card(Kept(course.run.number, number, cue, _others(course, cue.slot), asks=asks))
    return [Reply(card), *_show(scene, tx, course, found.slot, cue.slot)]


# --- hints ----------------------------------------------------------------------------------------------


@FEATURE.on_press("hint")
def give_hint(press: Pressed, scene: Scene, tx: Tx) -> Sequence[Effect]:
    """One a stage, in order; pressed again it is the same one."""
    course = live_course(scene, tx, press.action.get("run"))
    stage = run_rules.current(course.cues, course.told)
    given = [what for what in run_records.list_told(tx, scene.group, course.run.number) if what.startswith("hint/")]
    hints = course.item.hints
    what = f"hint/{stage.slot if stage else ''}"
    if what not in given:
        if len(given) >= len(hints):
            raise Refusal("You have opened all hints.", hint="Say your assumption and carry on.")
        run_records.keep_told(tx, scene.group, course.run, what, scene.now)
        run_records.keep_touched(tx, scene.group, course.run.number, scene.now)
        given.append(what)
    place = min(given.index(what), len(hints) - 1)
    return [Reply(stage_cards.hint_card(place + 1, len(hints), hints[place]))]
