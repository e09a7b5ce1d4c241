"""
Weeks of reviews among members, played on the bot's own engine and features.

`simulate_reviews_model` says how members behave, `simulate_reviews_group` lets them press the buttons, and
`simulate_reviews_judge` counts what came of it. What is simulated is true inside that model only.
"""

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from statistics import fmean, median
from typing import Final

from bot.commands.simulate import Figure, Setup
from bot.commands.simulate_reviews_group import living
from bot.commands.simulate_reviews_judge import IN_TIME, Handed, Log, count_forbidden, most_urged, waits
from bot.commands.simulate_reviews_model import Habits, Member, delay, invent, partners
from bot.kernel.calendar import Draw, draw

STARTS: Final = datetime(2026, 1, 4, 18, tzinfo=UTC)  # the Sunday before the first problem
FIRST_MONDAY: Final = datetime(2026, 1, 5, tzinfo=UTC)
WEEK: Final = timedelta(days=7)


def simulate(setup: Setup) -> list[Figure]:
    """Means over the runs; of the forbidden the sum, of the most often asked the most."""
    habits = Habits(**setup.shares)
    until = FIRST_MONDAY + setup.weeks * WEEK
    ours, plain = [], []
    for run in range(setup.runs):
        name = f"simulate.reviews/{setup.seed}/{run}"
        log, members = asyncio.run(play(setup, habits, until, name))
        ours.append(log)
        plain.append(assign(log, members, habits, draw(f"{name}/baseline")))
    served = _share(ours, until), _share(plain, until)
    forbidden = [float(sum(map(count_forbidden, logs))) for logs in (ours, plain)]
    urged = [float(max(map(most_urged, logs))) for logs in (ours, plain)]
    asked = round(fmean(len(log.asked) for log in ours) / (setup.members * setup.weeks), 4)
    return [
        Figure("reviews.served_within_72h", *served,
               "Share of the requests that had their review within 72 hours.", ">= 0.95", served[0] >= 0.95),
        Figure("reviews.forbidden", forbidden[0], forbidden[1],
               "Times that a member got their own answer, or a partner's or a swap while somebody else could.",
               "= 0", forbidden[0] == 0),
        Figure("reviews.asked_max_per_week", urged[0], urged[1],
               "The most times that one member was asked to review in any seven days.", "<= 3", urged[0] <= 3),
        Figure("reviews.median_wait_hours", _median(ours, until), _median(plain, until),
               "Half of the requests that were served had their review sooner."),
        Figure("reviews.requests_per_member_week", asked, asked, "Requests, by members and weeks."),
    ]  # fmt: skip


async def play(setup: Setup, habits: Habits, until: datetime, name: str) -> tuple[Log, list[Member]]:
    """One run on the real engine."""
    members = invent(setup.members, setup.weeks, habits, name)
    log = Log(STARTS, partners(members))
    async with living(log, setup.weeks) as group:
        await group.play(members, habits, until)
    return log, members


def assign(log: Log, members: Sequence[Member], habits: Habits, dice: Draw) -> Log:
    """
    The plain way, for the same requests: one other member is drawn and told at once, and it is never offered again.

    They begin at their next visit, and deliver as often and after as long as members do who take an answer themselves.
    """
    plain = Log(log.starts, log.partners, log.tasks, log.answers, log.asked)
    for number, asked in enumerate(log.asked):
        reviewer = dice.choice([member for member in members if member.name != asked.author])
        begins = next((visit.at for visit in reviewer.visits if visit.at > asked.at), None)
        sent, ends = dice.random() < habits.delivery, delay(dice)
        handed = Handed(asked.at, reviewer.name, asked.author, asked.task, asked.at + IN_TIME)
        plain.urged.add((reviewer.name, asked.at))
        plain.handed[number] = handed
        if sent and begins:
            plain.leave(number, begins + ends, sent=True)
    return plain


def _share(logs: Sequence[Log], until: datetime) -> float:
    found = [wait for log in logs for wait in waits(log, until)]
    return round(fmean(wait is not None and wait <= IN_TIME for wait in found), 4) if found else 0.0


def _median(logs: Sequence[Log], until: datetime) -> float:
    found = [wait / timedelta(hours=1) for log in logs for wait in waits(log, until) if wait is not None]
    return round(median(found), 1) if found else 0.0
