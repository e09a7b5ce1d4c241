"""Groups, places, people, settings: what an event means before any feature looks at it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from bot.engine import outbox
from bot.kernel import codec
from bot.kernel.calendar import stamp
from bot.kernel.effect import Appoint, Dismiss, Enrol, FoundGroup, KeepZone, MoveGroup, Unenrol
from bot.kernel.errors import Refusal
from bot.kernel.event import UTC_ZONE, Event, Left, Person, Scene, group_mark
from bot.kernel.ports import Row, Tx


class WhichGroup(Exception):
    """A private message could belong to several groups."""

    def __init__(self, titles: Mapping[str, str]) -> None:
        """`titles` say what people call each group, by its id."""
        super().__init__(", ".join(titles))
        self.titles = titles


@dataclass(frozen=True, slots=True)
class Group:
    id: str
    tenant: str
    zone: ZoneInfo


# --- the scene ----------------------------------------------------------------------


def scene(tx: Tx, event: Event) -> Scene:
    """Where this happened, and to whom. Raises Refusal or WhichGroup where a private message has no one group."""
    group_id = _group_of(tx, event)
    group = find_group(tx, group_id)
    person = event.person
    zone = group.zone if group else zone_of(person.zone)
    here = bool(group) and is_member(tx, group_id, person.id)
    organisers = list_organisers(tx, group_id) if group else ()
    return Scene(
        group=group_id, now=event.at, zone=zone, member=person.id, my_zone=_my_zone(tx, event, zone), person=person,
        spot=event.spot, is_member=here, is_organiser=person.manages or person.id in organisers, ready=bool(group),
        organisers=organisers,
    )  # fmt: skip


def group_scene(tx: Tx, group: str, now: datetime) -> Scene:
    """The scene of something that no member did."""
    found = find_group(tx, group)
    zone = found.zone if found else UTC_ZONE
    return Scene(
        group=group, now=now, zone=zone, my_zone=zone, ready=bool(found), organisers=list_organisers(tx, group)
    )


def group_of(tx: Tx, event: Event) -> str:
    """The group of this event; empty where a private message has no one group."""
    try:
        return _group_of(tx, event)
    except (Refusal, WhichGroup):
        return ""


def is_elsewhere(tx: Tx, event: Event) -> bool:
    """
    Is this a member of other channels' groups, in a channel that belongs to none?

    It can be so where a platform makes a group of each channel: then the group's name begins with its tenant's.
    """
    if not event.group.startswith(f"{event.tenant}/") or isinstance(event.what, Left):
        return False
    return not find_group(tx, _group_of(tx, event)) and bool(list_groups_ever(tx, event.tenant, event.person.id))


def _group_of(tx: Tx, event: Event) -> str:
    """
    The group that this place belongs to.

    Where a platform makes a group of each channel, a channel or a room that a group uses is a place of that group, and
    no group of its own.
    """
    if event.group and find_group(tx, event.group):
        return event.group
    pressed = outbox.find_by_receipt(tx, event.tenant, event.receipt) if event.receipt else None
    if pressed:
        return str(pressed["group_id"])
    if not event.group:
        return _group_of_person(tx, event)
    if isinstance(event.what, Left):  # of a further channel of a group: they are a member still
        return event.group
    users = tx.all(
        """SELECT DISTINCT roster_places.group_id FROM roster_places
             JOIN roster_groups ON roster_groups.group_id = roster_places.group_id
            WHERE spot = :spot AND tenant = :tenant""",
        spot=event.spot, tenant=event.tenant,
    )  # fmt: skip
    return str(users[0]["group_id"]) if len(users) == 1 else event.group


def _group_of_person(tx: Tx, event: Event) -> str:
    if event.of:
        for group in list_groups_ever(tx, event.tenant, event.person.id):
            if group_mark(group) == event.of:
                return group
        raise Refusal("This belongs to a study group that you are not in.")
    groups = list_groups_of(tx, event.tenant, event.person.id)
    # Whoever left can come back, and has data, so their last word is understood as well.
    groups = groups or list_groups_ever(tx, event.tenant, event.person.id)
    if len(groups) == 1:
        return groups[0]
    chosen = _person(tx, event.tenant, event.person.id)
    if chosen and chosen["chosen_group"] in groups:
        return str(chosen["chosen_group"])
    if groups:
        raise WhichGroup(list_titles_of(tx, event.tenant, event.person.id))
    raise Refusal("You are not in a study group here yet.", hint="Press “Join the study group” in its channel first.")


def _my_zone(tx: Tx, event: Event, fallback: ZoneInfo) -> ZoneInfo:
    row = _person(tx, event.tenant, event.person.id)
    own = row["own_zone"] if row else ""
    return zone_of(own or event.person.zone, fallback)


def zone_of(name: str, fallback: ZoneInfo = UTC_ZONE) -> ZoneInfo:
    try:
        return ZoneInfo(name) if name else fallback
    except (ValueError, OSError, KeyError):  # zoneinfo raises all three for names that are no zone
        return fallback


# --- people -------------------------------------------------------------------------


def meet(tx: Tx, tenant: str, person: Person) -> bool:
    """
    Keep the platform's name and zone of a person up to date. An event that knows neither takes nothing away.

    Whether anything about them is new.
    """
    changed = tx.run(
        """INSERT INTO roster_people (tenant, member, name, zone) VALUES (:tenant, :member, :name, :zone)
           ON CONFLICT (tenant, member) DO UPDATE
              SET name = CASE WHEN excluded.name = '' THEN roster_people.name ELSE excluded.name END,
                  zone = CASE WHEN excluded.zone = '' THEN roster_people.zone ELSE excluded.zone END
            WHERE roster_people.name <> excluded.name OR roster_people.zone <> excluded.zone""",
        tenant=tenant, member=person.id, name=person.name, zone=person.zone,
    )  # fmt: skip
    return changed > 0


def list_names(tx: Tx, tenant: str, members: Sequence[str]) -> tuple[str, ...]:
    """In their order; empty for whoever has no name yet."""
    found = (_person(tx, tenant, member) for member in members)
    return tuple(str(row["name"]) if row else "" for row in found)


def is_met(tx: Tx, tenant: str, member: str) -> bool:
    """False for a stranger, and for somebody who was erased in this unit."""
    return _person(tx, tenant, member) is not None


def _person(tx: Tx, tenant: str, member: str) -> Row | None:
    return tx.one(
        "SELECT * FROM roster_people WHERE tenant = :tenant AND member = :member", tenant=tenant, member=member
    )


def change(
    tx: Tx, group: str, tenant: str, effect: Enrol | Unenrol | KeepZone | Appoint | Dismiss, now: datetime
) -> None:
    """What a handler asked for a member."""
    match effect:
        case Enrol(member):
            enrol(tx, group, member, now)
        case Unenrol(member):
            unenrol(tx, group, member, now)
        case KeepZone(member, zone):
            keep_zone(tx, tenant, member, zone)
        case Appoint(member):
            appoint(tx, group, member)
        case Dismiss(member):
            dismiss(tx, group, member)


def keep_zone(tx: Tx, tenant: str, member: str, zone: str) -> None:
    tx.run(
        """INSERT INTO roster_people (tenant, member, name, zone, own_zone) VALUES (:tenant, :member, '', '', :zone)
           ON CONFLICT (tenant, member) DO UPDATE SET own_zone = excluded.own_zone""",
        tenant=tenant, member=member, zone=zone,
    )  # fmt: skip


def choose_group(tx: Tx, tenant: str, member: str, group: str) -> None:
    """Private messages without another sign belong to this group from now on."""
    tx.run(
        """INSERT INTO roster_people (tenant, member, name, zone, chosen_group)
           VALUES (:tenant, :member, '', '', :group)
           ON CONFLICT (tenant, member) DO UPDATE SET chosen_group = excluded.chosen_group""",
        tenant=tenant, member=member, group=group,
    )  # fmt: skip


def enrol(tx: Tx, group: str, member: str, now: datetime) -> None:
    tx.run(
        """INSERT INTO roster_members (group_id, member, joined_at) VALUES (:group, :member, :now)
           ON CONFLICT (group_id, member) DO UPDATE SET left_at = NULL""",
        group=group, member=member, now=stamp(now),
    )  # fmt: skip


def unenrol(tx: Tx, group: str, member: str, now: datetime) -> None:
    tx.run(
        "UPDATE roster_members SET left_at = :now WHERE group_id = :group AND member = :member AND left_at IS NULL",
        group=group, member=member, now=stamp(now),
    )  # fmt: skip


def is_member(tx: Tx, group: str, member: str) -> bool:
    return None is not tx.one(
        "SELECT 1 FROM roster_members WHERE group_id = :group AND member = :member AND left_at IS NULL",
        group=group, member=member,
    )  # fmt: skip


def list_members(tx: Tx, group: str) -> tuple[str, ...]:
    rows = tx.all(
        "SELECT member FROM roster_members WHERE group_id = :group AND left_at IS NULL ORDER BY joined_at, member",
        group=group,
    )
    return tuple(row["member"] for row in rows)


def list_groups_ever(tx: Tx, tenant: str, member: str) -> list[str]:
    """The groups of this tenant that this person is in or was in, or organises."""
    rows = tx.all(
        """SELECT group_id FROM roster_groups
            WHERE tenant = :tenant AND (group_id IN (SELECT group_id FROM roster_members WHERE member = :member)
                                     OR group_id IN (SELECT group_id FROM roster_organisers WHERE member = :member))
            ORDER BY group_id""",
        tenant=tenant, member=member,
    )  # fmt: skip
    return [row["group_id"] for row in rows]


def list_groups_of(tx: Tx, tenant: str, member: str) -> list[str]:
    rows = tx.all(
        """SELECT roster_members.group_id FROM roster_members
             JOIN roster_groups ON roster_groups.group_id = roster_members.group_id
            WHERE member = :member AND left_at IS NULL AND tenant = :tenant ORDER BY roster_members.group_id""",
        member=member, tenant=tenant,
    )  # fmt: skip
    return [row["group_id"] for row in rows]


def list_titles_of(tx: Tx, tenant: str, member: str) -> Mapping[str, str]:
    """What people call each group of this member, by its id; empty where no platform has said it."""
    rows = tx.all(
        """SELECT roster_groups.group_id, title FROM roster_members
             JOIN roster_groups ON roster_groups.group_id = roster_members.group_id
            WHERE member = :member AND left_at IS NULL AND tenant = :tenant ORDER BY roster_members.group_id""",
        member=member, tenant=tenant,
    )  # fmt: skip
    return {row["group_id"]: row["title"] for row in rows}


# --- groups and places ----------------------------------------------------------------


def name_group(tx: Tx, group: str, title: str) -> None:
    """Keep what people call it up to date. A platform that says nothing takes nothing away."""
    if group and title:
        tx.run(
            "UPDATE roster_groups SET title = :title WHERE group_id = :group AND title <> :title",
            group=group, title=title,
        )  # fmt: skip


def found(tx: Tx, group: str, tenant: str, by_member: str, effect: FoundGroup, now: datetime) -> None:
    tx.run(
        """INSERT INTO roster_groups (group_id, tenant, zone, made_at) VALUES (:group, :tenant, :zone, :now)
           ON CONFLICT (group_id) DO UPDATE SET zone = excluded.zone""",
        group=group, tenant=tenant, zone=effect.zone, now=stamp(now),
    )  # fmt: skip
    _keep_places(tx, group, effect.places)
    appoint(tx, group, by_member)


def move(tx: Tx, group: str, effect: MoveGroup) -> None:
    if effect.zone:
        ZoneInfo(effect.zone)  # a zone that does not exist must not be kept
        tx.run("UPDATE roster_groups SET zone = :zone WHERE group_id = :group", zone=effect.zone, group=group)
    _keep_places(tx, group, effect.places)


def _keep_places(tx: Tx, group: str, places: Mapping[str, str]) -> None:
    """A purpose whose spot is empty goes back to the main channel."""
    for purpose, spot in places.items():
        tx.run(
            """INSERT INTO roster_places (group_id, purpose, spot) VALUES (:group, :purpose, :spot)
               ON CONFLICT (group_id, purpose) DO UPDATE SET spot = excluded.spot""",
            group=group, purpose=purpose, spot=spot,
        )  # fmt: skip
    tx.run("DELETE FROM roster_places WHERE group_id = :group AND spot = '' AND purpose <> 'main'", group=group)


def list_places(tx: Tx, group: str) -> Mapping[str, str]:
    """The channels that were chosen, by purpose."""
    rows = tx.all("SELECT purpose, spot FROM roster_places WHERE group_id = :group ORDER BY purpose", group=group)
    return {row["purpose"]: row["spot"] for row in rows}


def appoint(tx: Tx, group: str, member: str) -> None:
    tx.run(
        """INSERT INTO roster_organisers (group_id, member) VALUES (:group, :member)
           ON CONFLICT (group_id, member) DO NOTHING""",
        group=group, member=member,
    )  # fmt: skip


def dismiss(tx: Tx, group: str, member: str) -> None:
    tx.run("DELETE FROM roster_organisers WHERE group_id = :group AND member = :member", group=group, member=member)


def find_group(tx: Tx, group: str) -> Group | None:
    row = tx.one("SELECT * FROM roster_groups WHERE group_id = :group", group=group)
    return Group(row["group_id"], row["tenant"], ZoneInfo(row["zone"])) if row else None


def tenant_of(tx: Tx, group: str) -> str:
    """Empty where the group is not set up."""
    found = find_group(tx, group)
    return found.tenant if found else ""


def list_groups(tx: Tx) -> list[str]:
    return [row["group_id"] for row in tx.all("SELECT group_id FROM roster_groups ORDER BY group_id")]


def find_spot(tx: Tx, group: str, purpose: str) -> str | None:
    """The channel for a purpose; a purpose without its own uses the group's main one."""
    row = tx.one(
        """SELECT spot FROM roster_places WHERE group_id = :group AND purpose IN (:purpose, 'main')
            ORDER BY CASE WHEN purpose = :purpose THEN 0 ELSE 1 END LIMIT 1""",
        group=group, purpose=purpose,
    )  # fmt: skip
    return row["spot"] if row else None


