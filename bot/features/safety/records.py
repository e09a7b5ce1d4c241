"""How cases, reports and messages that were pointed at are remembered."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from bot.features.safety.rules import Address, Case, Report, State
from bot.kernel import codec
from bot.kernel.calendar import stamp
from bot.kernel.card import Quote
from bot.kernel.ports import Row, Tx

# --- cases -----------------------------------------------------------------------------------


def keep_case(tx: Tx, group: str, case: Case) -> Case:
    """A new case without reports; the same with its number."""
    row = tx.one("SELECT max(number) AS n FROM safety_cases WHERE group_id = :group", group=group)
    number = int(row["n"] or 0 if row else 0) + 1
    tx.run(
        """INSERT INTO safety_cases (group_id, number, feature, place, author_member, shown_where, words, opened_at,
                                     state, decided_at, decided_by_member, why, also_in_chat, hidden)
           VALUES (:group, :number, :feature, :place, :author, :where, :words, :at, 'open', '', '', '', :in_chat,
                   :hidden)""",
        group=group, number=number, feature=case.address.feature, place=case.address.place, author=case.author_member,
        where=case.where, words=codec.dump(Quote(case.words, case.author_member)), at=stamp(case.opened_at),
        in_chat=int(case.also_in_chat), hidden=int(case.hidden),
    )  # fmt: skip
    return _found(tx, group, number)


def find_case(tx: Tx, group: str, number: int) -> Case | None:
    row = tx.one("SELECT * FROM safety_cases WHERE group_id = :group AND number = :number", group=group, number=number)
    return _case(row, _reports(tx, group, number)) if row else None


def _found(tx: Tx, group: str, number: int) -> Case:
    case = find_case(tx, group, number)
    if case is None:
        raise LookupError(f"case {number} was kept and is not there")
    return case


def list_cases(tx: Tx, group: str, address: Address) -> list[Case]:
    """All cases of this text, newest first; an open one is the newest."""
    rows = tx.all(
        """SELECT * FROM safety_cases WHERE group_id = :group AND feature = :feature AND place = :place
            ORDER BY number DESC""",
        group=group, feature=address.feature, place=address.place,
    )  # fmt: skip
    return [_case(row, _reports(tx, group, row["number"])) for row in rows]


def list_open(tx: Tx, group: str) -> list[Case]:
    """Oldest first, without their reports."""
    rows = tx.all("SELECT * FROM safety_cases WHERE group_id = :group AND state = 'open' ORDER BY number", group=group)
    return [_case(row, ()) for row in rows]


def list_cases_of(tx: Tx, group: str, author: str) -> list[Case]:
    """All cases of this member's texts, oldest first."""
    rows = tx.all(
        "SELECT * FROM safety_cases WHERE group_id = :group AND author_member = :author ORDER BY number",
        group=group, author=author,
    )  # fmt: skip
    return [_case(row, _reports(tx, group, row["number"])) for row in rows]


def find_waiting(tx: Tx, group: str) -> tuple[int, datetime | None]:
    """How many cases nobody has decided, and since when the oldest of them waits."""
    row = tx.one(
        "SELECT count(*) AS n, min(opened_at) AS at FROM safety_cases WHERE group_id = :group AND state = 'open'",
        group=group,
    )  # fmt: skip
    return (int(row["n"]), datetime.fromisoformat(row["at"])) if row and row["n"] else (0, None)


def keep_hidden(tx: Tx, group: str, number: int) -> None:
    tx.run(
        "UPDATE safety_cases SET hidden = 1 WHERE group_id = :group AND number = :number", group=group, number=number
    )


def keep_decision(tx: Tx, group: str, case: Case, state: State, by: str, why: str, now: datetime) -> Case:
    """From the state that the case has to another; the case as it is then."""
    tx.run(
        """UPDATE safety_cases SET state = :state, decided_at = :now, decided_by_member = :by, why = :why
            WHERE group_id = :group AND number = :number AND state = :before""",
        state=state, now=stamp(now), by=by, why=why, group=group, number=case.number, before=case.state,
    )  # fmt: skip
    return _found(tx, group, case.number)


def forget_words(tx: Tx, group: str, number: int) -> None:
    """What was reported, and what reporters added."""
    tx.run(
        "UPDATE safety_cases SET words = '' WHERE group_id = :group AND number = :number", group=group, number=number
    )
    tx.run(
        "UPDATE safety_reports SET line = '' WHERE group_id = :group AND case_number = :number",
        group=group, number=number,
    )  # fmt: skip


def _case(row: Row, reports: Sequence[Report]) -> Case:
    words = codec.load(row["words"]).text if row["words"] else ""
    decided = datetime.fromisoformat(row["decided_at"]) if row["decided_at"] else None
    return Case(
        row["number"], Address(row["feature"], row["place"]), row["author_member"], row["shown_where"], words,
        datetime.fromisoformat(row["opened_at"]), tuple(reports), State(row["state"]), decided,
        row["decided_by_member"], row["why"], bool(row["also_in_chat"]), bool(row["hidden"]),
    )  # fmt: skip


# --- reports -----------------------------------------------------------------------------------


def keep_report(tx: Tx, group: str, case: Case, report: Report, now: datetime) -> Case:
    """The case with one report more."""
    tx.run(
        """INSERT INTO safety_reports (group_id, case_number, number, reporter_member, reason, line, at)
           VALUES (:group, :case, :number, :reporter, :reason, :line, :now)""",
        group=group, case=case.number, number=len(case.reports) + 1, reporter=report.reporter_member,
        reason=report.reason, line=report.line, now=stamp(now),
    )  # fmt: skip
    return _found(tx, group, case.number)


