"""
How the log is written: one line an event, with a stable name first and facts after it, as text or as JSON.

No line holds what a member wrote. Events carry numbers and our own names; of an error only its kind and the places in
the code are written, because its text may quote what caused it. Errors of SQLite and of the file system are ours alone,
so their text stays. Whatever looks like a token is masked all the same.
"""

import logging
import re
import sqlite3
import sys
import traceback
from collections.abc import MutableMapping
from typing import IO, Any, Literal

import structlog

TALKATIVE = ("httpx", "httpcore", "apscheduler", "yoyo", "aiosqlite", "asyncio")  # these tell of every step
SAFE = (sqlite3.Error, OSError)  # errors whose text quotes nobody
TOKEN = re.compile(r"xox[abeprs]-[\w-]+|xapp-[\w-]+|[\w-]{23,28}\.[\w-]{6,7}\.[\w-]{27,}")
LONGEST = 300  # characters of one fact
DEPTH = 8  # places in the code that an error names, the innermost last
OURS = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName", "color_message"}

Entry = MutableMapping[str, Any]


def set_up(form: Literal["text", "json"], level: int, stream: IO[str] | None = None) -> None:
    """Write everything that is logged to `stream`, by default the terminal's error output. May be called again."""
    handler = Lines(stream)
    draw = structlog.processors.JSONRenderer(ensure_ascii=False) if form == "json" else _as_text
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[
                structlog.stdlib.add_log_level,
                structlog.stdlib.add_logger_name,
                structlog.processors.TimeStamper("iso", utc=True, key="at"),
                _add_facts,
                _add_error,
                _make_safe,
            ],
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, draw],
            pass_foreign_args=True,
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [*(other for other in root.handlers if not isinstance(other, Lines)), handler]
    root.setLevel(level)
    for name in TALKATIVE:
        logging.getLogger(name).setLevel(max(level, logging.WARNING))


class Lines(logging.Handler):
    """Writes to a stream; without one to the terminal's error output, as it is at that moment."""

    def __init__(self, stream: IO[str] | None) -> None:
        super().__init__()
        self._stream = stream

    def emit(self, record: logging.LogRecord) -> None:
        try:
            out = self._stream or sys.stderr
            out.write(self.format(record) + "\n")
            out.flush()
        except Exception:  # noqa: BLE001 - logging's own rule: a line that cannot be written stops nothing
            self.handleError(record)


def _add_facts(_: object, __: str, entry: Entry) -> Entry:
    """What the caller gave as `extra`. An event's id is called delivery here, because `event` is the line's name."""
    for key, value in vars(entry["_record"]).items():
        if key not in OURS and not key.startswith("_"):
            entry["delivery" if key == "event" else key] = value
    if "path" in entry:  # the rest of an address may name a member
        entry["path"] = "/" + str(entry["path"]).lstrip("/").partition("/")[0]
    return entry


def _add_error(_: object, __: str, entry: Entry) -> Entry:
    """The kind of the error, and of what caused it, and where it happened."""
    record = entry["_record"]
    entry.pop("exc_info", None)
    has_arguments = bool(entry.pop("positional_args", None))
    error = record.exc_info[1] if record.exc_info else None
    if error is not None:
        frames = traceback.extract_tb(error.__traceback__)[-DEPTH:]
        entry["error"] = _kind(error)
        entry["where"] = " > ".join(f"{_short(frame.filename)}:{frame.lineno} {frame.name}" for frame in frames)
        if cause := error.__cause__ or error.__context__:
            entry["cause"] = _kind(cause)
    if not _is_ours(record.name):
        # A library's line may hold anything: what it says without its arguments must do.
        entry["event"] = str(record.msg) if has_arguments else f"{record.name} says something"
        entry["where"] = entry.get("where") or f"{_short(record.pathname)}:{record.lineno}"
    return entry


def _kind(error: BaseException) -> str:
    return f"{type(error).__name__}: {error}" if isinstance(error, SAFE) else type(error).__name__


def _is_ours(name: str) -> bool:
    return name.partition(".")[0] in ("bot", "adapters")


def _short(file: str) -> str:
    """The last three parts of a path: enough to find it, without this machine's folders."""
    return "/".join(file.replace("\\", "/").split("/")[-3:])


def _make_safe(_: object, __: str, entry: Entry) -> Entry:
    """One line each, not endless, without tokens."""
    for key, value in entry.items():
        if not key.startswith("_") and isinstance(value, str):
            clean = "".join(letter if letter.isprintable() else " " for letter in TOKEN.sub("[token]", value))
            entry[key] = clean if len(clean) <= LONGEST or key == "where" else clean[:LONGEST] + "…"
    return entry


def _as_text(_: object, __: str, entry: Entry) -> str:
    level, event = entry.pop("level").upper(), entry.pop("event")
    at = entry.pop("at")
    entry.pop("logger", None)
    facts = "".join(f" {key}={value!r}" if " " in str(value) else f" {key}={value}" for key, value in entry.items())
    return f"{at[:19]}Z {level} {event}{facts}"
