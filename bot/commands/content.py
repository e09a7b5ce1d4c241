"""What `whetstone content lint | stats | preview` do. Each returns an exit code and the text to print."""

import datetime as dt
import json
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Final

from bot.content.catalogue import Catalogue, Item
from bot.content.lint import Finding
from bot.content.lint import lint as lint_pack
from bot.content.loader import PackError, load_pack
from bot.content.pack import Pack
from bot.content.stats import Stats, count

FINE: Final = 0
ERRORS: Final = 1
UNREADABLE: Final = 2


def lint(folder: Path, today: dt.date, *, as_json: bool = False) -> tuple[int, str]:
    """Check the pack in FOLDER as of TODAY. Codes: 0 fine or only warnings, 1 errors found, 2 cannot be read."""
    return _with_pack(folder, lambda pack: _linted(pack, today, as_json=as_json), as_json=as_json)


def stats(folder: Path, *, as_json: bool = False) -> tuple[int, str]:
    """Count the items of the pack in FOLDER. Codes: 0 counted, 2 cannot be read."""
    return _with_pack(folder, lambda pack: _counted(pack, as_json=as_json), as_json=as_json)


def preview(folder: Path, item: str) -> tuple[int, str]:
    """Show one ITEM as members meet it, in Markdown. Codes: 0 shown, 2 no such item or the pack cannot be read."""
    return _with_pack(folder, lambda pack: _previewed(pack, item), as_json=False)


def _with_pack(folder: Path, then: Callable[[Pack], tuple[int, str]], *, as_json: bool) -> tuple[int, str]:
    try:
        return then(load_pack(folder))
    except PackError as error:
        if as_json:
            return UNREADABLE, json.dumps({"problems": [asdict(problem) for problem in error.problems]}, indent=1)
        return UNREADABLE, f"{error}\n{_plural(len(error.problems), 'problem')}; the pack cannot be read."


def _plural(number: int, word: str) -> str:
    return f"{number} {word}{'' if number == 1 else 's'}"


def _linted(pack: Pack, today: dt.date, *, as_json: bool) -> tuple[int, str]:
    findings = lint_pack(pack, today)
    errors = sum(finding.level == "error" for finding in findings)
    code = ERRORS if errors else FINE
    if as_json:
        report = {"items": len(pack.entries), "findings": [asdict(finding) for finding in findings]}
        return code, json.dumps(report, indent=1)
    return code, "\n".join((*map(str, findings), _verdict(len(pack.entries), errors, findings)))


def _verdict(items: int, errors: int, findings: tuple[Finding, ...]) -> str:
    warnings = len(findings) - errors
    return f"{_plural(items, 'item')}, {_plural(errors, 'error')}, {_plural(warnings, 'warning')}."


def _counted(pack: Pack, *, as_json: bool) -> tuple[int, str]:
    result = count(Catalogue.of([pack]))
    if as_json:
        return FINE, json.dumps(asdict(result), indent=1)
    return FINE, "\n".join(_table(result))


def _table(result: Stats) -> list[str]:
    lines = []
    for row in result.domains:
        levels = ", ".join(f"{number} {name}" for name, number in row.by_difficulty.items())
        strands = ", ".join(f"{name} {number}" for name, number in row.by_strand.items())
        lines.append(f"{row.label}: {_plural(row.items, 'active item')} ({levels or 'none'}), share {row.share}")
        lines.append(f"    {strands or '-'}")
    states = ", ".join(f"{number} {name}" for name, number in result.by_status.items())
    lines.append(f"All items: {states or 'none'}")
    lines.append(f"Monday to Friday without a repeat: {_plural(result.days, 'day')}")
    lines.append(f"With every domain at its share: {_plural(result.days_at_shares, 'day')}")
    return lines


def _previewed(pack: Pack, id_: str) -> tuple[int, str]:
    item = Catalogue.of([pack]).item(id_)
    if item is None:
        near = [entry.id for entry in pack.entries if id_ in entry.id][:5] or [entry.id for entry in pack.entries[:5]]
        return UNREADABLE, f"The pack has no item '{id_}'. Try one of: {', '.join(near) or 'none, it is empty'}."
    return FINE, "\n\n".join((_before(item), _after(item)))


def _before(item: Item) -> str:
    facts = f"{item.domain_label} · {item.difficulty} · {item.minutes_solve} minutes"
    parts = [f"# {item.title}", facts, item.summary]
    parts += [f"## {part.heading}\n\n{part.text}" if part.heading else part.text for part in item.statement]
    if item.figure:
        parts.append(f"![{item.figure.alt}]({item.figure.name})")
    if item.link is not None:
        parts.append(f"[{item.link.title}]({item.link.url})")
    if item.files:
        parts.append("Files: " + ", ".join(file.name for file in item.files))
    hints = "\n".join(f"{number}. {hint}" for number, hint in enumerate(item.hints, 1))
    return "\n\n".join([*parts, f"## Hints\n\n{hints}"])


def _after(item: Item) -> str:
    sections = (
        ("Outline", item.outline),
        ("Also good", item.alternatives),
        ("Common mistakes", item.mistakes),
        ("A reviewer looks for", item.checkpoints),
        ("Follow-up questions", tuple(question.ask for question in item.questions)),
        ("Tags", item.tags),
    )
    told = [f"## {name}\n\n" + "\n".join(f"- {line}" for line in lines) for name, lines in sections if lines]
    return "\n\n".join(["---", *told])
