"""The reveal of a week: what stands in its thread, and the vote about its prompt."""

from collections.abc import Sequence
from datetime import timedelta

from bot.content.catalogue import Item
from bot.features.mlsd import (
    records,
    report_handlers,
    reveal_cards,
    reveal_records,
    rules,
    run_records,
    run_rules,
    synthesis_rules,
    twist_rules,
)
from bot.features.mlsd.handlers import FEATURE, catalogue_of
from bot.features.mlsd.report_handlers import list_pool
from bot.features.mlsd.rules import State, Week
from bot.features.mlsd.run_rules import STAGE_LABELS, Run
from bot.features.mlsd.synthesis_rules import Held, Synthesis
from bot.kernel.card import Card
from bot.kernel.effect import Effect, Post, Reply, Under
from bot.kernel.engine_facts import DeskLine
from bot.kernel.errors import Refusal
from bot.kernel.event import Pressed, Scene
from bot.kernel.facts import AnswerKept, AnswerWithdrawn
from bot.kernel.peer_facts import AnswerHidden, AnswerShown
from bot.kernel.ports import Tx

DOUBTED_FOR = timedelta(days=14)  # so long organisers read of a prompt that members find hardly real


def reveal(scene: Scene, tx: Tx, week: Week) -> list[Effect]:
    """All that opens with the reveal; `week` is in its new state. Again it gives the same."""
    item = catalogue_of(scene).item(week.item)
    effects = [*show_again(scene, tx, week)]
    if item:
        pages = [("2/outline", reveal_cards.outline_cards(item)), ("3/other", reveal_cards.other_cards(item))]
        for what, cards in pages:
            effects += [_post(week, f"{what}/{n}", card) for n, card in enumerate(cards, 1)]
    return [*effects, *report_handlers.report(scene, tx, week)]


def show_again(scene: Scene, tx: Tx, week: Week) -> list[Effect]:
    """
    What stands in the thread and changes later: the counts, when an answer comes or goes, and until when they talk.

    Nothing before the reveal.
    """
    if week.state not in (State.REVEALED, State.CLOSED):
        return []
    item = catalogue_of(scene).item(week.item)
    title = item.title if item else f"System design week {week.number}"
    found = synthesis_of(scene, tx, week, item)
    timed = item.timed if item else None
    reasons = {turn.id: turn.reason for turn in timed.turns} if timed else {}
    facts = timed.held_back if timed else ()
    over = week.state is State.CLOSED
    task = week.task if any(not run.spare for run in list_pool(scene, tx, week)) else ""
    return [
        _post(week, "1/found", reveal_cards.found_card(title, task, found, facts, reasons)),
        _post(week, "4/talk", reveal_cards.talk_card(week.number, week.closes, over=over)),
    ]


def _post(week: Week, what: str, card: Card) -> Post:
    """Names carry a number, because what is due together comes in the order of its names."""
    return Post(f"mlsd.reveal/{week.group}/{week.number}/{what}", Under(week.post), card, quiet=True)


# --- the synthesis --------------------------------------------------------------------------------------


def synthesis_of(scene: Scene, tx: Tx, week: Week, item: Item | None) -> Synthesis:
    """Of the runs that stand. Facts and changes are those of the week's own prompt."""
    runs = list_pool(scene, tx, week)
    facts = item.timed.held_back if item and item.timed else ()
    twists = [turn.id for turn in item.timed.turns] if item and item.timed else []
    held = [_held(scene, tx, run, item if run.item == week.item else None) for run in runs]
    return synthesis_rules.gather(held, facts, tuple(STAGE_LABELS), twists)


def _held(scene: Scene, tx: Tx, run: Run, item: Item | None) -> Held:
    plan = catalogue_of(scene).session(run.plan)
    if item is None or plan is None:
        return Held(run.redo_stage)
    written = {one.slot: one for one in run_records.list_written(tx, scene.group, run.number)}
    asked = {one.fact for one in run_records.list_asked(tx, scene.group, run.number) if one.fact is not None}
    cues = run_rules.cues(item, plan)
    decided = reveal_records.list_decided(tx, scene.group, run.number)  # a message alone says nothing of what stands
    answered = [cue for cue in cues if cue.turn and cue.slot in written and cue.slot in decided]
    fell = {cue.turn.id: frozenset(written[cue.slot].fell) for cue in answered if cue.turn}
    stood = {
        cue.turn.id: frozenset(stage for stage in twist_rules.came_before(cues, cue.slot) if stage in written)
        for cue in answered
        if cue.turn
    }
    return Held(run.redo_stage, frozenset(asked), fell, stood)


# --- it follows what stands --------------------------------------------------------------------------------


@FEATURE.on_fact(AnswerKept)
def follow_answer(fact: AnswerKept, scene: Scene, tx: Tx) -> Sequence[Effect]:
    return _follow(scene, tx, fact.task)


@FEATURE.on_fact(AnswerWithdrawn)
def follow_withdrawal(fact: AnswerWithdrawn, scene: Scene, tx: Tx) -> Sequence[Effect]:
    return _follow(scene, tx, fact.task)


@FEATURE.on_fact(AnswerHidden)
def follow_hiding(fact: AnswerHidden, scene: Scene, tx: Tx) -> Sequence[Effect]:
    return _follow(scene, tx, fact.task)


@FEATURE.on_fact(AnswerShown)
def follow_return(fact: AnswerShown, scene: Scene, tx: Tx) -> Sequence[Effect]:
    return _follow(scene, tx, fact.task)


def _follow(scene: Scene, tx: Tx, task: str) -> list[Effect]:
    run = run_records.find_by_task(tx, scene.group, task)
    week = records.find_week(tx, scene.group, run.week if run else rules.week_number(task))
    return show_again(scene, tx, week) if week else []


# --- the vote --------------------------------------------------------------------------------------------


@FEATURE.on_press("realism")
def vote_realism(press: Pressed, scene: Scene, tx: Tx) -> Sequence[Effect]:
    week = records.find_week(tx, scene.group, rules.accept_number(press.action.get("week")))
    if week is None or week.state not in (State.REVEALED, State.CLOSED):
        raise Refusal("I do not find this prompt.", hint="Type /study design to see what is open.")
    if week.state is State.CLOSED or scene.now >= week.closes:
        raise Refusal("The vote about this prompt is over.", hint="You can vote about the next one.")
    if press.value not in reveal_cards.REALNESS:
        raise Refusal("That is no vote that I know.", hint="Choose one from the menu.")
    reveal_records.keep_vote(tx, scene.group, week.number, scene.member, int(press.value), scene.now)
    return [Reply(reveal_cards.voted_card(press.value))]


@FEATURE.on_desk
def tell_doubts(scene: Scene, tx: Tx) -> Sequence[DeskLine]:
    """A prompt that members find hardly real, when its week is over."""
    lines = []
    for week in records.list_weeks(tx, scene.group)[:3]:
        votes = reveal_records.list_votes(tx, scene.group, week.number)
        item = catalogue_of(scene).item(week.item) if scene.catalogue else None
        lately = week.state is State.CLOSED and scene.now - week.closes < DOUBTED_FOR
        if item and lately and synthesis_rules.is_doubted(votes):
            lines.append(reveal_cards.doubt_line(item.title, votes))
    return lines
