"""What members have of their runs in the end, against what they were told and what the clock of each run has shown."""

import re
import sqlite3
from contextlib import closing
from datetime import datetime, timedelta
from itertools import pairwise
from typing import TYPE_CHECKING

from bot.features.mlsd.run_rules import LONG, STAGE_LABELS, Cue, cues
from bot.kernel.ports import To
from tests.endurance import verdict
from tests.endurance.run_lives import BEAT, GAP, Span
from tests.endurance.run_plan import GRACE, GROUP, MEMBERS, MINUTE, PAUSE, WHOLE, RunTruth, designs
from tests.endurance.week import Truth

if TYPE_CHECKING:
    from tests.endurance.run_harness import RunFigures, Session

SLACK = BEAT + timedelta(seconds=1)  # how long something that is due may wait for the next turn of the clock
LOCKED = 10 * MINUTE  # after which the week has surely seen that its runs are over
HEADING = re.compile(r"Change \d+: ")

Row = sqlite3.Row


class Run:
    """One member's run as the database has it, and what should have come of it."""

    def __init__(self, session: "Session", db: sqlite3.Connection, row: Row, truth: RunTruth) -> None:
        self.lives, self.clock, self.row, self.truth = session.lives, session.clock, row, truth
        self.platform, self.db = session.platform, db
        self.member, self.number = str(row["member"]), int(row["number"])
        item, plan = designs().item(row["item"]), designs().session(row["plan"])
        assert item
        assert plan
        self.cues = cues(item, plan)
        self.started = _at(row["started_at"])
        self.ended = _at(row["ended_at"]) if row["ended_at"] else self.clock.now()

    @property
    def pause(self) -> Span | None:
        if not self.row["paused_at"]:
            return None
        begins = _at(self.row["paused_at"])
        return begins, _at(self.row["resumed_at"]) if self.row["resumed_at"] else begins + PAUSE

    @property
    def waits(self) -> list[Span]:
        """After a long absence the clock waits for its member."""
        rows = self.rows("SELECT began_at, ended_at FROM mlsd_waits WHERE run = :run")
        return [(_at(row["began_at"]), _at(row["ended_at"]) if row["ended_at"] else self.ended) for row in rows]

    @property
    def stops(self) -> list[Span]:
        return [*([self.pause] if self.pause else []), *self.waits]

    def least(self, at: datetime) -> timedelta:
        return self.lives.least(self.started, at, self.stops)

    def most(self, at: datetime) -> timedelta:
        return self.lives.most(self.started, at, self.stops)

    def name(self, what: str) -> str:
        return f"mlsd.run/{GROUP}/{self.number}/{what}"

    def rows(self, sql: str) -> list[Row]:
        return self.db.execute(sql, {"run": self.number}).fetchall()

    def expected(self) -> list[Cue]:
        """In a run that was closed: what the bot says that it said; when it may be said is judged beside it."""
        told = {row["what"] for row in self.rows("SELECT what FROM mlsd_told WHERE run = :run")}
        if "close" not in self.truth.when:
            return list(self.cues)
        gone = self.least(self.ended) - SLACK
        return [cue for cue in self.cues if cue.slot in told or cue.minute * MINUTE < gone]


def judge(session: "Session", figures: "RunFigures") -> None:
    data = session.folder / "data"
    with closing(sqlite3.connect(data / "whetstone.db")) as db:
        db.row_factory = sqlite3.Row
        runs = []
        for member in MEMBERS:
            rows = db.execute("SELECT * FROM mlsd_runs WHERE member = ?", [member.id]).fetchall()
            truth = session.members.truth[member.id]
            if len(rows) != ("begin" in truth.when):
                figures.mistakes.append(f"{member.id} has {len(rows)} runs: {truth.refused}")
            runs += [Run(session, db, row, truth) for row in rows[:1]]
        promised = [run.name(f"{_what(cue)}") for run in runs for cue in run.expected()]
        session.plan.must_stand += [*promised, *(run.name("done") for run in runs)]
        verdict.judge(data, session.plan, session.platform, Truth(), figures)  # type: ignore[arg-type]
        for run in runs:
            _judge_course(run, figures)
            _judge_absences(run, figures)
            _judge_words(run, figures)
        figures.mistakes += _judge_lock(session, db, [run for run in runs if run.row["handed_in"]])
        left = db.execute("SELECT name FROM wakes WHERE route = 'mlsd.beat' AND state = 'due'").fetchall()
        figures.mistakes += [f"{row['name']} is still planned" for row in left]


