"""How people come in: by a link that works once; in the demonstration everybody can be anybody."""

from zoneinfo import available_timezones

from aiohttp import web

from adapters.web.doors import back_of
from adapters.web.guard import cookie_name, set_cookie
from adapters.web.layout import TENANT, VISITOR, page, plain_page, sent_with, site_of, visitor_of, wants_json
from adapters.web.people import UsedUp
from bot.kernel.event import Arrived, Event, Person

NAME = 40  # characters of a person's name
HERE_ONLY = ("127.0.0.1", "localhost", "::1")  # addresses that mean "this computer" on every computer


async def enter(request: web.Request) -> web.StreamResponse:
    """
    `/enter?key=...`: the key becomes a cookie.

    The page that answers leads on by itself. A redirect would arrive without the new cookie when the link stood on
    another site, because the cookie is SameSite=Strict.
    """
    site = site_of(request)
    try:
        person = await site.chat.people.redeem(request.query.get("key", ""))
    except UsedUp as no:
        if site.demo or VISITOR in request:  # whoever is in may open the link again, after a reload or from a bookmark
            raise web.HTTPSeeOther("/") from no
        raise web.HTTPForbidden(text=f"{no} Ask whoever runs this server for a new one.") from no
    response = plain_page("You are in", "Welcome. One moment, please.")
    set_cookie(request, response, await site.chat.people.let_in(person))
    await _arrive(request, (await site.chat.people.all())[person])
    return response


async def be(request: web.Request) -> web.StreamResponse:
    """In the demonstration: be this person from now on. An unknown name makes somebody new."""
    site, visitor, sent = site_of(request), visitor_of(request), sent_with(request)
    if not site.demo:
        raise web.HTTPForbidden(text="Only in the demonstration can one be somebody else.")
    people = await site.chat.people.all()
    person = people.get(sent.get("person")) or await _newcomer(request, sent.get("name") or sent.get("person"))
    await site.chat.people.become(visitor.cookie, person.id)
    if wants_json(request):
        return web.json_response({"person": person.id, "token": visitor.token})
    raise web.HTTPSeeOther(back_of(request))


async def people_page(request: web.Request) -> web.Response:
    """For people who manage the server: who is here, and a form that invites somebody."""
    return await _people(request, "", "")


async def invite(request: web.Request) -> web.Response:
    """Makes a person and shows the link that lets them in, once."""
    _need_manager(request)
    person = await _newcomer(request, sent_with(request).get("name"))
    key = await site_of(request).chat.people.invite(person.id)
    return await _people(request, person.name, f"{request.scheme}://{request.host}/enter?key={key}")


async def leave(request: web.Request) -> web.StreamResponse:
    await site_of(request).chat.people.leave(visitor_of(request).cookie)
    response = plain_page("Good-bye", "You have left this browser. The next link that you are given lets you in again.")
    response.del_cookie(cookie_name(request), path="/")
    return response


async def _people(request: web.Request, name: str, link: str) -> web.Response:
    _need_manager(request)
    people = (await site_of(request).chat.people.all()).values()
    local = request.url.host in HERE_ONLY
    return await page(
        request, "people.html", title="People", here="people", people=people, name=name, link=link, local=local
    )


def _need_manager(request: web.Request) -> None:
    if not visitor_of(request).person.manages:
        raise web.HTTPForbidden(text="Only people who manage this server can invite others.")


async def _newcomer(request: web.Request, raw: str) -> Person:
    site, sent = site_of(request), sent_with(request)
    name = " ".join("".join(letter if letter.isprintable() else " " for letter in raw).split())[:NAME]
    if not name:
        raise web.HTTPBadRequest(text="Please give a name.")
    zone = sent.get("zone") if sent.get("zone") in available_timezones() else ""
    person = Person(
        new_id(name, set(await site.chat.people.all())), name, zone, sent.get("manages") == "yes" and site.demo
    )
    await site.chat.people.know(person)
    await _arrive(request, person)
    return person


def new_id(name: str, taken: set[str]) -> str:
    """`Ana Lima` becomes `ana-lima`, the second one `ana-lima-2`."""
    plain = "-".join("".join(c if c.isalnum() else " " for c in name.lower()).split())[:30] or "person"
    return (
        plain
        if plain not in taken
        else next(f"{plain}-{n}" for n in range(2, len(taken) + 3) if f"{plain}-{n}" not in taken)
    )


async def _arrive(request: web.Request, person: Person) -> None:
    site = site_of(request)
    channel = (await site.chat.places(person.id))[0].id
    event = Event(f"{TENANT}/arrived/{person.id}", TENANT, site.chat.group, channel, person, site.chat.now(), Arrived())
    await site.bot.engine.handle(event)
    site.bot.hurry()
