"""No other site, no stranger and no member can make the page do what its reader did not ask for."""

from html.parser import HTMLParser
from typing import Any

import pytest

from adapters.web.forms import Offered, form_html
from adapters.web.translate import Reader, Slip, card_html
from bot.kernel.action import Action
from bot.kernel.card import (
    Bullets,
    Button,
    Card,
    ChannelField,
    ChoiceField,
    ChoicesField,
    CityField,
    Facts,
    File,
    Form,
    Listing,
    Note,
    Option,
    Para,
    PersonField,
    Quote,
    Select,
    TextField,
    UploadField,
)
from bot.kernel.text import Bold, Code, Mention, md
from tests.adapters.web.conftest import Site, Visit

ATTACKS = (
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "' onmouseover='alert(1)",
    "<svg/onload=alert(1)>",
    "</textarea><script>alert(1)</script>",
    "</title><script>alert(1)</script>",
    "javascript:alert(1)",
    "[click](javascript:alert(1))",
    "<iframe srcdoc='<script>alert(1)</script>'>",
    "{{ 7 * 7 }}{% raw %}",
    "{0.__class__}",
    "&lt;script&gt;alert(1)&lt;/script&gt;",
    "</code></pre><a href=javascript:alert(1)>x</a>",
    '</option><option value="x" onclick=alert(1)>',
    "%3Cscript%3E\u202e\u0000",
)
HARMLESS = {
    "a", "article", "aside", "blockquote", "body", "button", "circle", "cite", "code", "datalist", "dd", "details",
    "dialog", "div", "dl", "dt", "fieldset", "form", "h1", "h2", "h3", "head", "header", "html", "input", "label",
    "legend", "li", "link", "main", "meta", "nav", "option", "p", "path", "pre", "script", "section", "select", "span",
    "strong", "summary", "svg", "table", "tbody", "td", "th", "thead", "tr", "textarea", "time", "title", "ul",
}  # fmt: skip


class Walk(HTMLParser):
    """Reads a page as a browser does and notes everything active in it."""

    def __init__(self) -> None:
        super().__init__()
        self.active: list[str] = []
        self.text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag not in HARMLESS or (tag == "script" and given != {"src": "/static/page.js", "type": "module"}):
            self.active.append(tag)
        for name, value in attrs:
            if name.startswith("on") or name in ("style", "srcdoc", "formaction", "xlink:href"):
                self.active.append(f"{tag} {name}")
            if name in ("href", "src", "action") and not (value or "").startswith(("/", "#", "https://example.org/")):
                self.active.append(f"{tag} {name}={value}")

    def handle_data(self, data: str) -> None:
        self.text += data


def walk(page: str) -> Walk:
    found = Walk()
    found.feed(page)
    found.close()
    return found


def test_the_walk_sees_active_things() -> None:
    page = '<p onclick="x">a</p><script>x</script><a href="javascript:x">b</a><object></object>'
    assert walk(page).active == ["p onclick", "script", "a href=javascript:x", "object"]


@pytest.mark.parametrize("attack", ATTACKS)
def test_no_word_on_a_card_becomes_markup(attack: str) -> None:
    action = Action.to("toy.x")
    blocks = (
        Para((Bold(attack), Code(attack), Mention(attack))),
        Para(md("{x}", x=attack)),
        Note(md("{x}", x=attack)),
        Quote(attack, attack),
        Bullets((md("{x}", x=attack),)),
        Listing(attack, attack),
        Facts(((attack, md("{x}", x=attack)),)),
    )
    select = Select(attack, action, (Option(attack, attack, attack),), attack)
    button = Button(attack[:34], Action("toy.x", (("a", attack[:20]),)))
    card = Card(attack, blocks, (button,), (select,), (File(attack, "text/plain", attack),))
    slip = Slip(attack, attack, attack, attack, attack, "/" + attack, "/" + attack)
    found = walk(str(card_html(card, Reader(names={attack: attack}), slip)))
    assert found.active == []
    assert attack.replace("\0", "\ufffd") in found.text.replace("\0", "\ufffd")


@pytest.mark.parametrize("attack", ATTACKS)
def test_no_word_in_a_form_becomes_markup(attack: str) -> None:
    label, options = attack[:45], (Option(attack, attack, attack),)
    fields = (
        TextField(attack, label, attack, attack, long=True),
        ChoiceField("b", label, options, attack, attack),
        ChoicesField("c", label, options, (attack,), attack),
        CityField("d", label, attack, attack, attack),
        UploadField("e", label, attack),
    )
    named = Form("Move", Action.to("toy.x"), (ChannelField("a", label, attack), PersonField("b", label, "x", attack)))
    form = Form(attack[:24], Action("toy.x", (("a", attack[:20]),)), fields, attack[:24])
    problem = {field.key: attack for field in fields} | {"": attack}
    assert walk(str(form_html(form, Slip(back="/" + attack), 1, problem))).active == []
    offered = Offered(((attack, attack),), ((attack, attack),))
    assert walk(str(form_html(named, Slip(), 1, offered=offered))).active == []


