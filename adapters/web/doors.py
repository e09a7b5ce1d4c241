"""
What people do, on the page and from programs: POST a form, or JSON with `Accept: application/json`.

Every door needs the cookie and the session's token (field `token` or header `X-Token`; `GET /api/me` tells it). With
the same `delivery` (any text of your own) and the same words, a repeat changes nothing and gets the same answer.

    POST /do/press   {spot, receipt, action, value?, delivery?}    a button, or a menu on a card
    POST /do/submit  {action, form?, fields: {key: text or [texts]}, spot?, receipt?, delivery?}
                     from HTML: `f.<key>` for each field, files as multipart; `form` is the number it came with
    POST /do/say     {spot, text, delivery?}     spot: a place, or the receipt of a message to write in its thread;
                     `under` is read as spot too; "/study ..." is a command, as in the composer
    POST /do/edit    {receipt, text}             one's own message
    POST /do/delete  {receipt}
    POST /do/tell    {text, delivery?}           a private message to the bot; may carry a file as multipart
    POST /do/type    {spot, text}                a command: "today", or "/study today"
    POST /do/choose  {verb, receipt}             a shortcut from a message's menu
    POST /do/dismiss {aside}                     put a reply away
    POST /do/zone    {zone}                      the browser's IANA zone, when none is known
    POST /do/channel {title}                     a new channel; for people who manage the server

The answer: {"answers": [card or form, ...], "refused": null or
{because, hint, field, typed, again, buttons}, "receipt"?}.
Cards and forms are what `translate.card_data` and `forms.form_data` give. What the bot posts arrives a moment later:
    GET /api/messages?spot= | ?under=    GET /api/home    GET /api/suggest?source=&typed=    GET /api/me
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from typing import Any
from zoneinfo import available_timezones

from aiohttp import web

from adapters.web.chat import Message, direct
from adapters.web.forms import find_problem, form_data, form_html, values_of
from adapters.web.layout import TENANT, offered_to, page, reader_of, sent_with, site_of, slip_of, visitor_of, wants_json
from adapters.web.translate import button_data, card_data
from bot.atlas import zone_of
from bot.engine.engine import Outcome, Refused
from bot.kernel.action import Action
from bot.kernel.card import Form
from bot.kernel.effect import Ask, Reply
from bot.kernel.event import Chosen, Event, Pressed, Said, Submitted, Told, Typed, Upload, Value, What

Door = Callable[[web.Request], Awaitable[web.StreamResponse]]
HOME = "home"  # the spot of the home page
COMMAND = "/study"
WORDS = 4_000  # characters of one chat message


async def press(request: web.Request) -> web.StreamResponse:
    sent = sent_with(request)
    what = Pressed(Action.decode(sent.get("action")), sent.get("value"))
    outcome = await _handle(request, what, sent.get("receipt"))
    if outcome.refused or any(isinstance(answer, Reply) for answer in outcome.answers):
        await site_of(request).chat.asides.dismiss(visitor_of(request).person.id, sent.get("aside"))
    return await _answer(request, outcome)


async def submit(request: web.Request) -> web.StreamResponse:
    site, sent, me = site_of(request), sent_with(request), visitor_of(request).person.id
    kept = await site.chat.asides.get(me, sent.get("form"))
    values = values_of([*sent.pairs, *[(key, await _upload(request, key)) for key, _, _ in sent.files]])
    form = kept.content if kept and isinstance(kept.content, Form) else None
    if form and (problem := find_problem(form, values, await offered_to(request, form))):
        if wants_json(request):
            field, because = next(iter(problem.items()))
            return await _answer(request, Outcome(refused=Refused(because, field=field)))
        return await _form_page(request, form, kept.id if kept else 0, values, problem)
    outcome = await _handle(request, Submitted(Action.decode(sent.get("action")), values), sent.get("receipt"))
    refused = outcome.refused
    if form and refused and not refused.buttons and not wants_json(request):
        problem = {refused.field: " ".join(part for part in (refused.because, refused.hint) if part)}
        return await _form_page(request, form, kept.id if kept else 0, values, problem)
    if kept and not refused:
        await site.chat.asides.dismiss(me, str(kept.id))
    return await _answer(request, outcome)


async def say(request: web.Request) -> web.StreamResponse:
    site, sent, me = site_of(request), sent_with(request), visitor_of(request).person.id
    if sent.get("text").split()[:1] == [COMMAND]:
        return await type_command(request)
    spot = sent.get("under") or sent.get("spot")
    if (await site.chat.place(spot, me)).kind == "direct":
        return await tell(request)
    text = _text(sent.get("text"))
    receipt = await site.chat.write(spot, me, words=text, delivery=sent.mark())
    outcome = await _said(request, await site.chat.message(receipt, me), text, f"say/{receipt}")
    return await _answer(request, outcome, receipt)


async def edit(request: web.Request) -> web.StreamResponse:
    site, sent = site_of(request), sent_with(request)
    message, text = await _own(request), _text(sent.get("text"))
    await site.chat.change(message.receipt, words=text, edited="yes")
    return await _answer(request, await _said(request, message, text, f"edit/{message.receipt}/{sent.mark()}"))


async def delete(request: web.Request) -> web.StreamResponse:
    message = await _own(request)
    outcome = await _said(request, message, None, f"delete/{message.receipt}")
    await site_of(request).chat.delete(message.receipt)
    return await _answer(request, outcome, spot=message.spot)


async def tell(request: web.Request) -> web.StreamResponse:
    """A private message to the bot."""
    site, sent, me = site_of(request), sent_with(request), visitor_of(request).person.id
    upload = await _upload(request, "file") if any(key == "file" for key, _, _ in sent.files) else None
    text = sent.get("text").replace("\r\n", "\n").strip()[:WORDS] if upload else _text(sent.get("text"))
    spot = direct(me)
    file = upload.reference if upload else ""
    receipt = await site.chat.write(spot, me, words=text, delivery=sent.mark(), file=file)
    outcome = await _handle(request, Told(text, receipt, upload), spot=spot, id_=f"tell/{receipt}")
    return await _answer(request, outcome, receipt, spot)


async def type_command(request: web.Request) -> web.StreamResponse:
    words = sent_with(request).get("text").strip()
    command, _, text = words.removeprefix(COMMAND).strip().partition(" ")
    return await _answer(request, await _handle(request, Typed(command.lower(), text.strip())))


async def choose(request: web.Request) -> web.StreamResponse:
    site, sent, me = site_of(request), sent_with(request), visitor_of(request).person.id
    message = await site.chat.message(sent.get("receipt"), me)
    under = message.spot if message.spot != message.place else ""
    what = Chosen(sent.get("verb"), message.words, message.receipt, message.author, under)
    return await _answer(request, await _handle(request, what, message.receipt))


async def dismiss(request: web.Request) -> web.StreamResponse:
    await site_of(request).chat.asides.dismiss(visitor_of(request).person.id, sent_with(request).get("aside"))
    return await _answer(request, Outcome())


async def zone(request: web.Request) -> web.StreamResponse:
    person, name = visitor_of(request).person, sent_with(request).get("zone")
    if not person.zone and name in available_timezones():
        # Browsers still say Asia/Calcutta; the person shall read Asia/Kolkata.
        await site_of(request).chat.people.know(replace(person, zone=zone_of(name) or name))
    return await _answer(request, Outcome())


async def channel(request: web.Request) -> web.StreamResponse:
    """A new channel, named in the way of channels: lower case, hyphens."""
    if not visitor_of(request).person.manages:
        raise web.HTTPForbidden(text="Only people who manage this server can add a channel.")
    title = "-".join("".join(c if c.isalnum() else " " for c in sent_with(request).get("title").lower()).split())[:40]
    if not title or title.startswith(("dm-", "room-")) or title == HOME or title[1:].isdecimal():
        raise web.HTTPBadRequest(text="Please give the channel a short name, such as system-design.")
    await site_of(request).chat.add_channel(title, title)
    if wants_json(request):
        return web.json_response({"spot": title})
    raise web.HTTPSeeOther(f"/c/{title}")


DOORS: Mapping[str, Door] = {
    "press": press, "submit": submit, "say": say, "edit": edit, "delete": delete, "tell": tell, "type": type_command,
    "choose": choose, "dismiss": dismiss, "zone": zone, "channel": channel,
}  # fmt: skip


# --- into the engine -----------------------------------------------------------------------


async def _handle(request: web.Request, what: What, receipt: str = "", spot: str = "", id_: str = "") -> Outcome:
    site, visitor = site_of(request), visitor_of(request)
    spot = spot or await where(request, receipt)
    kind = type(what).__name__.lower()
    id_ = id_ or f"{kind}/{visitor.person.id}/{sent_with(request).mark()}"
    group = await group_of(request, spot)
    event = Event(f"{TENANT}/{id_}", TENANT, group, told_spot(spot), visitor.person, site.chat.now(), what, receipt)
    outcome = await site.bot.engine.handle(event)
    if outcome.erased:
        await site.chat.asides.forget(outcome.erased)
    site.bot.hurry()
    return outcome


def told_spot(spot: str) -> str:
    """What the core learns of it: the home page is no channel, and a group set up there could post nowhere."""
    return "" if spot == HOME else spot


async def where(request: web.Request, receipt: str = "") -> str:
    """The spot that this request is about, checked: that of the message, else the one it names, else the home page."""
    chat, me = site_of(request).chat, visitor_of(request).person.id
    if receipt:
        return (await chat.message(receipt, me)).spot
    spot = sent_with(request).get("under") or sent_with(request).get("spot")
    if not spot or spot == HOME:
        return HOME
    await chat.place(spot, me)
    return spot


async def group_of(request: web.Request, spot: str) -> str:
    """The group of a channel, thread or room; empty in a private conversation."""
    chat = site_of(request).chat
    return chat.group if spot == HOME or (await chat.place(spot)).kind != "direct" else ""


async def _said(request: web.Request, message: Message, text: str | None, id_: str) -> Outcome:
    """Tell the bot about a message, if it stands in the thread of one of its posts or in a room that it opened."""
    chat = site_of(request).chat
    under = ""
    if message.spot != message.place:
        parent = await chat.message(message.spot)
        under = parent.receipt if parent.name else ""
    elif (await chat.place(message.place)).kind == "room":
        under = message.place
    if not under:
        return Outcome()
    return await _handle(request, Said(under, message.receipt, text), spot=message.spot, id_=id_)


async def _upload(request: web.Request, key: str) -> Upload:
    """The file that came under this key, written down. Its length in seconds is what the page measured."""
    sent = sent_with(request)
    name, content = next((name, content) for one, name, content in sent.files if one == key)
    told = sent.get(f"seconds.{key.removeprefix('f.')}")
    seconds = int(told) if told.isdecimal() and len(told) < 6 else 0
    return await site_of(request).chat.files.keep(visitor_of(request).person.id, name, content, seconds)


async def _own(request: web.Request) -> Message:
    me = visitor_of(request).person.id
    message = await site_of(request).chat.message(sent_with(request).get("receipt"), me)
    if message.author != me:
        raise web.HTTPForbidden(text="Only whoever wrote a message can change it.")
    return message


def _text(raw: str) -> str:
    """Raises HTTPBadRequest for a message that is empty or too long."""
    text = raw.replace("\r\n", "\n").strip()
    if not text:
        raise web.HTTPBadRequest(text="There is nothing in this message. Please write something.")
    if len(text) > WORDS:
        raise web.HTTPBadRequest(text=f"A message may have {WORDS:,} characters. Yours has {len(text):,}.")
    return text


# --- and back ------------------------------------------------------------------------------


async def _answer(request: web.Request, outcome: Outcome, receipt: str = "", spot: str = "") -> web.StreamResponse:
    """Keep what only this person sees, then show the page again, a form, or the same as data."""
    chat, me, sent = site_of(request).chat, visitor_of(request).person.id, sent_with(request)
    replies = [answer.card for answer in outcome.answers if isinstance(answer, Reply)]
    form = next((answer.form for answer in outcome.answers if isinstance(answer, Ask)), None)
    as_data = wants_json(request)
    no = outcome.refused if not (as_data and request.path == "/do/submit") else None
    cards = [*replies, no.card] if no else replies
    origin = receipt or sent.get("receipt")
    if cards or form:
        spot = spot or await where(request, sent.get("receipt"))
    kept = [await chat.asides.keep(me, spot, origin, card) for card in cards]
    number = await chat.asides.keep(me, spot, origin, form) if form else 0
    if as_data:
        reader = await reader_of(request)
        answers = [card_data(card, reader, f"/card-file/{id_}") for card, id_ in zip(replies, kept, strict=False)]
        answers += [form_data(form, number, await offered_to(request, form))] if form else []
        extra = {"receipt": receipt} if receipt else {}
        return web.json_response({"answers": answers, "refused": _refused_data(outcome.refused), **extra})
    if form:
        return await _form_page(request, form, number)
    # Without JavaScript the browser goes to what is new.
    back, new = back_of(request).partition("#")[0], f"aside-{kept[0]}" if kept else receipt
    raise web.HTTPSeeOther(f"{back}#{new}" if new and back != "/" else back)


async def _form_page(
    request: web.Request, form: Form, number: int, values: Mapping[str, Value] | None = None,
    problem: Mapping[str, str] | None = None,
) -> web.Response:  # fmt: skip
    sent, slip = sent_with(request), slip_of(request, back=back_of(request))
    spot, receipt = sent.get("under") or sent.get("spot"), sent.get("receipt")
    slip = replace(slip, spot=spot, receipt=receipt)
    drawn = form_html(form, slip, number, problem, values, await offered_to(request, form))
    return await page(request, "form.html", title=form.title, form=drawn)


def back_of(request: web.Request) -> str:
    """Where the page wants to return to: an address of ours, never another site's."""
    back = sent_with(request).get("back")
    ours = (
        back.startswith("/")
        and not back.startswith(("//", "/\\"))
        and back.isprintable()
        and not back.startswith("/do/")
    )
    return back if ours else "/"


def _refused_data(refused: Refused | None) -> dict[str, Any] | None:
    if refused is None:
        return None
    return {
        "because": refused.because,
        "hint": refused.hint,
        "field": refused.field,
        "typed": list(refused.typed),
        "again": refused.again.encode() if refused.again else None,
        "buttons": [button_data(button) for button in refused.buttons],
    }
