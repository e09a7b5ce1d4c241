"""Where a view was opened from: it travels in the view, so that nothing is kept between a press and a submit. Pure."""

import json
from dataclasses import asdict, dataclass

from bot.kernel.event import Event

ABOUT = "~"  # in a block's id: the mark of the group follows
LIMIT = 3_000  # Slack: characters of private_metadata


@dataclass(frozen=True, slots=True)
class Meta:
    """
    What a press or a form in a view belongs to.

    `group` and `spot` are the event's that opened it, `receipt` the message that was pressed, `of` the mark of the
    group that it is about where `group` is empty (`bot.kernel.event.group_mark`). `home` says that the view is the home
    page, or was opened from it.
    """

    group: str = ""
    spot: str = ""
    receipt: str = ""
    home: bool = False
    of: str = ""

    def encode(self) -> str:
        """As little as says it: what is empty is left out."""
        return json.dumps({key: value for key, value in asdict(self).items() if value}, separators=(",", ":"))

    @classmethod
    def decode(cls, raw: object) -> "Meta":
        """What `encode` wrote. Anything else becomes an empty one; never raises."""
        try:
            found = json.loads(str(raw or "{}")[:LIMIT])
        except ValueError:
            found = {}
        if not isinstance(found, dict):
            found = {}
        group, spot, receipt, of = (str(found.get(key) or "") for key in ("group", "spot", "receipt", "of"))
        return cls(group, spot, receipt, found.get("home") is True, of)


def meta_of(event: Event, *, home: bool = False) -> Meta:
    """What a view that answers this event must carry."""
    return Meta(event.group, event.spot, event.receipt, home, event.of)
