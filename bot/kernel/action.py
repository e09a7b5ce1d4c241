"""The address that a button or a form carries back to its feature."""

from dataclasses import dataclass
from urllib.parse import parse_qsl, urlencode

LIMIT = 90  # bytes. Discord's custom_id holds 100; its adapter adds a mark of up to 10 (Slack allows 255)


@dataclass(frozen=True, slots=True)
class Action:
    """
    `Action.to("daily.answer", round="2026-01-05")` <-> `daily.answer?round=2026-01-05`.

    Actions come back from outside and may be forged: they name a thing, they grant nothing.
    """

    route: str
    args: tuple[tuple[str, str], ...] = ()

    @classmethod
    def to(cls, route: str, **args: str) -> "Action":
        """The action for `route`. Raises ValueError when it would not fit in `LIMIT` bytes."""
        action = cls(route, tuple(sorted(args.items())))
        if len(action.encode().encode()) > LIMIT:
            raise ValueError(f"action does not fit in {LIMIT} bytes: {action.encode()}")
        return action

    def get(self, key: str) -> str:
        """The argument, or an empty text: a forged action may lack it."""
        return dict(self.args).get(key, "")

    def encode(self) -> str:
        return f"{self.route}?{urlencode(self.args)}" if self.args else self.route

    @classmethod
    def decode(cls, raw: str) -> "Action":
        """What `encode` wrote. Anything that we cannot have written becomes `UNKNOWN`; never raises."""
        route, _, query = raw.partition("?")
        try:
            if len(raw.encode()) > LIMIT:
                return UNKNOWN
            return cls(route, tuple(parse_qsl(query, keep_blank_values=True, strict_parsing=bool(query))))
        except ValueError:
            return UNKNOWN


UNKNOWN = Action("")
