"""The rules every item is held to, beyond being readable. A kind adds its own rules in its module."""

import datetime as dt
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Final

from bot.content.kind import Entry, Level, Remark
from bot.content.pack import Pack
from bot.content.prose import runs
from bot.content.shelf import Shelf
from bot.content.system_design_rules import twist_faults

STATEMENT_TEXT: Final = 1_600
PROBE_TEXT: Final = 240
TWIST_TEXT: Final = 700
REVIEW_DAYS: Final = 548  # eighteen months
REVIEW_SOON_DAYS: Final = 456
RUN_LENGTH: Final = 6
RUN_SHARE: Final = 0.2
COMPANY: Final = re.compile(
    r"\b(Google|Meta|Facebook|Amazon|Apple|Netflix|Microsoft|OpenAI|Anthropic|Uber|Airbnb|LinkedIn|TikTok|Spotify"
    r"|Nvidia|Stripe|Twitter|YouTube|Instagram|WhatsApp|Tinder|DoorDash|Pinterest)\b"
)
ASKED: Final = re.compile(
    r"\b(asked (at|by|in) (a |an |the )?(\w+ )?(onsite|interview|company|loop)|real interview question"
    r"|leaked (question|from)|from my onsite|NDA)\b",
    re.IGNORECASE,
)
ALT_TEXT: Final = 40  # a shorter text names the picture, and says nothing of it
ABOUT_ITSELF: Final = re.compile(r"(an? |the |this )?(picture|image|figure|screenshot|photo)\b", re.IGNORECASE)
OPENERS: Final = ("before", "search", "list", "write", "draw", "name", "sketch")


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing to mend. FILE is relative to the pack, LINE counts from 1, LEVEL is error or warning."""

    file: str
    line: int
    rule: str
    level: Level
    message: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.level} {self.rule}: {self.message}"


def lint(pack: Pack, today: dt.date) -> tuple[Finding, ...]:
    """Every finding in PACK as of TODAY, sorted by place."""
    shelf = Shelf(pack.taxonomy, pack.rubrics, pack.plans, today)
    found: list[Finding] = []
    for entry in pack.entries:
        excused = {excuse.rule for excuse in entry.fields.lint_ignore if excuse.until >= today}
        remarks = [remark for rule in COMMON for remark in rule(entry, shelf)]
        remarks += entry.kind.review(entry, shelf)
        found += (_finding(entry, remark) for remark in remarks if remark.rule not in excused)
    found += _copies(pack, today)
    found += _plans(pack)
    return tuple(sorted(found, key=lambda finding: (finding.file, finding.line, finding.rule, finding.message)))


def _finding(entry: Entry[Any], remark: Remark) -> Finding:
    place = entry.problem(remark.at, remark.message)
    return Finding(place.file, place.line, remark.rule, remark.level, remark.message)


def _error(rule: str, message: str, *at: str | int) -> Remark:
    return Remark(rule, "error", message, at)


def _id(entry: Entry[Any], _shelf: Shelf) -> Iterator[Remark]:
    prefix = entry.kind.prefix
    if not prefix:
        return
    if not entry.id.startswith(f"{prefix}-"):
        yield _error("L02", f"the id must begin with '{prefix}-'", "id")
    *_, folder, name = ("", *entry.file.split("/"))
    own = folder if name == "item.yaml" else name.removesuffix(".yaml")
    grouped = entry.show().link is not None  # references stand together in one file named after their pattern
    if not grouped and own != entry.id:
        yield _error("L02", f"the id must equal the name of its file or folder, '{own}'", "id")


def _lengths(entry: Entry[Any], _shelf: Shelf) -> Iterator[Remark]:
    shown = entry.show()
    statement = getattr(entry.fields, "statement", "")
    if len(statement) > STATEMENT_TEXT:
        yield _error(
            "L03", f"the statement has {len(statement)} characters; write at most {STATEMENT_TEXT}", "statement"
        )
    for index, question in enumerate(shown.questions):
        if len(question.ask) > PROBE_TEXT:
            text = f"this probe has {len(question.ask)} characters; write at most {PROBE_TEXT}"
            yield _error("L03", text, "probes", index, "ask")
    for index, turn in enumerate(shown.timed.turns if shown.timed else ()):
        if len(turn.text) > TWIST_TEXT:
            text = f"this twist has {len(turn.text)} characters; write at most {TWIST_TEXT}"
            yield _error("L03", text, "twists", index, "text")


def _licence(entry: Entry[Any], shelf: Shelf) -> Iterator[Remark]:
    if entry.fields.license not in shelf.taxonomy.licences:
        allowed = ", ".join(shelf.taxonomy.licences)
        yield _error("L04", f"the licence '{entry.fields.license}' is not allowed; use {allowed}", "license")
    if entry.kind.prefix and not entry.fields.sources:
        yield _error("L04", "name at least one source", "sources")
    for index, source in enumerate(entry.fields.sources):
        if not source.url.startswith("https://"):
            yield _error("L04", "the address of a source must begin with https://", "sources", index, "url")


def _age(entry: Entry[Any], shelf: Shelf) -> Iterator[Remark]:
    days = (shelf.today - entry.fields.reviewed.last).days
    at = ("reviewed", "last")
    if days < 0:
        yield _error("L05", "the date of the review lies in the future", *at)
    elif days > REVIEW_DAYS:
        yield _error("L05", f"the last review is {days} days old; the limit is {REVIEW_DAYS}", *at)
    elif days > REVIEW_SOON_DAYS:
        yield Remark("L05", "warning", f"review this within {REVIEW_DAYS - days} days", at)


def _minutes(entry: Entry[Any], _shelf: Shelf) -> Iterator[Remark]:
    low, high = entry.kind.minutes
    solve = entry.fields.minutes.solve
    if not low <= solve <= high:
        yield _error("L08", f"{solve} minutes to solve; this kind takes {low} to {high}", "minutes")


def _questions(entry: Entry[Any], _shelf: Shelf) -> Iterator[Remark]:
    shown = entry.show()
    if entry.kind.prefix and "?" not in shown.hints[0] and not shown.hints[0].lower().startswith(OPENERS):
        yield Remark("L09", "warning", "the first hint should ask, not tell", ("hints", 0))
    for index, question in enumerate(shown.questions):
        if "?" not in question.ask:
            yield _error("L10", "a probe must be a question", "probes", index, "ask")


def _rubric(entry: Entry[Any], shelf: Shelf) -> Iterator[Remark]:
    shown = entry.show()
    rubric = shelf.rubrics.get(shown.rubric)
    known = {criterion.id for criterion in rubric.criteria} if rubric else set()
    for index, focus in enumerate(shown.focus):
        if focus not in known:
            text = f"the rubric has no criterion '{focus}'; choose one of: {', '.join(sorted(known))}"
            yield _error("L11", text, "rubric", "focus", index)


def _names(entry: Entry[Any], _shelf: Shelf) -> Iterator[Remark]:
    body = task_text(entry)
    if found := COMPANY.search(body):
        yield _error("L12", f"the item names a company: {found.group(0)}")
    if found := ASKED.search(body):
        yield _error("L12", f"the item claims to be a real interview question: '{found.group(0)}'")


def _answer(entry: Entry[Any], _shelf: Shelf) -> Iterator[Remark]:
    if not entry.kind.prefix:
        return
    outline = entry.fields.model_answer.outline
    points = sum(map(len, outline.values())) if isinstance(outline, dict) else len(outline)
    if points < 5:
        yield _error("L13", f"the outline has {points} points; give at least 5", "model_answer", "outline")
    if not entry.fields.model_answer.alternatives:
        yield _error("L13", "name at least one other answer that is acceptable", "model_answer")


def _figure(entry: Entry[Any], _shelf: Shelf) -> Iterator[Remark]:
    """L14: whoever cannot see the picture must be able to work on the problem."""
    if entry.figure is None:
        return
    at, alt = ("figure", "alt"), entry.figure.alt
    if len(alt) < ALT_TEXT:
        text = f"'alt' has {len(alt)} characters; say in at least {ALT_TEXT} what is to be read from the picture"
        yield _error("L14", text, *at)
    elif ABOUT_ITSELF.match(alt):
        yield _error("L14", "'alt' begins by saying that it is a picture; say what is to be read", *at)
    elif not re.search(r"\d", alt):
        yield Remark("L14", "warning", "'alt' holds no number; say the values that one reads from the picture", at)
    if entry.kind.name == "mlsd":
        yield _error("L14", "sessions of system design show no figure; say it in words", "figure")


def _plans(pack: Pack) -> Iterator[Finding]:
    """M09 of session plans that show the first twists of any item at minutes of their own."""
    for id_, plan in pack.plans.items():
        place = pack.plan_twists[id_]
        for _, fault in twist_faults(plan.twists or (), plan):
            yield Finding(place.file, place.line, "M09", "error", f"session plan '{id_}': {fault}")


def task_text(entry: Entry[Any]) -> str:
    """What a member is asked: the task, the hints and the probes."""
    shown = entry.show()
    return "\n".join((entry.kind.asked(entry.fields), *shown.hints, *(question.ask for question in shown.questions)))


def _copies(pack: Pack, today: dt.date) -> Iterator[Finding]:
    """L07: two items that share too many runs of six words."""
    rows = [(entry, runs(task_text(entry), RUN_LENGTH)) for entry in pack.entries]
    for index, (entry, own) in enumerate(rows):
        if any(excuse.rule == "L07" and excuse.until >= today for excuse in entry.fields.lint_ignore):
            continue
        for other, theirs in rows[:index]:
            share = len(own & theirs) / max(1, min(len(own), len(theirs)))
            if share > RUN_SHARE:
                text = f"{share:.0%} of its runs of {RUN_LENGTH} words also stand in '{other.id}'"
                yield _finding(entry, _error("L07", text))


COMMON: Final[tuple[Callable[[Entry[Any], Shelf], Iterator[Remark]], ...]] = (
    _id,
    _lengths,
    _licence,
    _age,
    _minutes,
    _questions,
    _rubric,
    _names,
    _answer,
    _figure,
)
