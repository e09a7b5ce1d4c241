"""When the bot was not running: the gaps between its signs of life."""

from datetime import datetime, timedelta

from bot.kernel.calendar import stamp
from bot.kernel.ports import Tx

GAP = timedelta(minutes=1)  # signs of life come every 15 s; a shorter silence is a slow disk


def beat(tx: Tx, started: datetime, now: datetime) -> tuple[datetime, datetime] | None:
    """
    A run of the bot that began at `started` is alive now. A clock that was set back takes nothing away.

    With its first sign of life it returns the gap before it, if that is one.
    """
    begins = tx.one("SELECT 1 FROM roster_heartbeats WHERE started_at = :started", started=stamp(started)) is None
    tx.run(
        """INSERT INTO roster_heartbeats (started_at, last_at) VALUES (:started, :now)
           ON CONFLICT (started_at) DO UPDATE
              SET last_at = CASE WHEN excluded.last_at > roster_heartbeats.last_at
                                 THEN excluded.last_at ELSE roster_heartbeats.last_at END""",
        started=stamp(started), now=stamp(max(started, now)),
    )  # fmt: skip
    newest = list_outages(tx)[-1:] if begins else ()
    return next((gap for gap in newest if gap[1] == started), None)


def list_outages(tx: Tx) -> tuple[tuple[datetime, datetime], ...]:
    """The gaps of over a minute between all runs, oldest first. Before the first and after the last there is none."""
    rows = tx.all("SELECT started_at, last_at FROM roster_heartbeats ORDER BY started_at")
    found: list[tuple[datetime, datetime]] = []
    alive: datetime | None = None  # the latest sign of life so far: runs overlap where a clock was set back
    for row in rows:
        started, last = datetime.fromisoformat(row["started_at"]), datetime.fromisoformat(row["last_at"])
        if alive is not None and started - alive > GAP:
            found.append((alive, started))
        alive = last if alive is None else max(alive, last)
    return tuple(found)
