"""Mistakes that the endurance run must notice. Each is made in the bot's process and nowhere else."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from bot.engine import courier, outbox
from bot.kernel.effect import Post
from bot.kernel.ports import Row, Target, Tx
from tests.endurance.remote import RemotePlatform


def _never_looks() -> None:
    async def find(self: RemotePlatform, target: Target, name: str, since: datetime) -> None:
        return None

    RemotePlatform.find = find  # type: ignore[method-assign]


def _looks_at_the_newest_fifty() -> None:
    async def find(self: RemotePlatform, target: Target, name: str, since: datetime) -> str | None:
        newest = await self.call("newest", target)
        return next((one.receipt for one in newest if one.name == name), None)

    RemotePlatform.find = find  # type: ignore[method-assign]


def _resets_attempts() -> None:
    want = outbox.want

    def forgetful(tx: Tx, group: str, tenant: str, post: Post, now: datetime) -> None:
        want(tx, group, tenant, post, now)
        tx.run("UPDATE outbox SET attempts = 0 WHERE name = :name AND shown < revision", name=post.name)

    outbox.want = forgetful


def _takes_doubt_for_a_no() -> None:
    release = outbox.release

    def hasty(tx: Tx, row: Row, until: datetime, *, sent: bool) -> None:
        release(tx, row, until, sent=False)

    outbox.release = hasty


def _settles_first() -> None:
    deliver = courier.Courier._deliver

    async def trusting(self: courier.Courier, row: Row) -> None:
        receipt = row["receipt"] or f"lost/{row['name']}"
        await self.store.run(lambda tx: outbox.settle(tx, row, receipt, self.clock.now()))
        await deliver(self, row)

    courier.Courier._deliver = trusting  # type: ignore[method-assign]


MUTANTS: Mapping[str, Callable[[], Any]] = {
    "never looks": _never_looks,
    "looks at the newest fifty": _looks_at_the_newest_fifty,
    "resets attempts": _resets_attempts,
    "takes doubt for a no": _takes_doubt_for_a_no,
    "settles first": _settles_first,
    "answers first": lambda: None,  # see `bot_process.obey`
}