def list_organisers(tx: Tx, group: str) -> tuple[str, ...]:
    rows = tx.all("SELECT member FROM roster_organisers WHERE group_id = :group ORDER BY member", group=group)
    return tuple(row["member"] for row in rows)


def pause_tenant(tx: Tx, tenant: str, why: str, now: datetime) -> None:
    """The token was refused: nothing is sent for this tenant until the next start."""
    tx.run(
        """INSERT INTO roster_tenants (tenant, paused_at, why) VALUES (:tenant, :now, :why)
           ON CONFLICT (tenant) DO NOTHING""",
        tenant=tenant, now=stamp(now), why=why,
    )  # fmt: skip


def lift_pauses(tx: Tx) -> None:
    """A new start is a new attempt: whoever mended the token restarts."""
    tx.run("DELETE FROM roster_tenants")


# --- settings -------------------------------------------------------------------------


def settings(tx: Tx, group: str, feature: str, kind: type[Any] | None) -> Any:
    """The group's settings of a feature: its dataclass, defaults where nothing is set. Unknown old keys are dropped."""
    if kind is None:
        return None
    row = tx.one(
        "SELECT value FROM roster_settings WHERE group_id = :group AND feature = :feature", group=group, feature=feature
    )
    if row is None:
        return kind()
    known = {field.name for field in fields(kind)}
    return kind(**{key: value for key, value in codec.load(row["value"]) if key in known})


def configure(tx: Tx, group: str, feature: str, kind: type[Any], values: Mapping[str, object]) -> Any:
    """Change settings; all of them as they are now. Raises TypeError for a key that the feature does not have."""
    now = settings(tx, group, feature, kind)
    merged = {field.name: getattr(now, field.name) for field in fields(kind)} | dict(values)
    changed = kind(**merged)
    tx.run(
        """INSERT INTO roster_settings (group_id, feature, value) VALUES (:group, :feature, :value)
           ON CONFLICT (group_id, feature) DO UPDATE SET value = excluded.value""",
        group=group, feature=feature, value=codec.dump(tuple(merged.items())),
    )  # fmt: skip
    return changed
