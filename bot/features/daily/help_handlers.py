"""Hints, and help from others for whoever is stuck."""

from collections.abc import Sequence

from bot.features.daily import cards, records, rules
from bot.features.daily.handlers import FEATURE, item_of, round_of
from bot.kernel.effect import Ask, Direct, Effect, Post, Reply, Under, Unpost
from bot.kernel.engine_facts import MemberErased
from bot.kernel.errors import Refusal
from bot.kernel.event import Pressed, Scene, Submitted
from bot.kernel.facts import MemberStuck
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


@FEATURE.on_submit("tell_stuck", opened_by="stuck")
def tell_stuck(form: Submitted, scene: Scene, tx: Tx) -> Sequence[Effect]:
    round_ = round_of(scene, tx, form.action.get("round"))
    item, tried = item_of(scene, round_), rules.tried(form.text("tried"))
    number = records.keep_stuck(tx, round_, scene.member, tried, scene.now)
    records.keep_hint(tx, round_, scene.member, len(item.hints))
    stuck = MemberStuck(round_.name, scene.member)
    if not round_.post:
        return [Reply(cards.all_hints_card(round_, item, asked=False)), stuck]
    wanted = cards.help_wanted_card(round_, tried, number, scene.member)
    return [
        Reply(cards.all_hints_card(round_, item, asked=True)),
        Post(_cry(scene.group, round_.name, number), Under(round_.post), wanted, quiet=True),
        stuck,
    ]


@FEATURE.on_press("help")
def offer_help(press: Pressed, scene: Scene, tx: Tx) -> Sequence[Effect]:
    round_ = round_of(scene, tx, press.action.get("round"))
    who = press.action.get("who")
    member = records.list_stuck(tx, round_).get(who)
    if member is None:
        raise Refusal("Nobody is waiting for help here any more.")
    if member == scene.member:
        raise Refusal("That is your own question.", hint="Somebody else will see it in the thread.")
    number = records.keep_offer(tx, round_, who, scene.member)
    name = _offer(scene.group, round_.name, who, number)
    offered = cards.help_offered_card(item_of(scene, round_), scene.member)
    return [Reply(cards.helper_card(member)), Post(name, Direct(member), offered)]


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
