"""Behind the scenes: what the bot wants to show and what stands, every card with example data, a sign of life."""

import sqlite3
from dataclasses import fields
from datetime import datetime

from aiohttp import web

from adapters.gallery import examples
from adapters.web.forms import form_html
from adapters.web.layout import page, reader_of, site_of
from adapters.web.translate import Slip, card_html, time_html
from bot import VERSION
from bot.engine.outbox import Wish, overview
from bot.kernel.card import Card


async def behind(request: web.Request) -> web.Response:
    return await page(request, "behind.html", title="Behind the scenes")


async def outbox(request: web.Request) -> web.Response:
    """Every message that the bot wants to stand, what stands, and what failed and why."""
    wishes = await site_of(request).bot.store.read(overview)
    reader = await reader_of(request)
    rows = [
        [time_html(cell, reader) if isinstance(cell, datetime) else cell for cell in _cells(wish)] for wish in wishes
    ]
    heads = [field.name for field in fields(Wish)]
    return await page(request, "outbox.html", title="Outbox", heads=heads, rows=rows)


def _cells(wish: Wish) -> list[object]:
    return [getattr(wish, field.name) for field in fields(wish)]


async def gallery(request: web.Request) -> web.Response:
    """Each card and form of each feature, as this page draws it."""
    reader = await reader_of(request)
    shown = []
    for name, example in examples().items():
        drawn = card_html(example, reader, Slip()) if isinstance(example, Card) else form_html(example, Slip(), 0)
        shown.append((name, type(example).__name__.lower(), drawn))
    return await page(request, "gallery.html", title="Gallery", shown=shown)


async def healthz(request: web.Request) -> web.Response:
    """Alive, and how much of the newest waits to be said. 503 when the database does not answer."""
    try:
        wishes = await site_of(request).bot.store.read(overview)
    except sqlite3.Error as error:
        return web.json_response({"status": "no database", "because": str(error)}, status=503)
    states = [wish.state for wish in wishes]
    counts = {state: states.count(state) for state in sorted(set(states))}
    return web.json_response({"status": "ok", "version": VERSION, "outbox": counts})