def count_waiting(tx: Tx, group: str, reporter: str) -> int:
    """How many reports of this member nobody has decided."""
    row = tx.one(
        """SELECT count(*) AS n FROM safety_reports
             JOIN safety_cases ON safety_cases.group_id = safety_reports.group_id
                              AND safety_cases.number = safety_reports.case_number
            WHERE safety_reports.group_id = :group AND reporter_member = :reporter AND state = 'open'""",
        group=group, reporter=reporter,
    )  # fmt: skip
    return int(row["n"]) if row else 0


def count_in_vain(tx: Tx, group: str, reporter: str, since: datetime) -> int:
    """How many texts that this member reported an organiser has let stand since this instant."""
    row = tx.one(
        """SELECT count(DISTINCT safety_cases.number) AS n FROM safety_reports
             JOIN safety_cases ON safety_cases.group_id = safety_reports.group_id
                              AND safety_cases.number = safety_reports.case_number
            WHERE safety_reports.group_id = :group AND reporter_member = :reporter AND state = 'restored'
              AND decided_at >= :since""",
        group=group, reporter=reporter, since=stamp(since),
    )  # fmt: skip
    return int(row["n"]) if row else 0


def _reports(tx: Tx, group: str, number: int) -> list[Report]:
    rows = tx.all(
        "SELECT * FROM safety_reports WHERE group_id = :group AND case_number = :number ORDER BY number",
        group=group, number=number,
    )  # fmt: skip
    return [Report(row["reporter_member"], row["reason"], row["line"], row["number"]) for row in rows]


# --- which organisers have a message ---------------------------------------------------------------


def keep_told(tx: Tx, group: str, number: int, member: str) -> None:
    tx.run(
        """INSERT INTO safety_told (group_id, case_number, member) VALUES (:group, :number, :member)
           ON CONFLICT (group_id, case_number, member) DO NOTHING""",
        group=group, number=number, member=member,
    )  # fmt: skip


def list_told(tx: Tx, group: str, number: int) -> list[str]:
    rows = tx.all(
        "SELECT member FROM safety_told WHERE group_id = :group AND case_number = :number ORDER BY member",
        group=group, number=number,
    )  # fmt: skip
    return [row["member"] for row in rows]


# --- messages in the chat ----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Message:
    author_member: str
    text: str


def keep_message(tx: Tx, group: str, message: str, said: Message, member: str, now: datetime) -> None:
    """`member` pointed at it. What it says now counts, unless somebody reported what it said before."""
    tx.run(
        """INSERT INTO safety_pointed (group_id, message, member, author_member, words, at)
           VALUES (:group, :message, :member, :author, :words, :now)
           ON CONFLICT (group_id, message, member) DO UPDATE SET words = excluded.words, at = excluded.at""",
        group=group, message=message, member=member, author=said.author_member,
        words=codec.dump(Quote(said.text, said.author_member)), now=stamp(now),
    )  # fmt: skip


def find_message(tx: Tx, group: str, message: str, reader: str) -> Message | None:
    """With a `reader`: only if they pointed at it."""
    row = tx.one(
        """SELECT author_member, words FROM safety_pointed
            WHERE group_id = :group AND message = :message AND (:reader = '' OR member = :reader)
            ORDER BY at DESC, member LIMIT 1""",
        group=group, message=message, reader=reader,
    )  # fmt: skip
    return Message(row["author_member"], codec.load(row["words"]).text) if row else None


def forget_pointed(tx: Tx, group: str, before: datetime) -> None:
    """The messages that were pointed at before this instant. What is reported stands in its case."""
    tx.run("DELETE FROM safety_pointed WHERE group_id = :group AND at < :before", group=group, before=stamp(before))


# --- forgetting somebody ---------------------------------------------------------------------------


def close_cases_of(tx: Tx, group: str, author: str, now: datetime) -> list[int]:
    """Nothing of this author's texts is kept any more; the numbers of their cases that were open, oldest first."""
    rows = tx.all(
        """SELECT number FROM safety_cases WHERE group_id = :group AND author_member = :author AND state = 'open'
            ORDER BY number""",
        group=group, author=author,
    )  # fmt: skip
    tx.run(
        """UPDATE safety_cases SET state = 'closed', decided_at = :now
            WHERE group_id = :group AND author_member = :author AND state = 'open'""",
        group=group, author=author, now=stamp(now),
    )  # fmt: skip
    tx.run(
        "UPDATE safety_cases SET words = '', author_member = '' WHERE group_id = :group AND author_member = :author",
        group=group, author=author,
    )  # fmt: skip
    tx.run("DELETE FROM safety_pointed WHERE group_id = :group AND author_member = :author", group=group, author=author)
    return [int(row["number"]) for row in rows]


def forget_lines(tx: Tx, group: str, member: str) -> None:
    """What this member wrote as a reporter, and the reasons they gave as an organiser. That they did so stays."""
    tx.run(
        "UPDATE safety_reports SET line = '' WHERE group_id = :group AND reporter_member = :member",
        group=group, member=member,
    )  # fmt: skip
    tx.run(
        "UPDATE safety_cases SET why = '' WHERE group_id = :group AND decided_by_member = :member",
        group=group, member=member,
    )  # fmt: skip
    tx.run("UPDATE safety_log SET why = '' WHERE group_id = :group AND by_member = :member", group=group, member=member)
