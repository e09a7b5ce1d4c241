"""The real clock, and one that is turned by hand."""

from datetime import UTC, datetime, timedelta


class SystemClock:
    """This machine's clock."""

    def now(self) -> datetime:
        return datetime.now(UTC)


class TurnedClock:
    """Stands at an instant until it is turned. It only goes forward."""

    def __init__(self, at: datetime) -> None:
        self._at = at.astimezone(UTC)

    def now(self) -> datetime:
        return self._at

    def go(self, wait: timedelta) -> None:
        self.set(self._at + wait)

    def set(self, at: datetime) -> None:
        """Raises ValueError for an instant that has passed."""
        if at < self._at:
            raise ValueError(f"this clock does not go back: {at} is before {self._at}")
        self._at = at.astimezone(UTC)
