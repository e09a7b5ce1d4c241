"""Pages to read: places, threads, the member's home, and the same as data."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from itertools import islice

from aiohttp import web
from markupsafe import Markup

from adapters.web.asides import Aside
from adapters.web.chat import BOT, PAGE, Message
from adapters.web.doors import HOME, group_of, told_spot
from adapters.web.layout import TENANT, page, place_title, reader_of, site_of, slip_of, visitor_of
from adapters.web.translate import Reader, Slip, card_data, card_html, hour_html
from bot.kernel.card import Card, Form, pictures_of
from bot.kernel.event import Event, Opened, Suggest

STAYS = timedelta(hours=12)  # a reply on the home page, where it stands above everything
ON_HOME = "home-"  # before the place of a card on the home page
HUES = 6  # colours of the round marks beside names


@dataclass(frozen=True, slots=True)
class Entry:
    """One message as the template draws it. `day` is set on the first message of a local day."""

    message: Message
    who: str
    hue: int
    initial: str
    mine: bool
    bot: bool
    time: Markup
    day: str
    card: Markup
    asides: tuple[tuple[int, Markup], ...]
    file: str = ""


async def front(request: web.Request) -> web.StreamResponse:
    """Where people arrive, else where one was not yet up to date, else the first channel."""
    if landing := site_of(request).landing:
        raise web.HTTPSeeOther(f"/c/{landing}")
    places = await site_of(request).chat.places(visitor_of(request).person.id)
    raise web.HTTPSeeOther(f"/c/{next((place for place in places if place.fresh), places[0]).id}")


async def place_page(request: web.Request) -> web.StreamResponse:
    """A place, and beside it the thread that is open."""
    site, me = site_of(request), visitor_of(request).person.id
    spot, root = request.match_info["spot"], request.match_info.get("receipt", "")
    reader, place = await reader_of(request), await site.chat.place(spot, me)
    before = request.query.get("before", "")
    listed = await site.chat.messages(place.id, me, before)
    thread = await _thread(request, root, place.id, reader) if root else None
    if listed and not before:
        await site.chat.saw(me, place.id, listed[-1].receipt)
    entries, loose = await _entries(request, listed, place.id, reader)
    return await page(
        request, "place.html", here=place.id, place=place, title=place_title(place, me, reader), entries=entries,
        loose=loose, thread=thread, pinned=await site.chat.messages(place.id, me, pinned=True),
        earlier=listed[0].receipt if len(listed) == PAGE else "", newest=not before,
        commands=_commands(request), shortcuts=_shortcuts(request), spots=_empty_words(request, place.kind),
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class OpenThread:
    root: Message
    title: str
    post: Markup
    entries: Sequence[Entry]
    loose: Sequence[tuple[int, Markup]]


async def _thread(request: web.Request, root: str, place: str, reader: Reader) -> OpenThread:
    site, me = site_of(request), visitor_of(request).person.id
    parent = await site.chat.message(root, me)
    if parent.place != place or parent.spot != place:
        raise web.HTTPSeeOther(f"/c/{parent.place}/{parent.spot}")
    listed = await site.chat.messages(root, me)
    if listed:
        await site.chat.saw(me, root, listed[-1].receipt)
    entries, loose = await _entries(request, listed, root, reader)
    # Its buttons stand beside the post itself; here they would be there twice.
    post = Markup("<p>{}</p>").format(parent.words)
    if parent.card:
        bare = replace(parent.card, buttons=(), selects=(), files=())
        post = card_html(bare, reader, Slip(files=f"/card-file/{parent.receipt}"))
    title = parent.thread or (parent.card.title if parent.card else reader.name(parent.author))
    return OpenThread(parent, title, post, entries, loose)


async def _entries(
    request: web.Request, listed: Sequence[Message], spot: str, reader: Reader
) -> tuple[list[Entry], list[tuple[int, Markup]]]:
    """The messages with this person's replies under them; without messages the replies come apart."""
    chat, me = site_of(request).chat, visitor_of(request).person.id
    slip = slip_of(request, spot)
    asides: dict[str, list[tuple[int, Markup]]] = {}
    for aside in await chat.asides.replies(me, spot):
        asides.setdefault(_above(aside, listed), []).append((aside.id, _aside_card(aside, reader, slip)))
    entries, day = [], None
    for message in listed:
        own_day = message.at.astimezone(reader.zone).date()
        label = await _file_label(request, message)
        entries.append(_entry(message, own_day if own_day != day else None, me, reader, slip, label, asides))
        day = own_day
    return entries, [aside for group in asides.values() for aside in group]


