"""What a member does about partners: wishing, looking, choosing, coming back, stopping."""

from collections.abc import Sequence
from dataclasses import replace

from bot.features.partners import cards, known_records, pair_records, pair_rules, records, wish_rules
from bot.features.partners.cards import Board
from bot.features.partners.handlers import FEATURE, end_of_rest, next_round_at, rests_until, term_of, week_at
from bot.features.partners.nudge_cards import vote_nudge
from bot.features.partners.pair_handlers import (
    come,
    leave,
    look,
    not_parked,
    nothing_to_ask,
    settle,
    talk_anew,
)
from bot.features.partners.pair_rules import Sat
from bot.features.partners.wish_rules import State, Wish, Wisher
from bot.kernel.card import Card
from bot.kernel.effect import Ask, Effect, Reply
from bot.kernel.engine_facts import DeskLine
from bot.kernel.errors import Refusal
from bot.kernel.event import Pressed, Scene, Submitted, Typed
from bot.kernel.facts import SignGiven, WantsReminders
from bot.kernel.ports import Tx

# --- wishing -------------------------------------------------------------------------------------------


@FEATURE.on_press("find", reads=True)
def ask_wish(press: Pressed, scene: Scene, tx: Tx) -> Sequence[Effect]:
    wish_rules.need_on(scene.settings)
    known = records.find_wisher(tx, scene.group, scene.member)
    return [Ask(cards.wish_form(known.wish if known else None))]


@FEATURE.on_submit("send", opened_by="find")
def keep_wish(form: Submitted, scene: Scene, tx: Tx) -> Sequence[Effect]:
    wish_rules.need_on(scene.settings)
    wish = wish_rules.accept_wish(form.text("stage"), form.chosen("times"), form.text("talk"))
    known = records.find_wisher(tx, scene.group, scene.member)
    was = wish_rules.write_wish(known.wish) if known and known.state is not State.OFF else ""
    return _wished(scene, tx, wish, was)


@FEATURE.on_press("restore")
def restore_wish(press: Pressed, scene: Scene, tx: Tx) -> Sequence[Effect]:
    """The answers as they were before. Whoever has stopped since stays so."""
    wish_rules.need_on(scene.settings)
    known = _need_wisher(scene, tx)
    return _wished(scene, tx, wish_rules.read_wish(press.action.get("was")), wish_rules.write_wish(known.wish))


def _wished(scene: Scene, tx: Tx, wish: Wish, was: str) -> list[Effect]:
    records.keep_first_monday(tx, scene.group, week_at(scene.now, scene))
    wisher = records.keep_wish(tx, scene.group, scene.member, wish, scene.now)
    known_records.forget_known(tx, scene.group, wisher.number)
    effects = [] if was else _return(scene, tx, wisher)
    sat = pair_records.find_sat_with(tx, scene.group, scene.member) if was else None
    effects += talk_anew(scene, tx, sat) if sat else []
    reminded = scene.ask(WantsReminders(scene.member), tx)
    return [*effects, Reply(cards.kept_card(board_of(scene, tx), was=was, reminded=reminded))]


def _return(scene: Scene, tx: Tx, wisher: Wisher) -> list[Effect]:
    """They want partners from now on."""
    until, told = rests_until(scene, tx, wisher.member), not_parked(scene, tx, wisher)
    wisher = replace(wisher, state=State.WANTS, solo=False, resting=until is not None)
    records.keep_state(tx, scene.group, wisher)
    return [*told, *([end_of_rest(scene, wisher, until)] if until else come(scene, tx, wisher))]


@FEATURE.on_press("again")
def wish_again(press: Pressed, scene: Scene, tx: Tx) -> Sequence[Effect]:
    """After a stop, or after a time alone."""
    wish_rules.need_on(scene.settings)
    wisher = _need_wisher(scene, tx)
    return [*_return(scene, tx, wisher), Reply(cards.back_card(board_of(scene, tx)))]


@FEATURE.on_press("back")
def come_back(press: Pressed, scene: Scene, tx: Tx) -> Sequence[Effect]:
    """Who was parked is there at once: where they were, as a third, or as soon as somebody is free."""
    wisher = _need_wisher(scene, tx)
    effects = _return(scene, tx, wisher) if wisher.state is State.PARKED else []
    effects.append(SignGiven(scene.member))
    return [*effects, Reply(cards.back_card(board_of(scene, tx)))]


@FEATURE.on_press("stop")
def stop(press: Pressed, scene: Scene, tx: Tx) -> Sequence[Effect]:
    """As an undo of the wish it names the pair that came of it: it ends no other one."""
    wisher = _need_wisher(scene, tx)
    sat = pair_records.find_sat_with(tx, scene.group, scene.member)
    if press.action.get("pair"):
        wish_rules.need_same(sat.number if sat else 0, press.action.get("pair"))
    told = nothing_to_ask(scene, tx, wisher)
    records.keep_state(tx, scene.group, replace(wisher, state=State.OFF, waits_since=None, solo=False))
    partners = _others(sat, scene.member) if sat else ()
    effects = leave(scene, tx, sat, wisher.number) if sat else []
    return [*told, *effects, Reply(cards.stopped_card(len(partners)))]


def _need_wisher(scene: Scene, tx: Tx) -> Wisher:
    wisher = records.find_wisher(tx, scene.group, scene.member)
    if wisher is None:
        raise Refusal("You have not asked for a partner yet.", "Type /study partner and press Find me a partner.")
    return wisher


# --- looking --------------------------------------------------------------------------------------------


@FEATURE.on_command("partner", "find or see your partner", reads=True)
def type_partner(typed: Typed, scene: Scene, tx: Tx) -> Sequence[Effect]:
    return [Reply(cards.board_card(board_of(scene, tx)))]


