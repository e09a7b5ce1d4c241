"""A member's data as files: every row as JSON, and their answers as Markdown that anybody can read."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from bot.kernel.card import FILE_BYTES, FILES, PARAGRAPH, File

Rows = Sequence[Mapping[str, object]]
Titles = Mapping[tuple[str, str], str]  # by group and task

LAST = ("outbox", "inbox")  # what I said, again: long, and the least of a loss where not everything fits
ANSWER_FILES = 4  # of the ten files of one message; answers of years fit into one
LINES = PARAGRAPH - 100  # characters of the list on one card; each line gets a point and a colon more
PARTS = 24  # lines on one card; it holds 40 parts


@dataclass(frozen=True, slots=True)
class Export:
    """The files, and how many rows did not fit into them."""

    files: tuple[File, ...]
    left_out: int = 0


def export(everything: Mapping[str, Rows], titles: Titles, zone: ZoneInfo) -> Export:
    """At most ten files of at most 1 MiB. `everything`: the rows by table."""
    answers, lost_answers = _answer_files(everything, titles, zone)
    data, lost_rows = _data_files(everything, FILES - len(answers))
    return Export((*answers, *data), lost_answers + lost_rows)


def groups(everything: Mapping[str, Rows]) -> list[str]:
    """Where this member has answers or drafts."""
    rows = (*everything.get("answers_kept", ()), *everything.get("answers_drafts", ()))
    return sorted({str(row.get("group_id", "")) for row in rows})


def organises_elsewhere(everything: Mapping[str, Rows], group: str) -> bool:
    """Whether this member organises a group other than this one."""
    return any(row.get("group_id") != group for row in everything.get("roster_organisers", ()))


# --- every row ----------------------------------------------------------------------------------


def _data_files(everything: Mapping[str, Rows], most: int) -> tuple[list[File], int]:
    tables = sorted(everything, key=lambda table: (LAST.index(table) + 1 if table in LAST else 0, table))
    lines = [(table, json.dumps(dict(row), ensure_ascii=False)) for table in tables for row in everything[table]]
    parts, left_out = _packed(lines, most)
    texts = [_json(part) for part in parts]
    return _named("my-data", "json", "application/json", texts), left_out


def _json(lines: Iterable[tuple[str, str]]) -> str:
    """One row a line: it can be searched without a program that knows JSON."""
    tables: dict[str, list[str]] = {}
    for table, line in lines:
        tables.setdefault(table, []).append(line)
    parts = [f"{json.dumps(table)}: [\n" + ",\n".join(rows) + "\n]" for table, rows in tables.items()]
    return "{\n" + ",\n".join(parts) + "\n}\n"


# --- answers --------------------------------------------------------------------------------------


def _answer_files(everything: Mapping[str, Rows], titles: Titles, zone: ZoneInfo) -> tuple[list[File], int]:
    kept = [("# My answers", row) for row in _in_order(everything.get("answers_kept", ()), "kept_at")]
    drafts = [("# Drafts", row) for row in _in_order(everything.get("answers_drafts", ()), "at")]
    parts, left_out = _packed(
        [(heading, _answer(row, titles, zone)) for heading, row in (*kept, *drafts)], ANSWER_FILES
    )
    texts = []
    for part in parts:
        headings = dict.fromkeys(heading for heading, _ in part)
        texts.append(
            "\n\n".join("\n\n".join([heading, *(text for of, text in part if of == heading)]) for heading in headings)
            + "\n"
        )
    return _named("my-answers", "md", "text/markdown", texts), left_out


def _in_order(rows: Rows, key: str) -> list[Mapping[str, object]]:
    return sorted(rows, key=lambda row: str(row.get(key, "")))


def _answer(row: Mapping[str, object], titles: Titles, zone: ZoneInfo) -> str:
    task = str(row.get("task", ""))
    title = titles.get((str(row.get("group_id", "")), task), task)
    upload = row.get("upload")
    about = [_when(row.get("kept_at") or row.get("at"), zone)]
    about += ["late"] if row.get("late") else []
    about += ["withdrawn"] if row.get("state") == "withdrawn" else []
    about += ["shown at the close"] if row.get("may_show") else []
    about += ["name hidden"] if row.get("hide_name") else []
    words = [_words(row.get(key)) for key in ("claim", "text")]
    lines = [f"## {title}", ", ".join(filter(None, about)), *("\n".join(_quoted(text)) for text in words if text)]
    if isinstance(upload, Mapping):
        lines.append(f"File: {upload.get('name', '')}. The chat platform keeps it.")
    return "\n\n".join(lines)


def _quoted(text: str) -> Iterable[str]:
    """As a quotation: what was typed cannot become a heading of ours."""
    return (f"> {line}".rstrip() for line in text.splitlines())


def _words(value: object) -> str:
    """What was typed. Words that happen to be JSON were read as data: written down again they are the same words."""
    if isinstance(value, str) or value is None:
        return value or ""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _when(at: object, zone: ZoneInfo) -> str:
    try:
        local = datetime.fromisoformat(str(at)).astimezone(zone)
    except ValueError:
        return ""
    return f"{local:%Y-%m-%d %H:%M} ({zone.key})"


# --- files of a size ---------------------------------------------------------------------------------


def _packed(lines: Iterable[tuple[str, str]], most: int) -> tuple[list[list[tuple[str, str]]], int]:
    """As many lines to a part as fit into a file; how many did not fit into `most` parts."""
    parts: list[list[tuple[str, str]]] = []
    room = left_out = 0
    for heading, text in lines:
        size = len(text.encode()) + len(heading.encode()) + 20  # each line may begin its table or heading anew
        if size > room:
            if len(parts) == most or size > FILE_BYTES - 100:
                left_out += 1
                continue
            parts.append([])
            room = FILE_BYTES - 100
        parts[-1].append((heading, text))
        room -= size
    return parts, left_out


def _named(name: str, ending: str, kind: str, texts: Sequence[str]) -> list[File]:
    if len(texts) == 1:
        return [File(f"{name}.{ending}", kind, texts[0])]
    return [File(f"{name}-{number}.{ending}", kind, text) for number, text in enumerate(texts, 1)]


# --- what is stored, as a list --------------------------------------------------------------------------


def pages(lines: Sequence[tuple[str, str]]) -> list[tuple[tuple[str, str], ...]]:
    """(what is kept, who can read it), as many to a card as fit; the same line is told once."""
    done: list[tuple[tuple[str, str], ...]] = []
    page: list[tuple[str, str]] = []
    room = LINES
    for line in dict.fromkeys(lines):
        size = len(line[0]) + len(line[1]) + 5
        if page and (size > room or len(page) == PARTS):
            done.append(tuple(page))
            page, room = [], LINES
        page.append(line)
        room -= size
    return [*done, tuple(page)] if page else done
