"""How check-ins are remembered."""

from collections.abc import Sequence
from datetime import date, datetime

from bot.features.partners.checkin_rules import Answer, CheckIn, Line
from bot.features.partners.pair_records import next_number
from bot.features.partners.plan_records import find_plan, find_plan_of, quoted, unquoted
from bot.features.partners.plan_rules import Held, Work
from bot.kernel.calendar import stamp
from bot.kernel.ports import Row, Tx


def keep_checkin(tx: Tx, group: str, pair: int, day: date, week: date) -> None:
    tx.run(
        """INSERT INTO partners_checkins (group_id, pair, day, week) VALUES (:group, :pair, :day, :week)
           ON CONFLICT (group_id, pair, day) DO NOTHING""",
        group=group, pair=pair, day=str(day), week=str(week),
    )  # fmt: skip


def find_checkin(tx: Tx, group: str, pair: int, day: date, members: Sequence[str]) -> CheckIn | None:
    """With the lines and answers of these members, in their order."""
    row = tx.one(
        "SELECT week FROM partners_checkins WHERE group_id = :group AND pair = :pair AND day = :day",
        group=group, pair=pair, day=str(day),
    )  # fmt: skip
    if row is None:
        return None
    week = date.fromisoformat(row["week"])
    at = {"group": group, "pair": pair, "day": str(day)}
    said = tx.all("SELECT * FROM partners_lines WHERE group_id = :group AND pair = :pair AND day = :day", **at)
    replies = tx.all("SELECT * FROM partners_replies WHERE group_id = :group AND pair = :pair AND day = :day", **at)
    lines = {one["member"]: one for one in said}
    answers = {one["member"]: Answer(one["reply"]) for one in replies}
    return CheckIn(
        pair, day, week,
        tuple(_line(tx, group, lines[member], week) for member in members if member in lines),
        tuple((member, answers[member]) for member in members if member in answers),
    )  # fmt: skip


def _line(tx: Tx, group: str, row: Row, week: date) -> Line:
    plan = find_plan(tx, group, row["member"], week, row["pair"]) or find_plan_of(tx, group, row["member"], week)
    return Line(
        row["member"], Work(row["answers"], row["reviews"], row["runs"], row["designs"]),
        plan, bool(row["said"]), unquoted(row["line"]), row["number"], Held(row["held"]),
        datetime.fromisoformat(row["at"]) if row["at"] else None,
    )  # fmt: skip


def keep_line(tx: Tx, group: str, pair: int, day: date, line: Line, now: datetime) -> None:
    """
    What the check-in says of a member.

    Words that were reported stay as they are until they are decided about; after removed ones others get a new number.
    """
    number = line.number if line.number and line.held is not Held.REMOVED else next_number(tx, group, "text")
    tx.run(
        """INSERT INTO partners_lines (group_id, pair, day, member, number, answers, reviews, runs, designs, said, line,
                                       held, at)
           VALUES (:group, :pair, :day, :member, :number, :answers, :reviews, :runs, :designs, :said, :line, '', :now)
           ON CONFLICT (group_id, pair, day, member) DO UPDATE
              SET answers = excluded.answers, reviews = excluded.reviews, runs = excluded.runs,
                  designs = excluded.designs, said = excluded.said,
                  number = CASE WHEN partners_lines.held = 'removed' AND partners_lines.line <> excluded.line
                                THEN excluded.number ELSE partners_lines.number END,
                  at = CASE WHEN partners_lines.line = excluded.line THEN partners_lines.at ELSE excluded.at END,
                  held = CASE WHEN partners_lines.held = 'removed' AND partners_lines.line <> excluded.line
                              THEN '' ELSE partners_lines.held END,
                  line = CASE WHEN partners_lines.held = 'reported' THEN partners_lines.line ELSE excluded.line END""",
        group=group, pair=pair, day=str(day), member=line.member, number=number, answers=line.work.answers,
        reviews=line.work.reviews, runs=line.work.runs, designs=line.work.designs, said=int(line.said),
        line=quoted(line.line, line.member), now=stamp(now),
    )  # fmt: skip


def find_line_by_number(tx: Tx, group: str, number: int) -> tuple[int, date, Line] | None:
    """(pair, day, line) of the words with this number."""
    row = tx.one(
        """SELECT l.*, c.week FROM partners_lines AS l JOIN partners_checkins AS c
               ON c.group_id = l.group_id AND c.pair = l.pair AND c.day = l.day
            WHERE l.group_id = :group AND l.number = :number""",
        group=group, number=number,
    )  # fmt: skip
    if row is None:
        return None
    return row["pair"], date.fromisoformat(row["day"]), _line(tx, group, row, date.fromisoformat(row["week"]))


def keep_line_held(tx: Tx, group: str, number: int, held: Held) -> None:
    """Words that were removed stay until others are written: an organiser may let them stand after all."""
    tx.run(
        "UPDATE partners_lines SET held = :held WHERE group_id = :group AND number = :number",
        group=group, number=number, held=held.value,
    )  # fmt: skip


def keep_answer(tx: Tx, group: str, pair: int, day: date, member: str, answer: Answer) -> None:
    """The newest stands."""
    tx.run(
        """INSERT INTO partners_replies (group_id, pair, day, member, reply)
           VALUES (:group, :pair, :day, :member, :reply)
           ON CONFLICT (group_id, pair, day, member) DO UPDATE SET reply = excluded.reply""",
        group=group, pair=pair, day=str(day), member=member, reply=answer.value,
    )  # fmt: skip


def forget_answer(tx: Tx, group: str, pair: int, day: date, member: str) -> None:
    tx.run(
        """DELETE FROM partners_replies
            WHERE group_id = :group AND pair = :pair AND day = :day AND member = :member""",
        group=group, pair=pair, day=str(day), member=member,
    )  # fmt: skip


def forget_before(tx: Tx, group: str, day: date) -> None:
    """Check-ins before this date, and all that was said in them."""
    tx.run("DELETE FROM partners_replies WHERE group_id = :group AND day < :day", group=group, day=str(day))
    tx.run("DELETE FROM partners_lines WHERE group_id = :group AND day < :day", group=group, day=str(day))
    tx.run("DELETE FROM partners_checkins WHERE group_id = :group AND day < :day", group=group, day=str(day))