def _above(aside: Aside, listed: Sequence[Message]) -> str:
    """The message that the reply stands under: the one it is about, else what was the newest when it came."""
    if any(message.receipt == aside.origin for message in listed):
        return aside.origin
    before = [message.receipt for message in listed if message.at <= aside.at]
    return (before or [message.receipt for message in listed[:1]] or [""])[-1]


def _entry(
    message: Message, day: date | None, me: str, reader: Reader, slip: Slip, file: str,
    asides: dict[str, list[tuple[int, Markup]]],
) -> Entry:  # fmt: skip
    who = reader.name(message.author) if message.author else BOT
    own = replace(slip, receipt=message.receipt, files=f"/card-file/{message.receipt}")
    return Entry(
        message, who, sum(message.author.encode()) % HUES, who[:1].upper(), message.author == me, not message.author,
        hour_html(message.at, reader), f"{day:%A} {day.day} {day:%B %Y}" if day else "",
        card_html(message.card, reader, own) if message.card else Markup(""),
        tuple(asides.pop(message.receipt, ())), file,
    )  # fmt: skip


def _aside_card(aside: Aside, reader: Reader, slip: Slip) -> Markup:
    if isinstance(aside.content, Form):
        return Markup("")
    own = replace(slip, receipt=aside.origin, aside=str(aside.id), files=f"/card-file/{aside.id}")
    return card_html(aside.content, reader, own)


async def _file_label(request: web.Request, message: Message) -> str:
    found = await site_of(request).chat.files.get(message.file) if message.file else None
    return found[0].name if found else ""


def _commands(request: web.Request) -> list[tuple[str, str]]:
    return sorted((word, command.help) for word, (_, command) in site_of(request).bot.engine.routes.commands.items())


def _shortcuts(request: web.Request) -> list[tuple[str, str]]:
    return [(verb, shortcut.label) for verb, (_, shortcut) in site_of(request).bot.engine.routes.shortcuts.items()]


def _empty_words(request: web.Request, kind: str) -> str:
    """What a place says while nothing is in it."""
    if kind == "direct":
        return "Here you and the bot talk in private. Nobody else can read it."
    if kind == "room":
        return "This room is only for you and the people named above."
    if visitor_of(request).person.manages:
        return "Nothing here yet. To start a study group in this channel, write /study and press Send."
    return "Nothing here yet. Somebody who manages this server can start the study group with /study."


async def home(request: web.Request) -> web.StreamResponse:
    reader, slip = await reader_of(request), slip_of(request, HOME)
    cards = [
        card_html(card, reader, replace(slip, files=f"/card-file/{ON_HOME}{place}"), "h2")
        for place, card in enumerate(await _home_cards(request))
    ]
    loose = [(aside.id, _aside_card(aside, reader, slip)) for aside in await _home_replies(request)]
    return await page(request, "home.html", here=HOME, title="Home", cards=cards, loose=loose)


async def _home_replies(request: web.Request) -> Sequence[Aside]:
    """Those of this half day."""
    chat = site_of(request).chat
    replies = await chat.asides.replies(visitor_of(request).person.id, HOME)
    return [aside for aside in replies if chat.now() - aside.at < STAYS]


async def _home_cards(request: web.Request) -> Sequence[Card]:
    site, visitor = site_of(request), visitor_of(request)
    event = Event("", TENANT, site.chat.group, "", visitor.person, site.chat.now(), Opened())
    return await site.bot.engine.home(event)


async def edit_page(request: web.Request) -> web.StreamResponse:
    """The form that changes one's own message."""
    message = await site_of(request).chat.message(request.match_info["receipt"], visitor_of(request).person.id)
    if message.author != visitor_of(request).person.id:
        raise web.HTTPForbidden(text="Only whoever wrote a message can change it.")
    back = f"/c/{message.place}" + (f"/{message.spot}" if message.spot != message.place else "")
    slip = replace(slip_of(request, message.spot, back), receipt=message.receipt)
    return await page(request, "edit.html", title="Change your message", slip=slip, text=message.words)


# --- as data -------------------------------------------------------------------------------


async def api_me(request: web.Request) -> web.Response:
    site, visitor = site_of(request), visitor_of(request)
    reader, me = await reader_of(request), visitor.person
    places = [
        {"spot": place.id, "kind": place.kind, "title": place_title(place, me.id, reader), "fresh": place.fresh}
        for place in await site.chat.places(me.id)
    ]
    return web.json_response(
        {
            "person": me.id,
            "name": me.name,
            "zone": me.zone,
            "manages": me.manages,
            "token": visitor.token,
            "places": places,
        }
    )


