"""What the features see of the content: plain frozen dataclasses, the same for every kind of item."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from bot.content.kind import Entry, Figure, File, HeldBack, Link, Passage, Question, Timed, Turn
from bot.content.pack import Pack
from bot.content.problems import PackError, Problem
from bot.content.shelf import PatternFile, PlanFile, RubricFile

__all__ = [
    "Catalogue",
    "Criterion",
    "Domain",
    "Figure",
    "File",
    "HeldBack",
    "Impostor",
    "Item",
    "Link",
    "Passage",
    "PatternCard",
    "Phase",
    "Question",
    "Rubric",
    "SessionPlan",
    "Timed",
    "Turn",
]


@dataclass(frozen=True, slots=True)
class Item:
    """One thing to practise. TAGS stay hidden until the member has answered; STRAND is one of them."""

    id: str
    revision: int
    pack: str
    domain: str
    domain_label: str
    kind: str
    status: str  # draft | active | reserved | retired
    title: str
    summary: str
    difficulty: str
    levels: tuple[str, ...]
    tags: tuple[str, ...]
    strand: str
    minutes_solve: int
    minutes_explain: int
    statement: tuple[Passage, ...]
    link: Link | None
    hints: tuple[str, ...]
    outline: tuple[str, ...]
    alternatives: tuple[str, ...]
    mistakes: tuple[str, ...]
    reveal: str  # on_close | after_own_submission
    checkpoints: tuple[str, ...]
    rubric: str  # "" when the item has none
    focus: tuple[str, ...]
    questions: tuple[Question, ...]
    files: tuple[File, ...]
    timed: Timed | None  # only system design
    self_contained: bool  # no outside page is needed
    figure: Figure | None = None


@dataclass(frozen=True, slots=True)
class Domain:
    """SHARE is the weight of this domain in the daily draw; 0 means never."""

    name: str
    label: str
    share: int


@dataclass(frozen=True, slots=True)
class Criterion:
    """ANCHORS describe the levels 1, 2, 3 and 4, in this order. WEIGHT is in percent."""

    id: str
    name: str
    weight: int
    asks: str
    anchors: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Rubric:
    """ALWAYS is the id of the criterion that every review looks at, "" when it has none."""

    id: str
    domain: str
    version: int
    pass_rule: str
    criteria: tuple[Criterion, ...]
    always: str = ""


@dataclass(frozen=True, slots=True)
class Impostor:
    """A case in which a pattern seems to apply; APPLIES says whether it does."""

    case: str
    applies: bool
    why: str


@dataclass(frozen=True, slots=True)
class PatternCard:
    id: str
    name: str
    one_line: str
    invariant: str
    cues: tuple[str, ...]
    variants: tuple[str, ...]
    proof_duty: str
    usual_faults: tuple[str, ...]
    impostors: tuple[Impostor, ...]


@dataclass(frozen=True, slots=True)
class Phase:
    """START and END are minutes from the beginning; STAGE is empty for roles and debrief."""

    id: str
    stage: str
    start: int
    end: int
    says: str


@dataclass(frozen=True, slots=True)
class SessionPlan:
    """TWISTS are the minutes of the item's first twists; None where each comes at the item's own minute."""

    id: str
    minutes: int
    phases: tuple[Phase, ...]
    twists: tuple[int, ...] | None = None


class Catalogue:
    """Everything the loaded packs offer. It never changes; a new pack means a new catalogue."""

    def __init__(
        self,
        items: Mapping[str, Item],
        domains: tuple[Domain, ...],
        first: Item | None,
        rubrics: Mapping[str, Rubric],
        patterns: Mapping[str, PatternCard],
        sessions: Mapping[str, SessionPlan],
    ) -> None:
        self._items = {id_: items[id_] for id_ in sorted(items)}
        self._domains = domains
        self._first = first
        self._rubrics = dict(rubrics)
        self._patterns = dict(patterns)
        self._sessions = dict(sessions)

    @classmethod
    def of(cls, packs: Sequence[Pack]) -> "Catalogue":
        """Join PACKS. Where two describe the same domain, the earlier one's label and share stand.

        Raises PackError when two packs use one id for different things.
        """
        problems = list(_clashes(packs))
        if problems:
            raise PackError(problems)
        domains: dict[str, Domain] = {}
        for pack in packs:
            for name, domain in pack.manifest.domains.items():
                domains.setdefault(name, Domain(name, domain.label, domain.share))
        items = {entry.id: _item(pack, entry, domains) for pack in packs for entry in pack.entries}
        first = next((pack.manifest.first for pack in packs if pack.manifest.first), None)
        return cls(
            items,
            tuple(domains.values()),
            items[first] if first else None,
            {id_: _rubric(file) for pack in packs for id_, file in pack.rubrics.items()},
            {id_: _pattern(file) for pack in packs for id_, file in pack.patterns.items()},
            {id_: _session(file) for pack in packs for id_, file in pack.plans.items()},
        )

    @property
    def domains(self) -> tuple[Domain, ...]:
        return self._domains

    @property
    def first(self) -> Item | None:
        """The item a newcomer meets first: that of the first pack which names one."""
        return self._first

    def item(self, id: str) -> Item | None:
        """The item, whatever its status: old answers still point at retired ones."""
        return self._items.get(id)

    def items(self, status: str = "active") -> tuple[Item, ...]:
        """The items of one status, sorted by id."""
        return tuple(item for item in self._items.values() if item.status == status)

    def rubric(self, id: str) -> Rubric | None:
        return self._rubrics.get(id)

    def pattern(self, id: str) -> PatternCard | None:
        return self._patterns.get(id)

    def session(self, id: str) -> SessionPlan | None:
        return self._sessions.get(id)


def _clashes(packs: Sequence[Pack]) -> Iterator[Problem]:
    """Ids that two packs use. The same rubric, pattern or plan, word for word, may stand in both."""
    names = [pack.manifest.id for pack in packs]
    for name in sorted({name for name in names if names.count(name) > 1}):
        yield Problem(f"{name}/pack.yaml", 1, f"the pack '{name}' is given twice; remove one or change its id")
    seen: dict[str, str] = {}
    shared: dict[tuple[str, str], tuple[str, object]] = {}
    for pack in packs:
        name = pack.manifest.id
        for entry in pack.entries:
            here = entry.problem(("id",), "")
            place = f"{name}/{here.file}:{here.line}"
            earlier = seen.setdefault(entry.id, place)
            if earlier != place:
                text = f"the item '{entry.id}' already stands in {earlier}; choose another id"
                yield Problem(f"{name}/{here.file}", here.line, text)
        shelves = (("rubric", "rubrics", pack.rubrics), ("pattern", "patterns", pack.patterns))
        for what, place, shelf in (*shelves, ("session plan", "sessions", pack.plans)):
            for id_, file in shelf.items():
                owner, known = shared.setdefault((what, id_), (name, file))
                if known != file:
                    text = f"the {what} '{id_}' says something else in the pack '{owner}'; choose another id"
                    yield Problem(f"{name}/{place}", 1, text)


def _item(pack: Pack, entry: Entry[Any], domains: Mapping[str, Domain]) -> Item:
    fields, shown = entry.fields, entry.show()
    return Item(
        id=fields.id,
        revision=fields.revision,
        pack=pack.manifest.id,
        domain=fields.domain,
        domain_label=domains[fields.domain].label,
        kind=entry.kind.name,
        status=fields.status,
        title=fields.title,
        summary=fields.summary,
        difficulty=fields.difficulty,
        levels=tuple(fields.levels),
        tags=tuple(dict.fromkeys((shown.strand, *fields.skills))),
        strand=shown.strand,
        minutes_solve=fields.minutes.solve,
        minutes_explain=fields.minutes.explain,
        statement=shown.statement,
        link=shown.link,
        hints=shown.hints,
        outline=shown.outline,
        alternatives=shown.alternatives,
        mistakes=shown.mistakes,
        reveal=shown.reveal,
        checkpoints=shown.checkpoints,
        rubric=shown.rubric or pack.manifest.domains[fields.domain].rubric or "",
        focus=shown.focus,
        questions=shown.questions,
        files=shown.files,
        timed=shown.timed,
        self_contained=shown.link is None,
        figure=entry.figure,
    )


def _rubric(file: RubricFile) -> Rubric:
    criteria = tuple(
        Criterion(part.id, part.name, part.weight, part.asks, tuple(part.levels[level] for level in (1, 2, 3, 4)))
        for part in file.criteria
    )
    return Rubric(file.id, file.domain, file.version, file.pass_rule, criteria, file.always or "")


def _pattern(file: PatternFile) -> PatternCard:
    return PatternCard(
        id=file.id,
        name=file.name,
        one_line=file.one_line,
        invariant=file.invariant,
        cues=tuple(file.cues),
        variants=tuple(file.variants),
        proof_duty=file.proof_duty,
        usual_faults=tuple(file.usual_faults),
        impostors=tuple(Impostor(part.case, part.applies, part.why) for part in file.impostors),
    )


def _session(file: PlanFile) -> SessionPlan:
    phases = tuple(Phase(part.id, part.stage or "", part.start, part.end, part.bot_says) for part in file.phases)
    return SessionPlan(file.id, file.minutes, phases, tuple(file.twists) if file.twists is not None else None)
