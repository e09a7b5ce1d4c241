"""What happens when somebody answers: by the form, by private message, or in an open thread."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from bot.features.answers import cards, records, rules
from bot.features.answers.rules import Kept, Task, Words
from bot.kernel.card import FIELD_TEXT
from bot.kernel.effect import Ask, Configure, Effect, Reply
from bot.kernel.errors import Refusal
from bot.kernel.event import Chosen, Pressed, Said, Scene, Submitted, Told, Typed
from bot.kernel.facts import (
    AnswerKept,
    AnswersToShow,
    AnswerWithdrawn,
    AreThreadsOpen,
    HasAnswered,
    HowManyAnswered,
    Shown,
    TaskClosed,
    TaskOpened,
    ThreadsChosen,
)
from bot.kernel.feature import Feature
from bot.kernel.ports import Tx


@dataclass(frozen=True, slots=True)
class AnswerSettings:
    open: bool = field(
        default=False, metadata={"label": "Open threads", "help": "A reply in the thread is an answer, for all to see."}
    )


FEATURE = Feature("answers", AnswerSettings)


# --- by the form -------------------------------------------------------------------


@FEATURE.on_press("write")
def open_form(press: Pressed, scene: Scene, tx: Tx) -> Sequence[Effect]:
    task = _task(tx, scene, press.action.get("task"))
    return [_form(tx, scene, task)]


@FEATURE.on_command("answer", "answer the newest problem")
def open_newest_form(typed: Typed, scene: Scene, tx: Tx) -> Sequence[Effect]:
    tasks = rules.find_open(records.list_tasks(tx, scene.group, scene.member), scene.now)
    if not tasks:
        raise Refusal("There is no problem to answer yet.", hint="The next one is posted on the group's days.")
    return [_form(tx, scene, tasks[0])]


def _form(tx: Tx, scene: Scene, task: Task) -> Ask:
    kept = records.find_answer(tx, scene.group, task.name, scene.member)
    draft = records.find_draft(tx, scene.group, task.name, scene.member)
    words = draft or (kept.words if kept else Words(""))
    if rules.too_long_for_form(words):
        raise Refusal(
            f"Your answer is longer than a form holds ({FIELD_TEXT:,} characters).",
            hint="Send me the new version as a private message.",
        )
    choices = (*((cards.SHOW,) if kept and kept.may_show else ()), *((cards.HIDE,) if kept and kept.hide_name else ()))
    return Ask(cards.answer_form(task, words, choices))


@FEATURE.on_submit("send", opened_by="write")
def keep_sent(form: Submitted, scene: Scene, tx: Tx) -> Sequence[Effect]:
    task = _task(tx, scene, form.action.get("task"))
    words = Words(form.text("text"), form.text("claim"), form.upload("upload"))
    chosen = form.chosen("choices")
    if cards.DRAFT in chosen:
        draft = Words(rules.clean(words.text), rules.clean(words.claim))
        records.keep_draft(tx, scene.group, task.name, scene.member, draft, scene.now)
        return [Reply(cards.draft_card(task, upload=words.upload is not None))]
    earlier = records.find_answer(tx, scene.group, task.name, scene.member)
    if words.upload is None and earlier:
        words = replace(words, upload=earlier.words.upload)  # forms cannot show an old file; keeping it loses nothing
    accepted = rules.accept(words, FIELD_TEXT)
    records.forget_all_said(tx, scene.group, task.name, scene.member)
    return _keep(tx, scene, task, accepted, may_show=cards.SHOW in chosen, hide_name=cards.HIDE in chosen)


def _keep(tx: Tx, scene: Scene, task: Task, words: Words, *, may_show: bool, hide_name: bool) -> list[Effect]:
    earlier = records.find_answer(tx, scene.group, task.name, scene.member)
    late = earlier.late if earlier else task.is_late(scene.now)
    kept = Kept(scene.member, words, may_show, hide_name, late=late, withdrawn=False, kept_at=scene.now)
    records.keep_answer(tx, scene.group, task.name, kept, scene.now)
    records.forget_draft(tx, scene.group, task.name, scene.member)
    first = earlier is None
    return [Reply(cards.kept_card(task, first=first, late=late)), AnswerKept(task.name, scene.member, first, late)]


# --- by private message ---------------------------------------------------------------


@FEATURE.on_told
def offer_use(told: Told, scene: Scene, tx: Tx) -> Sequence[Effect]:
    return _offer(tx, scene, told.receipt, Words(rules.clean(told.text), "", told.upload))


@FEATURE.on_shortcut("use_message", "Use as my answer")
def offer_message(chosen: Chosen, scene: Scene, tx: Tx) -> Sequence[Effect]:
    if chosen.author != scene.member:
        raise Refusal("That is somebody else's message.", hint="You can use your own messages as an answer.")
    return _offer(tx, scene, chosen.receipt, Words(rules.clean(chosen.text)))


def _offer(tx: Tx, scene: Scene, receipt: str, words: Words) -> list[Effect]:
    tasks = rules.find_open(records.list_tasks(tx, scene.group, scene.member), scene.now)
    if not tasks:
        return [Reply(cards.no_task_card(words))]
    told = rules.key(receipt)
    records.keep_told(tx, scene.group, scene.member, told, words, scene.now)
    kept = records.find_answer(tx, scene.group, tasks[0].name, scene.member)
    return [Reply(cards.told_card(told, tasks, answered=bool(kept and not kept.withdrawn)))]


@FEATURE.on_press("use")
def use_told(press: Pressed, scene: Scene, tx: Tx) -> Sequence[Effect]:
    told, words = _told(tx, scene, press)
    task = _task(tx, scene, press.value or press.action.get("task"))
    try:
        accepted = rules.accept(words)
    except Refusal as no:
        if no.field == "claim":
            return [Ask(cards.claim_form(told, task))]
        raise
    return _use(tx, scene, told, task, accepted)


@FEATURE.on_submit("use_with_claim", opened_by="use")
def use_told_with_claim(form: Submitted, scene: Scene, tx: Tx) -> Sequence[Effect]:
    told, words = _told(tx, scene, form)
    task = _task(tx, scene, form.action.get("task"))
    return _use(tx, scene, told, task, rules.accept(replace(words, claim=form.text("claim"))))


@FEATURE.on_press("add")
def add_told(press: Pressed, scene: Scene, tx: Tx) -> Sequence[Effect]:
    told, words = _told(tx, scene, press)
    task = _task(tx, scene, press.action.get("task"))
    earlier = records.find_answer(tx, scene.group, task.name, scene.member)
    return _use(tx, scene, told, task, rules.accept(rules.joined(earlier.words, words) if earlier else words))


@FEATURE.on_press("drop")
def drop_told(press: Pressed, scene: Scene, tx: Tx) -> Sequence[Effect]:
    records.forget_told(tx, scene.group, scene.member, press.action.get("told"))
    return [Reply(cards.dropped_card())]


def _use(tx: Tx, scene: Scene, told: str, task: Task, words: Words) -> list[Effect]:
    earlier = records.find_answer(tx, scene.group, task.name, scene.member)
    records.forget_told(tx, scene.group, scene.member, told)
    records.forget_all_said(tx, scene.group, task.name, scene.member)
    may_show, hide_name = (earlier.may_show, earlier.hide_name) if earlier else (False, False)
    return _keep(tx, scene, task, words, may_show=may_show, hide_name=hide_name)


def _told(tx: Tx, scene: Scene, what: Pressed | Submitted) -> tuple[str, Words]:
    told = what.action.get("told")
    words = records.find_told(tx, scene.group, scene.member, told)
    if words is None:
        raise Refusal("I do not have that message any more.", hint="Please send it again.")
    return told, words


# --- in an open thread ------------------------------------------------------------------


@FEATURE.on_said
def keep_reply(said: Said, scene: Scene, tx: Tx) -> Sequence[Effect]:
    task = records.find_task_of_post(tx, scene.group, said.under)
    if task is None or not scene.is_member or not scene.settings.open:
        return []
    earlier = records.find_answer(tx, scene.group, task.name, scene.member)
    parts = records.list_said(tx, scene.group, task.name, scene.member)
    if earlier and not earlier.withdrawn and not parts and said.text is not None:
        # Sent by the form before: the reply adds to it.
        records.keep_said(tx, scene.group, task.name, scene.member, "form", earlier.words.text, earlier.kept_at)
    if said.text is None:
        records.forget_said(tx, scene.group, task.name, scene.member, said.receipt)
    else:
        text = rules.clean(said.text)[: rules.LONGEST]
        records.keep_said(tx, scene.group, task.name, scene.member, said.receipt, text, scene.now)
    whole = "\n\n".join(records.list_said(tx, scene.group, task.name, scene.member))
    if whole == (earlier.words.text if earlier else "") and not (earlier and earlier.withdrawn):
        return []
    if not whole:
        return _withdraw(tx, scene, task) if earlier else []
    # Nobody waits for a reply of ours to a chat message: the board's count is the sign.
    words = Words(whole, earlier.words.claim if earlier else "", earlier.words.upload if earlier else None)
    return [
        effect
        for effect in _keep(tx, scene, task, words, may_show=True, hide_name=False)
        if not isinstance(effect, Reply)
    ]


# --- reading and withdrawing ------------------------------------------------------------


@FEATURE.on_press("read")
def read_answers(press: Pressed, scene: Scene, tx: Tx) -> Sequence[Effect]:
    task = _task(tx, scene, press.action.get("task"))
    own = records.find_answer(tx, scene.group, task.name, scene.member)
    if (own is None or own.withdrawn) and not scene.settings.open:
        raise Refusal("Answers open once you have sent yours.", hint="A short one is enough. You can change it later.")
    answers = records.list_answers(tx, scene.group, task.name)
    pages = rules.pages(answers, scene.member)
    if not pages:
        return [Reply(cards.no_answers_card(task))]
    wanted = press.action.get("page")
    page = min(int(wanted), len(pages) - 1) if wanted.isdecimal() and len(wanted) < 5 else 0
    return [Reply(cards.page_card(task, pages[page], page, len(pages), len(answers)))]


@FEATURE.on_press("withdraw")
def withdraw_answer(press: Pressed, scene: Scene, tx: Tx) -> Sequence[Effect]:
    task = _task(tx, scene, press.action.get("task"))
    own = records.find_answer(tx, scene.group, task.name, scene.member)
    if own is None:
        raise Refusal("You have not answered this problem.", hint="There is nothing to withdraw.")
    return [Reply(cards.withdrawn_card(task)), *_withdraw(tx, scene, task)]


def _withdraw(tx: Tx, scene: Scene, task: Task) -> list[Effect]:
    records.keep_state(tx, scene.group, task.name, scene.member, "withdrawn", scene.now)
    return [AnswerWithdrawn(task.name, scene.member)]


@FEATURE.on_press("restore")
def restore_answer(press: Pressed, scene: Scene, tx: Tx) -> Sequence[Effect]:
    task = _task(tx, scene, press.action.get("task"))
    own = records.find_answer(tx, scene.group, task.name, scene.member)
    if own is None:
        raise Refusal("You have not answered this problem.", hint="Press Answer to write one.")
    records.keep_state(tx, scene.group, task.name, scene.member, "kept", scene.now)
    return [Reply(cards.restored_card(task)), AnswerKept(task.name, scene.member, first=False, late=own.late)]


def _task(tx: Tx, scene: Scene, name: str) -> Task:
    return rules.may_answer(records.find_task(tx, scene.group, name), scene.member)


# --- what others tell and ask -------------------------------------------------------------


@FEATURE.on_fact(TaskOpened)
def note_task(fact: TaskOpened, scene: Scene, tx: Tx) -> Sequence[Effect]:
    records.keep_task(tx, scene.group, fact)
    return []


@FEATURE.on_fact(TaskClosed)
def note_close(fact: TaskClosed, scene: Scene, tx: Tx) -> Sequence[Effect]:
    records.keep_closed(tx, scene.group, fact.task)
    return []


@FEATURE.on_fact(ThreadsChosen)
def choose_threads(fact: ThreadsChosen, scene: Scene, tx: Tx) -> Sequence[Effect]:
    return [Configure("answers", {"open": fact.open})]


@FEATURE.answers(AreThreadsOpen)
def are_threads_open(question: AreThreadsOpen, scene: Scene, tx: Tx) -> bool:
    return bool(scene.settings.open)


@FEATURE.answers(HasAnswered)
def has_answered(question: HasAnswered, scene: Scene, tx: Tx) -> bool:
    kept = records.find_answer(tx, scene.group, question.task, question.member)
    return kept is not None and not kept.withdrawn


@FEATURE.answers(HowManyAnswered)
def how_many_answered(question: HowManyAnswered, scene: Scene, tx: Tx) -> int:
    return records.count_answers(tx, scene.group, question.task)


@FEATURE.answers(AnswersToShow)
def answers_to_show(question: AnswersToShow, scene: Scene, tx: Tx) -> tuple[Shown, ...]:
    return tuple(
        Shown(
            answer.words.text or answer.words.claim,
            "" if answer.hide_name else answer.member,
            answer.member,
            answer.late,
        )
        for answer in records.list_answers(tx, scene.group, question.task)
        if answer.may_show
    )
