"""Uploads: an address, the bytes, and the end, which may share the file to a conversation."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from tests.slack_fake.errors import ApiError, invalid_arguments
from tests.slack_fake.payloads import file_json
from tests.slack_fake.rules import Fault
from tests.slack_fake.town import File, Json, Message, Town, User
from tests.slack_fake.web_api import Call, find_channel, method

if TYPE_CHECKING:
    from tests.slack_fake.server import FakeSlack

LONGEST_ALT = 1_000
TYPES = {"png": "image/png", "jpg": "image/jpeg", "gif": "image/gif", "txt": "text/plain", "pdf": "application/pdf"}


def keep_file(town: Town, base: str, owner: User, name: str, content: bytes = b"") -> File:
    number = town.next_id("F")
    file = File(number, name, content, owner, f"{base}/files/{town.team_id}/{number}/{name}")
    file.mimetype = TYPES.get(file.kind, file.mimetype)
    town.files[file.id] = file
    return file


@method("files.getUploadURLExternal", "files:write")
def get_upload_url(fake: "FakeSlack", call: Call) -> Json:
    name, length = call.need("filename", "length")
    if int(length) <= 0:
        raise invalid_arguments("length is more than 0")
    alt_text = str(call.args.get("alt_txt") or "")
    if len(alt_text) > LONGEST_ALT:
        raise ApiError("alt_txt_too_large")
    file = keep_file(fake.town, fake.base, fake.town.bot, str(name))
    file.alt_text = alt_text
    fake.expected[file.id] = int(length)
    return {"upload_url": f"{fake.base}/upload/{fake.town.team_id}/{file.id}", "file_id": file.id}


@method("files.completeUploadExternal", "files:write")
def complete_upload(fake: "FakeSlack", call: Call) -> Json:
    [entries] = call.need("files")
    files = []
    for entry in entries:
        file = fake.town.files.get(entry["id"])
        if file is None or not file.content:
            raise ApiError("file_not_found")
        file.title, file.complete, file.unready = entry.get("title") or file.name, True, fake.unready
        files.append(file)
    named = str(call.args.get("channel_id") or call.args.get("channels") or "")
    for one in filter(None, named.split(",")):
        _share(fake, Call(call.method, {**call.args, "channel": one}), files)
    # No message's ts comes back: on Slack the sharing happens later.
    return {"files": [file_json(file, fake.town) for file in files]}


def unknown_pictures(fake: "FakeSlack", shown: Json) -> list[Fault]:
    """Pictures in the blocks of a message or view must have been handed in to the end."""
    return [
        Fault(("blocks", number, "slack_file"), f"no file {id_} was uploaded")
        for number, id_ in _pictures(shown)
        if not (id_ in fake.town.files and fake.town.files[id_].complete)
    ]


def not_ready(fake: "FakeSlack", shown: Json) -> str:
    """What Slack says of a picture that it cannot show yet, or not any more; empty where all can be shown."""
    for number, id_ in _pictures(shown):
        file = fake.town.files.get(id_)
        if file and (file.deleted or file.unready):
            file.unready = max(0, file.unready - 1)
            return f"invalid slack file [json-pointer:/blocks/{number}/slack_file]"
    return ""


def _pictures(shown: Json) -> Iterator[tuple[int, str]]:
    for number, block in enumerate(shown.get("blocks") or ()):
        if isinstance(block, dict) and block.get("slack_file"):
            yield number, str(block["slack_file"].get("id"))


def _share(fake: "FakeSlack", call: Call, files: list[File]) -> None:
    channel = find_channel(fake, call)
    if fake.town.bot.id not in channel.members:
        raise ApiError("not_in_channel")
    town = fake.town
    message = Message(town.next_ts(), channel, town.bot, town.clock.now(), str(call.args.get("initial_comment") or ""))
    message.thread_ts, message.files = str(call.args.get("thread_ts") or ""), files
    message.subtype = "file_share"
    fake.stand(message)
