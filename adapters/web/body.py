"""What a browser or a program sends, read with an end."""

import json
import secrets  # noqa: TID251 - a delivery without a name is a new one
from dataclasses import dataclass, field
from hashlib import sha256
from urllib.parse import parse_qsl

from aiohttp import BodyPartReader, web

BODY = 1_000_000  # bytes of a request without a file
UPLOAD = 10_000_000  # bytes of one file
PARTS = 100
PASSING = {"token", "back"}  # differ from one try to the next


@dataclass(frozen=True, slots=True)
class Sent:
    """Pairs in the order in which they came; `files` are (key, file name, bytes)."""

    pairs: list[tuple[str, str]]
    files: list[tuple[str, str, bytes]] = field(default_factory=list)

    def get(self, key: str) -> str:
        """The first value, or an empty text."""
        return next((value for name, value in self.pairs if name == key), "")

    def mark(self) -> str:
        """
        What names this delivery: the same words under the same `delivery` are the same, however often they arrive.

        Without a `delivery` every arrival is a new one.
        """
        if not self.get("delivery"):
            return secrets.token_hex(16)
        pairs = [pair for pair in self.pairs if pair[0] not in PASSING and not pair[0].startswith("seconds.")]
        files = [(key, name, sha256(content).hexdigest()) for key, name, content in self.files]
        return sha256(json.dumps([pairs, files]).encode(errors="replace")).hexdigest()[:32]


async def read_sent(request: web.Request) -> Sent:
    """A form or JSON. Raises HTTPRequestEntityTooLarge (413) and HTTPBadRequest (400), each with a sentence."""
    if request.content_type == "multipart/form-data":
        return await _multipart(request)
    body = await _limited(request)
    if request.content_type == "application/json":
        return _json(body)
    return Sent(parse_qsl(body.decode(errors="replace"), keep_blank_values=True, max_num_fields=1_000))


async def _limited(request: web.Request) -> bytes:
    if (request.content_length or 0) > BODY:
        raise _too_large(BODY)
    body = bytearray()
    async for chunk in request.content.iter_chunked(65_536):
        body += chunk
        if len(body) > BODY:
            raise _too_large(BODY)
    return bytes(body)


def _json(body: bytes) -> Sent:
    try:
        data = json.loads(body or b"{}")
    except (ValueError, RecursionError) as error:
        raise web.HTTPBadRequest(text="This is not JSON.") from error
    if not isinstance(data, dict):
        raise web.HTTPBadRequest(text="The body must be one JSON object.")
    pairs = [(key, _word(value)) for key, value in data.items() if key != "fields"]
    fields = data.get("fields")
    for key, value in fields.items() if isinstance(fields, dict) else ():
        if isinstance(value, list):
            pairs += [("many", key), *((f"f.{key}", _word(one)) for one in value)]
        else:
            pairs.append((f"f.{key}", _word(value)))
    return Sent(pairs)


def _word(value: object) -> str:
    if isinstance(value, str):
        return value.encode(errors="replace").decode()  # JSON may hold half a character, which no file can
    return "" if value is None else json.dumps(value)


async def _multipart(request: web.Request) -> Sent:
    if (request.content_length or 0) > UPLOAD + BODY:
        raise _too_large(UPLOAD)
    sent, words = Sent([]), 0
    try:
        reader = await request.multipart()
        while (part := await reader.next()) is not None:
            if not isinstance(part, BodyPartReader) or len(sent.pairs) + len(sent.files) >= PARTS:
                raise web.HTTPBadRequest(text="This form has parts that no form of ours has.")
            if part.filename is None:
                content = await _part(part, BODY)
                words += len(content)
                if words > BODY:
                    raise _too_large(BODY)
                sent.pairs.append((part.name or "", content.decode(errors="replace")))
            elif part.filename:
                sent.files.append((part.name or "", part.filename, await _part(part, UPLOAD)))
            if sum(len(content) for _, _, content in sent.files) > UPLOAD:
                raise _too_large(UPLOAD)
    except ValueError as error:
        raise web.HTTPBadRequest(text="This form arrived damaged. Please send it again.") from error
    return sent


async def _part(part: BodyPartReader, limit: int) -> bytes:
    content = bytearray()
    while chunk := await part.read_chunk(65_536):
        content += chunk
        if len(content) > limit:
            raise _too_large(limit)
    return bytes(content)


def _too_large(limit: int) -> web.HTTPRequestEntityTooLarge:
    what = "A file" if limit == UPLOAD else "What you send"
    return web.HTTPRequestEntityTooLarge(limit, limit + 1, text=f"{what} may have {limit // 1_000_000} MB at most.")
