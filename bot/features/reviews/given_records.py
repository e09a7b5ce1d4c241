"""How finished reviews are remembered, and what decides who may give them."""

from collections.abc import Iterable
from datetime import datetime

from bot.features.reviews import estimate_rules
from bot.features.reviews.estimate_rules import Levels
from bot.features.reviews.given_rules import Held, Review, Stance
from bot.features.reviews.reading_rules import Mark, Verdict
from bot.features.reviews.records import quoted, unquoted
from bot.features.reviews.rules import Meeting
from bot.kernel import codec
from bot.kernel.calendar import stamp
from bot.kernel.ports import Row, Tx

# `sealed` is until when a review that was drawn tells neither of the two the other's name.
_GIVEN = """
    SELECT g.*,
      (SELECT drawn_until FROM reviews_requests AS r
        WHERE r.group_id = g.group_id AND r.number = g.request) AS sealed
      FROM reviews_given AS g"""


def keep_review(tx: Tx, group: str, review: Review) -> None:
    verdict = review.verdict
    tx.run(
        """INSERT INTO reviews_given (group_id, number, request, task, answer, title, domain, reviewer_member,
                                      author_member, marks, level, place, passage, next_step, question, earlier,
                                      finished_at, hide_reviewer, hide_author, held, reply, because, replied_at,
                                      reply_held)
           VALUES (:group, :number, :request, :task, :answer, :title, :domain, :reviewer, :author, :marks, :level,
                   :place, :passage, :next_step, :question, :earlier, :at, :hide_reviewer, :hide_author, '', '', '',
                   '', '')""",
        group=group, number=review.number, request=review.request, task=review.task, answer=review.answer,
        title=review.title, domain=review.domain, reviewer=review.reviewer, author=review.author,
        marks=codec.dump(tuple((mark.criterion, mark.level, mark.anchor) for mark in verdict.marks)),
        level=estimate_rules.mean([mark.level for mark in verdict.marks]),
        place=verdict.place, passage=quoted(verdict.passage, review.author),
        next_step=quoted(verdict.next_step, review.reviewer), question=quoted(verdict.question, review.reviewer),
        earlier=int(review.earlier), at=stamp(review.finished_at), hide_reviewer=int(review.hide_reviewer),
        hide_author=int(review.hide_author),
    )  # fmt: skip


def find_review(tx: Tx, group: str, number: int) -> Review | None:
    row = tx.one(f"{_GIVEN} WHERE group_id = :group AND number = :number", group=group, number=number)
    return _review(row) if row else None


def list_got(tx: Tx, group: str, author: str) -> list[Review]:
    """The reviews of this member's answers that can be read, newest first."""
    rows = tx.all(
        f"""{_GIVEN} WHERE group_id = :group AND author_member = :author AND held = ''
            ORDER BY number DESC LIMIT 25""",
        group=group, author=author,
    )  # fmt: skip
    return [_review(row) for row in rows]


def list_gave(tx: Tx, group: str, reviewer: str) -> list[Review]:
    """The reviews that this member gave, newest first."""
    rows = tx.all(
        f"""{_GIVEN} WHERE group_id = :group AND reviewer_member = :reviewer AND held = ''
            ORDER BY number DESC LIMIT 25""",
        group=group, reviewer=reviewer,
    )  # fmt: skip
    return [_review(row) for row in rows]


def list_between(tx: Tx, group: str, one: str, other: str) -> list[Review]:
    """What these two have given each other, oldest first."""
    rows = tx.all(
        f"""{_GIVEN} WHERE group_id = :group
              AND ((author_member = :one AND reviewer_member = :other)
                   OR (author_member = :other AND reviewer_member = :one)) ORDER BY number""",
        group=group, one=one, other=other,
    )  # fmt: skip
    return [_review(row) for row in rows]


def list_held(tx: Tx, group: str, reviewer: str) -> list[Review]:
    """Reviews of this member that an organiser has still to decide about, oldest first."""
    rows = tx.all(
        f"""{_GIVEN}
            WHERE group_id = :group AND reviewer_member = :reviewer AND held = 'reported' ORDER BY number""",
        group=group, reviewer=reviewer,
    )  # fmt: skip
    return [_review(row) for row in rows]


def list_of_answer(tx: Tx, group: str, task: str, answer: int, author: str) -> list[Review]:
    """All reviews of one answer, oldest first; removed ones too."""
    rows = tx.all(
        f"""{_GIVEN}
            WHERE group_id = :group AND task = :task AND answer = :answer AND author_member = :author
            ORDER BY number""",
        group=group, task=task, answer=answer, author=author,
    )  # fmt: skip
    return [_review(row) for row in rows]


