"""
How things go wrong:

* Refusal            a member asked for something that cannot be; say why, kindly
* DeliveryError      a platform did not take a message
  - Later            not now: try again after a while (rate limit, network known to be down)
  - Unsure           it may or may not have arrived; look before repeating
  - Rejected         it never will
"""

from datetime import timedelta
from enum import StrEnum


class Refusal(Exception):
    """`because` says what is wrong, `hint` what to do, `field` which field of the form it is about."""

    def __init__(self, because: str, hint: str = "", field: str = "") -> None:
        super().__init__(because)
        self.because, self.hint, self.field = because, hint, field


class DeliveryError(Exception):
    """The platform did not take it."""


class Later(DeliveryError):
    def __init__(self, wait: timedelta) -> None:
        super().__init__(f"later, in {wait}")
        self.wait = wait


class Unsure(DeliveryError):
    pass


class Reason(StrEnum):
    """Why a platform will never take a message."""

    TOKEN = "token"  # noqa: S105 - the token was refused: the whole tenant pauses
    FORBIDDEN = "forbidden"  # a right is missing
    GONE = "gone"  # the channel, thread, message or person is no longer there
    CLOSED = "closed"  # the member takes no private messages
    BUG = "bug"  # the platform calls our request wrong


class Rejected(DeliveryError):
    """`fix` tells an organiser in words what to do."""

    def __init__(self, reason: Reason, fix: str) -> None:
        super().__init__(f"{reason}: {fix}")
        self.reason, self.fix = reason, fix
