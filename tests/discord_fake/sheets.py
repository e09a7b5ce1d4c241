"""A modal in a person's hands: what it holds already, what the client lets them send, and how it arrives."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tests.discord_fake import rules
from tests.discord_fake.payloads import attachment_json, channel_json, member_json, user_json
from tests.discord_fake.town import Attachment, Channel, Town

Json = dict[str, Any]


@dataclass(frozen=True)
class Handed:
    """A file that a person attaches. `seconds` is the length of a recording."""

    name: str
    content: bytes = b"x"
    seconds: float = 0
    type: str = "application/octet-stream"


Filled = str | Sequence[str] | Handed | bool | None


def fields(modal: Json) -> dict[str, Json]:
    """The inputs of a modal by custom_id."""
    return {part["custom_id"]: part for _, part in rules.walk(modal["components"]) if "custom_id" in part}


def held(part: Json) -> Filled:
    """What an input holds before anybody touches it."""
    match part["type"]:
        case rules.TEXT_INPUT:
            return str(part.get("value") or "")
        case rules.RADIO:
            return next((option["value"] for option in part["options"] if option.get("default")), None)
        case rules.CHECKBOX:
            return bool(part.get("default"))
        case rules.STRING_SELECT | rules.CHECKBOXES:
            return [option["value"] for option in part["options"] if option.get("default")]
        case rules.FILE_UPLOAD:
            return None
        case _:
            return [str(one["id"]) for one in part.get("default_values") or ()]


class Sheet:
    """Turns what a person filled in into the `data` of a modal submit."""

    def __init__(
        self, town: Town, files_base: str, uploads: dict[int, Attachment], where: Channel, *, forged: bool = False
    ) -> None:
        self._forged = forged
        self._town, self._files_base, self._uploads, self._where = town, files_base, uploads, where
        self.resolved: Json = {}

    def filled(self, modal: Json, values: Mapping[str, Filled]) -> Json:
        unknown = set(values) - set(fields(modal))
        assert not unknown, f"the modal “{modal['title']}” has no {unknown}; it has {sorted(fields(modal))}"
        parts = [self._part(part, values, n) for n, part in enumerate(modal["components"], 1)]
        data: Json = {"custom_id": modal["custom_id"], "components": parts}
        return data | ({"resolved": self.resolved} if self.resolved else {})

    def _part(self, part: Json, values: Mapping[str, Filled], number: int) -> Json:
        here = {"type": part["type"], "id": part.get("id") or number * 10}
        if part["type"] == rules.LABEL:
            return here | {"component": self._input(part["component"], values, number * 10 + 1, part["label"])}
        if part["type"] == rules.ROW:
            inner = part["components"][0]
            return here | {"components": [self._input(inner, values, number * 10 + 1, inner.get("label", ""))]}
        return here

    def _input(self, part: Json, values: Mapping[str, Filled], number: int, label: str) -> Json:
        value = values.get(part["custom_id"], held(part))
        here = {"type": part["type"], "id": part.get("id") or number, "custom_id": part["custom_id"]}
        match part["type"]:
            case rules.TEXT_INPUT:
                return here | {"value": self._text(part, "" if value is None else str(value), label)}
            case rules.RADIO:
                return here | {"value": self._radio(part, value, label)}
            case rules.CHECKBOX:
                return here | {"value": bool(value)}
            case rules.FILE_UPLOAD:
                return here | {"values": self._files(part, value, label)}
            case _:
                return here | {"values": self._several(part, _listed(value), label)}

    def _wants(self, fine: object, says: str) -> None:
        """What the client insists on before anything is sent."""
        assert fine or self._forged, says

    def _text(self, part: Json, value: str, label: str) -> str:
        most, least = part.get("max_length") or 4_000, part.get("min_length") or 0
        self._wants(value or not part.get("required", True), f"the client would not send “{label}” empty")
        self._wants(len(value) <= most, f"the client lets nobody type more than {most} characters into “{label}”")
        self._wants(not value or len(value) >= least, f"the client wants {least} characters in “{label}”")
        return value

    def _radio(self, part: Json, value: Filled, label: str) -> str | None:
        if value is None or value == "":
            self._wants(not part.get("required", True), f"the client wants a choice in “{label}”")
            return None
        offered = [option["value"] for option in part["options"]]
        self._wants(value in offered, f"“{label}” has no option {value!r}; it has {offered}")
        return str(value)

    def _several(self, part: Json, chosen: list[str], label: str) -> list[str]:
        kind = part["type"]
        if kind in (rules.STRING_SELECT, rules.CHECKBOXES):
            offered = [option["value"] for option in part["options"]]
            strange = [value for value in chosen if value not in offered]
            self._wants(not strange, f"“{label}” has no option {strange}; it has {offered}")
        most = part.get("max_values") or (len(part["options"]) if kind == rules.CHECKBOXES else 1)
        least = 1 if part.get("min_values") is None else part["min_values"]
        if not part.get("required", True):
            least = 0
        self._wants(least <= len(chosen) <= most, f"“{label}” takes {least} to {most} options, not {len(chosen)}")
        if kind in (rules.USER_SELECT, rules.CHANNEL_SELECT):
            self._resolve(part, chosen)
        return chosen

    def _resolve(self, part: Json, chosen: list[str]) -> None:
        guild = self._where.guild
        known = {*map(str, self._town.users), *map(str, self._town.channels)}
        for one in chosen:
            if one not in known:
                self._wants(False, f"nobody and nothing has the id {one}")
            elif part["type"] == rules.USER_SELECT:
                user = self._town.users[int(one)]
                self.resolved.setdefault("users", {})[one] = user_json(user)
                if guild and user.id in guild.members:
                    member = member_json(guild.members[user.id], guild.joined_at, with_user=False)
                    self.resolved.setdefault("members", {})[one] = member | {"permissions": "0"}
            else:
                channel = self._town.channels[int(one)]
                kinds = part.get("channel_types")
                self._wants(not kinds or channel.type in kinds, f"{channel.name} is of type {channel.type}")
                have = str(self._town.permissions(self._town.bot, channel))
                found = channel_json(channel, self._town) | {"permissions": have}
                self.resolved.setdefault("channels", {})[one] = found

    def _files(self, part: Json, value: Filled, label: str) -> list[str]:
        if value is None or value == "":
            self._wants(not part.get("required", True), f"“{label}” needs a file")
            return []
        assert isinstance(value, Handed), f"“{label}” takes a file, not {value!r}"
        stored = kept(self._town, self._files_base, self._uploads, value)
        self.resolved.setdefault("attachments", {})[str(stored.id)] = attachment_json(stored) | {"ephemeral": True}
        return [str(stored.id)]


def kept(town: Town, files_base: str, uploads: dict[int, Attachment], handed: Handed) -> Attachment:
    """The file as Discord stores it."""
    number = town.next_id()
    url = f"{files_base}/{number}/{handed.name}"
    uploads[number] = Attachment(number, handed.name, handed.content, url, handed.type, handed.seconds)
    return uploads[number]


def _listed(value: Filled) -> list[str]:
    if value is None or value == "":
        return []
    return [value] if isinstance(value, str) else [str(one) for one in value]  # type: ignore[union-attr]
