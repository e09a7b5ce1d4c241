"""What happens when somebody answers: by the form, by private message, or in an open thread."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from bot.features.answers import cards, records, rules
from bot.features.answers.rules import Held, Kept, Task, Words
from bot.kernel.card import FIELD_TEXT
from bot.kernel.design_facts import AnswerGiven, TakesWords
from bot.kernel.effect import Ask, Configure, Effect, Reply
from bot.kernel.engine_facts import MemberErased, SettingsChanged
from bot.kernel.errors import Refusal
from bot.kernel.event import Chosen, Pressed, Said, Scene, Submitted, Told, Typed
from bot.kernel.facts import (
    AnswerKept,
    AnswerWithdrawn,
    AreThreadsOpen,
    HasAnswered,
    HowManyAnswered,
    TaskClosed,
    TaskOpened,
    ThreadsChosen,
    ThreadsWanted,
)
from bot.kernel.feature import Feature
from bot.kernel.peer_facts import Unread, UnreadBy
from bot.kernel.ports import Tx
from bot.kernel.text import clean


@dataclass(frozen=True, slots=True)
class AnswerSettings:
    open: bool = field(
        default=False,
        metadata={"label": "Open threads", "help": "A reply in the thread is an answer, for all to see.", "own": True},
    )


FEATURE = Feature(
    "answers",
    AnswerSettings,
    title="Answers",
    stores=(
        (
            "Your answers, and when you sent them",
            "Members of your group who answered too, or all in open threads. A reviewer whom you asked for",
        ),
        ("What you allow to be shown at the close", "Everybody who can read the group's channel"),
        ("Your name at an answer that hides it", "Nobody in the group. Organisers, when somebody reports it"),
        ("That an answer of yours was reported or removed", "You and the organisers"),
        ("The name and size of a file that you send; the chat keeps the file", "Whoever may read the answer"),
        ("Your drafts, and private messages that may become an answer", "Only you"),
    ),
)


# --- by the form -------------------------------------------------------------------


@FEATURE.on_press("write", reads=True)
def open_form(press: Pressed, scene: Scene, tx: Tx) -> Sequence[Effect]:
    task = _writable(tx, scene, press.action.get("task"))
    return [_form(tx, scene, task)]


@FEATURE.on_command("answer", "answer the newest problem", reads=True)
def open_newest_form(typed: Typed, scene: Scene, tx: Tx) -> Sequence[Effect]:
    return [_form(tx, scene, _likeliest(tx, scene)[0])]


def _form(tx: Tx, scene: Scene, task: Task) -> Ask:
    kept = records.find_answer(tx, scene.group, task.name, scene.member)
    rules.may_change(kept)
    draft = records.find_draft(tx, scene.group, task.name, scene.member)
    before = draft or kept
    words = before.words if before else Words("")
    if before and (before.held.is_removed or (before.withdrawn and rules.too_long_for_form(words))):
        words = Words("")  # it is gone: the next one begins anew
    if rules.too_long_for_form(words):
        raise Refusal(
            f"Your answer is longer than a form holds ({FIELD_TEXT:,} characters).",
            hint="Send me the new version as a private message.",
        )
    show, hide = (before.may_show, before.hide_name) if before else (False, False)
    choices = (*((cards.SHOW,) if show else ()), *((cards.HIDE,) if hide else ()))
    return Ask(cards.answer_form(task, words, choices, open_threads=scene.settings.open))


def _likeliest(tx: Tx, scene: Scene) -> list[Task]:
    """What the member may mean when they name no problem; at least one."""
    tasks = records.list_tasks(tx, scene.group, scene.member)
    if not tasks:
        raise Refusal("There is no problem to answer yet.", hint="The next one is posted on the group's days.")
    private = [task.name for task in tasks if task.closes is None]
    done = {name for name in private if records.find_answer(tx, scene.group, name, scene.member)}
    return rules.likeliest(tasks, done, scene.now)


@FEATURE.on_submit("send", opened_by="write")
def keep_sent(form: Submitted, scene: Scene, tx: Tx) -> Sequence[Effect]:
    task = _writable(tx, scene, form.action.get("task"))
    words = Words(form.text("text"), form.text("claim"), form.upload("upload"))
    chosen = form.chosen("choices")
    may_show, hide_name = cards.SHOW in chosen, cards.HIDE in chosen
    if cards.DRAFT in chosen:
        unsent = Words(clean(words.text), clean(words.claim))
        draft = Kept(scene.member, unsent, may_show, hide_name, late=False, withdrawn=False, kept_at=scene.now)
        records.keep_draft(tx, scene.group, task.name, draft)
        return [Reply(cards.draft_card(task, upload=words.upload is not None))]
    earlier = records.find_answer(tx, scene.group, task.name, scene.member)
    if words.upload is None and earlier and not earlier.withdrawn:
        words = replace(words, upload=earlier.words.upload)  # forms cannot show an old file; keeping it loses nothing
    accepted = rules.accept(words, FIELD_TEXT)
    records.forget_all_said(tx, scene.group, task.name, scene.member)
    records.forget_draft(tx, scene.group, task.name, scene.member)
    return _keep(tx, scene, task, accepted, may_show=may_show, hide_name=hide_name)


def _keep(tx: Tx, scene: Scene, task: Task, words: Words, *, may_show: bool, hide_name: bool) -> list[Effect]:
    earlier = records.find_answer(tx, scene.group, task.name, scene.member)
    rules.may_change(earlier)
    late = earlier.late if earlier else task.is_late(scene.now)
    same = earlier if earlier and not earlier.held.is_removed else None  # nobody takes a new one for the removed
    number = same.number if same else records.next_number(tx, scene.group, task.name)
    kept = Kept(scene.member, words, may_show, hide_name, late=late, withdrawn=False, kept_at=scene.now, number=number)
    records.keep_answer(tx, scene.group, task.name, kept, scene.now)
    first = earlier is None
    return [Reply(cards.kept_card(task, first=first, late=late)), AnswerKept(task.name, scene.member, first, late)]


# --- by private message ---------------------------------------------------------------


@FEATURE.on_told
def offer_use(told: Told, scene: Scene, tx: Tx) -> Sequence[Effect]:
    if scene.ask(TakesWords(scene.member), tx):
        return []
    return _offer(tx, scene, told.receipt, Words(clean(told.text), "", told.upload))


@FEATURE.on_shortcut("use_message", "Use as my answer")
def offer_message(chosen: Chosen, scene: Scene, tx: Tx) -> Sequence[Effect]:
    if chosen.author != scene.member:
        raise Refusal("That is somebody else's message.", hint="You can use your own messages as an answer.")
    return _offer(tx, scene, chosen.receipt, Words(clean(chosen.text)))


def _offer(tx: Tx, scene: Scene, receipt: str, words: Words) -> list[Effect]:
    tasks = _likeliest(tx, scene)
    told = rules.key(receipt)
    records.keep_told(tx, scene.group, scene.member, told, words, scene.now)
    kept = records.find_answer(tx, scene.group, tasks[0].name, scene.member)
    answered = kept is not None and not kept.withdrawn
    return [Reply(cards.told_card(told, tasks, answered=answered, open_threads=scene.settings.open))]


@FEATURE.on_press("use")
def use_told(press: Pressed, scene: Scene, tx: Tx) -> Sequence[Effect]:
    told, words = _told(tx, scene, press)
    task = _writable(tx, scene, press.value or press.action.get("task"))
    try:
        accepted = rules.accept(words)
    except Refusal as no:
        if no.field == "claim":
            return [Ask(cards.claim_form(told, task, hide=_hides(press)))]
        raise
    return _use(tx, scene, told, task, accepted, hide=_hides(press))


@FEATURE.on_submit("use_with_claim", opened_by="use")
def use_told_with_claim(form: Submitted, scene: Scene, tx: Tx) -> Sequence[Effect]:
    told, words = _told(tx, scene, form)
    task = _writable(tx, scene, form.action.get("task"))
    accepted = rules.accept(replace(words, claim=form.text("claim")))
    return _use(tx, scene, told, task, accepted, hide=_hides(form))


@FEATURE.on_press("add")
def add_told(press: Pressed, scene: Scene, tx: Tx) -> Sequence[Effect]:
    told, words = _told(tx, scene, press)
    task = _writable(tx, scene, press.action.get("task"))
    earlier = records.find_answer(tx, scene.group, task.name, scene.member)
    whole = rules.joined(earlier.words, words) if earlier else words
    return _use(tx, scene, told, task, rules.accept(whole), hide=False)


@FEATURE.on_press("drop")
def drop_told(press: Pressed, scene: Scene, tx: Tx) -> Sequence[Effect]:
    records.forget_told(tx, scene.group, scene.member, press.action.get("told"))
    return [Reply(cards.dropped_card())]


def _hides(what: Pressed | Submitted) -> bool:
    return what.action.get("hide") == "1"


def _use(tx: Tx, scene: Scene, told: str, task: Task, words: Words, *, hide: bool) -> list[Effect]:
    earlier = records.find_answer(tx, scene.group, task.name, scene.member)
    records.forget_told(tx, scene.group, scene.member, told)
    records.forget_all_said(tx, scene.group, task.name, scene.member)
    may_show, hide_name = (earlier.may_show, earlier.hide_name) if earlier else (False, False)
    return _keep(tx, scene, task, words, may_show=may_show, hide_name=hide_name or hide)


def _told(tx: Tx, scene: Scene, what: Pressed | Submitted) -> tuple[str, Words]:
    told = what.action.get("told")
    words = records.find_told(tx, scene.group, scene.member, told)
    if words is None:
        raise rules.gone(records.find_answer(tx, scene.group, what.action.get("task"), scene.member))
    return told, words


# --- in an open thread ------------------------------------------------------------------


@FEATURE.on_said
def keep_reply(said: Said, scene: Scene, tx: Tx) -> Sequence[Effect]:
    """Nobody waits for a reply of ours to a chat message: the board's count is the sign."""
    task = records.find_task_of_post(tx, scene.group, said.under)
    if task is None or task.handed_in or not scene.is_member:
        return []
    kept = records.find_answer(tx, scene.group, task.name, scene.member)
    earlier = kept if kept and not kept.withdrawn else None
    if not _note(tx, scene, task, said, kept):
        return []
    whole = "\n\n".join(filter(None, records.list_said(tx, scene.group, task.name, scene.member)))
    if whole == (earlier.words.text if earlier else ""):
        return []
    # What the form has sent keeps its file, and is shown at the close only if that was ticked.
    words = replace(earlier.words, text=whole) if earlier else Words(whole)
    if not rules.is_enough(words):
        return _unsay(tx, scene, task) if earlier else []
    if kept and kept.held is Held.REPORTED:
        return []  # an organiser looks at it; what is said meanwhile counts afterwards
    effects = _keep(tx, scene, task, words, may_show=earlier.may_show if earlier else True, hide_name=False)
    return [effect for effect in effects if not isinstance(effect, Reply)]


