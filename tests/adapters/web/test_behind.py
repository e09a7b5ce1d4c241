"""The pages for people who work on the bot."""

import sqlite3

import pytest

from adapters.gallery import examples
from tests.adapters.web.conftest import Site, Visit


async def test_the_outbox_shows_what_stands_and_what_failed_and_why(ana: Visit, site: Site) -> None:
    await ana.found()
    await site.chat.delete((await ana.messages())[-1]["receipt"])
    await ana.post("/do/submit", spot="daily", action="toy.send?day=1", fields={"text": "My answer"})
    await site.wait()
    page = await ana.page("/outbox")
    assert "toy/thanks/ana" in page
    assert "parked" in page
    assert "is no longer there." in page


async def test_the_gallery_shows_every_example_of_every_feature(ana: Visit) -> None:
    page = await ana.page("/gallery")
    assert len(examples()) > 5
    for name in examples():
        assert f'data-example="{name}"' in page


async def test_the_sign_of_life_says_when_the_database_does_not_answer(
    ana: Visit, site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    await ana.found()
    assert (await ana.get("/healthz"))["outbox"] == {"shown": 1}

    async def broken(*_: object) -> None:
        raise sqlite3.OperationalError("disk I/O error")

    monkeypatch.setattr(site.app.store, "read", broken)
    assert (await ana.get("/healthz", 503))["because"] == "disk I/O error"
