"""How runs are remembered, and what was said, written and asked for in them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from bot.features.mlsd.run_rules import Asked, Run, Written
from bot.kernel.calendar import stamp
from bot.kernel.ports import Row, Tx

# --- runs -------------------------------------------------------------------------------


def next_number(tx: Tx, group: str) -> int:
    """Never given again, even when the run with it is forgotten: names of messages hold it."""
    row = tx.one(
        """INSERT INTO mlsd_numbers (group_id, last_run) VALUES (:group, 1)
           ON CONFLICT (group_id) DO UPDATE SET last_run = mlsd_numbers.last_run + 1
           RETURNING last_run""",
        group=group,
    )  # fmt: skip
    return int(row["last_run"]) if row else 1


def keep_run(tx: Tx, group: str, run: Run) -> None:
    def at(moment: datetime | None) -> str:
        return stamp(moment) if moment else ""

    tx.run(
        """INSERT INTO mlsd_runs (group_id, number, member, week, item, revision, plan, spare, started_at, state,
                                  ended_at, paused_at, resumed_at, deadline, touched_at, beat, in_room, handed_in,
                                  partial, redo_stage, hide_name)
           VALUES (:group, :number, :member, :week, :item, :revision, :plan, :spare, :started, :state, :ended, :paused,
                   :resumed, :deadline, :touched, :beat, :in_room, :handed_in, :partial, :redo, :hide)
           ON CONFLICT (group_id, number) DO UPDATE
              SET state = excluded.state, ended_at = excluded.ended_at, paused_at = excluded.paused_at,
                  resumed_at = excluded.resumed_at, deadline = excluded.deadline, touched_at = excluded.touched_at,
                  beat = excluded.beat, in_room = excluded.in_room, handed_in = excluded.handed_in,
                  partial = excluded.partial, redo_stage = excluded.redo_stage, hide_name = excluded.hide_name""",
        group=group, number=run.number, member=run.member, week=run.week, item=run.item, revision=run.revision,
        plan=run.plan, spare=int(run.spare), started=stamp(run.started_at), state=run.state, ended=at(run.ended_at),
        paused=at(run.paused_at), resumed=at(run.resumed_at), deadline=at(run.deadline),
        touched=at(run.touched_at or run.started_at), beat=run.beat, in_room=int(run.in_room),
        handed_in=int(run.handed_in), partial=int(run.partial), redo=run.redo_stage, hide=int(run.hide_name),
    )  # fmt: skip


def keep_touched(tx: Tx, group: str, number: int, now: datetime) -> None:
    """The member was heard of just now."""
    tx.run(
        "UPDATE mlsd_runs SET touched_at = :now WHERE group_id = :group AND number = :number",
        group=group, number=number, now=stamp(now),
    )  # fmt: skip


def find_run(tx: Tx, group: str, number: int) -> Run | None:
    row = tx.one("SELECT * FROM mlsd_runs WHERE group_id = :group AND number = :number", group=group, number=number)
    return _run(row) if row else None


def list_runs(tx: Tx, group: str, week: int) -> list[Run]:
    """All runs of this week, unfinished ones too, oldest first. Its pool are those with `handed_in`."""
    rows = tx.all(
        "SELECT * FROM mlsd_runs WHERE group_id = :group AND week = :week ORDER BY number", group=group, week=week
    )
    return [_run(row) for row in rows]


def list_runs_of(tx: Tx, group: str, member: str) -> list[Run]:
    """All runs of this member in this group, newest first."""
    rows = tx.all(
        "SELECT * FROM mlsd_runs WHERE group_id = :group AND member = :member ORDER BY number DESC",
        group=group, member=member,
    )  # fmt: skip
    return [_run(row) for row in rows]


def find_live(tx: Tx, group: str, member: str) -> Run | None:
    """The run that this member has begun and not finished."""
    return next((run for run in list_runs_of(tx, group, member) if run.is_live), None)


def list_live(tx: Tx, group: str) -> list[Run]:
    rows = tx.all(
        "SELECT * FROM mlsd_runs WHERE group_id = :group AND state IN ('running', 'paused') ORDER BY number",
        group=group,
    )  # fmt: skip
    return [_run(row) for row in rows]


def is_live_elsewhere(tx: Tx, group: str, member: str) -> bool:
    row = tx.one(
        """SELECT 1 FROM mlsd_runs
            WHERE member = :member AND group_id <> :group AND state IN ('running', 'paused')""",
        group=group, member=member,
    )  # fmt: skip
    return row is not None


def latest_end(tx: Tx, group: str, week: int) -> datetime | None:
    """
    When the last unfinished run of this week is over at the latest; None where there is none.

    An outage moves it, and so may a run that ends just then: whoever waits for it looks again.
    """
    row = tx.one(
        """SELECT max(deadline) AS last FROM mlsd_runs
            WHERE group_id = :group AND week = :week AND state IN ('running', 'paused')""",
        group=group, week=week,
    )  # fmt: skip
    return datetime.fromisoformat(row["last"]) if row and row["last"] else None


def find_by_task(tx: Tx, group: str, task: str) -> Run | None:
    """The run with a task of its own."""
    number = task.removeprefix("design-run-")
    run = find_run(tx, group, int(number)) if number != task and number.isdecimal() and len(number) < 10 else None
    return run if run and run.task == task else None


def _run(row: Row) -> Run:
    def at(key: str) -> datetime | None:
        return datetime.fromisoformat(row[key]) if row[key] else None

    return Run(
        row["number"], row["member"], row["week"], row["item"], row["revision"], row["plan"],
        datetime.fromisoformat(row["started_at"]), row["state"], at("ended_at"), row["redo_stage"],
        bool(row["hide_name"]), bool(row["partial"]), bool(row["spare"]), at("paused_at"), at("resumed_at"),
        at("deadline"), at("touched_at"), row["beat"], bool(row["in_room"]), bool(row["handed_in"]),
    )  # fmt: skip


# --- when the clock waited for its member ------------------------------------------------


def keep_wait(tx: Tx, group: str, run: Run, began: datetime, *, has_left: bool = False) -> None:
    tx.run(
        """INSERT INTO mlsd_waits (group_id, run, member, began_at, has_left)
           VALUES (:group, :run, :member, :began, :left)
           ON CONFLICT (group_id, run, began_at) DO UPDATE SET ended_at = '', has_left = excluded.has_left""",
        group=group, run=run.number, member=run.member, began=stamp(began), left=int(has_left),
    )  # fmt: skip


def end_wait(tx: Tx, group: str, run: int, now: datetime) -> None:
    tx.run(
        "UPDATE mlsd_waits SET ended_at = :now WHERE group_id = :group AND run = :run AND ended_at = ''",
        group=group, run=run, now=stamp(now),
    )  # fmt: skip


def find_wait(tx: Tx, group: str, run: int) -> tuple[datetime, bool] | None:
    """Since when the clock waits now, and whether its member has left."""
    row = tx.one(
        "SELECT began_at, has_left FROM mlsd_waits WHERE group_id = :group AND run = :run AND ended_at = ''",
        group=group, run=run,
    )  # fmt: skip
    return (datetime.fromisoformat(row["began_at"]), bool(row["has_left"])) if row else None


def list_waits(tx: Tx, group: str, run: int, now: datetime) -> list[tuple[datetime, datetime]]:
    """As (from, to); one that goes on lasts until now."""
    rows = tx.all("SELECT began_at, ended_at FROM mlsd_waits WHERE group_id = :group AND run = :run",
                  group=group, run=run)  # fmt: skip
    return [
        (datetime.fromisoformat(row["began_at"]), datetime.fromisoformat(row["ended_at"]) if row["ended_at"] else now)
        for row in rows
    ]


# --- what was said ----------------------------------------------------------------------


def keep_told(tx: Tx, group: str, run: Run, what: str, now: datetime) -> None:
    tx.run(
        """INSERT INTO mlsd_told (group_id, run, member, what, at) VALUES (:group, :run, :member, :what, :at)
           ON CONFLICT (group_id, run, what) DO NOTHING""",
        group=group, run=run.number, member=run.member, what=what, at=stamp(now),
    )  # fmt: skip


def list_told(tx: Tx, group: str, run: int) -> tuple[str, ...]:
    """In the order in which it was said; what was said at one instant by its name."""
    rows = tx.all(
        "SELECT what FROM mlsd_told WHERE group_id = :group AND run = :run ORDER BY at, what", group=group, run=run
    )
    return tuple(row["what"] for row in rows)


# --- what was written ---------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Piece:
    """
    A part of what was written, by one message or one form (then `source` is empty).

    `merged`: its words stand in a form's text now. `changed` counts on with each change in the run.
    """

    number: int
    slot: str
    source: str
    text: str
    merged: bool
    changed: int


def list_pieces(tx: Tx, group: str, run: int) -> tuple[Piece, ...]:
    """All of them, in the order in which they came, those that were merged too."""
    rows = tx.all(
        """SELECT piece, slot, source, text, merged, changed FROM mlsd_pieces
            WHERE group_id = :group AND run = :run ORDER BY piece""",
        group=group, run=run,
    )  # fmt: skip
    return tuple(
        Piece(row["piece"], row["slot"], row["source"], row["text"], bool(row["merged"]), row["changed"])
        for row in rows
    )


def last_change(tx: Tx, group: str, run: int) -> int:
    """How much has happened to the pieces so far."""
    return max((piece.changed for piece in list_pieces(tx, group, run)), default=0)


def keep_piece(tx: Tx, group: str, run: Run, slot: str, text: str, source: str, now: datetime) -> int:
    """A new piece; its number."""
    row = tx.one("SELECT max(piece) AS last FROM mlsd_pieces WHERE group_id = :group AND run = :run",
                 group=group, run=run.number)  # fmt: skip
    piece = (row["last"] or 0) + 1 if row else 1
    tx.run(
        """INSERT INTO mlsd_pieces (group_id, run, member, piece, slot, source, text, at, changed)
           VALUES (:group, :run, :member, :piece, :slot, :source, :text, :at, :changed)""",
        group=group, run=run.number, member=run.member, piece=piece, slot=slot, source=source, text=text,
        at=stamp(now), changed=last_change(tx, group, run.number) + 1,
    )  # fmt: skip
    return piece


def find_piece(tx: Tx, group: str, run: int, source: str) -> Piece | None:
    """What came by this chat message."""
    return next((piece for piece in list_pieces(tx, group, run) if piece.source == source), None)


def find_source_run(tx: Tx, group: str, member: str, source: str) -> int:
    """The number of the newest run of this member that has words of this chat message; 0 where none has."""
    row = tx.one(
        """SELECT max(run) AS run FROM mlsd_pieces
            WHERE group_id = :group AND member = :member AND source = :source""",
        group=group, member=member, source=source,
    )  # fmt: skip
    return int(row["run"] or 0) if row else 0


def find_numbered(tx: Tx, group: str, run: int, number: int) -> Piece | None:
    return next((piece for piece in list_pieces(tx, group, run) if piece.number == number), None)


def change_piece(tx: Tx, group: str, run: int, piece: int, slot: str, text: str, *, merged: bool = False) -> None:
    tx.run(
        """UPDATE mlsd_pieces SET slot = :slot, text = :text, changed = :changed, merged = :merged
            WHERE group_id = :group AND run = :run AND piece = :piece""",
        group=group, run=run, piece=piece, slot=slot, text=text, changed=last_change(tx, group, run) + 1,
        merged=int(merged),
    )  # fmt: skip


def keep_form(tx: Tx, group: str, run: Run, slot: str, text: str, now: datetime, upto: int = 0) -> None:
    """
    The words of the form stand for what the slot held when the form was opened (`upto`: the last change by then).

    What came later stands beside it; messages in the form can still be edited.
    """
    tx.run(
        """DELETE FROM mlsd_pieces
            WHERE group_id = :group AND run = :run AND slot = :slot AND source = ''
              AND (changed <= :upto OR text = :text)""",
        group=group, run=run.number, slot=slot, upto=upto, text=text,
    )  # fmt: skip
    tx.run(
        """UPDATE mlsd_pieces SET merged = 1
            WHERE group_id = :group AND run = :run AND slot = :slot AND source <> '' AND changed <= :upto""",
        group=group, run=run.number, slot=slot, upto=upto,
    )  # fmt: skip
    if text:
        keep_piece(tx, group, run, slot, text, "", now)


def keep_fell(tx: Tx, group: str, run: Run, twist: str, stages: Sequence[str]) -> None:
    tx.run(
        """INSERT INTO mlsd_fell (group_id, run, member, twist, stages) VALUES (:group, :run, :member, :twist, :stages)
           ON CONFLICT (group_id, run, twist) DO UPDATE SET stages = excluded.stages""",
        group=group, run=run.number, member=run.member, twist=twist, stages=",".join(stages),
    )  # fmt: skip


def list_written(tx: Tx, group: str, run: int) -> tuple[Written, ...]:
    """What stands, one for each stage and twist that has words or a decision; `at` is when its newest piece came."""
    fell = {
        row["twist"]: tuple(filter(None, row["stages"].split(",")))
        for row in tx.all("SELECT twist, stages FROM mlsd_fell WHERE group_id = :group AND run = :run",
                          group=group, run=run)
    }  # fmt: skip
    rows = tx.all(
        """SELECT slot, text, at FROM mlsd_pieces
            WHERE group_id = :group AND run = :run AND merged = 0 AND text <> '' ORDER BY piece""",
        group=group, run=run,
    )  # fmt: skip
    started = find_run(tx, group, run)
    texts: dict[str, list[str]] = {}
    last: dict[str, datetime] = {}
    for row in rows:
        texts.setdefault(row["slot"], []).append(row["text"])
        at = datetime.fromisoformat(row["at"])
        last[row["slot"]] = max(at, last.get(row["slot"], at))
    slots = [*texts, *(twist for twist in fell if twist not in texts and fell[twist])]
    return tuple(
        Written(
            slot, "\n\n".join(texts.get(slot, [])), fell.get(slot, ()), last.get(slot, started.started_at), slot in fell
        )
        for slot in slots
        if started
    )


def keep_before(tx: Tx, group: str, run: Run, twist: str, written: Sequence[Written]) -> None:
    """The words of the stages as they are when this twist comes."""
    for one in written:
        tx.run(
            """INSERT INTO mlsd_before (group_id, run, member, twist, stage, text)
               VALUES (:group, :run, :member, :twist, :stage, :text)
               ON CONFLICT (group_id, run, twist, stage) DO NOTHING""",
            group=group, run=run.number, member=run.member, twist=twist, stage=one.slot, text=one.text,
        )  # fmt: skip


def list_before(tx: Tx, group: str, run: int, twist: str) -> dict[str, str]:
    """The words of each stage when this twist came, by stage."""
    rows = tx.all(
        "SELECT stage, text FROM mlsd_before WHERE group_id = :group AND run = :run AND twist = :twist",
        group=group, run=run, twist=twist,
    )  # fmt: skip
    return {row["stage"]: row["text"] for row in rows}


# --- what was asked for -------------------------------------------------------------------


def keep_asked(tx: Tx, group: str, run: Run, words: str, fact: int | None, now: datetime) -> None:
    number = len(list_asked(tx, group, run.number)) + 1
    tx.run(
        """INSERT INTO mlsd_asked (group_id, run, member, number, words, fact, at)
           VALUES (:group, :run, :member, :number, :words, :fact, :at)""",
        group=group, run=run.number, member=run.member, number=number, words=words,
        fact=-1 if fact is None else fact, at=stamp(now),
    )  # fmt: skip


def list_asked(tx: Tx, group: str, run: int) -> tuple[Asked, ...]:
    rows = tx.all(
        "SELECT words, fact, at FROM mlsd_asked WHERE group_id = :group AND run = :run ORDER BY number",
        group=group, run=run,
    )  # fmt: skip
    return tuple(
        Asked(row["words"], None if row["fact"] < 0 else row["fact"], datetime.fromisoformat(row["at"])) for row in rows
    )