def _note(tx: Tx, scene: Scene, task: Task, said: Said, kept: Kept | None) -> bool:
    """Note the reply, its edit, or that it was taken back; False when it is only talk."""
    earlier = kept if kept and not kept.withdrawn else None
    group, name, member = scene.group, task.name, scene.member
    text, known = rules.reply(said.text), records.is_said(tx, group, name, member, said.receipt)
    # A reply stands under its writer's name: added to an answer whose name is hidden, it would tell whose that is.
    talk = not text or not scene.settings.open or (earlier is not None and earlier.hide_name)
    # A platform may send a message again: what an organiser has removed does not come back by that.
    talk = talk or (kept is not None and kept.held.is_removed and text in kept.words.text)
    if not known and talk:
        return False
    if not text:
        records.forget_said(tx, group, name, member, said.receipt)
        return True
    if earlier and not records.list_said(tx, group, name, member):
        # Sent by the form before: the reply adds to it.
        records.keep_said(tx, group, name, member, "form", earlier.words.text, earlier.kept_at)
    records.keep_said(tx, group, name, member, said.receipt, text, scene.now)
    return True


# --- reading and withdrawing ------------------------------------------------------------


@FEATURE.on_press("read", reads=True)
def read_answers(press: Pressed, scene: Scene, tx: Tx) -> Sequence[Effect]:
    task = _task(tx, scene, press.action.get("task"))
    own = records.find_answer(tx, scene.group, task.name, scene.member)
    rules.may_read(task, own, open_threads=scene.settings.open)
    alone = task.handed_in and not task.closed
    answers = [own] if alone and own else _read_by(scene, tx, task.name, scene.member)
    pages = rules.pages(answers, scene.member)
    if not pages:
        return [Reply(cards.no_answers_card(task))]
    wanted = press.action.get("page")
    page = min(int(wanted), len(pages) - 1) if wanted.isdecimal() and len(wanted) < 5 else 0
    return [Reply(cards.page_card(task, pages[page], page, len(pages), len(answers)))]


