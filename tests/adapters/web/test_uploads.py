"""Files: written under names of our own, given back to be saved and never to be shown."""

from io import BytesIO
from pathlib import Path

import aiohttp
import pytest

from adapters.web.body import UPLOAD
from bot.kernel.card import FILE_BYTES
from tests.adapters.web import toy
from tests.adapters.web.conftest import Visit


def sound(token: str, post: str, name: str = "talk.mp3", content: bytes = b"RIFF....") -> aiohttp.FormData:
    form = aiohttp.FormData()
    words = {"token": token, "receipt": post, "action": "toy.send?day=1", "f.text": "My answer", "seconds.sound": "75"}
    for key, value in words.items():
        form.add_field(key, value)
    form.add_field("f.sound", BytesIO(content), filename=name, content_type="audio/mpeg")
    return form


def stored(folder: Path) -> list[Path]:
    """What lies in the folder of uploads."""
    return sorted((folder / "chat" / "files").iterdir())


def everything(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


async def test_a_recording_arrives_with_its_name_size_and_seconds(ana: Visit, tmp_path: Path) -> None:
    post = await ana.found()
    response = await ana.client.post(
        "/do/submit", data=sound(ana.token, post["receipt"]), headers={"Accept": "application/json"}
    )
    data = await response.json()
    assert data["answers"][0]["blocks"][1]["text"]["File"] == "talk.mp3, 8 bytes, 75 s"
    (kept,) = stored(tmp_path)
    assert kept.read_bytes() == b"RIFF...."
    assert len(kept.name) == 32


@pytest.mark.parametrize(
    "name", ["../../etc/evil", "..\\..\\evil", "/etc/passwd", "a\u202egpj.exe", "x" * 300, "CON", "<b>.html"]
)
async def test_a_strange_name_is_a_label_and_never_a_path(ana: Visit, tmp_path: Path, name: str) -> None:
    post = await ana.found()
    response = await ana.client.post("/do/submit", data=sound(ana.token, post["receipt"], name))
    assert response.status == 200
    assert [len(path.name) for path in stored(tmp_path)] == [32]
    assert not [path for path in everything(tmp_path) if "evil" in path.name or "passwd" in path.name]


async def test_a_file_of_one_mebibyte_on_a_reply_is_a_link_and_downloads_whole(ana: Visit, ben: Visit) -> None:
    await ana.found()
    data = await ana.post("/do/type", spot="daily", text="export")
    [file] = data["answers"][0]["files"]
    assert (file["name"], file["type"]) == ("my data.json", "application/json")
    page = await ana.page("/c/daily")
    assert f'<a href="{file["address"]}" download>my data.json</a>' in page
    assert "éé" not in page
    assert "éé" not in str(await ana.get("/api/messages", spot="daily"))
    response = await ana.client.get(file["address"])
    assert (response.status, response.content_type) == (200, "application/json")
    assert response.headers["Content-Disposition"] == 'attachment; filename="my data.json"'
    assert (await response.read()).decode() == toy.EXPORT
    assert len(toy.EXPORT.encode()) == FILE_BYTES
    assert (await ben.client.get(file["address"])).status == 404, "nobody else gets it"


async def test_a_file_in_a_private_message_comes_back_as_an_attachment(ana: Visit) -> None:
    await ana.found()
    form = aiohttp.FormData()
    for key, value in {"token": ana.token, "spot": "dm-ana", "text": ""}.items():
        form.add_field(key, value)
    form.add_field("file", b"<script>alert(1)</script>", filename="page.html", content_type="text/html")
    assert (await ana.client.post("/do/say", data=form)).status == 200
    address = (await ana.page("/c/dm-ana")).partition('href="/file/')[2].partition('"')[0]
    response = await ana.client.get(f"/file/{address}")
    assert await response.read() == b"<script>alert(1)</script>"
    assert response.headers["Content-Disposition"] == 'attachment; filename="page.html"'
    assert response.headers["Content-Type"] == "application/octet-stream"
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    assert [heard[0] for heard in toy.heard] == ["told"]


@pytest.mark.parametrize("address", ["../chat.db", "..%2fchat.db", "%2e%2e/chat.db", "x" * 32, "\0", "nul"])
async def test_no_address_leads_out_of_the_folder(ana: Visit, address: str) -> None:
    assert (await ana.client.get(f"/file/{address}")).status in (400, 404)
    assert (await ana.client.get(f"/static/{address}")).status in (400, 403, 404)


async def test_a_file_over_ten_megabytes_is_refused_and_not_kept(ana: Visit, tmp_path: Path) -> None:
    post = await ana.found()
    form = sound(ana.token, post["receipt"], content=b"x" * (UPLOAD + 1))
    response = await ana.client.post("/do/submit", data=form, headers={"Accept": "application/json"})
    assert response.status == 413
    assert await response.json() == {"error": "A file may have 10 MB at most."}
    assert stored(tmp_path) == []
    assert toy.heard == []


async def test_a_file_without_the_token_is_not_kept(ana: Visit, tmp_path: Path) -> None:
    post = await ana.found()
    response = await ana.client.post("/do/submit", data=sound("wrong", post["receipt"]))
    assert response.status == 403
    assert stored(tmp_path) == []


async def test_the_bots_own_files_are_there_to_be_saved(ana: Visit, ben: Visit) -> None:
    post = await ana.found()
    response = await ben.client.get(f"/card-file/{post['receipt']}/0")
    assert await response.text() == "BEGIN:VCALENDAR"
    assert response.headers["Content-Disposition"] == 'attachment; filename="day.ics"'
    assert (await ben.client.get(f"/card-file/{post['receipt']}/1")).status == 404
    assert (await ben.client.get("/card-file/m999/0")).status == 404
