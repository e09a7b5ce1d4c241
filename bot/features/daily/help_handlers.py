"""Hints, and help from others for whoever is stuck."""

from collections.abc import Sequence
from dataclasses import replace

from bot.features.daily import cards, records, rules
from bot.features.daily.handlers import FEATURE, catalogue_of, item_of, list_open, round_of
from bot.features.daily.rules import Held, Round, Stuck
from bot.kernel.effect import Ask, Direct, Effect, Post, Reply, Under, Unpost
from bot.kernel.engine_facts import MemberErased
from bot.kernel.errors import Refusal
from bot.kernel.event import Chosen, Pressed, Scene, Submitted
from bot.kernel.facts import MemberStuck
from bot.kernel.peer_facts import BlockedWith, MemberText, TextAt, TextFreed, TextHeld, TextRemoved
from bot.kernel.ports import Tx


@FEATURE.on_press("hint")
def open_hint(press: Pressed, scene: Scene, tx: Tx) -> Sequence[Effect]:
    round_ = round_of(scene, tx, press.action.get("round"))
    item = item_of(scene, round_)
    opened = records.count_hints(tx, round_, scene.member)
    wanted = press.action.get("n")
    number = rules.next_hint(item, opened, int(wanted) if wanted.isdecimal() and len(wanted) < 3 else opened + 1)
    records.keep_hint(tx, round_, scene.member, number)
    return [Reply(cards.hint_card(round_, item, number))]


@FEATURE.on_press("stuck", reads=True)
def ask_what_was_tried(press: Pressed, scene: Scene, tx: Tx) -> Sequence[Effect]:
    return [Ask(cards.stuck_form(round_of(scene, tx, press.action.get("round"))))]


@FEATURE.on_shortcut("stuck_here", "I'm stuck")
def ask_stuck_here(chosen: Chosen, scene: Scene, tx: Tx) -> Sequence[Effect]:
    """From the menu of a message, where a thread has no button: about the problem above it, else the newest one."""
    name = chosen.post.removeprefix(f"daily/{scene.group}/").partition("/")[0]
    there = records.find_round(tx, scene.group, name)
    if there is None:
        if not (newest := list_open(scene, tx)[:1]):
            raise Refusal("No problem is open now.", hint="You can practise at any time: type /study practice.")
        there = newest[0][0]
    return [Ask(cards.stuck_form(rules.may_see(there, scene.member)))]


@FEATURE.on_submit("tell_stuck", opened_by="stuck")
def tell_stuck(form: Submitted, scene: Scene, tx: Tx) -> Sequence[Effect]:
    round_ = round_of(scene, tx, form.action.get("round"))
    item, tried = item_of(scene, round_), rules.tried(form.text("tried"))
    rules.may_say_again(records.find_stuck_of(tx, round_, scene.member))
    number = records.keep_stuck(tx, round_, scene.member, tried, scene.now)
    records.keep_hint(tx, round_, scene.member, len(item.hints))
    stuck = MemberStuck(round_.name, scene.member)
    if not round_.post:
        return [Reply(cards.all_hints_card(round_, item, asked=False)), stuck]
    return [
        Reply(cards.all_hints_card(round_, item, asked=True)),
        _wanted(round_, Stuck(number, scene.member, tried)),
        stuck,
    ]


def _wanted(round_: Round, stuck: Stuck) -> Post:
    card = cards.held_card() if stuck.held is Held.REPORTED else cards.help_wanted_card(round_, stuck)
    return Post(_cry(round_.group, round_.name, stuck.number), Under(round_.post), card, quiet=True)