async def test_what_members_write_stays_words_on_every_page(ana: Visit) -> None:
    post = await ana.found()
    await ana.post("/be", name="<img src=x onerror=alert(1)>")
    for attack in ATTACKS:
        await ana.post("/do/say", spot="general", text=attack)
        await ana.post("/do/say", under=post["receipt"], text=attack)
    await ana.post("/do/type", spot="daily", text="join")
    await ana.post("/do/submit", receipt=post["receipt"], action="toy.send", fields={"text": "".join(ATTACKS)})
    await ana.site.wait()
    for path in ("/c/general", f"/c/daily/{post['receipt']}", "/c/daily", "/home", "/outbox", "/behind"):
        assert walk(await ana.page(path)).active == [], path
    assert "49" not in walk(await ana.page("/c/general")).text


# --- other sites ------------------------------------------------------------------------


async def test_another_host_name_gets_nothing(ana: Visit) -> None:
    for path in ("/", "/c/general", "/static/page.js", "/healthz", "/api/me"):
        response = await ana.client.get(path, headers={"Host": "evil.test"}, allow_redirects=False)
        assert response.status == 421, path
        assert ana.token not in await response.text()


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.test"},
        {"Origin": "null"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
    ],
)
async def test_a_post_from_another_site_is_refused(ana: Visit, headers: dict[str, str]) -> None:
    body = {"token": ana.token, "spot": "general", "text": "forged"}
    response = await ana.client.post("/do/say", data=body, headers=headers)
    assert response.status == 403
    assert await ana.messages("general") == []


async def test_every_post_needs_the_token(ana: Visit) -> None:
    paths = [route.resource.canonical for route in ana.site.server.app.router.routes() if route.method == "POST"]  # type: ignore[union-attr]
    assert len(paths) > 10
    for path in paths:
        for body in ({}, {"token": "wrong"}, {"token": "é"}):
            response = await ana.client.post(path, data=body | {"spot": "general", "text": "x", "name": "x"})
            assert response.status == 403, path
    assert await ana.messages("general") == []


async def test_the_token_of_one_session_does_not_open_another(ana: Visit, ben: Visit) -> None:
    body = {"token": ana.token, "spot": "general", "text": "forged"}
    assert (await ben.client.post("/do/say", data=body)).status == 403


async def test_reading_never_changes_and_changing_is_never_a_get(ana: Visit) -> None:
    for name in ("say", "press", "delete"):
        assert (await ana.client.get(f"/do/{name}")).status in (404, 405)
    assert (await ana.client.put("/do/say")).status == 405


async def test_every_answer_forbids_what_comes_from_elsewhere(ana: Visit, site: Site) -> None:
    receipt = await site.chat.write("general", "ana", words="x")
    for path in (
        "/",
        "/c/general",
        f"/c/general/{receipt}",
        "/nowhere",
        "/static/page.js",
        "/api/me",
        "/file/x",
        "/live",
    ):
        response = await ana.client.get(path, allow_redirects=False)
        policy = response.headers["Content-Security-Policy"]
        assert policy.startswith("default-src 'none'; style-src 'self'; script-src 'self'; "), path
        assert "frame-ancestors 'none'" in policy
        assert response.headers["X-Content-Type-Options"] == "nosniff", path
        response.close()


async def test_the_way_back_never_leads_to_another_site(ana: Visit) -> None:
    for back in (
        "https://evil.test/",
        "//evil.test/",
        "/\\evil.test",
        "javascript:alert(1)",
        "/do/say",
        "/x\r\nSet-Cookie: a=b",
    ):
        body = {"token": ana.token, "spot": "general", "text": "x", "back": back}
        response = await ana.client.post("/do/say", data=body, allow_redirects=False)
        assert (response.status, response.headers["Location"]) == (303, "/"), back


# --- strangers --------------------------------------------------------------------------


