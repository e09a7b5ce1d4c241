"""What members are reminded of about their partners. The same told again with an `until` that is over takes it back."""

from datetime import datetime

from bot.features.partners.cards import back_button, board_button, here_button, vote_button
from bot.features.partners.pair_rules import Sat
from bot.kernel.card import Button
from bot.kernel.facts import Nudge
from bot.kernel.text import Text, md


def first_nudge(sat: Sat, member: str, until: datetime) -> Nudge:
    """Somebody waits for a word of theirs."""
    many = len(sat.here) > 2
    line = md("Your partners wait for a word from you." if many else "Your partner waits for a word from you.")
    return _nudge(sat, member, "first", line, here_button(), until)


def parked_nudge(sat: Sat, member: str, until: datetime) -> Nudge:
    line = md("You are parked with partners. Press I'm back when you like.")
    return _nudge(sat, member, "parked", line, back_button(), until)


def choice_nudge(sat: Sat, member: str, until: datetime) -> Nudge:
    """They are left alone."""
    line = md("You are alone with your plan. What would you like?")
    return _nudge(sat, member, "choice", line, board_button("Choose"), until)


def together_nudge(sat: Sat, member: str, until: datetime) -> Nudge:
    """They have partners: where it is night for them, the room of a new round rings for nobody."""
    line = md("You have new partners." if len(sat.here) > 2 else "You have a new partner.")
    return _nudge(sat, member, "together", line, board_button("Your partners"), until)


def vote_nudge(sat: Sat, member: str, until: datetime) -> Nudge:
    line = md("Your time together ends soon. How was it?")
    return _nudge(sat, member, "vote", line, vote_button(), until)


def left_nudge(member: str, monday: str, why: str, until: datetime) -> Nudge:
    """Why there is no partner for somebody in the round of this Monday, and what follows."""
    if why == "alone":
        line = md("Nobody else looks for a partner now. As soon as somebody does, you two are put together.")
    else:
        line = md("Nobody was free for you in this round. As soon as somebody is, you are put together.")
    return Nudge(member, "partner", f"left/{monday}", line, board_button("Your partners"), until)


def _nudge(sat: Sat, member: str, about: str, line: Text, button: Button, until: datetime) -> Nudge:
    return Nudge(member, "partner", f"{about}/{sat.number}", line, button, until)
