"""How wishes, planned moments, waiting lines and sent messages are remembered. The only file here with SQL."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from bot.features.nudges.rules import KEPT, Line, Moment, Sent, Why, Wish
from bot.kernel import codec
from bot.kernel.calendar import stamp
from bot.kernel.ports import Row, Tx

MEASURED = timedelta(days=9)  # what is read of the messages that went out: a week and the longest days around it


# --- wishes ----------------------------------------------------------------------------------


def keep_wish(tx: Tx, group: str, wish: Wish) -> None:
    tx.run(
        """INSERT INTO nudges_wishes (group_id, member, wanted, hour, evening, muted_until, skipped_until, unanswered,
                  silent_since, stopped, refused, answered_at, digests, evenings)
           VALUES (:group, :member, :wanted, :hour, :evening, :muted, :skipped, :unanswered,
                  :silent, :stopped, :refused, :answered, :digests, :evenings)
           ON CONFLICT (group_id, member) DO UPDATE SET wanted = excluded.wanted, hour = excluded.hour,
                  evening = excluded.evening, muted_until = excluded.muted_until,
                  skipped_until = excluded.skipped_until, unanswered = excluded.unanswered,
                  silent_since = excluded.silent_since, stopped = excluded.stopped, refused = excluded.refused,
                  answered_at = excluded.answered_at, digests = excluded.digests, evenings = excluded.evenings""",
        group=group, member=wish.member, wanted=int(wish.wanted), hour=wish.hour, evening=int(wish.evening),
        muted=_stamp(wish.muted_until), skipped=_stamp(wish.skipped_until), unanswered=wish.unanswered,
        silent=_stamp(wish.silent_since), stopped=int(wish.stopped), refused=wish.refused,
        answered=_stamp(wish.answered_at), digests=wish.digests, evenings=wish.evenings,
    )  # fmt: skip


def find_wish(tx: Tx, group: str, member: str) -> Wish | None:
    """None for somebody who never chose anything."""
    row = tx.one("SELECT * FROM nudges_wishes WHERE group_id = :group AND member = :member", group=group, member=member)
    if row is None:
        return None
    return Wish(
        row["member"], bool(row["wanted"]), row["hour"], bool(row["evening"]), _at(row["muted_until"]),
        _at(row["skipped_until"]), row["unanswered"], _at(row["silent_since"]), bool(row["stopped"]), row["refused"],
        _at(row["answered_at"]), row["digests"], row["evenings"],
    )  # fmt: skip


# --- planned moments -------------------------------------------------------------------------


def keep_planned(tx: Tx, group: str, moment: Moment) -> None:
    """One digest and one evening moment stand ahead of a member at most; a new one takes the place of the old one."""
    tx.run(
        """INSERT INTO nudges_planned (group_id, member, evening, name, day, wall, at)
           VALUES (:group, :member, :evening, :name, :day, :wall, :at)
           ON CONFLICT (group_id, member, evening) DO UPDATE
              SET name = excluded.name, day = excluded.day, wall = excluded.wall, at = excluded.at""",
        group=group, member=moment.member, evening=int(moment.evening), name=moment.name, day=str(moment.day),
        wall=f"{moment.at:%H:%M}", at=stamp(moment.due),
    )  # fmt: skip


def find_planned(tx: Tx, group: str, name: str) -> Moment | None:
    """The moment that this wake stands for; None when it was called off or moved."""
    row = tx.one("SELECT * FROM nudges_planned WHERE group_id = :group AND name = :name", group=group, name=name)
    return _moment(row) if row else None


def list_planned(tx: Tx, group: str, member: str) -> list[Moment]:
    """What stands ahead of this member, soonest first."""
    rows = tx.all(
        "SELECT * FROM nudges_planned WHERE group_id = :group AND member = :member ORDER BY at, evening",
        group=group,
        member=member,
    )
    return [_moment(row) for row in rows]


def list_groups(tx: Tx, member: str, now: datetime) -> tuple[str, ...]:
    """The groups from which this member wants digests, in order; without those that are silent for now."""
    rows = tx.all(
        """SELECT planned.group_id FROM nudges_planned planned
             JOIN nudges_wishes wish ON wish.group_id = planned.group_id AND wish.member = planned.member
            WHERE planned.member = :member AND planned.evening = 0 AND wish.stopped = 0
              AND coalesce(wish.muted_until, '') <= :now AND coalesce(wish.skipped_until, '') <= :now
            ORDER BY planned.group_id""",
        member=member, now=stamp(now),
    )  # fmt: skip
    return tuple(row["group_id"] for row in rows)


def forget_planned(tx: Tx, group: str, moment: Moment) -> None:
    tx.run("DELETE FROM nudges_planned WHERE group_id = :group AND name = :name", group=group, name=moment.name)


def _moment(row: Row) -> Moment:
    return Moment(
        row["name"], row["member"], bool(row["evening"]), date.fromisoformat(row["day"]),
        time.fromisoformat(row["wall"]), datetime.fromisoformat(row["at"]),
    )  # fmt: skip


# --- lines that wait -------------------------------------------------------------------------


def keep_asking(tx: Tx, group: str, member: str) -> None:
    """From here on until `forget_asked` lines are told for this moment alone."""
    tx.run(
        "UPDATE nudges_planned SET asking = 1 WHERE group_id = :group AND member = :member", group=group, member=member
    )


def keep_line(tx: Tx, group: str, member: str, line: Line, now: datetime) -> None:
    """The same kind about the same thing replaces what waited. What is of no use any more goes."""
    tx.run(
        """INSERT INTO nudges_waiting (group_id, member, kind, about, line, button, until, asked, at)
           VALUES (:group, :member, :kind, :about, :line, :button, :until,
                  (SELECT coalesce(max(asking), 0) FROM nudges_planned WHERE group_id = :group AND member = :member),
                  :now)
           ON CONFLICT (group_id, member, kind, about) DO UPDATE SET line = excluded.line, button = excluded.button,
                  until = excluded.until, asked = excluded.asked, at = excluded.at""",
        group=group, member=member, kind=line.kind, about=line.about, line=codec.dump(line.text),
        button=codec.dump(line.button), until=stamp(line.until), now=stamp(now),
    )  # fmt: skip
    tx.run(
        "DELETE FROM nudges_waiting WHERE group_id = :group AND member = :member AND until <= :now",
        group=group, member=member, now=stamp(now),
    )  # fmt: skip


def list_lines(tx: Tx, group: str, member: str, now: datetime) -> list[Line]:
    """What waits for this member and is still of use, in the order in which it was told."""
    rows = tx.all(
        """SELECT * FROM nudges_waiting WHERE group_id = :group AND member = :member AND until > :now
            ORDER BY at, kind, about""",
        group=group, member=member, now=stamp(now),
    )  # fmt: skip
    return [_line(row) for row in rows]


def list_all_lines(tx: Tx, group: str) -> list[tuple[str, Line]]:
    """What waits for anybody in the group: (member, line)."""
    rows = tx.all("SELECT * FROM nudges_waiting WHERE group_id = :group ORDER BY member, at", group=group)
    return [(row["member"], _line(row)) for row in rows]


def forget_line(tx: Tx, group: str, member: str, line: Line) -> None:
    tx.run(
        """DELETE FROM nudges_waiting
            WHERE group_id = :group AND member = :member AND kind = :kind AND about = :about""",
        group=group, member=member, kind=line.kind, about=line.about,
    )  # fmt: skip


def forget_lines(tx: Tx, group: str, member: str) -> None:
    tx.run("DELETE FROM nudges_waiting WHERE group_id = :group AND member = :member", group=group, member=member)


def forget_asked(tx: Tx, group: str, member: str, now: datetime) -> None:
    """The moment is over: what was told for it alone goes, and what is of no use any more."""
    tx.run(
        """DELETE FROM nudges_waiting
            WHERE group_id = :group AND member = :member AND (asked = 1 OR until <= :now)""",
        group=group, member=member, now=stamp(now),
    )  # fmt: skip
    tx.run(
        "UPDATE nudges_planned SET asking = 0 WHERE group_id = :group AND member = :member", group=group, member=member
    )


def _line(row: Row) -> Line:
    return Line(
        row["kind"], row["about"], codec.load(row["line"]), codec.load(row["button"]),
        datetime.fromisoformat(row["until"]), bool(row["asked"]),
    )  # fmt: skip


# --- what went out, and what was decided -----------------------------------------------------


def keep_sent(tx: Tx, member: str, sent: Sent) -> None:
    """Raises the database's integrity error when another unit counted the same day at once: it is tried again."""
    starts = stamp(sent.starts)
    tx.run(
        """INSERT INTO nudges_sent (member, day_starts, number, day_ends, at, group_id, evening, kinds)
           VALUES (:member, :starts,
                  (SELECT coalesce(max(number), 0) + 1 FROM nudges_sent
                    WHERE member = :member AND day_starts = :starts),
                  :ends, :at, :group, :evening, :kinds)""",
        member=member, starts=starts, ends=stamp(sent.ends), at=stamp(sent.at), group=sent.group,
        evening=int(sent.evening), kinds=codec.dump(sent.kinds),
    )  # fmt: skip
    for kind in sorted(set(sent.kinds)):
        tx.run(
            """INSERT INTO nudges_told (member, day_starts, group_id, kind)
               VALUES (:member, :starts, :group, :kind)""",
            member=member, starts=starts, group=sent.group, kind=kind,
        )  # fmt: skip
    old = stamp(sent.at - KEPT)
    tx.run("DELETE FROM nudges_sent WHERE member = :member AND at < :old", member=member, old=old)
    tx.run("DELETE FROM nudges_told WHERE member = :member AND day_starts < :old", member=member, old=old)


