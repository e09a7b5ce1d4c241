"""How answers are remembered. The only file here with SQL."""

from collections.abc import Sequence
from datetime import datetime

from bot.features.answers.rules import Held, Kept, Task, Words
from bot.kernel import codec
from bot.kernel.calendar import stamp
from bot.kernel.event import Upload
from bot.kernel.facts import TaskOpened
from bot.kernel.ports import Row, Tx


def keep_task(tx: Tx, group: str, task: TaskOpened) -> None:
    tx.run(
        """INSERT INTO answers_tasks (group_id, task, title, opens, closes, post, only_member, handed_in)
           VALUES (:group, :task, :title, :opens, :closes, :post, :member, :handed_in)
           ON CONFLICT (group_id, task) DO UPDATE SET title = excluded.title, closes = excluded.closes, closed = 0""",
        group=group, task=task.task, title=task.title, opens=stamp(task.opens),
        closes=stamp(task.closes) if task.closes else None, post=task.post, member=task.member,
        handed_in=int(task.handed_in),
    )  # fmt: skip


def keep_closed(tx: Tx, group: str, task: str) -> None:
    tx.run("UPDATE answers_tasks SET closed = 1 WHERE group_id = :group AND task = :task", group=group, task=task)


def find_task(tx: Tx, group: str, task: str) -> Task | None:
    row = tx.one("SELECT * FROM answers_tasks WHERE group_id = :group AND task = :task", group=group, task=task)
    return _task(row) if row else None


def find_task_of_post(tx: Tx, group: str, post: str) -> Task | None:
    row = tx.one("SELECT * FROM answers_tasks WHERE group_id = :group AND post = :post", group=group, post=post)
    return _task(row) if row else None


def list_tasks(tx: Tx, group: str, member: str, limit: int = 10) -> list[Task]:
    """The newest tasks to which this member may write an answer, oldest of them first."""
    rows = tx.all(
        """SELECT * FROM answers_tasks
            WHERE group_id = :group AND only_member IN ('', :member) AND handed_in = 0
            ORDER BY opens DESC, task DESC LIMIT :limit""",
        group=group, member=member, limit=limit,
    )  # fmt: skip
    return [_task(row) for row in reversed(rows)]


def _task(row: Row) -> Task:
    closes = datetime.fromisoformat(row["closes"]) if row["closes"] else None
    return Task(
        row["task"], row["title"], datetime.fromisoformat(row["opens"]), closes, row["post"], row["only_member"],
        bool(row["closed"]), bool(row["handed_in"]),
    )  # fmt: skip


# --- answers ---------------------------------------------------------------------


def keep_answer(tx: Tx, group: str, task: str, kept: Kept, now: datetime) -> None:
    """Keep it, or put it in the place of the member's earlier one. Late stays as it was at the first time."""
    tx.run(
        """INSERT INTO answers_kept (group_id, task, member, text, claim, upload, may_show, hide_name, late, state,
                                     kept_at, changed_at, number, held)
           VALUES (:group, :task, :member, :text, :claim, :upload, :may_show, :hide_name, :late, 'kept', :now, :now,
                   :number, '')
           ON CONFLICT (group_id, task, member) DO UPDATE
              SET text = excluded.text, claim = excluded.claim, upload = excluded.upload, may_show = excluded.may_show,
                  hide_name = excluded.hide_name, state = 'kept', changed_at = excluded.changed_at,
                  number = excluded.number, held = excluded.held""",
        group=group, task=task, member=kept.member, text=kept.words.text, claim=kept.words.claim,
        upload=codec.dump(kept.words.upload), may_show=int(kept.may_show), hide_name=int(kept.hide_name),
        late=int(kept.late), number=kept.number, now=stamp(now),
    )  # fmt: skip


def next_number(tx: Tx, group: str, task: str) -> int:
    """1, 2, ... A number is never given twice, whoever is erased meanwhile."""
    row = tx.one(
        "UPDATE answers_tasks SET numbers = numbers + 1 WHERE group_id = :group AND task = :task RETURNING numbers",
        group=group, task=task,
    )  # fmt: skip
    if row is None:
        raise LookupError(f"no task {task}")
    return int(row["numbers"])


def keep_held(tx: Tx, group: str, task: str, member: str, held: Held) -> None:
    tx.run(
        "UPDATE answers_kept SET held = :held WHERE group_id = :group AND task = :task AND member = :member",
        group=group, task=task, member=member, held=str(held),
    )  # fmt: skip


