"""The files of a pack. Nothing outside the folder is ever opened."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from bot.content.problems import PackError, Problem

LARGEST: Final = 1_000_000  # bytes of one file


def files_in(folder: Path) -> Iterator[Path]:
    """Every file of the pack, sorted, hidden ones left out. Folders behind a link are not entered."""
    for here, folders, names in os.walk(folder, followlinks=False):
        folders[:] = sorted(name for name in folders if not name.startswith(".") and name != "__pycache__")
        yield from (Path(here) / name for name in sorted(names) if not name.startswith("."))
        yield from (Path(here) / name for name in folders if (Path(here) / name).is_symlink())


def read_text(folder: Path, path: Path) -> str:
    """The text of PATH inside FOLDER. Raises PackError: outside, too large, not UTF-8, or unreadable."""
    data = read_bytes(folder, path)
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        message = "this line is not UTF-8 text; save the file with the encoding UTF-8"
        raise PackError([Problem(path.relative_to(folder).as_posix(), line, message)]) from None


def read_bytes(folder: Path, path: Path) -> bytes:
    """What PATH inside FOLDER holds. Raises PackError: outside, too large, or unreadable."""

    def fail(message: str) -> PackError:
        return PackError([Problem(path.relative_to(folder).as_posix(), 1, message)])

    try:
        if not path.resolve().is_relative_to(folder.resolve()):
            raise fail("this is a link that leaves the pack's folder; put the file itself here")
        if not path.is_file():
            raise fail("this is not an ordinary file; put a file here")
        with path.open("rb") as stream:
            data = stream.read(LARGEST + 1)
    except (OSError, RuntimeError) as error:
        raise fail(f"the file cannot be opened ({type(error).__name__}); check that it may be read") from None
    if len(data) > LARGEST:
        raise fail("the file is larger than 1 MB; split it into several files")
    return data