def list_of_task(tx: Tx, group: str, task: str, author: str) -> list[Review]:
    """All reviews of what this member answered to a task, oldest first; removed ones too."""
    rows = tx.all(
        f"{_GIVEN} WHERE group_id = :group AND task = :task AND author_member = :author"
        " ORDER BY number",
        group=group, task=task, author=author,
    )  # fmt: skip
    return [_review(row) for row in rows]


def list_levels_about(tx: Tx, group: str, author: str) -> list[Levels]:
    """
    What the estimate of this member needs: the reviews that they got, and what tells how lenient their reviewers are.

    That is every review of an answer which one of these reviewers has reviewed. Of the group it is a small part.
    """
    # CROSS JOIN: SQLite goes from the left to the right, and does not begin with the whole group.
    rows = tx.all(
        """SELECT number, reviewer_member, author_member, task, answer, domain, level FROM reviews_given
            WHERE group_id = :group AND author_member = :author AND held = ''
            UNION
           SELECT g.number, g.reviewer_member, g.author_member, g.task, g.answer, g.domain, g.level
             FROM reviews_given AS got CROSS JOIN reviews_given AS gave CROSS JOIN reviews_given AS g
            WHERE got.group_id = :group AND got.author_member = :author AND got.held = ''
              AND gave.group_id = :group AND gave.reviewer_member = got.reviewer_member AND gave.reviewer_member <> ''
              AND g.group_id = :group AND g.author_member = gave.author_member AND g.task = gave.task
              AND g.answer = gave.answer AND g.held = ''""",
        group=group, author=author,
    )  # fmt: skip
    return [
        Levels(row["reviewer_member"], row["author_member"], (row["task"], row["answer"]), row["domain"], row["level"])
        for row in rows
    ]


def sum_levels(tx: Tx, group: str) -> dict[str, tuple[int, float]]:
    """By area: how many reviews of the group count, and the sum of their levels."""
    rows = tx.all(
        """SELECT domain, count(*) AS n, sum(level) AS total FROM reviews_given
            WHERE group_id = :group AND held = '' GROUP BY domain""",
        group=group,
    )
    return {row["domain"]: (int(row["n"]), float(row["total"])) for row in rows}


def count_gave(tx: Tx, group: str, reviewer: str) -> int:
    """The reviews that this member gave and nobody removed."""
    row = tx.one(
        """SELECT count(*) AS n FROM reviews_given
            WHERE group_id = :group AND reviewer_member = :reviewer AND held <> 'removed'""",
        group=group, reviewer=reviewer,
    )  # fmt: skip
    return int(row["n"]) if row else 0


def keep_held(tx: Tx, group: str, number: int, held: Held) -> None:
    tx.run(
        "UPDATE reviews_given SET held = :held WHERE group_id = :group AND number = :number",
        group=group, number=number, held=held.value,
    )  # fmt: skip


def keep_reply_held(tx: Tx, group: str, number: int, held: Held) -> None:
    tx.run(
        """UPDATE reviews_given SET reply_held = :held,
                  because = CASE WHEN :held = 'removed' THEN '' ELSE because END
            WHERE group_id = :group AND number = :number""",
        group=group, number=number, held=held.value,
    )  # fmt: skip


def keep_reply(tx: Tx, group: str, replied: Review, now: datetime) -> None:
    """The review as it is with its reply."""
    tx.run(
        """UPDATE reviews_given SET reply = :reply, because = :because, replied_at = :now, kept_back = :kept_back
            WHERE group_id = :group AND number = :number""",
        group=group, number=replied.number, reply=replied.stance.value, because=quoted(replied.because, replied.author),
        now=stamp(now), kept_back=int(replied.kept_back),
    )  # fmt: skip


def keep_parted(tx: Tx, group: str, review: Review, *, reviewer_seen: bool, author_seen: bool) -> None:
    """One of the two has blocked the other; whose name the other side could read by then."""
    tx.run(
        """UPDATE reviews_given SET reviewer_seen = :reviewer, author_seen = :author
            WHERE group_id = :group AND number = :number""",
        group=group, number=review.number, reviewer=int(reviewer_seen), author=int(author_seen),
    )  # fmt: skip


def hide_author(tx: Tx, group: str, task: str, author: str) -> None:
    """The author hides their name at this answer now: no reviewer learns it any more."""
    tx.run(
        "UPDATE reviews_given SET hide_author = 1 WHERE group_id = :group AND task = :task AND author_member = :author",
        group=group, task=task, author=author,
    )  # fmt: skip


def forget_reviewer(tx: Tx, group: str, member: str) -> None:
    """Their words go; the levels stay without a name."""
    tx.run(
        """UPDATE reviews_given SET next_step = '', question = '', reviewer_member = ''
            WHERE group_id = :group AND reviewer_member = :member""",
        group=group, member=member,
    )  # fmt: skip


