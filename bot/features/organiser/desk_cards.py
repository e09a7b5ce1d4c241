"""The organiser's desk: what is set, how it goes, and the way to every tool."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo

from bot.features.organiser.changes_rules import Change, Kind, shorten, undo_of
from bot.features.organiser.days_rules import Rest
from bot.features.organiser.desk_rules import AWAITED, Desk, Task, by_day
from bot.kernel.action import Action
from bot.kernel.calendar import Rhythm
from bot.kernel.card import BUTTONS, Block, Bullets, Button, Card, Facts, Form, Note, Para
from bot.kernel.engine_facts import Delivery, DeskLine
from bot.kernel.text import Mention, Text, When, md, plural

DESK = Action.to("organiser.desk")
SENT = Action.to("organiser.sent")
TRY_AGAIN = Button("Try the failed ones again", Action.to("organiser.try_again"))
POST_NOW = Action.to("organiser.post_now")
QUIET = Button("Who is quiet", Action.to("organiser.quiet"))
INVITE = Button("Post the join message again", Action.to("members.invite"))
WAITING = 2  # buttons of what waits for an organiser
WHAT = 80  # characters of a message's title in a list
FIX = 150  # characters of what to do about a failure; the private note has more
FIXES = 5  # things to mend that the desk lists
STATES = {"due": "planned", "sent": "sent", "waiting": "on its way", "skipped": "left out", "failed": "not sent"}


# --- the desk ----------------------------------------------------------------------------------


def desk_card(desk: Desk) -> Card:
    rows = [
        ("Next problem", _next(desk)),
        ("Last problem", _last(desk)),
        ("Problems", md("{days} at {at}", days=str(desk.rhythm).rpartition(" ")[0], at=f"{desk.rhythm.at:%H:%M}")),
        ("Time zone", md("{zone}", zone=desk.zone)),
        ("Channel", md("{channel}", channel=desk.channel)),
        ("Answers", md("{answers}", answers="open threads" if desk.open_threads else "closed answers")),
    ]
    if desk.rests:
        rows.append(("Days off", _rests(desk.rests)))
    if desk.change:
        rows.append(("Last change", md("{what}", what=desk.change.what)))
    blocks = (*_to_mend(desk.fixes), *_awaited(desk.awaits), Facts(tuple(rows)))
    return Card("Your desk", blocks, _desk_buttons(desk), tone="warning" if desk.fixes else "plain")


def _desk_buttons(desk: Desk) -> tuple[Button, ...]:
    """What waits comes first. Where there are too many, those make room that stand under “More tools” as well."""
    found = {line.button.action: line.button for line in desk.awaits[:AWAITED] if line.button}
    waiting = tuple(replace(button, style="plain") for button in found.values())[:WAITING]
    undo = (Button("Undo the last change", desk.change.undo),) if desk.change else ()
    buttons = (
        *waiting,
        Button("Post a problem now", POST_NOW, "primary"),
        Button("Plan", Action.to("daily.plan")),
        Button("Days off", Action.to("organiser.days")),
        Button("What was sent", Action.to("organiser.sent")),
        QUIET,
        Button("Settings", Action.to("organiser.settings")),
        TRY_AGAIN if desk.fixes else threads_button(open_threads=desk.open_threads),
        INVITE,
        Button("More tools", Action.to("organiser.more")),
        *undo,
    )
    spare = len(buttons) - BUTTONS
    return tuple(button for button in buttons if button not in (INVITE, QUIET)[: max(0, spare)])


def _awaited(lines: Sequence[DeskLine]) -> tuple[Block, ...]:
    """What other features want an organiser to look at, a line each."""
    if not lines:
        return ()
    more = (Note(md("And {n} more.", n=len(lines) - AWAITED)),) if len(lines) > AWAITED else ()
    return Para(md("**Waiting for an organiser:**")), Bullets(tuple(line.line for line in lines[:AWAITED])), *more


def _to_mend(fixes: Sequence[str]) -> tuple[Block, ...]:
    """What keeps messages from being sent, a line each."""
    if not fixes:
        return ()
    lines = tuple(md("{fix}", fix=shorten(fix, FIX)) for fix in fixes[:FIXES])
    more = (Note(md("{n} more under “What was sent”.", n=len(fixes) - FIXES)),) if len(fixes) > FIXES else ()
    return Para(md("**Messages could not be sent.** To mend:")), Bullets(lines), *more


def _next(desk: Desk) -> Text:
    if desk.next is None:
        return md("none is planned")
    return md("{at}, in {where}", at=When(desk.next[1]), where=desk.where)


def _last(desk: Desk) -> Text:
    if desk.last is None:
        return md("none yet")
    return md("{title}: {answers}", title=desk.last.title, answers=plural(desk.answers, "answer"))


def _rests(rests: Sequence[Rest]) -> Text:
    more = f", and {len(rests) - 1} more" if len(rests) > 1 else ""
    return md("{days}{more}", days=rests[0].words, more=more)


def threads_button(*, open_threads: bool) -> Button:
    if open_threads:
        return Button("Use closed answers", Action.to("organiser.threads", open="0"))
    return Button("Use open threads", Action.to("organiser.threads", open="1"))


def more_card(*, open_threads: bool) -> Card:
    """The tools that are needed now and then."""
    explained = Bullets(
        (
            md("**Closed answers:** members read the answers of others after sending theirs."),
            md("**Open threads:** a reply in the thread is an answer, and all can read it."),
        )
    )
    buttons = (
        Button("Organisers", Action.to("organiser.people")),
        Button("Channels", Action.to("organiser.channels")),
        Button("Time zone", Action.to("organiser.zone")),
        Button("Corrections", Action.to("streaks.corrections")),  # the way to correct a day stands there
        Button("System design weeks", Action.to("mlsd.calendar")),
        Button("All changes", Action.to("organiser.changes")),
        threads_button(open_threads=open_threads),
        QUIET,
        INVITE,
        Button("Back to the desk", DESK),
    )
    return Card("More tools", (explained,), buttons)


# --- what was sent ---------------------------------------------------------------------------------


def sent_card(sent: Sequence[Delivery], zone: ZoneInfo, page: int, pages: int) -> Card:
    """One page of what was due, newest first, day by day."""
    blocks: list[Block] = []
    for day, deliveries in by_day(sent, zone):
        blocks.append(Para(md("**{day}**", day=f"{day:%A} {day.day} {day:%B}")))
        blocks.append(Bullets(tuple(_delivery(delivery) for delivery in deliveries)))
    if pages > 1:
        blocks.append(Note(md("Page {page} of {pages}", page=page + 1, pages=pages)))
    failed = any(delivery.state == "failed" for delivery in sent)
    again = (TRY_AGAIN,) if failed else ()
    buttons = (*_turn("organiser.sent", page, pages), *again, Button("Back to the desk", DESK))
    title = "What is planned, and what was sent in the last seven days"
    return Card(title, tuple(blocks), buttons, tone="warning" if failed else "plain")


def _delivery(delivery: Delivery) -> Text:
    what, state = shorten(delivery.what, WHAT), STATES.get(delivery.state, delivery.state)
    line = md("{at} {what}: {state}", at=When(delivery.at), what=what, state=state)
    return (*line, *md(". {fix}", fix=shorten(delivery.fix, FIX))) if delivery.fix else line


def tried_again_card() -> Card:
    text = md("What still fails is told again, with its reason.")
    return Card("I try the failed messages again.", (Para(text),), (Button("What was sent", SENT),))


def nothing_sent_card() -> Card:
    text = md("Nothing was due in the last seven days. Your desk shows when the next problem comes.")
    return Card("Nothing was sent yet.", (Para(text),), (Button("Back to the desk", DESK),))


# --- who is quiet ---------------------------------------------------------------------------------------


def quiet_card(quiet: Sequence[tuple[str, datetime]], zone: ZoneInfo, page: int, pages: int) -> Card:
    """For organisers alone."""
    lines = tuple(
        md("{who}, since {day}", who=Mention(member), day=f"{seen.astimezone(zone).day} {seen.astimezone(zone):%B}")
        for member, seen in quiet
    )
    advice = Para(md("A short hello helps more than a reminder. Only organisers see this list."))
    turned = (Note(md("Page {page} of {pages}", page=page + 1, pages=pages)),) if pages > 1 else ()
    buttons = (*_turn("organiser.quiet", page, pages), Button("Back to the desk", DESK))
    return Card("Not seen for two weeks", (advice, Bullets(lines), *turned), buttons)


def nobody_quiet_card() -> Card:
    return Card("Everybody has been here in the last two weeks.", (), (Button("Back to the desk", DESK),), tone="good")


def _turn(route: str, page: int, pages: int) -> tuple[Button, ...]:
    newer = (Button("Page before", Action.to(route, page=str(page - 1))),) if page else ()
    older = (Button("Next page", Action.to(route, page=str(page + 1))),) if page + 1 < pages else ()
    return (*newer, *older)


_AT = datetime(2026, 1, 5, 8, tzinfo=UTC)
_ZONE = ZoneInfo("Europe/Berlin")
_RHYTHM = Rhythm((0, 1, 2, 3, 4), time(9))
_CHANGE = Change(_AT, Kind.SETTINGS, "Daily problem: Open for: 36 hours → 48 hours", "olga", number=2, undo=undo_of(2))
_FULL = Desk(
    "Europe/Berlin", _RHYTHM, open_threads=True, channel="this one", where="this channel", next=(date(2026, 1, 6), _AT),
    last=Task("2026-01-05", "Sort a list of dates", _AT), answers=3, change=_CHANGE,
    rests=(Rest(date(2026, 12, 24), date(2027, 1, 1), "Winter break"), Rest(date(2027, 5, 1), date(2027, 5, 1))),
)  # fmt: skip
_SENT = (
    Delivery("Daily problem", datetime(2026, 1, 6, 8, tzinfo=UTC), "due"),
    Delivery("Sort a list of dates", _AT, "sent"),
    Delivery("Sort a list of dates", _AT, "failed", "Give me the right to write in #study, then post again."),
)
_FIXES = tuple(f"Whetstone may not write in #study-{n}. Allow “Send Messages” there." for n in range(FIXES + 1))
_AWAITS = (
    DeskLine(md("{n} waits for a decision.", n="1 report"), Button("Open the reports", Action.to("organiser.more"))),
    *(DeskLine(md("A request for a review waits for {n} hours.", n=hours)) for hours in range(48, 54)),
)
EXAMPLES: dict[str, Card | Form] = {
    "desk_trouble_card": desk_card(replace(_FULL, fixes=_FIXES)),
    "desk_card": desk_card(replace(_FULL, open_threads=False, last=None, rests=(), change=None)),
    "desk_full_card": desk_card(_FULL),
    "desk_waiting_card": desk_card(replace(_FULL, awaits=_AWAITS)),
    "more_card": more_card(open_threads=False),
    "sent_card": sent_card(_SENT, _ZONE, 1, 3),
    "tried_again_card": tried_again_card(),
    "nothing_sent_card": nothing_sent_card(),
    "quiet_card": quiet_card((("ada", _AT), ("ben", _AT)), _ZONE, 0, 2),
    "nobody_quiet_card": nobody_quiet_card(),
}
