"""How daily problems are remembered: rounds, the ledger, hints, help, clocks."""

from dataclasses import dataclass
from datetime import datetime

from bot.features.daily.rules import FIRST, Held, Met, Round, Stuck
from bot.kernel.calendar import stamp
from bot.kernel.ports import Row, Tx


def keep_round(tx: Tx, round_: Round) -> None:
    tx.run(
        """INSERT INTO daily_rounds (group_id, round, item, opens, closes, late, only_member)
           VALUES (:group, :round, :item, :opens, :closes, :late, :member)
           ON CONFLICT (group_id, round) DO NOTHING""",
        group=round_.group, round=round_.name, item=round_.item, opens=stamp(round_.opens),
        closes=stamp(round_.closes) if round_.closes else None, late=int(round_.late), member=round_.only_member,
    )  # fmt: skip


def keep_closed(tx: Tx, round_: Round) -> None:
    tx.run(
        "UPDATE daily_rounds SET closed = 1 WHERE group_id = :group AND round = :round",
        group=round_.group, round=round_.name,
    )  # fmt: skip


def keep_told(tx: Tx, round_: Round, told: int) -> None:
    """How many messages the close has put into the thread."""
    tx.run(
        "UPDATE daily_rounds SET told = :told WHERE group_id = :group AND round = :round",
        told=told, group=round_.group, round=round_.name,
    )  # fmt: skip


def find_round(tx: Tx, group: str, name: str) -> Round | None:
    row = tx.one("SELECT * FROM daily_rounds WHERE group_id = :group AND round = :round", group=group, round=name)
    return _round(row) if row else None


def list_open(tx: Tx, group: str) -> list[Round]:
    """The group's open rounds, newest first."""
    rows = tx.all(
        """SELECT * FROM daily_rounds WHERE group_id = :group AND only_member = '' AND closed = 0
            ORDER BY opens DESC, round DESC""",
        group=group,
    )  # fmt: skip
    return [_round(row) for row in rows]


def list_closed(tx: Tx, group: str, limit: int) -> list[Round]:
    """The group's closed rounds, newest first."""
    rows = tx.all(
        """SELECT * FROM daily_rounds WHERE group_id = :group AND only_member = '' AND closed = 1
            ORDER BY opens DESC, round DESC LIMIT :limit""",
        group=group, limit=limit,
    )  # fmt: skip
    return [_round(row) for row in rows]


def list_given(tx: Tx, group: str) -> set[str]:
    """Items that newcomers of this group got in private. What members practise is not among them."""
    rows = tx.all(
        "SELECT DISTINCT item FROM daily_rounds WHERE group_id = :group AND only_member <> '' AND round LIKE :first",
        group=group, first=f"{FIRST}-%",
    )  # fmt: skip
    return {row["item"] for row in rows}


def _round(row: Row) -> Round:
    closes = datetime.fromisoformat(row["closes"]) if row["closes"] else None
    return Round(
        row["group_id"], row["round"], row["item"], datetime.fromisoformat(row["opens"]), closes, bool(row["late"]),
        row["only_member"], bool(row["closed"]), row["told"],
    )  # fmt: skip


# --- ledger: what the group has met -------------------------------------------------


def keep_met(tx: Tx, round_: Round, met: Met) -> None:
    """Raises the database's integrity error for an item that the group has met: the round is then not opened."""
    tx.run(
        """INSERT INTO daily_ledger (group_id, item, round, domain, strand)
           VALUES (:group, :item, :round, :domain, :strand)""",
        group=round_.group, item=met.item, round=round_.name, domain=met.domain, strand=met.strand,
    )  # fmt: skip


def list_met(tx: Tx, group: str) -> list[Met]:
    rows = tx.all(
        "SELECT item, domain, strand FROM daily_ledger WHERE group_id = :group ORDER BY round, item", group=group
    )
    return [Met(row["item"], row["domain"], row["strand"]) for row in rows]