def keep_state(tx: Tx, group: str, task: str, member: str, state: str, now: datetime) -> None:
    """`state`: kept or withdrawn."""
    tx.run(
        """UPDATE answers_kept SET state = :state, changed_at = :now
            WHERE group_id = :group AND task = :task AND member = :member""",
        state=state, now=stamp(now), group=group, task=task, member=member,
    )  # fmt: skip


def keep_hiding(tx: Tx, group: str, task: str, member: str, *, hide_name: bool) -> None:
    tx.run(
        "UPDATE answers_kept SET hide_name = :hide WHERE group_id = :group AND task = :task AND member = :member",
        group=group, task=task, member=member, hide=int(hide_name),
    )  # fmt: skip


def find_answer(tx: Tx, group: str, task: str, member: str) -> Kept | None:
    """The member's answer, withdrawn or not."""
    row = tx.one(
        "SELECT * FROM answers_kept WHERE group_id = :group AND task = :task AND member = :member",
        group=group,
        task=task,
        member=member,
    )
    return _kept(row) if row else None


def find_numbered(tx: Tx, group: str, task: str, number: int) -> Kept | None:
    row = tx.one(
        "SELECT * FROM answers_kept WHERE group_id = :group AND task = :task AND number = :number",
        group=group, task=task, number=number,
    )  # fmt: skip
    return _kept(row) if row else None


def list_answers(tx: Tx, group: str, task: str, reader: str = "") -> list[Kept]:
    """The kept answers, oldest first. One that was reported is among them for its author as `reader` alone."""
    rows = tx.all(
        """SELECT * FROM answers_kept WHERE group_id = :group AND task = :task AND state = 'kept'
              AND (held = '' OR member = :reader)
            ORDER BY number""",
        group=group, task=task, reader=reader,
    )  # fmt: skip
    return [_kept(row) for row in rows]


def list_answers_of(tx: Tx, group: str, member: str, limit: int) -> list[tuple[Task, Kept]]:
    """What this member answered and others may read, newest first."""
    rows = tx.all(
        """SELECT kept.*, tasks.title, tasks.opens, tasks.closes, tasks.post, tasks.only_member, tasks.closed,
                  tasks.handed_in
             FROM answers_kept AS kept
             JOIN answers_tasks AS tasks ON tasks.group_id = kept.group_id AND tasks.task = kept.task
            WHERE kept.group_id = :group AND kept.member = :member AND kept.state = 'kept' AND kept.held = ''
              AND tasks.only_member = ''
            ORDER BY kept.kept_at DESC, kept.task DESC LIMIT :limit""",
        group=group, member=member, limit=limit,
    )  # fmt: skip
    return [(_task(row), _kept(row)) for row in rows]


def list_answered(tx: Tx, group: str, member: str) -> list[str]:
    """The tasks to which this member has a kept answer."""
    rows = tx.all(
        """SELECT task FROM answers_kept WHERE group_id = :group AND member = :member AND state = 'kept'
            ORDER BY task""",
        group=group, member=member,
    )  # fmt: skip
    return [row["task"] for row in rows]


def count_answers(tx: Tx, group: str, task: str) -> int:
    """How many others may read."""
    row = tx.one(
        """SELECT count(*) AS n FROM answers_kept
            WHERE group_id = :group AND task = :task AND state = 'kept' AND held = ''""",
        group=group, task=task,
    )  # fmt: skip
    return int(row["n"]) if row else 0


def _kept(row: Row) -> Kept:
    upload: Upload | None = codec.load(row["upload"])
    return Kept(
        row["member"], Words(row["text"], row["claim"], upload), bool(row["may_show"]), bool(row["hide_name"]),
        bool(row["late"]), row["state"] == "withdrawn", datetime.fromisoformat(row["kept_at"]), int(row["number"]),
        Held(row["held"]), datetime.fromisoformat(row["changed_at"]),
    )  # fmt: skip


# --- drafts and private messages ----------------------------------------------------


def keep_draft(tx: Tx, group: str, task: str, draft: Kept) -> None:
    tx.run(
        """INSERT INTO answers_drafts (group_id, task, member, text, claim, may_show, hide_name, at)
           VALUES (:group, :task, :member, :text, :claim, :may_show, :hide_name, :now)
           ON CONFLICT (group_id, task, member) DO UPDATE
              SET text = excluded.text, claim = excluded.claim, may_show = excluded.may_show,
                  hide_name = excluded.hide_name, at = excluded.at""",
        group=group, task=task, member=draft.member, text=draft.words.text, claim=draft.words.claim,
        may_show=int(draft.may_show), hide_name=int(draft.hide_name), now=stamp(draft.kept_at),
    )  # fmt: skip


