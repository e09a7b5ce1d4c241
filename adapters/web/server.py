"""The web server: which address leads where."""

from collections.abc import Collection
from http import HTTPStatus
from pathlib import Path

from aiohttp import web

from adapters.web import behind, enter, live, pages
from adapters.web.body import UPLOAD
from adapters.web.chat import Chat
from adapters.web.doors import DOORS
from adapters.web.guard import guard
from adapters.web.layout import SITE, Bar, Site
from bot import VERSION
from bot.app import App
from bot.engine.outbox import overview

LOOPBACK = "127.0.0.1"
HOST_NAMES = frozenset({"127.0.0.1", "localhost", "::1"})


def make_app(
    app: App, chat: Chat, *, host_names: Collection[str] = HOST_NAMES, demo: bool = False, bar: Bar | None = None,
    landing: str = "", guest: str = "",
) -> web.Application:  # fmt: skip
    """
    The site. With `demo` everybody can be anybody; without it people come in by links (`chat.people.invite`).

    `host_names` are the names, without a port, that it answers to. `bar`, `landing` and `guest`: see `Site`. Further
    routes may be added before it is started; all of them stand behind the same guard.
    """
    site = web.Application(middlewares=[guard], client_max_size=UPLOAD + 1_000_000)
    site[SITE] = Site(app, chat, frozenset(host_names), demo, bar, landing, guest)
    site[live.OPEN] = []
    site.on_shutdown.append(live.hang_up)
    site.router.add_get("/", pages.front)
    site.router.add_get("/c/{spot}", pages.place_page)
    site.router.add_get("/c/{spot}/{receipt}", pages.place_page)
    site.router.add_get("/home", pages.home)
    site.router.add_get("/edit/{receipt}", pages.edit_page)
    site.router.add_get("/file/{id}", pages.file)
    site.router.add_get(r"/card-file/{owner}/{number:\d{1,2}}", pages.card_file)
    site.router.add_get("/card-file/{owner}/picture", pages.card_picture)
    site.router.add_get("/api/me", pages.api_me)
    site.router.add_get("/api/messages", pages.api_messages)
    site.router.add_get("/api/home", pages.api_home)
    site.router.add_get("/api/suggest", pages.api_suggest)
    site.router.add_get("/live", live.live)
    for name, door in DOORS.items():
        site.router.add_post(f"/do/{name}", door)
    site.router.add_get("/enter", enter.enter)
    site.router.add_post("/be", enter.be)
    site.router.add_post("/leave", enter.leave)
    site.router.add_get("/people", enter.people_page)
    site.router.add_post("/people", enter.invite)
    site.router.add_get("/behind", behind.behind)
    site.router.add_get("/outbox", behind.outbox)
    site.router.add_get("/gallery", behind.gallery)
    site.router.add_get("/gallery/{feature}/{example}/picture", behind.gallery_picture)
    site.router.add_get("/healthz", healthz)
    site.router.add_static("/static", Path(__file__).parent / "static")
    return site


async def healthz(request: web.Request) -> web.Response:
    return await health_of(request.app[SITE].bot)


async def health_of(bot: App) -> web.Response:
    """How the bot is, for programs that watch it: 200 while all is well, else 503 and why. No member is in it."""
    health = await bot.health()
    if health.trouble:
        trouble = {"status": "trouble", "because": health.trouble, "pulse": health.pulse}
        return web.json_response(trouble, status=HTTPStatus.SERVICE_UNAVAILABLE)
    states = [wish.state for wish in await bot.store.read(overview)]
    counts = {state: states.count(state) for state in sorted(set(states))}
    well = {"status": "ok", "version": VERSION, "pulse": health.pulse, "behind": health.behind, "outbox": counts}
    return web.json_response(well)


async def serve(site: web.Application, port: int) -> web.AppRunner:
    """Listen on this machine only; `await runner.cleanup()` stops it. Port 0 takes a free one."""
    runner = web.AppRunner(site, access_log=None, shutdown_timeout=2.0)
    await runner.setup()
    await web.TCPSite(runner, LOOPBACK, port).start()
    return runner
