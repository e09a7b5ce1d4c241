"""How requests and leases are remembered."""

from datetime import date, datetime, timedelta

from bot.features.reviews.rules import WAITS, Distance, Lease, Request, State
from bot.kernel import codec
from bot.kernel.calendar import stamp
from bot.kernel.card import Quote
from bot.kernel.ports import Row, Tx


def next_number(tx: Tx, group: str, what: str) -> int:
    """The next number of a request, a lease or a review; never one that was given before."""
    row = tx.one(
        """INSERT INTO reviews_numbers (group_id, what, last) VALUES (:group, :what, 1)
           ON CONFLICT (group_id, what) DO UPDATE SET last = reviews_numbers.last + 1 RETURNING last""",
        group=group, what=what,
    )  # fmt: skip
    return int(row["last"]) if row else 1


def quoted(text: str, member: str) -> str:
    """Somebody's words as they are kept: so an export hands them out to nobody else."""
    return codec.dump(Quote(text, member)) if text else ""


def unquoted(kept: str) -> str:
    return str(codec.load(kept).text) if kept else ""


# --- requests -----------------------------------------------------------------------------------------


# How many finished reviews a request has, how many members hold its answer now, and for how many it is kept.
_REQUESTS = """
    SELECT r.*,
      (SELECT count(*) FROM reviews_given AS g
        WHERE g.group_id = r.group_id AND g.request = r.number AND g.held <> 'removed') AS finished,
      (SELECT count(*) FROM reviews_leases AS l
        WHERE l.group_id = r.group_id AND l.request = r.number AND l.state = 'open' AND l.until > :now) AS leased,
      (SELECT count(*) FROM reviews_drawn AS d
        WHERE d.group_id = r.group_id AND d.request = r.number AND d.until > :now) AS reserved
      FROM reviews_requests AS r"""


def keep_request(tx: Tx, group: str, request: Request, week: date) -> None:
    tx.run(
        """INSERT INTO reviews_requests (group_id, number, member, task, answer, title, domain, free, week, wanted,
                                         spent, state, rounds, asked_at, since, served_at, hide_author, drawn_until)
           VALUES (:group, :number, :member, :task, :answer, :title, :domain, :free, :week, :wanted,
                   :spent, 'waiting', 0, :at, :at, '', :hide_author, :drawn)""",
        group=group, number=request.number, member=request.author, task=request.task, answer=request.answer,
        title=request.title, domain=request.domain, free=int(request.free), week=str(week), wanted=request.wanted,
        spent=int(request.spent), at=stamp(request.asked_at), hide_author=int(request.hide_author),
        drawn=stamp(request.drawn_until) if request.drawn_until else "",
    )  # fmt: skip


def find_request(tx: Tx, group: str, number: int, now: datetime) -> Request | None:
    row = tx.one(
        f"{_REQUESTS} WHERE r.group_id = :group AND r.number = :number", group=group, number=number, now=stamp(now)
    )
    return _request(row, now) if row else None


def list_waiting(tx: Tx, group: str, now: datetime) -> list[Request]:
    """What waits for a review, oldest first; some of it in somebody's hands."""
    rows = tx.all(
        f"{_REQUESTS} WHERE r.group_id = :group AND r.state = 'waiting' ORDER BY r.asked_at, r.number",
        group=group, now=stamp(now),
    )  # fmt: skip
    return [_request(row, now) for row in rows]


def list_requests_of(tx: Tx, group: str, member: str, now: datetime, task: str = "") -> list[Request]:
    """The member's own, oldest first; those about one task where it is given."""
    rows = tx.all(
        f"""{_REQUESTS} WHERE r.group_id = :group AND r.member = :member AND :task IN ('', r.task)
             ORDER BY r.asked_at, r.number""",
        group=group, member=member, task=task, now=stamp(now),
    )  # fmt: skip
    return [_request(row, now) for row in rows]


def keep_state(tx: Tx, group: str, number: int, state: State, *, spent: bool) -> None:
    tx.run(
        "UPDATE reviews_requests SET state = :state, spent = :spent WHERE group_id = :group AND number = :number",
        group=group, number=number, state=state.value, spent=int(spent),
    )  # fmt: skip


