"""What was due and what became of it, as an organiser reads it."""

from collections.abc import Mapping
from datetime import datetime

from bot.kernel import codec
from bot.kernel.calendar import stamp
from bot.kernel.engine_facts import Delivery
from bot.kernel.ports import Row, Tx


def list_deliveries(tx: Tx, group: str, since: datetime, labels: Mapping[str, str]) -> tuple[Delivery, ...]:
    """
    The group's messages in its channels, those in threads that failed, skipped times and the next ones; newest first.

    `labels` names the rhythms by route. Private messages are not in it.
    """
    posts = tx.all(
        """SELECT * FROM outbox WHERE group_id = :group AND member = '' AND made_at >= :since AND card IS NOT NULL
              AND coalesce(parent, name) NOT LIKE 'room/%'
              AND (state = 'parked' OR substr(target, 1, length(:channel)) = :channel)""",
        group=group, since=stamp(since), channel=f"{group}#",
    )  # fmt: skip
    wakes = tx.all(
        """SELECT name, route, at, state FROM wakes
            WHERE group_id = :group AND state IN ('due', 'skipped') AND at >= :since""",
        group=group, since=stamp(since),
    )  # fmt: skip
    found = [_post(row) for row in posts]
    for wake in wakes:
        if wake["route"] in labels:
            state = "skipped" if wake["state"] == "skipped" else "due"
            found.append(Delivery(labels[wake["route"]], datetime.fromisoformat(wake["at"]), state))
    return tuple(sorted(found, key=lambda delivery: (delivery.at, delivery.what), reverse=True))


def list_failed(tx: Tx, group: str, member: str, since: datetime) -> tuple[Delivery, ...]:
    """What the platform refused for good: messages of the group, and private ones to this member; newest first."""
    rows = tx.all(
        """SELECT * FROM outbox WHERE group_id = :group AND state = 'parked' AND made_at >= :since
              AND card IS NOT NULL AND (member = '' OR member = :member) ORDER BY made_at DESC, name""",
        group=group, member=member, since=stamp(since),
    )  # fmt: skip
    return tuple(_post(row) for row in rows)


def _post(row: Row) -> Delivery:
    at, title = datetime.fromisoformat(row["made_at"]), codec.load(row["card"]).title
    if row["state"] == "parked":
        return Delivery(title, at, "failed", row["fix"], private=row["member"] != "")
    return Delivery(title, at, "sent" if row["receipt"] else "waiting")
