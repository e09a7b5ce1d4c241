"""An engine on a bench."""

from collections.abc import AsyncIterator

import pytest

from tests.engine.bench import Bench


@pytest.fixture
async def bench() -> AsyncIterator[Bench]:
    """The club's group is set up; ada and ben are members, olga is the organiser, nobody else is anybody."""
    made = Bench()
    await made.found("ada", "ben")
    yield made
    made.store.close()
