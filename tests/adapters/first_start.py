"""What a first start leaves in a data folder. To make it anew takes longer than most of the tests that need it."""

import atexit
import os
import shutil
from functools import cache
from pathlib import Path
from tempfile import mkdtemp

from tests.world import grown


def have_started(folder: Path) -> Path:
    """Let a folder without anything in it be as after a first start; any other stays as it is."""
    if not folder.exists() or not any(folder.iterdir()):
        shutil.copytree(_pattern(), folder, dirs_exist_ok=True)
    return folder


@cache
def _pattern() -> Path:
    folder = Path(mkdtemp(prefix="whetstone-first-", dir=os.environ.get("PYTEST_DEBUG_TEMPROOT")))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return grown(folder)