# --- hints and help -------------------------------------------------------------------


def keep_hint(tx: Tx, round_: Round, member: str, opened: int) -> None:
    tx.run(
        """INSERT INTO daily_hints (group_id, round, member, opened) VALUES (:group, :round, :member, :opened)
           ON CONFLICT (group_id, round, member) DO UPDATE SET opened = excluded.opened
            WHERE daily_hints.opened < excluded.opened""",
        group=round_.group, round=round_.name, member=member, opened=opened,
    )  # fmt: skip


def count_hints(tx: Tx, round_: Round, member: str) -> int:
    """How many hints this member has opened."""
    row = tx.one(
        "SELECT opened FROM daily_hints WHERE group_id = :group AND round = :round AND member = :member",
        group=round_.group,
        round=round_.name,
        member=member,
    )
    return int(row["opened"]) if row else 0


def keep_stuck(tx: Tx, round_: Round, member: str, tried: str, now: datetime) -> str:
    """The number that stands for this member in what others can see: 1, 2, ..."""
    known = find_stuck_of(tx, round_, member)
    if known and known.held is not Held.REMOVED:
        number = int(known.number)
    elif round_.only_member:  # alone in their round; its name holds a trace of them, which must not be kept
        number = 1
    else:
        number = next_number(tx, round_.group, f"stuck/{round_.name}")
    tx.run(
        """INSERT INTO daily_stuck (group_id, round, member, number, tried, at)
           VALUES (:group, :round, :member, :number, :tried, :now)
           ON CONFLICT (group_id, round, member) DO UPDATE
              SET tried = excluded.tried, number = excluded.number, held = ''""",
        group=round_.group, round=round_.name, member=member, number=number, tried=tried, now=stamp(now),
    )  # fmt: skip
    return str(number)


def list_stuck(tx: Tx, round_: Round, *, removed: bool = False) -> list[Stuck]:
    """Who said that they are stuck, in order; with `removed` also what an organiser has removed."""
    rows = tx.all(
        "SELECT * FROM daily_stuck WHERE group_id = :group AND round = :round AND held <> :out ORDER BY number",
        group=round_.group, round=round_.name, out="none" if removed else str(Held.REMOVED),
    )  # fmt: skip
    return [_stuck(row) for row in rows]


def find_stuck(tx: Tx, round_: Round, number: str, *, removed: bool = False) -> Stuck | None:
    """What stands under this number; with `removed` also when an organiser has removed it."""
    return next((stuck for stuck in list_stuck(tx, round_, removed=removed) if stuck.number == number), None)


def find_stuck_of(tx: Tx, round_: Round, member: str) -> Stuck | None:
    """What this member said, removed or not."""
    row = tx.one(
        "SELECT * FROM daily_stuck WHERE group_id = :group AND round = :round AND member = :member",
        group=round_.group, round=round_.name, member=member,
    )  # fmt: skip
    return _stuck(row) if row else None


def keep_held(tx: Tx, round_: Round, stuck: Stuck, held: Held) -> None:
    tx.run(
        "UPDATE daily_stuck SET held = :held WHERE group_id = :group AND round = :round AND member = :member",
        held=str(held), group=round_.group, round=round_.name, member=stuck.member,
    )  # fmt: skip


def _stuck(row: Row) -> Stuck:
    return Stuck(str(row["number"]), row["member"], row["tried"], Held(row["held"]))


def list_stuck_of(tx: Tx, group: str, member: str) -> list[tuple[str, str]]:
    """Where this member said that they are stuck: (round, number)."""
    rows = tx.all(
        "SELECT round, number FROM daily_stuck WHERE group_id = :group AND member = :member ORDER BY round",
        group=group, member=member,
    )  # fmt: skip
    return [(row["round"], str(row["number"])) for row in rows]