def find_draft(tx: Tx, group: str, task: str, member: str) -> Kept | None:
    """What would be kept if the member sent it now."""
    row = tx.one(
        "SELECT * FROM answers_drafts WHERE group_id = :group AND task = :task AND member = :member",
        group=group,
        task=task,
        member=member,
    )
    if row is None:
        return None
    return Kept(
        member, Words(row["text"], row["claim"]), bool(row["may_show"]), bool(row["hide_name"]), late=False,
        withdrawn=False, kept_at=datetime.fromisoformat(row["at"]),
    )  # fmt: skip


def forget_draft(tx: Tx, group: str, task: str, member: str) -> None:
    tx.run(
        "DELETE FROM answers_drafts WHERE group_id = :group AND task = :task AND member = :member",
        group=group,
        task=task,
        member=member,
    )


def keep_told(tx: Tx, group: str, member: str, told: str, words: Words, now: datetime) -> None:
    tx.run(
        """INSERT INTO answers_told (group_id, member, told, text, upload, at)
           VALUES (:group, :member, :told, :text, :upload, :now)
           ON CONFLICT (group_id, member, told) DO UPDATE SET text = excluded.text, upload = excluded.upload""",
        group=group, member=member, told=told, text=words.text, upload=codec.dump(words.upload), now=stamp(now),
    )  # fmt: skip


def find_told(tx: Tx, group: str, member: str, told: str) -> Words | None:
    row = tx.one(
        "SELECT text, upload FROM answers_told WHERE group_id = :group AND member = :member AND told = :told",
        group=group,
        member=member,
        told=told,
    )
    return Words(row["text"], "", codec.load(row["upload"])) if row else None


def forget_told(tx: Tx, group: str, member: str, told: str) -> None:
    tx.run(
        "DELETE FROM answers_told WHERE group_id = :group AND member = :member AND told = :told",
        group=group,
        member=member,
        told=told,
    )


# --- open threads -----------------------------------------------------------------


def keep_said(tx: Tx, group: str, task: str, member: str, receipt: str, text: str, now: datetime) -> None:
    tx.run(
        """INSERT INTO answers_said (group_id, task, member, receipt, text, at)
           VALUES (:group, :task, :member, :receipt, :text, :now)
           ON CONFLICT (group_id, task, member, receipt) DO UPDATE SET text = excluded.text""",
        group=group, task=task, member=member, receipt=receipt, text=text, now=stamp(now),
    )  # fmt: skip


def is_said(tx: Tx, group: str, task: str, member: str, receipt: str) -> bool:
    """Is this message a part of the member's answer?"""
    row = tx.one(
        """SELECT 1 FROM answers_said
            WHERE group_id = :group AND task = :task AND member = :member AND receipt = :receipt""",
        group=group, task=task, member=member, receipt=receipt,
    )  # fmt: skip
    return row is not None


def find_said(tx: Tx, group: str, receipt: str) -> tuple[str, str] | None:
    """(task, member) of the answer that this message is a part of."""
    row = tx.one(
        "SELECT task, member FROM answers_said WHERE group_id = :group AND receipt = :receipt", group=group,
        receipt=receipt,
    )  # fmt: skip
    return (row["task"], row["member"]) if row else None


def is_in_chat(tx: Tx, group: str, task: str, member: str) -> bool:
    """Do messages in the thread hold a part of this answer?"""
    row = tx.one(
        """SELECT 1 FROM answers_said
            WHERE group_id = :group AND task = :task AND member = :member AND receipt <> 'form' LIMIT 1""",
        group=group, task=task, member=member,
    )  # fmt: skip
    return row is not None


def forget_said(tx: Tx, group: str, task: str, member: str, receipt: str) -> None:
    tx.run(
        """DELETE FROM answers_said
            WHERE group_id = :group AND task = :task AND member = :member AND receipt = :receipt""",
        group=group, task=task, member=member, receipt=receipt,
    )  # fmt: skip


def forget_all_said(tx: Tx, group: str, task: str, member: str) -> None:
    """No message in the thread is a part of the answer from now on."""
    tx.run(
        "DELETE FROM answers_said WHERE group_id = :group AND task = :task AND member = :member",
        group=group,
        task=task,
        member=member,
    )


def list_said(tx: Tx, group: str, task: str, member: str) -> Sequence[str]:
    """The member's messages in the thread, in the order in which they were first said."""
    rows = tx.all(
        """SELECT text FROM answers_said WHERE group_id = :group AND task = :task AND member = :member
            ORDER BY at, receipt""",
        group=group, task=task, member=member,
    )  # fmt: skip
    return [row["text"] for row in rows]
