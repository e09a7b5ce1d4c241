"""How the titles of tasks are remembered, for the file of answers."""

from bot.kernel.ports import Tx


def keep_title(tx: Tx, group: str, task: str, title: str, only_member: str) -> None:
    tx.run(
        """INSERT INTO members_titles (group_id, task, title, only_member) VALUES (:group, :task, :title, :only)
           ON CONFLICT (group_id, task) DO UPDATE SET title = excluded.title""",
        group=group, task=task, title=title, only=only_member,
    )  # fmt: skip


def list_titles(tx: Tx, group: str, member: str) -> dict[tuple[str, str], str]:
    """The title of each task that this member could answer, by group and task."""
    rows = tx.all(
        "SELECT task, title FROM members_titles WHERE group_id = :group AND only_member IN ('', :member)",
        group=group, member=member,
    )  # fmt: skip
    return {(group, row["task"]): row["title"] for row in rows}