def forget_author(tx: Tx, group: str, member: str) -> None:
    """What they wrote goes, in the passages and in the replies."""
    tx.run(
        """UPDATE reviews_given SET passage = '', because = '', reply_held = '', author_member = ''
            WHERE group_id = :group AND author_member = :member""",
        group=group, member=member,
    )  # fmt: skip


def _review(row: Row) -> Review:
    marks = tuple(Mark(criterion, level, anchor) for criterion, level, anchor in codec.load(row["marks"]))
    verdict = Verdict(
        marks, row["place"], unquoted(row["passage"]), unquoted(row["next_step"]), unquoted(row["question"])
    )
    return Review(
        row["number"], row["request"], row["task"], row["answer"], row["title"], row["domain"], row["reviewer_member"],
        row["author_member"], verdict, bool(row["earlier"]), datetime.fromisoformat(row["finished_at"]),
        bool(row["hide_reviewer"]), bool(row["hide_author"]), Held(row["held"]), Stance(row["reply"]),
        unquoted(row["because"]), Held(row["reply_held"]), bool(row["kept_back"]), bool(row["reviewer_seen"]),
        bool(row["author_seen"]), datetime.fromisoformat(row["sealed"]) if row["sealed"] else None,
    )  # fmt: skip


# --- who may review ---------------------------------------------------------------------


def list_meetings(tx: Tx, group: str, author: str, since: datetime, now: datetime) -> list[Meeting]:
    """Who reviewed whom since then with this member on either side; whoever holds an answer now does so now."""
    rows = tx.all(
        """SELECT reviewer_member AS reviewer, author_member AS author, finished_at AS at FROM reviews_given
            WHERE group_id = :group AND :author IN (reviewer_member, author_member) AND finished_at > :since
           UNION ALL
           SELECT member AS reviewer, author_member AS author, :now AS at FROM reviews_leases
            WHERE group_id = :group AND :author IN (member, author_member) AND state = 'open' AND until > :now""",
        group=group, author=author, since=stamp(since), now=stamp(now),
    )  # fmt: skip
    return [Meeting(row["reviewer"], row["author"], datetime.fromisoformat(row["at"])) for row in rows]


def list_reviewers(tx: Tx, group: str, task: str, answer: int, author: str) -> set[str]:
    """Who has reviewed this answer, whatever became of the review."""
    rows = tx.all(
        """SELECT reviewer_member FROM reviews_given
            WHERE group_id = :group AND task = :task AND answer = :answer AND author_member = :author""",
        group=group, task=task, answer=answer, author=author,
    )  # fmt: skip
    return {row["reviewer_member"] for row in rows}


def keep_tried(tx: Tx, group: str, member: str, domains: Iterable[str]) -> None:
    for domain in domains:
        tx.run(
            """INSERT INTO reviews_tried (group_id, member, domain) VALUES (:group, :member, :domain)
               ON CONFLICT (group_id, member, domain) DO NOTHING""",
            group=group, member=member, domain=domain,
        )  # fmt: skip


def list_tried(tx: Tx, group: str, domain: str) -> set[str]:
    """The members who have answered this kind of problem."""
    rows = tx.all(
        "SELECT member FROM reviews_tried WHERE group_id = :group AND domain = :domain", group=group, domain=domain
    )
    return {row["member"] for row in rows}


def list_tried_by(tx: Tx, group: str, member: str) -> set[str]:
    """The kinds of problem that this member has answered."""
    rows = tx.all(
        "SELECT domain FROM reviews_tried WHERE group_id = :group AND member = :member", group=group, member=member
    )
    return {row["domain"] for row in rows}


def keep_wish(tx: Tx, group: str, member: str, *, hide_name: bool) -> None:
    tx.run(
        """INSERT INTO reviews_wishes (group_id, member, hide_name) VALUES (:group, :member, :hide)
           ON CONFLICT (group_id, member) DO UPDATE SET hide_name = excluded.hide_name""",
        group=group, member=member, hide=int(hide_name),
    )  # fmt: skip


def find_wish(tx: Tx, group: str, member: str) -> bool:
    """Does this member keep their name hidden?"""
    row = tx.one(
        "SELECT hide_name FROM reviews_wishes WHERE group_id = :group AND member = :member", group=group, member=member
    )
    return bool(row and row["hide_name"])


def hide_reviewer(tx: Tx, group: str, member: str) -> None:
    """The wish counts for the reviews that were given already, too."""
    tx.run(
        "UPDATE reviews_given SET hide_reviewer = 1 WHERE group_id = :group AND reviewer_member = :member",
        group=group, member=member,
    )  # fmt: skip