def _judge_lock(session: "Session", db: sqlite3.Connection, runs: list[Run]) -> list[str]:
    """A week whose time for runs is over waits for those that still run, and then has all of them read."""
    week = db.execute("SELECT * FROM mlsd_weeks").fetchone()
    if session.clock.now() < _at(week["locks"]) + LOCKED:
        return [] if week["state"] == "open" else [f"the week is {week['state']} before its lock"]
    drawn = sorted(row["member"] for row in db.execute("SELECT member FROM reviews_requests WHERE drawn_until <> ''"))
    pool = sorted(run.member for run in runs)
    return [] if week["state"] == "review" and drawn == pool else [f"{week['state']}: {drawn} are read, not {pool}"]


# --- what came, and when ------------------------------------------------------------------------


def _judge_course(run: Run, figures: "RunFigures") -> None:
    """Each stage and twist in private, in order, and when its minute of the run's own time had passed."""
    receipts = {seen.posting.name: seen for seen in run.platform.standing.values()}
    when = {past.receipt: past.at for past in run.platform.history(To(run.member))}
    told = {row["what"]: _at(row["at"]) for row in run.rows("SELECT what, at FROM mlsd_told WHERE run = :run")}
    order: list[tuple[int, Cue]] = []
    for cue in run.expected():
        figures.cues += 1
        seen, label = receipts.get(run.name(_what(cue))), f"{run.member}'s {cue.slot}"
        if seen is None:
            continue  # counted as a lost post
        if seen.posting.target != To(run.member):
            figures.mistakes.append(f"{label} stands elsewhere: {seen.posting.target}")
        order.append((int(seen.receipt[1:]), cue))
        if run.most(when[seen.receipt]) < cue.minute * MINUTE:
            figures.mistakes.append(f"{label} stood at {run.most(when[seen.receipt])} of {cue.minute} minutes")
        at = told.get(cue.slot, run.ended)
        if run.least(at) > cue.minute * MINUTE + SLACK:
            figures.mistakes.append(f"{label} came at {run.least(at)} of {cue.minute} minutes")
    extra = {name for name in receipts if re.match(re.escape(run.name("")) + r"\d\d/(stage|change)/", name)}
    promised = {run.name(_what(cue)) for cue in run.expected()}
    figures.mistakes += [f"{name} should not stand" for name in extra - promised]
    _judge_order(run, order, figures)
    if "close" in run.truth.when:
        if not _within(run.ended, run.truth.when["close"]):
            figures.mistakes.append(f"{run.member}'s run was not closed when they closed it")
    elif run.row["state"] != "over":
        figures.mistakes.append(f"{run.member}'s run is {run.row['state']}")
    elif not (run.most(run.ended) >= WHOLE + GRACE and run.least(run.ended) <= WHOLE + GRACE + SLACK):
        figures.mistakes.append(f"{run.member}'s run was over after {run.least(run.ended)} to {run.most(run.ended)}")
    for what, column in (("begin", "started_at"), ("pause", "paused_at")):
        span = run.truth.when.get(what)
        if span and not (run.row[column] and _within(_at(run.row[column]), span)):
            figures.mistakes.append(f"{run.member}: {what} at {run.row[column] or 'no time'}, not in {span}")


def _judge_order(run: Run, order: list[tuple[int, Cue]], figures: "RunFigures") -> None:
    """What is due at one minute may change places where the first of them ended in doubt and is tried once more."""
    for (number, cue), (follower, then) in pairwise(order):
        if number > follower:
            line = f"{run.member}'s {then.slot} stands above their {cue.slot}"
            doubtful = cue.minute == then.minute and run.name(_what(cue)) in run.platform.doubted
            (figures.swapped if doubtful else figures.mistakes).append(line)