@FEATURE.on_press("help")
def offer_help(press: Pressed, scene: Scene, tx: Tx) -> Sequence[Effect]:
    round_ = round_of(scene, tx, press.action.get("round"))
    who = press.action.get("who")
    stuck = records.find_stuck(tx, round_, who)
    if stuck is None or stuck.held is not Held.NOT:
        raise Refusal("Nobody is waiting for help here any more.", hint="Type /study today to see what is open.")
    member = stuck.member
    if member == scene.member:
        raise Refusal("That is your own question.", hint="Somebody else will see it in the thread.")
    number = records.keep_offer(tx, round_, who, scene.member)
    name = _offer(scene.group, round_.name, who, number)
    offered = cards.help_offered_card(item_of(scene, round_), scene.member)
    thanks = Reply(cards.helper_card(member))
    if member in scene.ask(BlockedWith(scene.member), tx):
        return [thanks]  # it does not arrive, and nobody learns who blocked whom
    return [thanks, Post(name, Direct(member), offered)]


def _cry(group: str, round_: str, number: str) -> str:
    """The message in the round's thread of whoever has this number."""
    return f"daily/{group}/{round_}/stuck/{number}"


def _offer(group: str, round_: str, who: str, number: str) -> str:
    """The private message to `who` about this offer."""
    return f"daily.help/{group}/{round_}/{who}/{number}"


@FEATURE.on_fact(MemberErased)
def take_back(fact: MemberErased, scene: Scene, tx: Tx) -> Sequence[Effect]:
    """What was said for somebody who is forgotten leaves the threads; their offers of help are no use any more."""
    cries = records.list_stuck_of(tx, scene.group, fact.member)
    offers = records.list_offers_of(tx, scene.group, fact.member)
    return [
        *(Unpost(_cry(scene.group, name, number)) for name, number in cries),
        *(Unpost(_offer(scene.group, name, who, number)) for name, who, number in offers),
    ]


# --- somebody reported what was written ------------------------------------------------------------


@FEATURE.answers(TextAt)
def text_at(question: TextAt, scene: Scene, tx: Tx) -> MemberText | None:
    """It stands in the thread, so every member can read it, until it is reported."""
    found = _at(scene, tx, question.place)
    if found is None or (question.reader and found[1].held is not Held.NOT):
        return None
    round_, stuck = found
    item = catalogue_of(scene).item(round_.item)
    return MemberText(stuck.tried, stuck.member, f'Stuck at "{item.title if item else round_.name}"')


def _at(scene: Scene, tx: Tx, place: str, *, removed: bool = False) -> tuple[Round, Stuck] | None:
    """
    What stands at a place such as "2026-01-05/1"; what somebody wrote alone is read by nobody.

    With `removed`, also what an organiser has removed.
    """
    name, _, number = place.rpartition("/")
    round_ = records.find_round(tx, scene.group, name)
    stuck = records.find_stuck(tx, round_, number, removed=removed) if round_ and round_.post else None
    return (round_, stuck) if round_ and stuck else None


@FEATURE.on_fact(TextHeld)
def hide(fact: TextHeld, scene: Scene, tx: Tx) -> Sequence[Effect]:
    return _hold(scene, tx, fact, Held.REPORTED)


@FEATURE.on_fact(TextFreed)
def show_again(fact: TextFreed, scene: Scene, tx: Tx) -> Sequence[Effect]:
    return _hold(scene, tx, fact, Held.NOT)


@FEATURE.on_fact(TextRemoved)
def remove(fact: TextRemoved, scene: Scene, tx: Tx) -> Sequence[Effect]:
    return _hold(scene, tx, fact, Held.REMOVED)


def _hold(scene: Scene, tx: Tx, fact: TextHeld | TextFreed | TextRemoved, held: Held) -> list[Effect]:
    found = _at(scene, tx, fact.place, removed=held is Held.NOT) if fact.feature == FEATURE.name else None
    if found is None:
        return []
    round_, stuck = found
    records.keep_held(tx, round_, stuck, held)
    if held is Held.REMOVED:
        return [Unpost(_cry(round_.group, round_.name, stuck.number))]
    return [_wanted(round_, replace(stuck, held=held))]
