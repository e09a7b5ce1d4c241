"""In which channels and in which zone the group lives."""

from collections.abc import Mapping, Sequence

from bot.features.organiser.forms_rules import Sent, accept_changed
from bot.kernel.card import FORM_FIELDS
from bot.kernel.errors import Refusal
from bot.kernel.event import Submitted

Purpose = tuple[str, str, str]  # purpose, label, spot; an empty spot: the main one is used
MAIN = "main"


def pages(purposes: Sequence[Purpose]) -> tuple[tuple[Purpose, ...], ...]:
    """As many channels together as one form holds."""
    return tuple(tuple(purposes[at : at + FORM_FIELDS]) for at in range(0, len(purposes), FORM_FIELDS))


def find_page(purposes: Sequence[Purpose], page: str) -> tuple[Purpose, ...]:
    made = pages(purposes)
    number = int(page) if page.isascii() and page.isdecimal() and len(page) < 3 else 0
    if number >= len(made):
        raise Refusal("These channels are not there any more.", hint="Open “Channels” on your desk again.")
    return made[number]


def accept(purposes: Sequence[Purpose], form: Submitted) -> tuple[Mapping[str, str], Mapping[str, str]]:
    """
    The spots that change from what the form showed, by purpose: (before, after).

    A purpose that is sent to the main channel needs no entry of its own, so its spot becomes empty.
    """
    own = [Sent(purpose, label, spot, form.text(purpose)) for purpose, label, spot in purposes]
    changed = accept_changed(form.action.get("seen"), own)
    spots = {one.key: str(changed.get(one.key, one.now)) for one in own}
    if spots.get(MAIN) == "":
        raise Refusal("The main channel is missing.", hint="Choose the channel of the study group.", field=MAIN)
    before: dict[str, str] = {}
    after: dict[str, str] = {}
    for purpose, _, spot in purposes:
        wanted = spots[purpose]
        if purpose != MAIN and wanted == spots.get(MAIN):
            wanted = ""
        if wanted != spot:
            before[purpose], after[purpose] = spot, wanted
    return before, after


def spot_for(purposes: Sequence[Purpose], purpose: str) -> str:
    """Where messages of this purpose go."""
    spots = {name: spot for name, _, spot in purposes}
    return spots.get(purpose) or spots.get(MAIN, "")