async def api_messages(request: web.Request) -> web.Response:
    site, me = site_of(request), visitor_of(request).person.id
    spot = request.query.get("under") or request.query.get("spot", "")
    await site.chat.place(spot, me)
    reader = await reader_of(request)
    if only := request.query.get("only"):  # for whoever knows which message they want
        messages = [await site.chat.message(only, me)]
    else:
        messages = await site.chat.messages(spot, me, request.query.get("before", ""))
    return web.json_response(
        {
            "messages": [_message_data(message, reader) for message in messages],
            "asides": [_aside_data(aside, reader) for aside in await site.chat.asides.replies(me, spot)],
        }
    )


async def api_home(request: web.Request) -> web.Response:
    reader, asides = await reader_of(request), await _home_replies(request)
    cards = [
        card_data(card, reader, f"/card-file/{ON_HOME}{place}") for place, card in enumerate(await _home_cards(request))
    ]
    return web.json_response({"cards": cards, "asides": [_aside_data(aside, reader) for aside in asides]})


async def api_suggest(request: web.Request) -> web.Response:
    site, visitor = site_of(request), visitor_of(request)
    spot = request.query.get("spot") or HOME
    if spot != HOME:
        await site.chat.place(spot, visitor.person.id)
    what = Suggest(request.query.get("source", ""), request.query.get("typed", "")[:200])
    group = await group_of(request, spot)
    event = Event("", TENANT, group, told_spot(spot), visitor.person, site.chat.now(), what)
    options = await site.bot.engine.suggest(event)
    rows = [{"value": option.value, "label": option.label, "help": option.help} for option in options]
    return web.json_response({"options": rows})


def _message_data(message: Message, reader: Reader) -> dict[str, object]:
    return {
        "receipt": message.receipt,
        "place": message.place,
        "spot": message.spot,
        "author": message.author,
        "author_name": reader.name(message.author) if message.author else BOT,
        "name": message.name,
        "text": message.words,
        "at": message.at.isoformat(),
        "edited": message.edited,
        "pinned": message.pinned,
        "closed": message.closed,
        "thread": message.thread,
        "replies": message.replies,
        "fresh": message.fresh,
        "card": card_data(message.card, reader, f"/card-file/{message.receipt}") if message.card else None,
    }


def _aside_data(aside: Aside, reader: Reader) -> dict[str, object]:
    files = f"/card-file/{aside.id}"
    card = card_data(aside.content, reader, files) if isinstance(aside.content, Card) else {}
    return {"aside": aside.id, "spot": aside.spot, "receipt": aside.origin, "card": card}


# --- files ---------------------------------------------------------------------------------


async def file(request: web.Request) -> web.StreamResponse:
    """What somebody uploaded, always to be saved and never to be shown. Its address cannot be guessed."""
    found = await site_of(request).chat.files.get(request.match_info["id"])
    if found is None:
        raise web.HTTPNotFound(text="This file is not here any more.")
    upload, path = found
    return web.FileResponse(path, headers=_attached(upload.name, "application/octet-stream"))


async def card_file(request: web.Request) -> web.Response:
    """A file on a card, to be saved."""
    card, number = await _card_of(request), int(request.match_info["number"])
    if card is None or number >= len(card.files):
        raise web.HTTPNotFound(text="This file is not here any more.")
    found = card.files[number]
    return web.Response(body=found.content, headers=_attached(found.name, found.type))


async def card_picture(request: web.Request) -> web.Response:
    """The picture on a card, to be shown."""
    return picture_response(await _card_of(request))


def picture_response(card: Card | None) -> web.Response:
    """A PNG and nothing else: a browser must not take it for a page."""
    for picture in pictures_of(card) if card else ():
        return web.Response(body=picture.file.content, content_type="image/png")
    raise web.HTTPNotFound(text="This picture is not here any more.")


async def _card_of(request: web.Request) -> Card | None:
    """The card of a message that this person may see, of a reply to them, or of their home page."""
    chat, me, owner = site_of(request).chat, visitor_of(request).person.id, request.match_info["owner"]
    place = owner.removeprefix(ON_HOME)
    if owner.startswith(ON_HOME) and place.isdecimal():
        return next(islice(await _home_cards(request), int(place[:3]), None), None)
    if not owner.isdecimal():
        return (await chat.message(owner, me)).card
    aside = await chat.asides.get(me, owner)
    return aside.content if aside and isinstance(aside.content, Card) else None


def _attached(name: str, type_: str) -> dict[str, str]:
    plain = "".join(letter for letter in name if letter.isascii() and (letter.isalnum() or letter in " .-_")) or "file"
    return {"Content-Type": type_, "Content-Disposition": f'attachment; filename="{plain}"'}
