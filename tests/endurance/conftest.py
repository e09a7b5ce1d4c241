"""Where the lives of these tests are lived. A socket's name ends at 107 letters, so the folders have short names."""

import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest


@pytest.fixture
def folder() -> Iterator[Path]:
    """On the disk: a write takes its time there, and so some deaths fall into one."""
    with tempfile.TemporaryDirectory(prefix="endure-") as name:
        yield Path(name)


@pytest.fixture
def quick_folder() -> Iterator[Path]:
    """In memory where there is room: for what no death in a write has a part in."""
    with tempfile.TemporaryDirectory(prefix="endure-", dir=os.environ.get("PYTEST_DEBUG_TEMPROOT")) as name:
        yield Path(name)