def keep_offer(tx: Tx, round_: Round, who: str, member: str) -> str:
    """The number that stands for this helper in the name of the message to `who`: 1, 2, ..."""
    row = tx.one(
        """SELECT number FROM daily_offers
            WHERE group_id = :group AND round = :round AND who = :who AND member = :member""",
        group=round_.group, round=round_.name, who=int(who), member=member,
    )  # fmt: skip
    if row:
        return str(row["number"])
    number = next_number(tx, round_.group, f"offer/{round_.name}/{who}")
    tx.run(
        """INSERT INTO daily_offers (group_id, round, who, member, number)
           VALUES (:group, :round, :who, :member, :number)""",
        group=round_.group, round=round_.name, who=int(who), member=member, number=number,
    )  # fmt: skip
    return str(number)


def list_offers_of(tx: Tx, group: str, member: str) -> list[tuple[str, str, str]]:
    """Where this member offered help: (round, the number of who is stuck, the number of the offer)."""
    rows = tx.all(
        """SELECT round, who, number FROM daily_offers WHERE group_id = :group AND member = :member
            ORDER BY round, who""",
        group=group, member=member,
    )  # fmt: skip
    return [(row["round"], str(row["who"]), str(row["number"])) for row in rows]


def next_number(tx: Tx, group: str, what: str) -> int:
    """1, 2, ... A number is never given twice, whatever is erased meanwhile."""
    row = tx.one(
        """INSERT INTO daily_numbers (group_id, what, number) VALUES (:group, :what, 1)
           ON CONFLICT (group_id, what) DO UPDATE SET number = daily_numbers.number + 1 RETURNING number""",
        group=group, what=what,
    )  # fmt: skip
    if row is None:
        raise LookupError(f"no number for {what}")
    return int(row["number"])


# --- the private clock ------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Run:
    """A timed practice. `finished_at` None: it goes on."""

    started_at: datetime
    finished_at: datetime | None


def keep_run(tx: Tx, round_: Round, member: str, run: Run) -> None:
    tx.run(
        """INSERT INTO daily_clocks (group_id, round, member, started_at, finished_at)
           VALUES (:group, :round, :member, :started, :finished)
           ON CONFLICT (group_id, round, member) DO UPDATE
              SET started_at = excluded.started_at, finished_at = excluded.finished_at""",
        group=round_.group, round=round_.name, member=member, started=stamp(run.started_at),
        finished=stamp(run.finished_at) if run.finished_at else None,
    )  # fmt: skip


def find_run(tx: Tx, round_: Round, member: str) -> Run | None:
    row = tx.one(
        "SELECT * FROM daily_clocks WHERE group_id = :group AND round = :round AND member = :member",
        group=round_.group,
        round=round_.name,
        member=member,
    )
    return _run(row) if row else None


def forget_run(tx: Tx, group: str, round_: str, member: str) -> None:
    tx.run(
        "DELETE FROM daily_clocks WHERE group_id = :group AND round = :round AND member = :member",
        group=group, round=round_, member=member,
    )  # fmt: skip


def list_running_of(tx: Tx, group: str, member: str) -> list[tuple[str, Run]]:
    """The timed practice that this member has begun and not finished: (round, run)."""
    rows = tx.all(
        """SELECT * FROM daily_clocks WHERE group_id = :group AND member = :member AND finished_at IS NULL
            ORDER BY started_at, round""",
        group=group, member=member,
    )  # fmt: skip
    return [(row["round"], _run(row)) for row in rows]


def list_runs(tx: Tx, round_: Round) -> list[tuple[str, Run]]:
    """Everybody's timed practice of this round: (member, run)."""
    rows = tx.all(
        "SELECT * FROM daily_clocks WHERE group_id = :group AND round = :round ORDER BY started_at, member",
        group=round_.group,
        round=round_.name,
    )
    return [(row["member"], _run(row)) for row in rows]


def _run(row: Row) -> Run:
    finished = datetime.fromisoformat(row["finished_at"]) if row["finished_at"] else None
    return Run(datetime.fromisoformat(row["started_at"]), finished)