async def test_a_link_lets_in_once_and_the_cookie_is_out_of_reach(closed_site: Site) -> None:
    key = await closed_site.chat.people.invite("ben")
    client, other = closed_site.browser(), closed_site.browser()
    assert (await client.get("/c/general")).status == 401
    response = await client.get("/enter", params={"key": key})
    cookie = response.headers["Set-Cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=Strict" in cookie
    assert (await (await client.get("/api/me")).json())["person"] == "ben"
    assert (await other.get("/enter", params={"key": key})).status == 403
    assert (await other.get("/enter")).status == 403
    again = await client.get("/enter", params={"key": key}, allow_redirects=False)
    assert (again.status, again.headers["Location"]) == (303, "/"), "whoever is in may keep the link as a bookmark"


STRANGE = ("/", "/home", "/c/daily", "/api/me", "/api/messages?spot=daily", "/outbox", "/gallery", "/file/x", "/live")


async def test_a_stranger_sees_no_page_and_opens_no_door(closed_site: Site) -> None:
    other = closed_site.browser()
    for path in STRANGE:
        assert (await other.get(path)).status == 401, path
    assert (await other.post("/do/say", data={"spot": "general", "text": "x"})).status == 401


async def test_only_in_the_demonstration_is_one_somebody_else(closed_site: Site) -> None:
    ben = await closed_site.visit("ben")
    await ben.post("/be", 403, person="ana")
    assert (await ben.get("/api/me"))["person"] == "ben"
    assert 'action="/be"' not in await ben.page("/c/general")


async def test_a_manager_invites_by_link_and_others_cannot(closed_site: Site) -> None:
    ana, ben = await closed_site.visit("ana"), await closed_site.visit("ben")
    await ben.page("/people", 403)
    await ben.post("/people", 403, name="Mallory")
    response = await ana.client.post("/people", data={"token": ana.token, "name": "Dora Díaz", "manages": "yes"})
    page = await response.text()
    assert "only on this computer" in page
    link = page.partition("/enter?key=")[2].partition('"')[0]
    dora = closed_site.browser()
    assert (await dora.get("/enter", params={"key": link})).status == 200
    me = await (await dora.get("/api/me")).json()
    assert (me["person"], me["name"], me["manages"]) == ("dora-díaz", "Dora Díaz", False)


async def test_leaving_ends_the_session_on_the_server_too(closed_site: Site) -> None:
    ben = await closed_site.visit("ben")
    jar = {cookie.key: cookie.value for cookie in ben.client.session.cookie_jar}
    assert (await ben.client.post("/leave", data={"token": ben.token})).status == 200
    assert (await closed_site.browser(**jar).get("/api/me")).status == 401


async def test_secrets_are_kept_as_hashes_only(closed_site: Site, tmp_path: Any) -> None:
    key = await closed_site.chat.people.invite("ben")
    cookie = await closed_site.chat.people.let_in("ben")
    stored = b"".join(path.read_bytes() for path in (tmp_path / "chat").glob("chat.db*"))
    assert b"person" in stored
    assert key.encode() not in stored
    assert cookie.encode() not in stored


# --- sizes ------------------------------------------------------------------------------


async def test_a_body_of_more_than_a_megabyte_is_refused_in_one_sentence(ana: Visit) -> None:
    body = {"token": ana.token, "spot": "general", "text": "x" * 1_000_001}
    response = await ana.client.post("/do/say", data=body, headers={"Accept": "application/json"})
    assert response.status == 413
    assert await response.json() == {"error": "What you send may have 1 MB at most."}


async def test_a_body_that_does_not_tell_its_length_is_refused_where_it_grows_too_large(ana: Visit) -> None:
    async def endless() -> Any:
        for _ in range(40):
            yield b"x" * 50_000

    headers = {"Accept": "application/json", "X-Token": ana.token, "Content-Type": "application/x-www-form-urlencoded"}
    response = await ana.client.post("/do/say", data=endless(), headers=headers)
    assert response.status == 413


@pytest.mark.parametrize("body", [b"[]", b"{", b"\xff", b"[" * 100_000])
async def test_damaged_json_is_refused_kindly(ana: Visit, body: bytes) -> None:
    headers = {"Accept": "application/json", "X-Token": ana.token, "Content-Type": "application/json"}
    response = await ana.client.post("/do/say", data=body, headers=headers)
    assert response.status == 400
    assert "JSON" in (await response.json())["error"]


async def test_a_program_may_send_json_numbers_and_lists_without_harm(ana: Visit) -> None:
    await ana.post("/do/press", spot="general", action=7, value=[1, {"a": 2}], aside={"x": 1})
    await ana.post("/do/dismiss", aside="9" * 40)
    await ana.post("/do/submit", action=None, fields=["x"], form="9" * 40)
    await ana.post("/do/edit", 404, receipt="m" + "9" * 40, text="x")
