"""Keeping somebody away: at any time, both ways, and nobody is told."""

from collections.abc import Sequence

from bot.features.safety import block_cards as cards
from bot.features.safety import block_records as records
from bot.features.safety import block_rules as rules
from bot.features.safety.block_rules import Block
from bot.features.safety.handlers import FEATURE, own_address, reported_by
from bot.features.safety.rules import accept_address, accept_number, page_of
from bot.kernel.card import Card
from bot.kernel.effect import Ask, Effect, Reply
from bot.kernel.engine_facts import IsHere, NamesOf
from bot.kernel.event import Pressed, Scene, Submitted, Typed
from bot.kernel.peer_facts import BlockedWith, MembersBlocked, Unread, UnreadBy
from bot.kernel.ports import Tx


@FEATURE.on_press("block")
def block_author(press: Pressed, scene: Scene, tx: Tx) -> Sequence[Effect]:
    """Who wrote a text that the member reads. In the chat the name is known, elsewhere it may be hidden."""
    shown = accept_address(press.value or press.action.get("text"))
    address = own_address(scene, tx, shown)
    text = reported_by(scene, tx, shown, address)
    author = rules.has_author(text.author_member)
    named = address.in_chat or text.author_shown
    source, where = ("", "") if named else (str(address), text.where)
    return _block(scene, tx, Block(0, author, source, where, scene.now))


@FEATURE.on_press("ask_block", reads=True)
def ask_whom(press: Pressed, scene: Scene, tx: Tx) -> Sequence[Effect]:
    return [Ask(cards.block_form())]


@FEATURE.on_submit("send_block", opened_by="ask_block")
def block_person(form: Submitted, scene: Scene, tx: Tx) -> Sequence[Effect]:
    person = form.text(rules.FIELD)
    known = bool(scene.ask(IsHere(person), tx)) or any(scene.ask(NamesOf((person,)), tx))
    rules.accept_person(person, scene.member, known=known)
    return _block(scene, tx, Block(0, person, "", "", scene.now))


def _block(scene: Scene, tx: Tx, block: Block) -> list[Effect]:
    kept = records.keep_block(tx, scene.group, scene.member, block)
    return [MembersBlocked(scene.member, kept.blocked_member), Reply(cards.blocked_card(kept))]


@FEATURE.on_press("unblock")
def unblock(press: Pressed, scene: Scene, tx: Tx) -> Sequence[Effect]:
    number = accept_number(press.value or press.action.get("n"))
    block = rules.known(records.find_block(tx, scene.group, scene.member, number))
    records.forget_block(tx, scene.group, scene.member, block.number)
    return [Reply(cards.unblocked_card())]


@FEATURE.on_press("blocked", reads=True)
def press_list(press: Pressed, scene: Scene, tx: Tx) -> Sequence[Effect]:
    return [Reply(_list(scene, tx, press.action.get("page")))]


@FEATURE.on_command("block", "keep somebody away from you", reads=True)
def type_list(typed: Typed, scene: Scene, tx: Tx) -> Sequence[Effect]:
    return [Reply(_list(scene, tx, ""))]


def _list(scene: Scene, tx: Tx, wanted: str) -> Card:
    blocks = records.list_blocks(tx, scene.group, scene.member)
    if not blocks:
        return cards.nobody_card()
    pages = -(-len(blocks) // rules.PAGE)
    page = page_of(wanted, pages)
    shown = blocks[page * rules.PAGE : (page + 1) * rules.PAGE]
    called = scene.ask(NamesOf(tuple(block.blocked_member for block in shown)), tx)
    names = [name if block.named else "" for block, name in zip(shown, called, strict=True)]
    return cards.list_card(shown, names, scene.my_zone, page, pages)


@FEATURE.answers(BlockedWith)
def list_apart(asked: BlockedWith, scene: Scene, tx: Tx) -> tuple[str, ...]:
    return records.list_apart(tx, scene.group, asked.member)


@FEATURE.answers(UnreadBy)
def find_unread(asked: UnreadBy, scene: Scene, tx: Tx) -> Unread:
    return records.find_unread(tx, scene.group, asked.member)
