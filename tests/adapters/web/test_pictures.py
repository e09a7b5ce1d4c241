"""A picture on a card: shown to whoever may see the card, as a PNG and nothing else, with its words."""

from dataclasses import replace

import pytest

from adapters.web.translate import Reader, Slip, card_data, card_html
from bot.kernel.card import Card
from tests.adapters.pictures import ALT, PNG, picture
from tests.adapters.web import toy
from tests.adapters.web.conftest import Site, Visit


def test_it_is_an_image_with_its_words() -> None:
    drawn = card_html(Card("Losses", (picture(alt='0.6 "at" <8>'),)), Reader(), Slip(files="/card-file/m7"))
    assert '<img src="/card-file/m7/picture" alt="0.6 &#34;at&#34; &lt;8&gt;">' in drawn


def test_where_nothing_serves_it_its_words_stand_there() -> None:
    drawn = card_html(Card("Losses", (picture(),)), Reader(), Slip())
    assert "<img" not in drawn
    assert f"Picture: {ALT}" in drawn


def test_programs_read_its_words_and_its_address() -> None:
    card = Card("Losses", (picture(),))
    assert card_data(card, Reader(), "/card-file/3")["blocks"] == [
        {"kind": "picture", "text": ALT, "address": "/card-file/3/picture"}
    ]
    assert card_data(card, Reader())["blocks"] == [{"kind": "picture", "text": ALT}]


@pytest.fixture
async def post(ana: Visit, monkeypatch: pytest.MonkeyPatch) -> str:
    """The receipt of a post with a picture."""
    plain = toy.task_card
    monkeypatch.setattr(toy, "task_card", lambda *some: replace(plain(*some), blocks=(picture(),)))
    return str((await ana.found())["receipt"])


async def test_it_is_served_as_a_png_and_nothing_else(ben: Visit, post: str) -> None:
    assert f'<img src="/card-file/{post}/picture" alt="{ALT}">' in await ben.page("/c/daily")
    response = await ben.client.get(f"/card-file/{post}/picture")
    assert (response.status, await response.read()) == (200, PNG)
    headers = response.headers
    assert (headers["Content-Type"], headers["X-Content-Type-Options"]) == ("image/png", "nosniff")
    assert "img-src 'self';" in headers["Content-Security-Policy"], "so no picture lies in the page itself"
    assert (await ben.client.get(f"/card-file/{post}/0")).headers["Content-Type"] == "text/calendar"


async def test_the_head_of_a_thread_shows_it_too(ben: Visit, post: str) -> None:
    assert (await ben.page(f"/c/daily/{post}")).count(f'src="/card-file/{post}/picture"') == 2


async def test_strangers_get_none(closed_site: Site) -> None:
    answer = await closed_site.browser().get("/card-file/m1/picture")
    assert (answer.status, answer.content_type) == (401, "text/html")


async def test_what_is_not_there_is_not_there(ben: Visit, post: str) -> None:
    for owner in ("m999", "999", "home-9", "home-x", "home-"):
        assert (await ben.client.get(f"/card-file/{owner}/picture")).status == 404, owner


async def test_a_picture_on_a_reply_is_for_whoever_it_was_said_to(
    ana: Visit, ben: Visit, post: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(toy, "File", lambda *_: picture(b"mine").file)
    monkeypatch.setattr(toy, "Card", lambda title, files: Card(title, (picture(b"mine"),)))
    said = await ana.post("/do/type", spot="daily", text="export")
    [block] = said["answers"][0]["blocks"]
    assert await (await ana.client.get(block["address"])).read() == PNG + b"mine"
    assert (await ben.client.get(block["address"])).status == 404


async def test_the_home_page_shows_its_pictures(
    ana: Visit, ben: Visit, post: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def home(event: object) -> list[Card]:
        return [Card("None"), Card("Today", (picture(str(event.person.id).encode()),))]  # type: ignore[attr-defined]

    monkeypatch.setattr(ana.site.app.engine, "home", home)
    for visit, name in ((ana, b"ana"), (ben, b"ben")):
        assert f'<img src="/card-file/home-1/picture" alt="{ALT}">' in await visit.page("/home")
        assert await (await visit.client.get("/card-file/home-1/picture")).read() == PNG + name
    assert (await ana.client.get("/card-file/home-0/picture")).status == 404


async def test_the_gallery_shows_the_examples(ana: Visit) -> None:
    page = await ana.page("/gallery")
    address = "/gallery/daily/practice_figure_card/picture"
    assert f'<img src="{address}"' in page
    assert page.count("Picture: Validation loss falls to 0.6") == 2, "what Discord and Slack are told"
    response = await ana.client.get(address)
    assert (response.status, response.headers["Content-Type"]) == (200, "image/png")
    for other in ("/gallery/daily/why_card/picture", "/gallery/daily/nothing/picture"):
        assert (await ana.client.get(other)).status == 404
