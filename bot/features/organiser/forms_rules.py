"""What a form showed when it was opened, so that an older form takes nothing back that somebody else has changed."""

from base64 import urlsafe_b64encode
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256

from bot.kernel.errors import Refusal

MARK = 4  # letters that stand for one value in a form's action, which has 90 bytes for everything


@dataclass(frozen=True, slots=True)
class Sent:
    """One value of a form: what is set `now`, and what was sent."""

    key: str
    label: str
    now: object
    wanted: object


def marks(values: Sequence[object]) -> str:
    """The values that a form shows, so short that its action can carry them."""
    return "".join(_mark(value) for value in values)


def accept_changed(seen: str, sent: Sequence[Sent]) -> dict[str, object]:
    """
    What the sender changed, by key. `seen`: the marks of what their form showed, in the same order.

    Raises Refusal where somebody else has changed the same value to another one meanwhile.
    """
    if len(seen) != MARK * len(sent):
        raise Refusal("This form has other fields now.", hint="Open it again. It shows what is set now.")
    changed: dict[str, object] = {}
    for number, one in enumerate(sent):
        shown = seen[number * MARK : (number + 1) * MARK]
        if one.wanted == one.now or _mark(one.wanted) == shown:
            continue
        if _mark(one.now) != shown:
            raise Refusal(
                f"Somebody changed “{one.label}” meanwhile.",
                hint="Open the form again. It shows what is set now.",
                field=one.key,
            )
        changed[one.key] = one.wanted
    return changed


def _mark(value: object) -> str:
    return urlsafe_b64encode(sha256(repr(value).encode()).digest()).decode()[:MARK]
