"""Reads a pack's folder. Either the whole pack is good, or every problem is told at once."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, TypeVar

from pydantic import BaseModel, ValidationError

from bot.content import cross_checks, plain_errors
from bot.content.fields import Fields
from bot.content.folder import files_in, read_bytes, read_text
from bot.content.kind import Entry, Figure, Kind
from bot.content.kinds import kind_of
from bot.content.pack import Pack
from bot.content.problems import PackError, Problem
from bot.content.shelf import ItemFile, Manifest, PatternFile, PlanFile, RubricFile, Taxonomy
from bot.content.yaml_text import Document, read_document
from bot.kernel.card import PICTURE_BYTES, TooLarge

__all__ = ["PackError", "Problem", "load_pack"]

MANIFEST: Final = "pack.yaml"
TAXONOMY: Final = "taxonomy/taxonomy.yaml"
PLACES: Final = "pack.yaml, taxonomy/taxonomy.yaml, patterns/, rubrics/, sessions/ and items/"
M = TypeVar("M", bound=BaseModel)


@dataclass(slots=True)
class Reading:
    """What has been read so far, and what was wrong with it."""

    folder: Path
    problems: list[Problem] = field(default_factory=list)
    manifest: Manifest | None = None
    taxonomy: Taxonomy = field(default_factory=Taxonomy)
    rubrics: dict[str, RubricFile] = field(default_factory=dict)
    patterns: dict[str, PatternFile] = field(default_factory=dict)
    plans: dict[str, PlanFile] = field(default_factory=dict)
    entries: dict[str, Entry[Any]] = field(default_factory=dict)
    places: dict[tuple[str, str], Problem] = field(default_factory=dict)  # (what, id) -> where it first stood
    documents: dict[str, Document] = field(default_factory=dict)


def load_pack(folder: Path) -> Pack:
    """Read the pack in FOLDER. Raises PackError with every problem found."""
    reading = Reading(folder)
    if not folder.is_dir():
        raise PackError([Problem(MANIFEST, 1, f"there is no folder '{folder.name}'; give the folder of a pack")])
    for path in files_in(folder):
        _read_file(reading, path)
    if reading.manifest is None and MANIFEST not in reading.documents and not _told(reading, MANIFEST):
        reading.problems.append(Problem(MANIFEST, 1, "the pack has no pack.yaml; add one to its top folder"))
    if reading.manifest is not None:
        reading.problems += tuple(cross_checks.check(reading.manifest, reading))
    if reading.problems or reading.manifest is None:
        raise PackError(reading.problems)
    entries = tuple(reading.entries[id_] for id_ in sorted(reading.entries))
    twists = {id_: _twists_of(reading, id_) for id_ in reading.plans}
    return Pack(
        folder, reading.manifest, reading.taxonomy, reading.rubrics, reading.patterns, reading.plans, entries, twists
    )


def _twists_of(reading: Reading, plan: str) -> Problem:
    """Where a session plan says at which minutes its twists come."""
    return reading.documents[reading.places["session plan", plan].file].problem(("twists",), "")


def _told(reading: Reading, name: str) -> bool:
    return any(problem.file == name for problem in reading.problems)


def _read_file(reading: Reading, path: Path) -> None:
    name = path.relative_to(reading.folder).as_posix()
    if path.suffix == ".yml":
        reading.problems.append(Problem(name, 1, "rename this file so that it ends in .yaml"))
        return
    if path.suffix != ".yaml" and not path.is_symlink():
        return  # code, licence and read-me files are read when an item names them, or not at all
    try:
        text = read_text(reading.folder, path)
        if path.suffix == ".yaml":
            document = reading.documents[name] = read_document(text, name)
            _take(reading, name, document)
    except PackError as error:
        reading.problems += error.problems


def _take(reading: Reading, name: str, document: Document) -> None:
    """Give the document to the reader of its place."""
    top = name.split("/", maxsplit=1)[0] if "/" in name else ""
    if name == MANIFEST:
        reading.manifest = _parse(reading, document, Manifest)
    elif name == TAXONOMY:
        reading.taxonomy = _parse(reading, document, Taxonomy) or reading.taxonomy
    elif top == "items":
        _take_items(reading, document)
    elif top == "rubrics":
        _shelve(reading, document, "rubric", RubricFile, reading.rubrics)
    elif top == "patterns":
        _shelve(reading, document, "pattern", PatternFile, reading.patterns)
    elif top == "sessions":
        _shelve(reading, document, "session plan", PlanFile, reading.plans)
    else:
        reading.problems.append(Problem(name, 1, f"the bot does not look here; a pack holds {PLACES}"))


def _parse(
    reading: Reading, document: Document, model: type[M], value: Any = None, at: tuple[str | int, ...] = ()
) -> M | None:
    try:
        return model.model_validate(document.value if not at else value)
    except ValidationError as error:
        reading.problems += plain_errors.problems(error, document, at, model)
        return None


def _shelve(reading: Reading, document: Document, what: str, model: type[M], shelf: dict[str, M]) -> None:
    parsed = _parse(reading, document, model)
    if parsed is not None:
        id_ = str(parsed.id)  # type: ignore[attr-defined]  # every model that is shelved has an id
        if _is_first(reading, document, what, id_, ("id",)):
            shelf[id_] = parsed


def _is_first(reading: Reading, document: Document, what: str, id_: str, at: tuple[str | int, ...]) -> bool:
    here = document.problem(at, "")
    earlier = reading.places.setdefault((what, id_), here)
    if earlier is here:
        return True
    place = f"{earlier.file}:{earlier.line}"
    reading.problems.append(document.problem(at, f"the {what} '{id_}' already stands in {place}; choose another id"))
    return False


def _take_items(reading: Reading, document: Document) -> None:
    frame = _parse(reading, document, ItemFile)
    for index, value in enumerate(frame.items if frame else ()):
        at = ("items", index)
        kind = kind_of(value)
        fields = _parse(reading, document, kind.model, value, at)
        if fields is None or not _is_first(reading, document, "item", fields.id, (*at, "id")):
            continue
        texts = _texts_beside(reading, document, kind, fields, at)
        figure = _figure_beside(reading, document, fields, at)
        if texts is not None and (figure or not fields.figure):
            reading.entries[fields.id] = _entry(fields, kind, document, texts, at, figure)


def _entry(
    fields: Fields, kind: Kind[Any], document: Document, texts: Mapping[str, str], at: tuple[str | int, ...],
    figure: Figure | None,
) -> Entry[Any]:  # fmt: skip
    def problem(path: tuple[str | int, ...], message: str) -> Problem:
        return document.problem((*at, *path), message)

    return Entry(fields, kind, document.file, texts, problem, figure)


def _texts_beside(
    reading: Reading, document: Document, kind: Kind[Any], fields: Fields, at: tuple[str | int, ...]
) -> dict[str, str] | None:
    """The files an item names, by name; None, and a problem, if one is missing or cannot be read."""
    beside = reading.folder / Path(document.file).parent
    texts: dict[str, str] = {}
    names = kind.files(fields)
    for name in names:
        if not (beside / name).is_file():
            where = next((key for key, value in fields if value == name), "id")
            reading.problems.append(document.problem((*at, where), f"the file '{name}' is missing beside this item"))
            continue
        try:
            texts[name] = read_text(reading.folder, beside / name)
        except PackError as error:
            reading.problems += error.problems
    return texts if len(texts) == len(set(names)) else None


def _figure_beside(reading: Reading, document: Document, fields: Fields, at: tuple[str | int, ...]) -> Figure | None:
    """The picture an item names; None where it names none, and, with a problem, where that cannot be shown."""
    if fields.figure is None:
        return None
    name, alt = fields.figure.file, fields.figure.alt
    path = reading.folder / Path(document.file).parent / name
    problem = f"the file '{name}' is missing beside this item"
    if path.is_file():
        try:
            figure = Figure(name, read_bytes(reading.folder, path), alt)
            figure.picture.file  # noqa: B018 - made here, so that no card fails for it later
        except PackError as error:
            reading.problems += error.problems
            return None
        except TooLarge:
            problem = f"the picture '{name}' is too large; make it smaller than {PICTURE_BYTES // 1024} KiB"
        except ValueError as error:
            problem = f"{error}; give a PNG, and in 'alt' what is to be read from it"
        else:
            return figure
    reading.problems.append(document.problem((*at, "figure", "file"), problem))
    return None
