"""How long the bot was alive between two instants, and how much of that it can know itself."""

from collections.abc import Sequence
from datetime import datetime, timedelta

BEAT = timedelta(seconds=15)  # between two signs of life, and so the most that it may not know
GAP = timedelta(minutes=1)  # what is shorter is no absence to the bot

Span = tuple[datetime, datetime]


class Lives:
    def __init__(self) -> None:
        self.spans: list[Span] = []
        self._since: datetime | None = None

    def begin(self, at: datetime) -> None:
        self._since = at

    def end(self, at: datetime) -> None:
        """Told twice it is the same end."""
        if self._since is not None:
            self.spans.append((self._since, at))
        self._since = None

    def gaps(self, since: datetime, until: datetime, longer: timedelta = timedelta()) -> list[Span]:
        """When it was not alive between these instants; of all absences those that were `longer`."""
        begins = [*(span[0] for span in self.spans[1:]), *([self._since] if self._since and self.spans else [])]
        between = zip((span[1] for span in self.spans), begins, strict=False)
        return [(max(a, since), min(b, until)) for a, b in between if a < until and b > since and b - a > longer]

    def least(self, since: datetime, until: datetime, stops: Sequence[Span] = ()) -> timedelta:
        """How far the clock of a run must be: what the bot cannot know was lost with each of its ends."""
        gaps = self.gaps(since, until)
        return _without(since, until, gaps, stops) - BEAT * len(gaps)

    def most(self, since: datetime, until: datetime, stops: Sequence[Span] = ()) -> timedelta:
        """How far it can be: absences of a minute are no absences."""
        return _without(since, until, self.gaps(since, until, GAP), stops)


def _without(since: datetime, until: datetime, gaps: Sequence[Span], stops: Sequence[Span]) -> timedelta:
    """The time between two instants that is neither in a gap nor in a stop of the clock."""
    total, at = max(until - since, timedelta()), since
    for a, b in sorted([*gaps, *stops]):
        a, b = max(a, at), min(b, until)  # noqa: PLW2901 - cut to what is left
        if b > a:
            total, at = total - (b - a), b
    return total