def _judge_absences(run: Run, figures: "RunFigures") -> None:
    """For each absence that took time from a run its member reads once that their clock was stopped, and never else."""
    gaps = run.lives.gaps(run.started, run.ended)
    chains = _chains(gaps)
    sure = sum(max(_taken(gap, run.stops) for gap in chain) > GAP + BEAT for chain in chains)
    maybe = sum(_taken(gap, run.stops) + 2 * BEAT > GAP for gap in gaps) + len(gaps) - len(chains)
    said = sum("/down/" in seen.posting.name and seen.posting.name.startswith(run.name(""))
               for seen in run.platform.standing.values())  # fmt: skip
    figures.mistakes += [
        f"{run.member}'s clock waited from {began} on, though the bot was not away for long"
        for began, _ in run.waits
        if not any(_ends_at(chain, began) and sum(map(_long, chain), timedelta()) > LONG - BEAT for chain in chains)
    ]
    figures.downtimes += sure
    figures.away += sum((_taken(gap, run.stops) for gap in gaps), timedelta())
    if not sure <= said <= maybe:
        figures.mistakes.append(f"{run.member} reads {said} times of an absence; there were {sure} to {maybe}")


def _chains(gaps: list[Span]) -> list[list[Span]]:
    """Absences with so short a life between them that it may have given no sign: to the bot each chain may be one."""
    found: list[list[Span]] = []
    for gap in gaps:
        if found and gap[0] - found[-1][-1][1] <= BEAT:
            found[-1].append(gap)
        else:
            found.append([gap])
    return found


def _ends_at(chain: list[Span], at: datetime) -> bool:
    return any(gap[1] == at for gap in chain)


def _long(gap: Span) -> timedelta:
    return gap[1] - gap[0]


def _taken(gap: Span, stops: list[Span]) -> timedelta:
    both = (min(gap[1], stop[1]) - max(gap[0], stop[0]) for stop in stops)
    return gap[1] - gap[0] - sum((max(one, timedelta()) for one in both), timedelta())


# --- what they wrote ----------------------------------------------------------------------------


def _judge_words(run: Run, figures: "RunFigures") -> None:
    rows = run.db.execute("SELECT * FROM answers_kept WHERE task = 'design-1' AND member = ?", [run.member]).fetchall()
    if len(rows) != 1 or not run.row["handed_in"]:
        figures.lost_answers.append(f"{run.member}'s run was handed in {len(rows)} times")
        return
    text = _now(run, str(rows[0]["text"]))
    parts = _parts(text)
    lost = figures.lost_answers
    for name, claim in run.truth.claims.items():
        figures.answers += 1
        times = sum(text.count(words) for words in claim.texts)
        if times > 1 or (claim.sure and times < 1):
            lost.append(f"{name}: {claim.texts} stands {times} times in what {run.member} handed in")
        elif claim.sure and claim.part and not any(words in parts.get(claim.part, "") for words in claim.texts):
            lost.append(f"{name}: {claim.texts} does not stand under “{claim.part}”")
    for words in run.truth.gone:
        figures.answers += 1
        if words in text:
            lost.append(f"{run.member} had changed {words!r}, and handed it in")
    for slot, allowed in run.truth.fell.items():
        figures.answers += 1
        cue = next(cue for cue in run.cues if cue.slot == slot)
        fell = {f"Falls: {', '.join(STAGE_LABELS[stage] for stage in one)}" if one else "" for one in allowed}
        stands = next((line for line in parts.get(cue.label, "").splitlines() if line.startswith("Falls: ")), "")
        if stands not in fell:
            lost.append(f"{run.member}'s {slot}: {stands!r} stands there, not {fell}")
    asked = [row["words"] for row in run.rows("SELECT words FROM mlsd_asked WHERE run = :run")]
    for words, sure in run.truth.asked.items():
        figures.answers += 1
        if asked.count(words) > 1 or (sure and words not in asked):
            lost.append(f"{run.member} asked for {words!r}, which is kept {asked.count(words)} times")


def _now(run: Run, text: str) -> str:
    """Without what stood there before a change: whoever rewrites a stage afterwards hands in both."""
    for row in run.rows("SELECT text FROM mlsd_before WHERE run = :run"):
        text = re.sub(rf"Before change \d+: {re.escape(row['text'])}", "", text, count=1)
    return text


def _parts(text: str) -> dict[str, str]:
    """What stands under each heading."""
    found: dict[str, str] = {}
    part = ""
    for line in text.splitlines():
        if line in STAGE_LABELS.values() or HEADING.match(line):
            part = line.partition(":")[0]
        found[part] = f"{found.get(part, '')}{line}\n"
    return found


def _what(cue: Cue) -> str:
    return f"{cue.minute:02}/{'change' if cue.turn else 'stage'}/{cue.slot}"


def _within(at: datetime, span: Span) -> bool:
    return span[0] <= at <= span[1]


def _at(stamp: str) -> datetime:
    return datetime.fromisoformat(stamp)
