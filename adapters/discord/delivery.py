"""
What Discord's errors mean for a message: not now, nobody knows, or never; and what an organiser does about it.

Codes: Discord's documentation, "Opcodes and Status Codes", "JSON Error Codes". What is not in this table is judged by
its HTTP status.
"""

from dataclasses import replace
from datetime import timedelta
from http import HTTPStatus

import aiohttp
import discord

from adapters.discord.permissions import ANOTHER_CHANNEL, BOT, MANAGE_THREADS, Attempt, forbidden
from adapters.discord.rest import NotSent
from bot.kernel.errors import DeliveryError, Later, Reason, Rejected, Unsure

SERVER_BACK = timedelta(minutes=1)  # until the next try where Discord says that a server is not available
NETWORK_BACK = timedelta(seconds=20)  # where no connection could be made
LIMITED = timedelta(minutes=1)  # where Discord refuses for now and names no time
DIRECT_AGAIN = timedelta(minutes=10)  # where private messages are opened too fast: the next trouble is a quarantine

NOTHING_TO_DO = "Nothing needs to be done."

# Codes that the platform itself acts on.
UNKNOWN_CHANNEL, UNKNOWN_MESSAGE = 10003, 10008
NO_ACCESS, NO_RIGHT = 50001, 50013
ARCHIVED, LOCKED = 50083, 160005
THREAD_STANDS = 160004

# Discord's own refusals have a code. What has none comes from a proxy or from what stands before Discord.
ON_THE_WAY = (HTTPStatus.PROXY_AUTHENTICATION_REQUIRED, HTTPStatus.REQUEST_TIMEOUT)
PERHAPS_ON_THE_WAY = (HTTPStatus.FORBIDDEN, HTTPStatus.NOT_FOUND)

LATER = {
    20016: LIMITED,  # slow mode
    20022: LIMITED,  # edits in announcement channels
    20028: LIMITED,  # writing in this channel
    20029: LIMITED,  # writing in this server
    30046: LIMITED,  # edits of messages older than an hour
    40003: DIRECT_AGAIN,
    40004: DIRECT_AGAIN,  # sending is switched off for now
    40006: DIRECT_AGAIN,  # this feature is switched off for now
    40062: LIMITED,
}
GONE = {
    10003: "{place} is gone. " + ANOTHER_CHANNEL,
    10004: f"{BOT} is not in this server any more. Invite it again: `whetstone setup discord` shows the link.",
    10007: "This member is not in the server any more. " + NOTHING_TO_DO,
    10008: "Somebody deleted this message in {place}. The next ones come as planned. " + NOTHING_TO_DO,
    10013: "This member is not on Discord any more. " + NOTHING_TO_DO,
    40007: "This member was banned from the server. " + NOTHING_TO_DO,
    50033: "Discord does not know this member. " + NOTHING_TO_DO,
    50278: f"This member shares no server with {BOT} any more. " + NOTHING_TO_DO,
}
THREAD_GONE = "Somebody deleted a thread in {place}. What was to be written there is lost. " + NOTHING_TO_DO
# Only the member reads this; on a desk it stands whole beside a sentence of its own.
CLOSED = "Allow private messages: press the server’s name, then Privacy Settings, then Direct Messages."
FORBIDDEN = {
    20026: f"Discord stopped this bot for too many private messages. Whoever runs {BOT} asks Discord’s support.",
    40066: "{place} wants a tag on every post, and has none to choose. Make one in the settings of {place}.",
    40067: "{place} wants a tag on every post. Switch that off in the settings of {place}.",
    50008: f"{BOT} cannot write in this kind of channel. " + ANOTHER_CHANNEL,
    50009: f"{{place}} asks for more than {BOT} has. Lower the verification level: Server settings, then Safety Setup.",
    50024: f"{BOT} cannot do this in this kind of channel. " + ANOTHER_CHANNEL,
    60003: f"This server asks for two-factor login. Whoever owns {BOT} switches it on in their Discord account.",
    160006: "This server has as many open threads as Discord allows. Close some old threads, then try again.",
    160007: "This server has as many open threads as Discord allows. Close some old threads, then try again.",
    200000: "AutoMod stopped this message in {place}. Let {bot} pass: Server settings, then AutoMod.",
    200001: "AutoMod stopped this title in {place}. Let {bot} pass: Server settings, then AutoMod.",
}
TOKEN = f"Discord does not accept the bot’s token. Whoever runs {BOT} makes a new one: `whetstone setup discord`."


def delivery_error(error: Exception, where: Attempt) -> DeliveryError:
    """The port's word for what went wrong at `where`. What is no error of Discord or of the network is `Unsure`."""
    match error:
        case DeliveryError():
            return error
        case NotSent():
            return Later(timedelta(seconds=error.wait))
        case aiohttp.ClientConnectorError():
            return Later(NETWORK_BACK)  # no connection, so nothing arrived
        case discord.HTTPException() if error.status < 500:
            return _refused(error, where)
        case _:
            return Unsure(f"{type(error).__name__}: {error}"[:200])


def _refused(error: discord.HTTPException, where: Attempt) -> DeliveryError:
    """Discord has certainly not done it."""
    if error.status == HTTPStatus.UNAUTHORIZED:
        return Rejected(Reason.TOKEN, TOKEN)
    if error.code in LATER:
        return Later(max(LATER[error.code], _told_wait(error)))
    if error.status == HTTPStatus.TOO_MANY_REQUESTS:
        return Later(_told_wait(error) or LIMITED)
    if where.away or error.status in ON_THE_WAY or (not error.code and error.status in PERHAPS_ON_THE_WAY):
        return Later(SERVER_BACK)
    reason, fix = _for_good(error.code, error.status, where)
    return Rejected(reason, fix)


def _for_good(code: int, status: int, where: Attempt) -> tuple[Reason, str]:
    """Why never, and what to do."""
    if where.gone and code in (NO_ACCESS, UNKNOWN_CHANNEL):
        return Reason.GONE, GONE[10004]
    if where.thread and code == UNKNOWN_CHANNEL:
        return Reason.GONE, _sentence(THREAD_GONE, where)
    if code in GONE:
        return Reason.GONE, _sentence(GONE[code], where)
    if code in FORBIDDEN:
        return Reason.FORBIDDEN, _sentence(FORBIDDEN[code], where)
    if code in (ARCHIVED, LOCKED):
        return Reason.FORBIDDEN, forbidden(replace(where, right=MANAGE_THREADS))
    if code == 50007 or (where.direct and status == HTTPStatus.FORBIDDEN):
        return Reason.CLOSED, CLOSED
    if status == HTTPStatus.FORBIDDEN:
        return Reason.FORBIDDEN, forbidden(where)
    if status == HTTPStatus.NOT_FOUND:
        return Reason.GONE, f"What was written to in {where.place} is gone. {ANOTHER_CHANNEL}"
    return Reason.BUG, f"Discord calls this message wrong (error {code or status}). Tell whoever runs {BOT}."


def _sentence(words: str, where: Attempt) -> str:
    said = words.replace("{place}", where.place).replace("{bot}", where.bot)
    return said[:1].upper() + said[1:]


def _told_wait(error: discord.HTTPException) -> timedelta:
    """How long Discord asks us to wait; nothing where it does not say."""
    try:
        return timedelta(seconds=float(error.response.headers.get("Retry-After", 0)))
    except (TypeError, ValueError, AttributeError):
        return timedelta(0)
