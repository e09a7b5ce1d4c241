"""Behind the scenes: what the bot wants to show and what stands, and every card with example data."""

from dataclasses import fields
from datetime import datetime

from aiohttp import web

from adapters.gallery import examples, for_discord, for_slack
from adapters.web.elsewhere import discord_html, slack_html
from adapters.web.forms import form_html
from adapters.web.layout import offered_to, page, reader_of, site_of
from adapters.web.pages import picture_response
from adapters.web.translate import Slip, card_html, time_html
from bot.engine.outbox import Wish, overview
from bot.kernel.card import Card, Form


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
    """Each card and form of each feature, as this page draws it and as Discord and Slack would."""
    reader, shown, listed = await reader_of(request), [], examples()
    offered = await offered_to(request, *(example for example in listed.values() if isinstance(example, Form)))
    for name, example in listed.items():
        if isinstance(example, Card):
            drawn = card_html(example, reader, Slip(files=f"/gallery/{name}"))
        else:
            drawn = form_html(example, Slip(), 0, offered=offered)
        elsewhere = discord_html(for_discord(example), reader), slack_html(for_slack(example), reader)
        shown.append((name, type(example).__name__.lower(), drawn, *elsewhere))
    return await page(request, "gallery.html", title="Gallery", shown=shown)


async def gallery_picture(request: web.Request) -> web.Response:
    example = examples().get("{feature}/{example}".format(**request.match_info))
    return picture_response(example if isinstance(example, Card) else None)