def list_sent(tx: Tx, member: str, now: datetime) -> tuple[Sent, ...]:
    """What went out to this member lately, from all groups, oldest first."""
    rows = tx.all(
        "SELECT * FROM nudges_sent WHERE member = :member AND at >= :since ORDER BY at",
        member=member,
        since=stamp(now - MEASURED),
    )
    return tuple(
        Sent(
            datetime.fromisoformat(row["at"]), datetime.fromisoformat(row["day_starts"]),
            datetime.fromisoformat(row["day_ends"]), row["group_id"], bool(row["evening"]), codec.load(row["kinds"]),
        )
        for row in rows
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Decided:
    """What became of one moment. `at` is when it was decided."""

    name: str
    at: datetime
    why: Why


def keep_decided(tx: Tx, group: str, member: str, decided: Decided) -> None:
    tx.run(
        """INSERT INTO nudges_log (group_id, member, name, at, why) VALUES (:group, :member, :name, :at, :why)
           ON CONFLICT (group_id, member, name) DO UPDATE SET at = excluded.at, why = excluded.why""",
        group=group, member=member, name=decided.name, at=stamp(decided.at), why=decided.why.value,
    )  # fmt: skip
    tx.run("DELETE FROM nudges_log WHERE member = :member AND at < :old", member=member, old=stamp(decided.at - KEPT))


def list_decided(tx: Tx, group: str, member: str, limit: int) -> Sequence[Decided]:
    """The newest first."""
    rows = tx.all(
        """SELECT * FROM nudges_log WHERE group_id = :group AND member = :member
            ORDER BY at DESC, name DESC LIMIT :limit""",
        group=group, member=member, limit=limit,
    )  # fmt: skip
    return [Decided(row["name"], datetime.fromisoformat(row["at"]), Why(row["why"])) for row in rows]


def _stamp(at: datetime | None) -> str | None:
    return stamp(at) if at else None


def _at(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None
