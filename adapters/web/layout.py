"""The site, its visitor, and the frame that stands around every page."""

import secrets  # noqa: TID251 - a fresh delivery for every page, so that a press on it is new
from collections.abc import Awaitable, Callable, Collection, Sequence
from dataclasses import dataclass
from hashlib import sha256
from http import HTTPStatus
from pathlib import Path
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from aiohttp import web
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from adapters.web.body import Sent
from adapters.web.chat import BOT, Chat, Place
from adapters.web.forms import NOTHING_OFFERED, Offered, needs_offer
from adapters.web.translate import UTC_ZONE, Reader, Slip
from bot.kernel.card import Form
from bot.kernel.event import Person

if TYPE_CHECKING:
    from bot.app import App

TENANT = "web"
Bar = Callable[[web.Request], Awaitable[Markup]]


@dataclass(frozen=True)
class Site:
    """
    What every page needs.

    `bar` draws what stands above every page, such as a clock that can be turned. `landing` is the channel in which
    people arrive; empty: where something is new to them. `guest` is whom a newcomer becomes in the demonstration,
    once they are known; else it is the first person who manages.
    """

    bot: "App"
    chat: Chat
    host_names: Collection[str]
    demo: bool
    bar: Bar | None = None
    landing: str = ""
    guest: str = ""


@dataclass(frozen=True, slots=True)
class Visitor:
    person: Person
    cookie: str

    @property
    def token(self) -> str:
        """What the forms of this session carry and no other site can know."""
        return sha256(f"token/{self.cookie}".encode()).hexdigest()


SITE = web.AppKey("site", Site)
VISITOR = web.RequestKey("visitor", Visitor)
SENT = web.RequestKey("sent", Sent)


def site_of(request: web.Request) -> Site:
    return request.app[SITE]


def visitor_of(request: web.Request) -> Visitor:
    """Raises HTTPUnauthorized for somebody without a cookie."""
    visitor: Visitor | None = request.get(VISITOR)
    if visitor is None:
        raise web.HTTPUnauthorized(text="Please open the link that you were given. It lets you in.")
    return visitor


def sent_with(request: web.Request) -> Sent:
    """The body of a POST, read and checked."""
    return request[SENT]


def wants_json(request: web.Request) -> bool:
    return "application/json" in request.headers.get("Accept", "") or request.path.startswith("/api/")


async def reader_of(request: web.Request) -> Reader:
    """Whose eyes a page is drawn for."""
    people = await site_of(request).chat.people.all()
    zone = visitor_of(request).person.zone
    return Reader(ZoneInfo(zone) if zone else UTC_ZONE, {id_: person.name for id_, person in people.items()})


async def offered_to(request: web.Request, *forms: Form) -> Offered:
    """The channels and people that these forms can name on this person's page; nothing where none of them asks."""
    if not any(needs_offer(form) for form in forms):
        return NOTHING_OFFERED
    chat = site_of(request).chat
    places = await chat.places(visitor_of(request).person.id)
    channels = tuple((place.id, f"#{place.title}") for place in places if place.kind == "channel")
    return Offered(channels, tuple((id_, person.name) for id_, person in (await chat.people.all()).items()))


def slip_of(request: web.Request, spot: str = "", back: str = "") -> Slip:
    return Slip(visitor_of(request).token, secrets.token_urlsafe(12), spot, back=back or request.path_qs)


def place_title(place: Place, person: str, reader: Reader) -> str:
    """`#daily`, `Ana and Ben` for a room, the bot's name for the private conversation."""
    if place.kind == "channel":
        return f"#{place.title}"
    others = [reader.name(one) for one in place.persons if one != person]
    return BOT if place.kind == "direct" else " and ".join(others) or place.title


_ENVIRONMENT = Environment(
    loader=FileSystemLoader(Path(__file__).parent / "templates"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)


async def page(request: web.Request, template: str, **context: object) -> web.Response:
    """A page with the list of places beside it. `context` is the template's own."""
    site, visitor = site_of(request), visitor_of(request)
    reader = await reader_of(request)
    places = await site.chat.places(visitor.person.id)
    everybody: Sequence[Person] = tuple((await site.chat.people.all()).values()) if site.demo else ()
    shell = {
        "visitor": visitor,
        "me": visitor.person,
        "demo": site.demo,
        "everybody": everybody,
        "places": [(place, place_title(place, visitor.person.id, reader)) for place in places],
        "reader": reader,
        "slip": slip_of(request),
        "bar": await site.bar(request) if site.bar else Markup(""),
        "here": "",
        "bot_name": BOT,
        "path": request.path_qs,
    }
    text = _ENVIRONMENT.get_template(template).render(shell | context)
    return web.Response(text=text, content_type="text/html")


def plain_page(title: str, text: str, status: HTTPStatus = HTTPStatus.OK, onward: str = "/") -> web.Response:
    """One sentence and a way on; needs no visitor."""
    body = _ENVIRONMENT.get_template("plain.html").render(title=title, text=text, onward=onward)
    return web.Response(text=body, content_type="text/html", status=status)
