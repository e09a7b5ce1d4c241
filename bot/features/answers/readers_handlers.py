"""Who else may read an answer: the group at the close, a reviewer, and organisers when somebody has reported it."""

from collections.abc import Sequence
from dataclasses import replace

from bot.features.answers import records, rules
from bot.features.answers.handlers import FEATURE
from bot.features.answers.rules import Held, Kept, Task
from bot.kernel.effect import Effect
from bot.kernel.event import Scene
from bot.kernel.facts import AnswerKept, AnswersToShow, AnswerWithdrawn, Shown
from bot.kernel.peer_facts import (
    AnswerHidden,
    AnswerShown,
    AnswersOf,
    AnswerText,
    AnswerTo,
    MayReadAnswers,
    MemberText,
    TextAt,
    TextFreed,
    TextHeld,
    TextRemoved,
)
from bot.kernel.ports import Tx

MESSAGE = "message/"  # the place of a message in the chat, by its receipt
NEWEST = 25  # answers of one member that are offered at once: as many as a menu holds


# --- the words ------------------------------------------------------------------------------------


@FEATURE.answers(AnswersToShow)
def answers_to_show(question: AnswersToShow, scene: Scene, tx: Tx) -> tuple[Shown, ...]:
    kept = records.list_answers(tx, scene.group, question.task)
    return tuple(_shown(question.task, answer) for answer in kept if answer.may_show)


def _shown(task: str, kept: Kept) -> Shown:
    member = "" if kept.hide_name else kept.member
    beside = rules.about(kept.words, named=bool(member))
    return Shown(rules.whole(kept.words), member, kept.member, kept.late, beside, f"{task}/{kept.number}")


@FEATURE.answers(AnswerTo)
def answer_to(question: AnswerTo, scene: Scene, tx: Tx) -> AnswerText | None:
    task = records.find_task(tx, scene.group, question.task)
    kept = records.find_answer(tx, scene.group, question.task, question.member)
    return _text(task, kept) if task and kept and kept.can_be_read else None


@FEATURE.answers(AnswersOf)
def answers_of(question: AnswersOf, scene: Scene, tx: Tx) -> tuple[AnswerText, ...]:
    return tuple(_text(*found) for found in records.list_answers_of(tx, scene.group, question.member, NEWEST))


def _text(task: Task, kept: Kept) -> AnswerText:
    return AnswerText(
        task.name,
        task.title,
        kept.number,
        rules.whole(kept.words),
        rules.about(kept.words, named=not kept.hide_name),
        kept.member,
        kept.hide_name,
        kept.changed_at or kept.kept_at,
        task.handed_in,
    )


# --- who may read them ------------------------------------------------------------------------------


@FEATURE.answers(MayReadAnswers)
def may_read_answers(question: MayReadAnswers, scene: Scene, tx: Tx) -> bool:
    task = records.find_task(tx, scene.group, question.task)
    return task is None or bool(task.only_member) or task.closed or _has_opened(scene, tx, task, question.member)


def _has_opened(scene: Scene, tx: Tx, task: Task, reader: str) -> bool:
    """Are the answers to this task open to this member, other than by being shown? Handed in ones open at the close."""
    if task.handed_in:
        return task.closed
    own = records.find_answer(tx, scene.group, task.name, reader)
    return bool(scene.settings.open) or (own is not None and not own.withdrawn)


@FEATURE.answers(TextAt)
def text_at(question: TextAt, scene: Scene, tx: Tx) -> MemberText | None:
    """Organisers read what was reported also when its author has withdrawn it since: it still has to be judged."""
    found = _at(scene, tx, question.place)
    if found is None:
        return None
    task, kept = found
    if question.reader:
        shown = task.closed and kept.may_show
        mine = kept.member == question.reader
        group_s = not task.only_member and (shown or _has_opened(scene, tx, task, question.reader))
        readable = kept.can_be_read and (mine or group_s)
    else:
        readable = kept.held is Held.REPORTED or kept.can_be_read
    if not readable:
        return None
    return MemberText(
        rules.whole(kept.words),
        kept.member,
        f'Answer to "{task.title}"',
        also_in_chat=records.is_in_chat(tx, scene.group, task.name, kept.member),
        author_shown=not kept.hide_name,
        stands_at=f"{FEATURE.name}:{task.name}/{kept.number}" if question.place.startswith(MESSAGE) else "",
    )


def _at(scene: Scene, tx: Tx, place: str) -> tuple[Task, Kept] | None:
    """The answer at this place, or that the message of this place is a part of, and its task."""
    if place.startswith(MESSAGE):
        said = records.find_said(tx, scene.group, place.removeprefix(MESSAGE))
        own = records.find_answer(tx, scene.group, *said) if said else None
        task = records.find_task(tx, scene.group, said[0]) if said else None
        return (task, own) if task and own else None
    name, number = rules.number_of(place) or ("", 0)
    task = records.find_task(tx, scene.group, name)
    kept = records.find_numbered(tx, scene.group, name, number)
    return (task, kept) if task and kept else None


# --- somebody reported one ------------------------------------------------------------------------


@FEATURE.on_fact(TextHeld)
def hide(fact: TextHeld, scene: Scene, tx: Tx) -> Sequence[Effect]:
    found = _at(scene, tx, fact.place) if fact.feature == FEATURE.name else None
    if found is None or found[1].held is not Held.NOT:
        return []
    task, kept = found
    records.keep_held(tx, scene.group, task.name, kept.member, Held.REPORTED)
    return [] if kept.withdrawn else [AnswerHidden(task.name, kept.member)]


@FEATURE.on_fact(TextFreed)
def show_again(fact: TextFreed, scene: Scene, tx: Tx) -> Sequence[Effect]:
    found = _at(scene, tx, fact.place) if fact.feature == FEATURE.name else None
    if found is None or found[1].held is Held.NOT:
        return []
    task, kept = found
    records.keep_held(tx, scene.group, task.name, kept.member, Held.NOT)
    if kept.held is Held.REMOVED:  # put back after all; it counts as when its author puts it back
        records.keep_state(tx, scene.group, task.name, kept.member, "kept", scene.now)
        return [AnswerKept(task.name, kept.member, first=False, late=kept.late, handed_in=task.handed_in)]
    if kept.withdrawn:
        return []
    # What its author said in the thread meanwhile counts from now on.
    said = [text for text in records.list_said(tx, scene.group, task.name, kept.member) if text]
    changed = replace(kept, held=Held.NOT, words=replace(kept.words, text="\n\n".join(said))) if said else kept
    if changed.words != kept.words:
        records.keep_answer(tx, scene.group, task.name, changed, scene.now)
    return [AnswerShown(task.name, kept.member)]


@FEATURE.on_fact(TextRemoved)
def remove(fact: TextRemoved, scene: Scene, tx: Tx) -> Sequence[Effect]:
    """Its author may write a new answer; this one comes back by nothing that they can press."""
    found = _at(scene, tx, fact.place) if fact.feature == FEATURE.name else None
    if found is None or found[1].held.is_removed:
        return []
    task, kept = found
    records.forget_all_said(tx, scene.group, task.name, kept.member)
    records.keep_state(tx, scene.group, task.name, kept.member, "withdrawn", scene.now)
    held = Held.GONE if kept.withdrawn else Held.REMOVED
    records.keep_held(tx, scene.group, task.name, kept.member, held)
    return [] if kept.withdrawn else [AnswerWithdrawn(task.name, kept.member)]