def _read_by(scene: Scene, tx: Tx, task: str, reader: str) -> list[Kept]:
    """Who is blocked is left out without a word, as if they had not answered; not what hides its author's name."""
    unread: Unread = scene.ask(UnreadBy(reader), tx)
    listed = records.list_answers(tx, scene.group, task, reader)
    return [
        answer
        for answer in listed
        if not unread.has("" if answer.hide_name else answer.member, f"{FEATURE.name}:{task}/{answer.number}")
    ]


@FEATURE.on_press("withdraw")
def withdraw_answer(press: Pressed, scene: Scene, tx: Tx) -> Sequence[Effect]:
    task = _task(tx, scene, press.action.get("task"))
    own = records.find_answer(tx, scene.group, task.name, scene.member)
    if own is None:
        raise Refusal("You have not answered this problem.", hint="There is nothing to withdraw.")
    return [Reply(cards.withdrawn_card(task)), *_withdraw_of(tx, scene, task.name, scene.member)]


def _withdraw_of(tx: Tx, scene: Scene, task: str, member: str) -> list[Effect]:
    records.forget_all_said(tx, scene.group, task, member)  # a later reply brings none of it back
    records.keep_state(tx, scene.group, task, member, "withdrawn", scene.now)
    return [AnswerWithdrawn(task, member)]