_OF_AUTHOR = (
    "UPDATE reviews_requests SET hide_author = 1 WHERE member = :author AND :number IN (0, number)",
    "UPDATE reviews_leases SET hide_author = 1 WHERE author_member = :author AND :number IN (0, request)",
    "UPDATE reviews_given SET hide_author = 1 WHERE author_member = :author AND :number IN (0, request)",
)


def hide_author(tx: Tx, group: str, author: str, number: int = 0) -> None:
    """The author's name stays hidden at this request, or at all that they have made."""
    for change in _OF_AUTHOR:
        tx.run(f"{change} AND group_id = :group", group=group, author=author, number=number)


def keep_served(tx: Tx, group: str, number: int, now: datetime) -> None:
    """The first review is there."""
    tx.run(
        """UPDATE reviews_requests SET served_at = :now
            WHERE group_id = :group AND number = :number AND served_at = ''""",
        group=group, number=number, now=stamp(now),
    )  # fmt: skip


def keep_waiting_again(tx: Tx, group: str, number: int, now: datetime) -> None:
    """Its review was removed: it waits from now on, with the right that was spent for it, if one was."""
    tx.run(
        """UPDATE reviews_requests SET state = 'waiting', since = :now, served_at = '',
                  spent = CASE WHEN drawn_until = '' THEN 1 ELSE 0 END
            WHERE group_id = :group AND number = :number""",
        group=group, number=number, now=stamp(now),
    )  # fmt: skip


def keep_round(tx: Tx, group: str, number: int) -> int:
    """The number of the next look for volunteers."""
    row = tx.one(
        """UPDATE reviews_requests SET rounds = rounds + 1 WHERE group_id = :group AND number = :number
           RETURNING rounds""",
        group=group, number=number,
    )  # fmt: skip
    return int(row["rounds"]) if row else 0


def count_free(tx: Tx, group: str, member: str, week: date) -> int:
    """Free requests of this week whose right is used."""
    row = tx.one(
        """SELECT count(*) AS n FROM reviews_requests
            WHERE group_id = :group AND member = :member AND week = :week AND free = 1 AND spent = 1""",
        group=group, member=member, week=str(week),
    )  # fmt: skip
    return int(row["n"]) if row else 0


def count_earned(tx: Tx, group: str, member: str) -> int:
    """Requests that were earned by reviews, ever."""
    row = tx.one(
        """SELECT count(*) AS n FROM reviews_requests
            WHERE group_id = :group AND member = :member AND free = 0 AND spent = 1""",
        group=group, member=member,
    )  # fmt: skip
    return int(row["n"]) if row else 0


def list_waits(tx: Tx, group: str) -> list[timedelta]:
    """How long the last ones waited for their first review."""
    rows = tx.all(
        """SELECT since, served_at FROM reviews_requests WHERE group_id = :group AND served_at <> ''
            ORDER BY served_at DESC, number DESC LIMIT :limit""",
        group=group, limit=WAITS,
    )  # fmt: skip
    return [datetime.fromisoformat(row["served_at"]) - datetime.fromisoformat(row["since"]) for row in rows]


def _request(row: Row, now: datetime) -> Request:
    since = datetime.fromisoformat(row["since"])
    until = datetime.fromisoformat(row["drawn_until"]) if row["drawn_until"] else None
    return Request(
        row["number"], row["member"], row["task"], row["answer"], row["title"], row["domain"], bool(row["free"]),
        row["wanted"], bool(row["spent"]), State(row["state"]), row["rounds"],
        datetime.fromisoformat(row["asked_at"]), since, bool(row["hide_author"]), row["finished"], row["leased"],
        now - since, until, until is not None and now >= until, row["reserved"],
    )  # fmt: skip


# --- leases -----------------------------------------------------------------------------------------------


