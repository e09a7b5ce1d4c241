"""How plans and logged work are remembered."""

from collections.abc import Sequence
from datetime import date, datetime

from bot.features.partners.pair_records import next_number
from bot.features.partners.plan_rules import Done, Held, Plan, Work
from bot.kernel import codec
from bot.kernel.calendar import stamp
from bot.kernel.card import Quote
from bot.kernel.ports import Row, Tx


def quoted(text: str, member: str) -> str:
    """Somebody's words as they are kept: so an export hands them out to nobody else."""
    return codec.dump(Quote(text, member)) if text else ""


def unquoted(kept: str) -> str:
    return str(codec.load(kept).text) if kept else ""


# --- plans ----------------------------------------------------------------------------------------


def keep_plan(tx: Tx, group: str, plan: Plan, now: datetime) -> None:
    """
    A plan, or another one for the same week and the same pair.

    Words that were reported stay as they are until they are decided about; after removed ones others get a new number.
    """
    known = find_plan(tx, group, plan.member, plan.week, plan.pair)
    number = known.number if known and known.held is not Held.REMOVED else next_number(tx, group, "text")
    tx.run(
        """INSERT INTO partners_plans (group_id, member, week, number, pair, answers, reviews, designs, line, at, held)
           VALUES (:group, :member, :week, :number, :pair, :answers, :reviews, :designs, :line, :now, '')
           ON CONFLICT (group_id, member, week, pair) DO UPDATE
              SET answers = excluded.answers, reviews = excluded.reviews, designs = excluded.designs,
                  number = CASE WHEN partners_plans.held = 'removed' AND partners_plans.line <> excluded.line
                                THEN excluded.number ELSE partners_plans.number END,
                  at = CASE WHEN partners_plans.line = excluded.line THEN partners_plans.at ELSE excluded.at END,
                  held = CASE WHEN partners_plans.held = 'removed' AND partners_plans.line <> excluded.line
                              THEN '' ELSE partners_plans.held END,
                  line = CASE WHEN partners_plans.held = 'reported' THEN partners_plans.line ELSE excluded.line END""",
        group=group, member=plan.member, week=str(plan.week), number=number, pair=plan.pair,
        answers=plan.answers, reviews=plan.reviews, designs=plan.designs, line=quoted(plan.line, plan.member),
        now=stamp(now),
    )  # fmt: skip


def find_plan(tx: Tx, group: str, member: str, week: date, pair: int) -> Plan | None:
    """What stands in the room of this pair."""
    row = tx.one(
        """SELECT * FROM partners_plans
            WHERE group_id = :group AND member = :member AND week = :week AND pair = :pair""",
        group=group, member=member, week=str(week), pair=pair,
    )  # fmt: skip
    return _plan(row) if row else None


def find_plan_of(tx: Tx, group: str, member: str, week: date) -> Plan | None:
    """The newest of this week, in whichever room it stands."""
    plan = find_last_plan(tx, group, member, week)
    return plan if plan and plan.week == week else None


def find_last_plan(tx: Tx, group: str, member: str, week: date) -> Plan | None:
    """The newest that is not later than this week."""
    row = tx.one(
        """SELECT * FROM partners_plans WHERE group_id = :group AND member = :member AND week <= :week
            ORDER BY week DESC, pair DESC LIMIT 1""",
        group=group, member=member, week=str(week),
    )  # fmt: skip
    return _plan(row) if row else None


def find_newest_in(tx: Tx, group: str, room_number: int) -> int:
    """The number of the pair that has this room now: whoever goes on together keeps it."""
    row = tx.one(
        "SELECT max(number) AS newest FROM partners_pairs WHERE group_id = :group AND room_number = :room",
        group=group, room=room_number,
    )  # fmt: skip
    return int(row["newest"]) if row and row["newest"] else 0


def find_plan_by_number(tx: Tx, group: str, number: int) -> Plan | None:
    row = tx.one(
        "SELECT * FROM partners_plans WHERE group_id = :group AND number = :number", group=group, number=number
    )
    return _plan(row) if row else None


def list_plans(tx: Tx, group: str, pair: int, members: Sequence[str], week: date) -> list[Plan]:
    """Those of these members that stand in the room of this pair, in the order of the members."""
    found = (find_plan(tx, group, member, week, pair) for member in members)
    return [plan for plan in found if plan]


def keep_plan_held(tx: Tx, group: str, number: int, held: Held) -> None:
    """Words that were removed stay until others are written: an organiser may let them stand after all."""
    tx.run(
        "UPDATE partners_plans SET held = :held WHERE group_id = :group AND number = :number",
        group=group, number=number, held=held.value,
    )  # fmt: skip


def _plan(row: Row) -> Plan:
    return Plan(
        row["member"], date.fromisoformat(row["week"]), row["answers"], row["reviews"], unquoted(row["line"]),
        row["pair"], row["number"], Held(row["held"]), row["designs"], datetime.fromisoformat(row["at"]),
    )  # fmt: skip


# --- work -------------------------------------------------------------------------------------------


def keep_work(tx: Tx, group: str, member: str, kind: Done, about: str, week: date) -> None:
    """It counts in the week in which it was done first."""
    tx.run(
        """INSERT INTO partners_work (group_id, member, kind, about, week, gone)
           VALUES (:group, :member, :kind, :about, :week, 0) ON CONFLICT (group_id, member, kind, about)
           DO UPDATE SET gone = 0""",
        group=group, member=member, kind=kind.value, about=about, week=str(week),
    )  # fmt: skip


def keep_work_again(tx: Tx, group: str, member: str, kind: Done, about: str) -> None:
    """What was taken back is there again. Nothing, where nothing was counted."""
    tx.run(
        """UPDATE partners_work SET gone = 0
            WHERE group_id = :group AND member = :member AND kind = :kind AND about = :about""",
        group=group, member=member, kind=kind.value, about=about,
    )  # fmt: skip


def forget_work(tx: Tx, group: str, member: str, kind: Done, about: str) -> None:
    """It counts no more; done again it counts in the week in which it was done first."""
    tx.run(
        """UPDATE partners_work SET gone = 1
            WHERE group_id = :group AND member = :member AND kind = :kind AND about = :about""",
        group=group, member=member, kind=kind.value, about=about,
    )  # fmt: skip


def count_work(tx: Tx, group: str, member: str, week: date) -> Work:
    rows = tx.all(
        """SELECT kind, count(*) AS n FROM partners_work
            WHERE group_id = :group AND member = :member AND week = :week AND gone = 0 GROUP BY kind""",
        group=group, member=member, week=str(week),
    )  # fmt: skip
    found = {row["kind"]: int(row["n"]) for row in rows}
    return Work(*(found.get(kind.value, 0) for kind in (Done.ANSWER, Done.REVIEW, Done.RUN, Done.DESIGN)))


def forget_before(tx: Tx, group: str, week: date) -> None:
    """Plans and work of the weeks before this one."""
    tx.run("DELETE FROM partners_plans WHERE group_id = :group AND week < :week", group=group, week=str(week))
    tx.run("DELETE FROM partners_work WHERE group_id = :group AND week < :week", group=group, week=str(week))
