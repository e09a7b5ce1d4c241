"""Writing one setting into a `.env` file, so that nobody else can read it and nothing else in it changes."""

import os
import re
import tempfile
from contextlib import suppress
from pathlib import Path

from bot.app import CannotStart

OURS_ALONE = 0o600


def keep_setting(file: Path, name: str, value: str) -> None:
    """
    Let `file` hold `name=value`, and every other line as it was. Its mode is 0600 afterwards, its owner the same.

    Raises CannotStart where the file cannot be read or written; then it is as it was.
    """
    try:
        target = file.resolve()  # through a link: the link stays, and what it names is written
        before = target.read_text(encoding="utf-8") if target.exists() else ""
        _replace(target, _with(before, name, value))
    except UnicodeDecodeError:
        raise CannotStart(f"{file} holds something that is no text. Name another file with --env-file.") from None
    except OSError as error:
        raise CannotStart(
            f"{file} cannot be written ({error.strerror}). Give yourself the right to it, or name another file with "
            "--env-file."
        ) from None


def _with(text: str, name: str, value: str) -> str:
    """The line is replaced where it stood first; later ones with the same name go, because the last would count."""
    mine = re.compile(rf"\s*(?:export\s+)?{re.escape(name)}\s*=")
    lines, found = [], False
    for line in text.split("\n") if text else ():
        if not mine.match(line):
            lines.append(line)
        elif not found:
            lines.append(f"{name}={value}")
            found = True
    if not found:
        while lines and not lines[-1].strip():
            lines.pop()
        lines += [f"{name}={value}", ""]
    return "\n".join(lines)


def _replace(target: Path, text: str) -> None:
    """The whole file at once, or not at all; it is closed to others before the first letter is in it."""
    handle, new = tempfile.mkstemp(dir=target.parent, prefix=f"{target.name}.")  # mkstemp makes it with mode 0600
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        if target.exists():
            was = target.stat()
            with suppress(PermissionError):  # only root may give a file away
                os.chown(new, was.st_uid, was.st_gid)
        Path(new).chmod(OURS_ALONE)
        Path(new).replace(target)
    except BaseException:
        Path(new).unlink(missing_ok=True)
        raise
