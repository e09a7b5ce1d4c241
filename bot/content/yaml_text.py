"""YAML with line numbers, and without the parts of YAML that surprise people.

Aliases, tags, repeated keys, deep nesting and several documents in one file are refused. The tree is built from
the parser's events with an explicit stack, so that no input can exhaust Python's own.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, Final

import yaml

from bot.content.problems import PackError, Problem

DEEPEST: Final = 20
Path = tuple[str | int, ...]
Report = Callable[[int, str], None]
# The parser written in C is about ten times faster; both give the same events and the same line numbers.
LOADER: Final[Any] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


@dataclass(slots=True)
class Document:
    """What a file says, and on which line each part of it begins."""

    file: str
    value: Any
    lines: dict[Path, int] = field(default_factory=dict)

    def line(self, path: Path) -> int:
        """The line of the part at PATH, or of the nearest part around it that exists."""
        found: Path = ()
        for step in path:
            if (*found, step) in self.lines:
                found = (*found, step)
        return self.lines.get(found, 1)

    def problem(self, path: Path, message: str) -> Problem:
        return Problem(self.file, self.line(path), message)


@dataclass(slots=True)
class _Open:
    """A list or mapping that has begun and not ended; KEY waits for its value."""

    value: Any
    path: Path
    keys: dict[Any, int] = field(default_factory=dict)
    key: Any = None
    expects_key: bool = True


def read_document(text: str, file: str) -> Document:
    """Read one YAML document. Raises PackError with every fault found up to the point where reading had to stop."""
    problems: list[Problem] = []

    def report(line: int, message: str) -> None:
        problems.append(Problem(file, line, message))

    document = Document(file, None)
    try:
        _Builder(document, report).build(text)
    except yaml.YAMLError as error:
        report(*_plain(error, text))
    if problems:
        raise PackError(problems)
    return document


class _Stop(Exception):
    """Reading ends early because of a fault that is already reported."""


class _Builder:
    def __init__(self, document: Document, report: Report) -> None:
        self.document = document
        self.report = report
        self.open: list[_Open] = []
        self.documents = 0

    def build(self, text: str) -> None:
        loader = LOADER(text)
        try:
            for event in _events(loader):
                self.take(event, loader)
            if not self.documents:
                self.report(1, "the file is empty")
        except _Stop:
            pass
        finally:
            loader.dispose()

    def take(self, event: Any, loader: Any) -> None:
        line = event.start_mark.line + 1
        if isinstance(event, yaml.DocumentStartEvent):
            self.documents += 1
            if self.documents > 1:
                self.report(line, "a second document begins here; remove the line '---' or use two files")
                raise _Stop
        elif isinstance(event, yaml.AliasEvent):
            self.report(line, f"'*{event.anchor}' is an alias, which packs do not allow; write the text out")
            self.put(None, line)
        elif isinstance(event, yaml.CollectionEndEvent):
            self.open.pop()
        elif isinstance(event, yaml.NodeEvent):
            self.begin(event, line, loader)

    def begin(self, event: Any, line: int, loader: Any) -> None:
        if event.anchor is not None:
            self.report(line, f"'&{event.anchor}' is an anchor, which packs do not allow; remove it or use quotes")
        if event.tag not in (None, "!"):
            self.report(line, f"the tag '{event.tag}' is not allowed; remove it or put the text in quotes")
        if isinstance(event, yaml.ScalarEvent):
            self.put(self.scalar(event, line, loader), line)
            return
        value: Any = [] if isinstance(event, yaml.SequenceStartEvent) else {}
        path = self.put(value, line)
        self.open.append(_Open(value, path))
        if len(self.open) > DEEPEST:
            self.report(line, f"lists and blocks are nested more than {DEEPEST} deep; make it flatter")
            raise _Stop

    def scalar(self, event: Any, line: int, loader: Any) -> Any:
        """The text, number, date or truth value; a date such as 2026-13-01 is a fault, not a crash."""
        tag = loader.resolve(yaml.ScalarNode, event.value, event.implicit)
        try:
            return loader.construct_object(yaml.ScalarNode(tag, event.value, event.start_mark, event.end_mark))
        except (ValueError, OverflowError, yaml.YAMLError):
            advice = "is neither text, number nor date; put it in quotes"
            if tag.endswith(":timestamp"):
                advice = "is not a date that exists; correct it"
            self.report(line, f"'{event.value[:40]}' {advice}")
            return None

    def put(self, value: Any, line: int) -> Path:
        """Place VALUE where the parser stands and return its path."""
        if not self.open:
            self.document.value = value
            self.document.lines[()] = line
            return ()
        top = self.open[-1]
        if isinstance(top.value, list):
            top.value.append(value)
            path: Path = (*top.path, len(top.value) - 1)
            self.document.lines[path] = line
            return path
        if top.expects_key:
            self.name(top, value, line)
            return top.path
        top.expects_key = True
        top.value[top.key] = value
        return (*top.path, top.key)

    def name(self, top: _Open, key: Any, line: int) -> None:
        if isinstance(key, list | dict):
            self.report(line, "a key must be one word, not a list or a block; a '{' or '[' may need quotes")
            raise _Stop
        if key in top.keys:
            self.report(line, f"the key '{key}' stands twice; it is also on line {top.keys[key]}")
        top.keys.setdefault(key, line)
        top.key, top.expects_key = key, False
        self.document.lines.setdefault((*top.path, key), line)


def _events(loader: Any) -> Iterator[Any]:
    while loader.check_event():
        yield loader.get_event()


def _plain(error: yaml.YAMLError, text: str) -> tuple[int, str]:
    """The line and one sentence for a fault of YAML's own grammar. The parser's words are left out: they are jargon."""
    mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
    if mark is None:
        line = text.count("\n", 0, getattr(error, "position", 0)) + 1
        return line, "a control character stands here that YAML does not allow; delete it"
    last = len(text.splitlines()) or 1
    return min(mark.line + 1, last), "this is not valid YAML; check indentation, colons and quotes here and just above"
