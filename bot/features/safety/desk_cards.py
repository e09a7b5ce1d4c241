"""What organisers see of reports: one card for each case, what was decided so far, and who was removed."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from bot.features.safety.desk_rules import IN_WORDS, Deed, Logged, Removed, Standing
from bot.features.safety.rules import LINE, LINES, PIECE, Address, Case, Report, State, pieces, short
from bot.kernel.action import Action
from bot.kernel.card import (
    OPTION_LABEL,
    OPTIONS,
    Block,
    Bullets,
    Button,
    Card,
    Facts,
    Form,
    Note,
    Option,
    Para,
    Quote,
    Select,
    TextField,
)
from bot.kernel.text import Mention, Text, When, listed, md, plural

WHERE = 100  # characters of where a text stands, in a title
REPORTS = Button("All reports", Action.to("safety.reports"))
LOG = Button("What was decided", Action.to("safety.log"))
REMOVED = Button("Removed people", Action.to("safety.removed"))
DESK = Button("Back to the desk", Action.to("organiser.desk"))


# --- one case ------------------------------------------------------------------------------------


def case_card(case: Case, standing: Standing, conflict: str = "") -> Card:
    """`conflict`: why the reader may not decide, in words."""
    rows = [
        ("Reported by", md("{who}", who="a member" if len(case.reports) == 1 else f"{len(case.reports)} members")),
        ("Because", md("{reasons}", reasons=listed(case.reasons))),
        ("Now", _state(case)),
    ]
    if case.author_member:
        rows.insert(0, ("Written by", md("{who}", who=Mention(case.author_member))))
        rows += _standing(standing)
    blocks: list[Block] = [Facts(tuple(rows)), *_words(case), *_why(case)]
    if conflict:
        blocks.append(Note(md("{conflict} Another organiser decides.", conflict=conflict)))
        return Card(_title(case), tuple(blocks), (*_more(case), REPORTS))
    return Card(
        _title(case), tuple(blocks), _buttons(case, standing), tone="warning" if case.state is State.OPEN else "plain"
    )


def _title(case: Case) -> str:
    return f"Report {case.number}: {short(case.where, WHERE)}"


def waits_card(case: Case) -> Card:
    """Two days later, when nobody has decided."""
    hidden = md("Until then nobody else reads it, and its author cannot change it.")
    look = Button("Open the report", Action.to("safety.case", case=str(case.number)), "primary")
    return Card(
        f"Report {case.number} still waits for a decision.",
        (
            Para(md("It is about: {where}", where=short(case.where, WHERE))),
            *((Note(hidden),) if case.hidden and not case.in_chat else ()),
        ),
        (look, REPORTS),
    )


def _state(case: Case) -> Text:
    who = Mention(case.decided_by_member) if case.decided_by_member else "an organiser"
    at = When(case.decided_at or case.opened_at)
    match case.state:
        case State.OPEN if case.address.in_chat:
            return md("in the chat, where I cannot hide it")
        case State.OPEN if case.also_in_chat and case.hidden:
            return md("hidden in my lists, but it stands in the chat")
        case State.OPEN if not case.hidden:
            return md("others read it until you decide")
        case State.OPEN:
            return md("hidden until you decide")
        case State.RESTORED:
            return md("it stays. Decided by {who}, {at}", who=who, at=at)
        case State.REMOVED if case.in_chat:
            return md("to be deleted in the chat. Decided by {who}, {at}", who=who, at=at)
        case State.REMOVED:
            return md("removed by {who}, {at}", who=who, at=at)
        case _:
            return md("its author has erased their data, so the text is gone")


def _standing(standing: Standing) -> list[tuple[str, Text]]:
    barred = [("Reviews", md("none until {at}", at=When(standing.barred_until)))] if standing.barred_until else []
    removed = [("Group", md("the author is removed from it"))] if standing.removed else []
    return [*barred, *removed]


def _words(case: Case) -> list[Block]:
    if case.words:
        blocks: list[Block] = [Quote(pieces(case.words)[0], case.author_member)]
    elif case.state is State.OPEN:
        blocks = [Note(md("It has no words: it is a file or a recording."))]
    else:
        blocks = [Note(md("The reported words are not kept any more."))]
    if case.lines:
        blocks.append(Note(md("Whoever reported it adds:")))
        blocks += [Quote(report.line, report.reporter_member) for report in case.lines[:LINES]]
    if case.state is State.OPEN and case.in_chat:
        blocks.append(Note(md("If you remove it, delete the message in the chat yourself. I cannot.")))
    if case.state is State.REMOVED and case.in_chat:
        blocks.append(Note(md("Please delete the message in the chat now, if it still stands there.")))
    if case.state is State.OPEN and not case.hidden and not case.in_chat:
        blocks.append(Note(md("I have not hidden it. Several texts that this person reported lately could stay.")))
    return blocks


def _why(case: Case) -> list[Block]:
    if case.state is not State.REMOVED or not case.why:
        return []
    return [Note(md("The reason given:")), Quote(case.why, case.decided_by_member)]


def _buttons(case: Case, standing: Standing) -> tuple[Button, ...]:
    n = str(case.number)
    decide = (
        Button("Let it stay" if case.in_chat else "Restore it", Action.to("safety.restore", case=n)),
        Button("Remove it", Action.to("safety.remove", case=n), "danger"),
    )
    after_all = {
        State.RESTORED: Button("Remove it after all", Action.to("safety.remove", case=n, after="1")),
        State.REMOVED: Button(
            "Let it stay after all" if case.in_chat else "Put it back", Action.to("safety.restore", case=n, after="1")
        ),
    }
    bar = Button("No reviews for 7 days", Action.to("safety.bar", case=n))
    unbar = Button("Let them review again", Action.to("safety.unbar", case=n))
    expel = Button("Remove from group", Action.to("safety.expel", case=n), "danger")
    author = (unbar if standing.barred_until else bar, *(() if standing.removed else (expel,)))
    return (
        *(decide if case.state is State.OPEN else ()),
        *((after_all[case.state],) if case.can_be_undone else ()),
        *(author if case.author_member else ()),
        *_more(case),
        REPORTS,
    )


def _more(case: Case) -> tuple[Button, ...]:
    longer = len(case.words) > PIECE or len(case.lines) > LINES
    return (Button("Read all of it", Action.to("safety.words", case=str(case.number))),) if longer else ()


def words_card(case: Case, page: int, pages: int) -> Card:
    """One piece of a long text; on the last page also everything that reporters added."""
    n = str(case.number)
    cut = pieces(case.words)
    blocks: list[Block] = [Quote(cut[page], case.author_member)] if page < len(cut) else []
    if page >= len(cut):
        shown = case.lines[(page - len(cut)) * LINES : (page - len(cut) + 1) * LINES]
        blocks += [Note(md("Whoever reported it adds:")), *(Quote(one.line, one.reporter_member) for one in shown)]
    turn = (
        *((Button("Page before", Action.to("safety.words", case=n, page=str(page - 1))),) if page else ()),
        *((Button("Next page", Action.to("safety.words", case=n, page=str(page + 1))),) if page + 1 < pages else ()),
    )
    blocks.append(Note(md("Page {page} of {pages}", page=page + 1, pages=pages)))
    return Card(_title(case), tuple(blocks), (*turn, Button("Back to the report", Action.to("safety.case", case=n))))


def removal_form(case: Case) -> Form:
    after = {"after": "1"} if case.state is State.RESTORED else {}
    return Form(
        "Remove this text",
        Action.to("safety.send_removal", case=str(case.number), **after),
        (TextField("why", "Why?", help="One line. The author reads it.", limit=LINE),),
        "Remove it",
    )


def sure_card(case: Case) -> Card:
    n = str(case.number)
    return Card(
        "Remove this person from the group?",
        (
            Para(md("{who} leaves the group at once and cannot join again.", who=Mention(case.author_member))),
            Para(md("Their answers stay. You can let them back in under “Removed people”.")),
            Note(md("The chat platform itself keeps them in its channels. You remove them there.")),
        ),
        (
            Button("Remove them", Action.to("safety.expel", case=n, sure="1"), "danger"),
            Button("Leave it", Action.to("safety.case", case=n)),
        ),
        tone="warning",
    )


def expelled_reply_card(case: Case) -> Card:
    open_ = case.state is State.OPEN
    text = md("The report itself is still open.") if open_ else md("They have a short message from me.")
    back = Button(
        "Decide about the text" if open_ else "Back to the report", Action.to("safety.case", case=str(case.number))
    )
    return Card("They are removed from the group.", (Para(text),), (back, REMOVED), tone="good")


# --- lists -----------------------------------------------------------------------------------------


def reports_card(cases: Sequence[Case]) -> Card:
    """Those that nobody has decided, oldest first."""
    if not cases:
        return Card("Nothing is reported now.", (), (LOG, REMOVED, DESK), tone="good")
    shown = cases[:OPTIONS]
    options = tuple(Option(str(case.number), short(f"{case.number} · {case.where}", OPTION_LABEL)) for case in shown)
    more = (Note(md("The newer ones come when these are decided.")),) if len(cases) > len(shown) else ()
    title = f"{plural(len(cases), 'reported text waits', 'reported texts wait')} for a decision"
    text = Para(md("Both sides get one neutral line from me when you have decided."))
    return Card(
        title, (text, *more), (LOG, REMOVED, DESK), (Select("Open a report", Action.to("safety.case"), options),)
    )


def log_card(deeds: Sequence[Logged], zone: ZoneInfo, page: int, *, more: bool) -> Card:
    if not deeds:
        return Card("Nothing was decided yet.", (Note(md("Each decision about a report is listed here.")),), (REPORTS,))
    blocks: list[Block] = []
    for deed in deeds:
        who = Mention(deed.by_member) if deed.by_member else "A former organiser"
        day = f"{deed.at.astimezone(zone).day} {deed.at.astimezone(zone):%B}"
        what = short(deed.where, WHERE)
        line = md("{day}, report {n}, {what}", day=day, n=deed.case, what=what)
        blocks.append(Bullets((line, md("{who} {deed}.", who=who, deed=IN_WORDS[deed.deed]))))
        if deed.why:
            blocks.append(Quote(deed.why, deed.by_member))
    turn = (
        *((Button("Page before", Action.to("safety.log", page=str(page - 1))),) if page else ()),
        *((Button("Next page", Action.to("safety.log", page=str(page + 1))),) if more else ()),
    )
    return Card("What was decided about reports", tuple(blocks), (*turn, REPORTS))


def removed_card(removed: Sequence[Removed], names: Sequence[str], zone: ZoneInfo, page: int, *, more: bool) -> Card:
    """`names` are theirs in the same order; empty where the platform has not named them, as after an erasure."""
    if not removed:
        return Card("Nobody is removed from this group.", (), (REPORTS,), tone="good")
    lines = []
    options = []
    for one, name in zip(removed, names, strict=True):
        day = f"{one.at.astimezone(zone).day} {one.at.astimezone(zone):%B}"
        who = md("{who}", who=Mention(one.person)) if name else md("somebody")
        lines.append((*md("{n}. ", n=one.number), *who, *md(", {day}", day=day)))
        options.append(Option(str(one.number), short(f"{one.number} · {name or 'somebody'}", OPTION_LABEL)))
    turn = (
        *((Button("Page before", Action.to("safety.removed", page=str(page - 1))),) if page else ()),
        *((Button("Next page", Action.to("safety.removed", page=str(page + 1))),) if more else ()),
    )
    menu = Select("Let back in", Action.to("safety.lift"), tuple(options))
    note = Note(md("They cannot join again until you let them."))
    return Card("Who was removed from this group", (Bullets(tuple(lines)), note), (*turn, REPORTS), (menu,))


def lifted_card() -> Card:
    text = md("They are not told by me, so tell them if you like.")
    return Card("They can join again.", (Note(text),), (REMOVED, REPORTS), tone="good")


_AT = datetime(2026, 1, 6, 8, tzinfo=UTC)
_ZONE = ZoneInfo("Europe/Berlin")
_WHERE = "Answer to “When accuracy misleads”"
_REPORTS = (Report("ada", "unkind", "It is the third time."), Report("cara", "other", "", 2))
_OPEN = Case(3, Address("answers", "2026-01-05/3"), "ben", _WHERE, "You clearly did not read it.", _AT, _REPORTS)
_LONG = replace(
    _OPEN, address=Address("safety", "message/0a1b2c3d4e5f"), where="A message in the chat", words="No. " * 600,
    reports=tuple(Report("ada", "spam", "And again. " * 25, number) for number in range(1, 6)),
)  # fmt: skip
_DONE = replace(
    _OPEN, state=State.REMOVED, decided_at=_AT, decided_by_member="olga", why="Please write about the answer."
)
_BARRED = Standing(datetime(2026, 1, 13, 8, tzinfo=UTC), removed=True)
_DEEDS = (
    Logged(2, 3, Deed.EXPELLED, "", _AT, _WHERE), Logged(1, 3, Deed.REMOVED, "olga", _AT, _WHERE, "Not like this."),
)  # fmt: skip
EXAMPLES: dict[str, Card | Form] = {
    "case_card": case_card(_OPEN, Standing()),
    "case_long_card": case_card(_LONG, Standing()),
    "case_decided_card": case_card(_DONE, _BARRED),
    "case_restored_card": case_card(replace(_DONE, state=State.RESTORED), Standing()),
    "case_in_thread_card": case_card(replace(_OPEN, also_in_chat=True), Standing()),
    "case_in_thread_removed_card": case_card(replace(_DONE, also_in_chat=True), Standing()),
    "case_unhidden_card": case_card(replace(_OPEN, hidden=False), Standing()),
    "waits_card": waits_card(_OPEN),
    "case_file_card": case_card(replace(_OPEN, words="", reports=_REPORTS[1:]), Standing()),
    "case_gone_card": case_card(
        replace(_OPEN, state=State.CLOSED, author_member="", words="", reports=_REPORTS[1:]), Standing()
    ),
    "case_conflict_card": case_card(_OPEN, Standing(), "You reported this text yourself."),
    "words_card": words_card(_LONG, 1, 4),
    "removal_form": removal_form(_OPEN),
    "sure_card": sure_card(_OPEN),
    "expelled_reply_card": expelled_reply_card(_OPEN),
    "reports_card": reports_card((_OPEN, replace(_LONG, number=4))),
    "no_reports_card": reports_card(()),
    "log_card": log_card(_DEEDS, _ZONE, 1, more=True),
    "no_log_card": log_card((), _ZONE, 0, more=False),
    "removed_card": removed_card((Removed("ben", 7, _AT), Removed("dan", 5, _AT)), ("Ben", ""), _ZONE, 0, more=False),
    "nobody_removed_card": removed_card((), (), _ZONE, 0, more=False),
    "lifted_card": lifted_card(),
}
