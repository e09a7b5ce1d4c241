"""
Who may ask, and for what: everything a request passes before a page or a door sees it.

* `Host` must be one of ours, else 421: another site's name that points here gets nothing.
* A POST must come from our own page (`Sec-Fetch-Site`, `Origin`) and carry the session's token, else 403.
* A cookie says who it is (HttpOnly, SameSite=Strict); the key that was shown in the terminal becomes one, once.
* Bodies end at 1 MB, uploads at 10 MB, else 413.
* Every answer forbids scripts, styles and frames from anywhere else.
"""

import hmac
import logging
from collections.abc import Awaitable, Callable
from http import HTTPStatus

from aiohttp import web

from adapters.web.body import read_sent
from adapters.web.chat import Gone
from adapters.web.layout import SENT, VISITOR, Visitor, plain_page, site_of, visitor_of, wants_json

log = logging.getLogger(__name__)
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; connect-src 'self'; "
        "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",  # "no-referrer" would make browsers hide the Origin that we check
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
}
OPEN = ("/enter", "/healthz", "/static/")  # what somebody without a cookie may ask for
COOKIE_DAYS = 90


def cookie_name(request: web.Request) -> str:
    """Browsers do not keep the cookies of two ports apart, so the name does."""
    return f"whetstone_{request.url.port}"


def set_cookie(request: web.Request, response: web.StreamResponse, cookie: str) -> None:
    response.set_cookie(
        cookie_name(request), cookie, max_age=COOKIE_DAYS * 86_400, httponly=True, samesite="Strict", path="/"
    )


@web.middleware
async def guard(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Check, then run; whatever goes wrong becomes one clear sentence."""
    fresh = ""
    try:
        _check_host(request)
        _check_origin(request)
        fresh = await _meet(request)
        if request.method == "POST":
            await _check_token(request)
        response = await handler(request)
        if fresh and not response.prepared:
            set_cookie(request, response, fresh)
    except Gone as gone:
        response = sentence(request, HTTPStatus.NOT_FOUND, str(gone))
    except web.HTTPException as error:
        if error.status < HTTPStatus.BAD_REQUEST:
            error.headers.update(HEADERS)
            if fresh:
                set_cookie(request, error, fresh)
            raise
        response = sentence(request, HTTPStatus(error.status), error.text or error.reason)
    except Exception:  # the outermost place: whatever it was, the visitor gets a sentence
        log.exception("page failed", extra={"path": request.path})
        text = "That went wrong on our side. Nothing is lost. Please try again."
        response = sentence(request, HTTPStatus.INTERNAL_SERVER_ERROR, text)
    if not response.prepared:
        response.headers.update({key: value for key, value in HEADERS.items() if key not in response.headers})
    return response


def sentence(request: web.Request, status: HTTPStatus, text: str) -> web.Response:
    """An error as a page, or as data for programs."""
    if wants_json(request):
        return web.json_response({"error": text}, status=status)
    return plain_page("Sorry", text, status)


def _check_host(request: web.Request) -> None:
    name = (request.url.host or "").lower()
    if name not in site_of(request).host_names:
        raise web.HTTPMisdirectedRequest(text="This server does not answer to that name. Use the address it printed.")


def _check_origin(request: web.Request) -> None:
    if request.method in ("GET", "HEAD"):
        return
    if request.method != "POST":
        raise web.HTTPMethodNotAllowed(
            request.method, ("GET", "POST"), text="Pages are read with GET, changed with POST."
        )
    came_from = request.headers.get("Sec-Fetch-Site", "same-origin")
    origin = request.headers.get("Origin", "")
    if came_from not in ("same-origin", "none") or (origin and origin != f"{request.scheme}://{request.host}"):
        raise web.HTTPForbidden(text="Another site sent this, so it was not done. Use the page itself.")


async def _meet(request: web.Request) -> str:
    """Find out who it is. In the demonstration a newcomer becomes its guest: their new cookie, else empty."""
    site, cookie = site_of(request), request.cookies.get(cookie_name(request), "")
    person = await site.chat.people.who(cookie) if cookie else None
    fresh = ""
    if person is None and site.demo and not request.path.startswith(OPEN):
        everybody = await site.chat.people.all()
        first = next((one for one in everybody.values() if one.manages), next(iter(everybody.values()), None))
        person = everybody.get(site.guest, first)
        if person:
            cookie = fresh = await site.chat.people.let_in(person.id)
    if person:
        request[VISITOR] = Visitor(person, cookie)
    elif not request.path.startswith(OPEN):
        raise web.HTTPUnauthorized(text="Please open the link that you were given. It lets you in.")
    return fresh


async def _check_token(request: web.Request) -> None:
    visitor = visitor_of(request)
    sent = request[SENT] = await read_sent(request)
    token = request.headers.get("X-Token") or sent.get("token")
    if not hmac.compare_digest(token.encode(), visitor.token.encode()):
        raise web.HTTPForbidden(text="This page is out of date. Load it again, then repeat what you did.")