@FEATURE.on_press("board", reads=True)
def show_board(press: Pressed, scene: Scene, tx: Tx) -> Sequence[Effect]:
    return [Reply(cards.board_card(board_of(scene, tx)))]


@FEATURE.on_home
def home_partners(scene: Scene, tx: Tx) -> Sequence[Card]:
    card = cards.home_card(board_of(scene, tx)) if scene.is_member and scene.ready else None
    return [card] if card else []


@FEATURE.on_desk
def tell_organisers(scene: Scene, tx: Tx) -> Sequence[DeskLine]:
    if not scene.settings.on:
        return []
    long = [
        wisher
        for wisher in records.list_waiting(tx, scene.group)
        if wisher.waits_since and scene.now - wisher.waits_since > wish_rules.WAITS_LONG
    ]
    return [cards.desk_line(len(long))] if long else []


def board_of(scene: Scene, tx: Tx) -> Board:
    wisher = records.find_wisher(tx, scene.group, scene.member)
    if wisher is None or wisher.state is State.OFF:
        return Board("none", wish=wisher.wish if wisher else None) if scene.settings.on else Board("off_here")
    sat = pair_records.find_sat_with(tx, scene.group, scene.member)
    if sat and len(sat.here) > 1:
        votes = scene.now >= sat.ends - pair_rules.VOTE_BEFORE
        return Board("paired", _others(sat, scene.member), sat.ends, votes=votes, wish=wisher.wish, pair=sat.number)
    if not scene.settings.on:
        return Board("off_here", wish=wisher.wish)
    next_round = next_round_at(scene, tx)
    if sat and sat.asked and sat.asked[0] == wisher.number:
        state = "choice"
    elif wisher.state is State.PARKED:
        state = "parked"
    elif wisher.resting:
        state = "resting"
    else:
        state = "solo" if wisher.solo else "waits"
    return Board(state, next_round=next_round, wish=wisher.wish, pair=sat.number if sat else 0)


def _others(sat: Sat, member: str) -> tuple[str, ...]:
    return tuple(s.member for s in sat.here if s.member != member)


# --- in a pair ------------------------------------------------------------------------------------------------


@FEATURE.on_press("here")
def say_here(press: Pressed, scene: Scene, tx: Tx) -> Sequence[Effect]:
    """A sign of life by one press: partners wait for nothing more."""
    sat = pair_rules.need_pair(pair_records.find_sat_with(tx, scene.group, scene.member))
    pair_records.keep_sign(tx, scene.group, sat.number, scene.member, scene.now)
    effects = [SignGiven(scene.member), *look(scene, tx, sat.number)]
    board = board_of(scene, tx)
    return [*effects, Reply(cards.here_card(board) if board.partners else cards.board_card(board))]


@FEATURE.on_press("choose")
def choose(press: Pressed, scene: Scene, tx: Tx) -> Sequence[Effect]:
    """Of the one who is left alone."""
    wish_rules.need_on(scene.settings)
    wisher = _need_wisher(scene, tx)
    sat = pair_rules.need_asked(pair_records.find_sat_with(tx, scene.group, scene.member), wisher.number)
    effects = settle(scene, tx, sat, wisher, wish_rules.accept_choice(press.action.get("what")))
    return [SignGiven(scene.member), *effects, Reply(cards.chosen_card(board_of(scene, tx)))]


@FEATURE.on_press("move")
def move(press: Pressed, scene: Scene, tx: Tx) -> Sequence[Effect]:
    """Somebody else, now."""
    wisher = _need_wisher(scene, tx)
    sat, sure = pair_records.find_sat_with(tx, scene.group, scene.member), press.action.get("pair")
    if not sure:
        return [Reply(cards.sure_card(pair_rules.need_pair(sat).number))]
    wish_rules.need_same(sat.number if sat else 0, sure)
    sat = pair_rules.need_pair(sat)
    pair_records.keep_vote(tx, scene.group, sat.number, wisher.number, pair_rules.ELSE)
    pair_records.keep_sign(tx, scene.group, sat.number, scene.member, scene.now)
    effects = leave(scene, tx, sat, wisher.number, locked=True)
    effects += come(scene, tx, _need_wisher(scene, tx))
    return [*effects, Reply(cards.moved_card(board_of(scene, tx)))]


@FEATURE.on_press("close", reads=True)
def ask_how_it_was(press: Pressed, scene: Scene, tx: Tx) -> Sequence[Effect]:
    sat = _ending(scene, tx)
    others = _others(sat, scene.member)
    pair_rules.need_pair(sat if others else None)
    return [Reply(cards.close_card(sat.number, others, sat.ends))]


@FEATURE.on_press("vote")
def keep_vote(press: Pressed, scene: Scene, tx: Tx) -> Sequence[Effect]:
    vote, wisher, sat = pair_rules.accept_vote(press.action.get("what")), _need_wisher(scene, tx), _ending(scene, tx)
    wish_rules.need_same(sat.number, press.action.get("pair"))
    pair_records.keep_vote(tx, scene.group, sat.number, wisher.number, vote)
    pair_records.keep_sign(tx, scene.group, sat.number, scene.member, scene.now)
    told = vote_nudge(sat, scene.member, scene.now)
    return [told, *look(scene, tx, sat.number), SignGiven(scene.member), Reply(cards.voted_card(vote))]


def _ending(scene: Scene, tx: Tx) -> Sat:
    """The pair that is about to end, or has just ended."""
    now = pair_records.find_sat_with(tx, scene.group, scene.member)
    sat = now or pair_records.find_last_with(tx, scene.group, scene.member)
    term = term_of(scene, tx)
    over = sat is not None and sat.term < term.number and records.find_round(tx, scene.group, term.name) is not None
    return pair_rules.may_vote(sat, scene.now, round_done=over)
