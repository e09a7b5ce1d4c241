"""Where people have lived: a row at each change, so that a day once counted is counted the same for ever."""

from collections.abc import Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from bot.engine.roster import zone_of
from bot.kernel.calendar import Zones, stamp
from bot.kernel.ports import Row, Tx


def note_person(tx: Tx, tenant: str, member: str, now: datetime) -> None:
    """Keep the zone of this person from now on, if it is another one: their own, else the platform's, else none."""
    person = tx.one(
        "SELECT zone, own_zone FROM roster_people WHERE tenant = :tenant AND member = :member",
        tenant=tenant, member=member,
    )  # fmt: skip
    zone = str(person["own_zone"] or person["zone"]) if person else ""
    known = _list_own(tx, tenant, member)
    if known and known[-1]["zone"] == zone:
        return
    tx.run(
        """INSERT INTO roster_zones (tenant, member, at, zone) VALUES (:tenant, :member, :now, :zone)
           ON CONFLICT (tenant, member, at) DO UPDATE SET zone = excluded.zone""",
        tenant=tenant, member=member, now=stamp(now), zone=zone,
    )  # fmt: skip


def note_group(tx: Tx, group: str, zone: str, now: datetime) -> bool:
    """Keep the zone in which this group counts from now on; whether it is another one."""
    known = _list_of_group(tx, group)
    if known and known[-1]["zone"] == zone:
        return False
    tx.run(
        """INSERT INTO roster_group_zones (group_id, at, zone) VALUES (:group, :now, :zone)
           ON CONFLICT (group_id, at) DO UPDATE SET zone = excluded.zone""",
        group=group, now=stamp(now), zone=zone,
    )  # fmt: skip
    return True


def over(tx: Tx, group: str, member: str) -> Zones:
    """
    Where the member has lived since they joined this group, oldest first, at least one entry.

    Before their first known zone they count as having lived there already.
    """
    here = tx.one(
        """SELECT tenant, made_at, (SELECT joined_at FROM roster_members
              WHERE roster_members.group_id = roster_groups.group_id AND member = :member) AS joined_at
             FROM roster_groups WHERE group_id = :group""",
        group=group, member=member,
    )  # fmt: skip
    if here is None:
        raise LookupError(f"the group {group} is not set up")
    own, groups = _list_own(tx, here["tenant"], member), _list_of_group(tx, group)
    since = here["joined_at"] or here["made_at"]
    changes = sorted({since, *(row["at"] for row in (*own, *groups) if row["at"] > since)})
    found: list[tuple[datetime, ZoneInfo]] = []
    for at in changes:
        group_zone = zone_of(_in_force(groups, at))
        zone = zone_of(_in_force(own, at), group_zone)
        if not found or found[-1][1] != zone:
            found.append((datetime.fromisoformat(at), zone))
    return tuple(found)


def _in_force(rows: Sequence[Row], at: str) -> str:
    before = [row for row in rows if row["at"] <= at] or rows[:1]
    return str(before[-1]["zone"]) if before else ""


def _list_own(tx: Tx, tenant: str, member: str) -> Sequence[Row]:
    return tx.all(
        "SELECT at, zone FROM roster_zones WHERE tenant = :tenant AND member = :member ORDER BY at",
        tenant=tenant, member=member,
    )  # fmt: skip


def _list_of_group(tx: Tx, group: str) -> Sequence[Row]:
    return tx.all("SELECT at, zone FROM roster_group_zones WHERE group_id = :group ORDER BY at", group=group)
