"""How members and invitations are remembered. The only file here with SQL."""

from bot.features.members.rules import Profile
from bot.kernel.ports import Tx


def keep_profile(tx: Tx, group: str, member: str, profile: Profile) -> None:
    tx.run(
        """INSERT INTO members_profiles (group_id, member, days) VALUES (:group, :member, :days)
           ON CONFLICT (group_id, member) DO UPDATE SET days = excluded.days""",
        group=group, member=member, days=profile.days,
    )  # fmt: skip


def find_profile(tx: Tx, group: str, member: str) -> Profile | None:
    """None for somebody who never joined."""
    row = tx.one(
        "SELECT days FROM members_profiles WHERE group_id = :group AND member = :member", group=group, member=member
    )
    return Profile(int(row["days"])) if row else None


def keep_invitation(tx: Tx, group: str, name: str) -> bool:
    """False when the message of that name stands already."""
    new = tx.run(
        "INSERT INTO members_invitations (name, group_id) VALUES (:name, :group) ON CONFLICT (name) DO NOTHING",
        name=name, group=group,
    )  # fmt: skip
    return new > 0


def list_invitations(tx: Tx, group: str) -> list[str]:
    rows = tx.all("SELECT name FROM members_invitations WHERE group_id = :group ORDER BY name", group=group)
    return [row["name"] for row in rows]
