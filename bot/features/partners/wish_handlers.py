"""What a member does about partners: wishing, looking, choosing, coming back, stopping."""

from collections.abc import Sequence
from dataclasses import replace

from bot.features.partners import cards, pair_records, pair_rules, records, wish_rules
from bot.features.partners.cards import Board
from bot.features.partners.handlers import FEATURE, end_of_rest, next_round_at, rests_until, term_of, week_at
from bot.features.partners.pair_handlers import come, leave, look, settle
from bot.features.partners.pair_rules import Sat
from bot.features.partners.wish_rules import State, Wish, Wisher
from bot.kernel.card import Card
from bot.kernel.effect import Ask, Effect, Reply
from bot.kernel.engine_facts import DeskLine
from bot.kernel.errors import Refusal
from bot.kernel.event import Pressed, Scene, Submitted, Typed
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
    """The answers as they were before."""
    known = _need_wisher(scene, tx)
    return _wished(scene, tx, wish_rules.read_wish(press.action.get("was")), wish_rules.write_wish(known.wish))


def _wished(scene: Scene, tx: Tx, wish: Wish, was: str) -> list[Effect]:
    records.keep_first_monday(tx, scene.group, week_at(scene.now, scene))
    wisher = records.keep_wish(tx, scene.group, scene.member, wish, scene.now)
    effects = _return(scene, tx, wisher) if wisher.state is State.OFF or not was else []
    return [*effects, Reply(cards.kept_card(board_of(scene, tx), was=was))]


def _return(scene: Scene, tx: Tx, wisher: Wisher) -> list[Effect]:
    """They want partners from now on."""
    until = rests_until(scene, tx, wisher.member)
    wisher = replace(wisher, state=State.WANTS, solo=False, resting=until is not None)
    records.keep_state(tx, scene.group, wisher)
    return [end_of_rest(scene, wisher, until)] if until else come(scene, tx, wisher)


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
    return [*effects, Reply(cards.back_card(board_of(scene, tx)))]


@FEATURE.on_press("stop")
def stop(press: Pressed, scene: Scene, tx: Tx) -> Sequence[Effect]:
    wisher = _need_wisher(scene, tx)
    records.keep_state(tx, scene.group, replace(wisher, state=State.OFF, waits_since=None, solo=False))
    sat = pair_records.find_sat_with(tx, scene.group, scene.member)
    effects = leave(scene, tx, sat, wisher.number) if sat else []
    return [*effects, Reply(cards.stopped_card())]


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
    long = [
        wisher
        for wisher in records.list_waiting(tx, scene.group)
        if wisher.waits_since and scene.now - wisher.waits_since > wish_rules.WAITS_LONG
    ]
    return [cards.desk_line(len(long))] if long else []


def board_of(scene: Scene, tx: Tx) -> Board:
    wisher = records.find_wisher(tx, scene.group, scene.member)
    if wisher is None or wisher.state is State.OFF:
        return Board("none" if scene.settings.on else "off_here", wish=wisher.wish if wisher else None)
    sat = pair_records.find_sat_with(tx, scene.group, scene.member)
    if sat and len(sat.here) > 1:
        votes = scene.now >= sat.ends - pair_rules.VOTE_BEFORE
        return Board("paired", _others(sat, scene.member), sat.ends, votes=votes, wish=wisher.wish)
    next_round = next_round_at(scene, tx)
    if sat and sat.asked and sat.asked[0] == wisher.number:
        state = "choice"
    elif wisher.state is State.PARKED:
        state = "parked"
    elif wisher.resting:
        state = "resting"
    else:
        state = "solo" if wisher.solo else "waits"
    return Board(state, next_round=next_round, wish=wisher.wish)


def _others(sat: Sat, member: str) -> tuple[str, ...]:
    return tuple(s.member for s in sat.here if s.member != member)


# --- in a pair ------------------------------------------------------------------------------------------------


@FEATURE.on_press("here")
def say_here(press: Pressed, scene: Scene, tx: Tx) -> Sequence[Effect]:
    """A sign of life by one press: partners wait for nothing more."""
    sat = pair_rules.need_pair(pair_records.find_sat_with(tx, scene.group, scene.member))
    pair_records.keep_sign(tx, scene.group, sat.number, scene.member, scene.now)
    effects = look(scene, tx, sat.number)
    board = board_of(scene, tx)
    return [*effects, Reply(cards.here_card(board) if board.partners else cards.board_card(board))]


@FEATURE.on_press("choose")
def choose(press: Pressed, scene: Scene, tx: Tx) -> Sequence[Effect]:
    """Of the one who is left alone."""
    wisher = _need_wisher(scene, tx)
    sat = pair_rules.need_asked(pair_records.find_sat_with(tx, scene.group, scene.member), wisher.number)
    effects = settle(scene, tx, sat, wisher, wish_rules.accept_choice(press.action.get("what")))
    return [*effects, Reply(cards.chosen_card(board_of(scene, tx)))]


@FEATURE.on_press("move")
def move(press: Pressed, scene: Scene, tx: Tx) -> Sequence[Effect]:
    """Somebody else, now."""
    wisher = _need_wisher(scene, tx)
    sat = pair_rules.need_pair(pair_records.find_sat_with(tx, scene.group, scene.member))
    if press.action.get("sure") != "1":
        return [Reply(cards.sure_card())]
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
    return [Reply(cards.close_card(others, sat.ends))]


@FEATURE.on_press("vote")
def keep_vote(press: Pressed, scene: Scene, tx: Tx) -> Sequence[Effect]:
    vote, wisher, sat = pair_rules.accept_vote(press.action.get("what")), _need_wisher(scene, tx), _ending(scene, tx)
    pair_records.keep_vote(tx, scene.group, sat.number, wisher.number, vote)
    pair_records.keep_sign(tx, scene.group, sat.number, scene.member, scene.now)
    return [Reply(cards.voted_card(vote))]


def _ending(scene: Scene, tx: Tx) -> Sat:
    """The pair that is about to end, or has just ended."""
    sat = pair_records.find_last_with(tx, scene.group, scene.member)
    term = term_of(scene, tx)
    over = sat is not None and sat.term < term.number and records.find_round(tx, scene.group, term.name) is not None
    return pair_rules.may_vote(sat, scene.now, round_done=over)
