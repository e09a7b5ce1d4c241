"""What organisers see of days off."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from bot.features.organiser.changes_rules import shorten
from bot.features.organiser.days_rules import LISTED, Rest, key, running
from bot.kernel.action import Action
from bot.kernel.card import (
    OPTION_LABEL,
    Block,
    Bullets,
    Button,
    Card,
    Form,
    Note,
    Option,
    Para,
    Select,
    TextField,
)
from bot.kernel.text import Text, When, md, plural

DAYS = Action.to("organiser.days")
DESK = Action.to("organiser.desk")
WHY_LISTED = 40  # characters; twenty rests fit into one list


@dataclass(frozen=True, slots=True)
class Ahead:
    """What an organiser must know to choose: today, the rests that are not over, and when the next problem comes."""

    today: date
    start: date  # from which day a rest counts that begins now
    rests: tuple[Rest, ...]
    next: tuple[date, datetime] | None


def days_card(ahead: Ahead) -> Card:
    resting = running(ahead.rests, ahead.today)
    shown = ahead.rests[:LISTED]
    blocks: list[Block] = [Para(_state(ahead, resting)), Note(_next(ahead.next))]
    if shown:
        blocks += [Para(md("**Days off**")), Bullets(tuple(_line(rest) for rest in shown))]
    if len(ahead.rests) > LISTED:
        blocks.append(Note(md("And {more} more after these.", more=len(ahead.rests) - LISTED)))
    back = (Button("Back to work now", Action.to("organiser.back_to_work"), "primary"),) if resting else ()
    buttons = (*back, *_choices(ahead), Button("Back to the desk", DESK))
    return Card("Days off", tuple(blocks), buttons, (_removal(shown),) if shown else ())


def _state(ahead: Ahead, resting: Sequence[Rest]) -> Text:
    if resting:
        last = max(resting, key=lambda rest: rest.last)
        return md("Today is a day off. Days off: {days}.", days=last.words)
    if not ahead.rests:
        return md("No days off are planned. On a day off I post no problem, and nobody misses anything.")
    return md("On a day off I post no problem, and nobody misses anything.")


def _next(next_: tuple[date, datetime] | None) -> Text:
    return md("Next problem: {at}.", at=When(next_[1])) if next_ else md("No problem is planned in the next year.")


def _line(rest: Rest) -> Text:
    if not rest.why:
        return md("{days}", days=rest.words)
    return md("{days}: {why}", days=rest.words, why=shorten(rest.why, WHY_LISTED))


def _choices(ahead: Ahead) -> tuple[Button, ...]:
    tomorrow = ahead.today + timedelta(days=1)
    skip = (Button("Skip the next problem", _rest(ahead.next[0], ahead.next[0])),) if ahead.next else ()
    return (
        *skip,
        Button("Tomorrow off", _rest(tomorrow, tomorrow)),
        Button("A week off", _rest(ahead.start, ahead.start + timedelta(days=6))),
        Button("Off until a date", Action.to("organiser.ask_until")),
        Button("Add holidays", Action.to("organiser.ask_holidays")),
    )


def _rest(first: date, last: date) -> Action:
    return Action.to("organiser.rest", first=str(first), last=str(last))


def _removal(rests: Sequence[Rest]) -> Select:
    options = tuple(
        Option(key(rest), shorten(f"{rest.words}: {rest.why}" if rest.why else rest.words, OPTION_LABEL))
        for rest in rests
    )
    return Select("Take days off the list", Action.to("organiser.remove_days"), options)


def until_form() -> Form:
    until = TextField("until", "Last day off", help="A date such as 2026-12-24. That day is off, too.", limit=40)
    return Form("Off until a date", Action.to("organiser.keep_until"), (until,), "Save")


def holidays_form() -> Form:
    days = TextField("days", "One day or range a line", help="2026-12-24 - 2027-01-01 Winter break", long=True)
    return Form("Add holidays", Action.to("organiser.keep_holidays"), (days,), "Save")


def rests_kept_card(
    rests: Sequence[Rest], over: int, undo: Action, next_: tuple[date, datetime] | None, *, from_tomorrow: bool = False
) -> Card:
    """`over` lines of the list were in the past and are left out. `from_tomorrow`: today was wanted, too late."""
    shown = rests[:LISTED]
    blocks: list[Block] = [Bullets(tuple(_line(rest) for rest in shown))]
    if len(rests) > LISTED:
        blocks.append(Note(md("And {more}.", more=plural(len(rests) - LISTED, "more line"))))
    if from_tomorrow:
        blocks.append(Note(md("Today's problem is out already, so the days off begin tomorrow.")))
    if over:
        blocks.append(Note(md("I left out {lines} in the past.", lines=plural(over, "line"))))
    blocks.append(Para(_next(next_)))
    return Card("These days are off.", tuple(blocks), (Button("Undo", undo), Button("All days off", DAYS)), tone="good")


def off_already_card(rest: Rest) -> Card:
    text = md("{days} is on your list of days off.", days=rest.words)
    return Card("That is off already.", (Para(text),), (Button("All days off", DAYS),))


def working_card(rests: Sequence[Rest], undo: Action, next_: tuple[date, datetime] | None) -> Card:
    """Days off were taken back: these."""
    blocks = (Bullets(tuple(_line(rest) for rest in rests[:LISTED])), Para(_next(next_)))
    buttons = (Button("Undo", undo), Button("All days off", DAYS))
    return Card("These are no days off any more.", blocks, buttons, tone="good")


_XMAS = Rest(date(2026, 12, 24), date(2027, 1, 1), "Winter break")
_NEXT = (date(2026, 1, 6), datetime(2026, 1, 6, 8, tzinfo=UTC))
_TODAY = date(2026, 1, 5)
EXAMPLES: dict[str, Card | Form] = {
    "days_card": days_card(Ahead(_TODAY, date(2026, 1, 6), (_XMAS,), _NEXT)),
    "days_resting_card": days_card(Ahead(_TODAY, _TODAY, (Rest(_TODAY, _TODAY), _XMAS), _NEXT)),
    "days_empty_card": days_card(Ahead(_TODAY, _TODAY, (), None)),
    "until_form": until_form(),
    "holidays_form": holidays_form(),
    "rests_kept_card": rests_kept_card((_XMAS,), 1, Action.to("organiser.undo", n="3"), _NEXT),
    "rests_kept_late_card": rests_kept_card((_XMAS,), 0, Action.to("organiser.undo", n="3"), _NEXT, from_tomorrow=True),
    "off_already_card": off_already_card(_XMAS),
    "working_card": working_card((_XMAS,), Action.to("organiser.undo", n="4"), _NEXT),
}