def keep_lease(tx: Tx, group: str, lease: Lease) -> None:
    tx.run(
        """INSERT INTO reviews_leases (group_id, number, member, author_member, request, task, answer, title, domain,
                                       item, words, beside, hide_author, distance, taken_at, until, state, turn)
           VALUES (:group, :number, :member, :author, :request, :task, :answer, :title, :domain,
                   :item, :words, :beside, :hide_author, :distance, :taken_at, :until, 'open', :turn)""",
        group=group, number=lease.number, member=lease.reviewer, author=lease.author, request=lease.request,
        task=lease.task, answer=lease.answer, title=lease.title, domain=lease.domain, item=lease.item,
        words=quoted(lease.text, lease.author), beside=lease.beside, hide_author=int(lease.hide_author),
        distance=int(lease.distance), taken_at=stamp(lease.taken_at), until=stamp(lease.until), turn=lease.turn,
    )  # fmt: skip


def find_lease(tx: Tx, group: str, number: int) -> Lease | None:
    row = tx.one(
        "SELECT * FROM reviews_leases WHERE group_id = :group AND number = :number", group=group, number=number
    )
    return _lease(row) if row else None


def find_open_lease(tx: Tx, group: str, member: str, now: datetime) -> Lease | None:
    """What this member is reviewing now."""
    row = tx.one(
        """SELECT * FROM reviews_leases WHERE group_id = :group AND member = :member AND state = 'open' AND until > :now
            ORDER BY number DESC LIMIT 1""",
        group=group, member=member, now=stamp(now),
    )  # fmt: skip
    return _lease(row) if row else None


def list_lapsed(tx: Tx, group: str, member: str, since: datetime, now: datetime) -> list[Lease]:
    """What this member took since then and did not finish in time, the newest first."""
    rows = tx.all(
        """SELECT * FROM reviews_leases WHERE group_id = :group AND member = :member AND words <> ''
              AND state IN ('open', 'lapsed') AND until <= :now AND until > :since ORDER BY number DESC""",
        group=group, member=member, now=stamp(now), since=stamp(since),
    )  # fmt: skip
    return [_lease(row) for row in rows]


def list_leases_on(tx: Tx, group: str, task: str, author: str) -> list[Lease]:
    """Everybody who was handed this author's answer to a task, oldest first."""
    rows = tx.all(
        """SELECT * FROM reviews_leases WHERE group_id = :group AND task = :task AND author_member = :author
            ORDER BY number""",
        group=group, task=task, author=author,
    )  # fmt: skip
    return [_lease(row) for row in rows]


def list_open_leases(tx: Tx, group: str) -> list[Lease]:
    """Those that nobody has finished or given back; some may have lapsed by the clock."""
    rows = tx.all(
        "SELECT * FROM reviews_leases WHERE group_id = :group AND state IN ('open', 'lapsed') ORDER BY number",
        group=group,
    )
    return [_lease(row) for row in rows]


def list_kept_leases(tx: Tx, group: str) -> list[Lease]:
    """Those whose words are kept: somebody holds them, held them, or may go on when their answer is shown again."""
    rows = tx.all("SELECT * FROM reviews_leases WHERE group_id = :group AND words <> '' ORDER BY number", group=group)
    return [_lease(row) for row in rows]


def close_lease(tx: Tx, group: str, number: int, state: str) -> None:
    """`state`: lapsed, done, returned or ended. The words stay for a late review, and for a report of them."""
    tx.run(
        "UPDATE reviews_leases SET state = :state WHERE group_id = :group AND number = :number",
        group=group, number=number, state=state,
    )  # fmt: skip


def forget_words(tx: Tx, group: str, number: int) -> None:
    """The copy that was handed out is of no use any more."""
    tx.run(
        "UPDATE reviews_leases SET words = '', beside = '' WHERE group_id = :group AND number = :number",
        group=group, number=number,
    )  # fmt: skip


def forget_leases_on(tx: Tx, group: str, author: str) -> None:
    """Nobody holds anything of this author any more."""
    tx.run("DELETE FROM reviews_leases WHERE group_id = :group AND author_member = :author", group=group, author=author)


def _lease(row: Row) -> Lease:
    return Lease(
        row["number"], row["member"], row["author_member"], row["request"], row["task"], row["answer"], row["title"],
        row["domain"], row["item"], unquoted(row["words"]), row["beside"], bool(row["hide_author"]),
        Distance(row["distance"]), datetime.fromisoformat(row["taken_at"]), datetime.fromisoformat(row["until"]),
        row["state"], row["turn"],
    )  # fmt: skip
