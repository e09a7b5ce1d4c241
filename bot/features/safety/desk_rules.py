"""What organisers did about reports."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

PAGE = 10  # deeds, or removed people, that one card lists


class Deed(StrEnum):
    RESTORED = "restored"
    REMOVED = "removed"
    BARRED = "barred"
    UNBARRED = "unbarred"
    EXPELLED = "expelled"
    LET_BACK = "let_back"
    PUT_BACK = "put_back"
    REMOVED_LATER = "removed_later"


IN_WORDS = {
    Deed.RESTORED: "let it stay",
    Deed.REMOVED: "removed it",
    Deed.BARRED: "stopped the author's reviews for 7 days",
    Deed.UNBARRED: "let the author review again",
    Deed.EXPELLED: "removed the author from the group",
    Deed.LET_BACK: "let the author join again",
    Deed.PUT_BACK: "put it back",
    Deed.REMOVED_LATER: "removed it after all",
}
DECISIONS = (Deed.RESTORED, Deed.REMOVED, Deed.PUT_BACK, Deed.REMOVED_LATER)


@dataclass(frozen=True, slots=True)
class Logged:
    """One deed. `where` is that of its case; `by_member` is empty once they were forgotten."""

    number: int
    case: int
    deed: Deed
    by_member: str
    at: datetime
    where: str
    why: str = ""


@dataclass(frozen=True, slots=True)
class Standing:
    """How it is with the author at present."""

    barred_until: datetime | None = None
    removed: bool = False


@dataclass(frozen=True, slots=True)
class Removed:
    """Somebody who may not join again. `number` is that of the deed."""

    person: str
    number: int
    at: datetime