def _unsay(tx: Tx, scene: Scene, task: Task) -> list[Effect]:
    """What is left in the thread is too short for an answer; with more words it is one again."""
    records.keep_state(tx, scene.group, task.name, scene.member, "withdrawn", scene.now)
    return [AnswerWithdrawn(task.name, scene.member)]


@FEATURE.on_press("restore")
def restore_answer(press: Pressed, scene: Scene, tx: Tx) -> Sequence[Effect]:
    task = _task(tx, scene, press.action.get("task"))
    own = rules.may_restore(records.find_answer(tx, scene.group, task.name, scene.member))
    records.keep_state(tx, scene.group, task.name, scene.member, "kept", scene.now)
    back = AnswerKept(task.name, scene.member, first=False, late=own.late, handed_in=task.handed_in)
    return [Reply(cards.restored_card(task)), back]


def _writable(tx: Tx, scene: Scene, name: str) -> Task:
    return rules.may_write(records.find_task(tx, scene.group, name), scene.member)


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


@FEATURE.on_fact(AnswerGiven)
def keep_given(fact: AnswerGiven, scene: Scene, tx: Tx) -> Sequence[Effect]:
    """What an organiser has removed, or looks at now, is not exchanged by handing it in again."""
    task = records.find_task(tx, scene.group, fact.task)
    if task is None or not task.handed_in or task.only_member not in ("", fact.member):
        return []
    earlier = records.find_answer(tx, scene.group, task.name, fact.member)
    given = Words(clean(fact.text)), fact.may_show, fact.hide_name
    same = earlier is not None and (earlier.words, earlier.may_show, earlier.hide_name) == given
    if same:
        return []
    if earlier and earlier.held is not Held.NOT:  # only whether the name stays hidden is theirs to say
        records.keep_hiding(tx, scene.group, task.name, fact.member, hide_name=fact.hide_name)
        return []
    number = earlier.number if earlier else records.next_number(tx, scene.group, task.name)
    kept = Kept(fact.member, *given, late=False, withdrawn=False, kept_at=scene.now, number=number)
    records.keep_answer(tx, scene.group, task.name, kept, scene.now)
    if earlier and earlier.withdrawn:  # only its author puts it back, then with the newer words
        records.keep_state(tx, scene.group, task.name, fact.member, "withdrawn", scene.now)
        return []
    return [AnswerKept(task.name, fact.member, earlier is None, late=False, handed_in=True)]


@FEATURE.on_fact(MemberErased)
def withdraw_all(fact: MemberErased, scene: Scene, tx: Tx) -> Sequence[Effect]:
    """Counts and closed threads follow; the rows go afterwards."""
    tasks = records.list_answered(tx, scene.group, fact.member)
    return [effect for task in tasks for effect in _withdraw_of(tx, scene, task, fact.member)]


@FEATURE.on_fact(ThreadsWanted)
def want_threads(fact: ThreadsWanted, scene: Scene, tx: Tx) -> Sequence[Effect]:
    return [Configure("answers", {"open": fact.open})]


@FEATURE.on_fact(SettingsChanged)
def tell_threads(fact: SettingsChanged, scene: Scene, tx: Tx) -> Sequence[Effect]:
    """By whatever way it was changed or taken back, what stands in the channel must say so."""
    if fact.feature != "answers" or "open" not in fact.after:
        return []
    return [ThreadsChosen(bool(fact.after["open"]))]


@FEATURE.answers(AreThreadsOpen)
def are_threads_open(question: AreThreadsOpen, scene: Scene, tx: Tx) -> bool:
    return bool(scene.settings.open)


@FEATURE.answers(HasAnswered)
def has_answered(question: HasAnswered, scene: Scene, tx: Tx) -> bool:
    kept = records.find_answer(tx, scene.group, question.task, question.member)
    return kept is not None and not kept.withdrawn


@FEATURE.answers(HowManyAnswered)
def how_many_answered(question: HowManyAnswered, scene: Scene, tx: Tx) -> int:
    if question.reader:
        return len(_read_by(scene, tx, question.task, question.reader))
    return records.count_answers(tx, scene.group, question.task)
