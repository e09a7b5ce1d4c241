"""Slow tasks: computed once, in a process of their own, and again when that was cut off."""

import asyncio
import json
import multiprocessing
import os
import time
from collections.abc import AsyncIterator, Sequence
from datetime import timedelta
from typing import Any

import pytest

from bot.engine import works, workshop
from bot.engine.workshop import Workshop
from bot.kernel.card import Card
from bot.kernel.effect import Channel, Effect, Post, Reply, Work
from bot.kernel.event import Done, Pressed, Scene
from bot.kernel.feature import Feature
from bot.kernel.ports import Tx
from tests.engine.bench import Bench
from tests.engine.club import make_club


def add(numbers: list[int]) -> dict[str, int]:
    return {"sum": sum(numbers), "process": os.getpid()}


def hold(seconds: float) -> None:
    time.sleep(seconds)  # noqa: TID251 - a task that keeps its process busy until it is ended


def make_sums(heard: list[str]) -> Feature:
    feature = Feature("sums")

    @feature.on_press("add")
    def ask(press: Pressed, scene: Scene, tx: Tx) -> Sequence[Effect]:
        return [Work("sums.add/1", "sums.add", [1, 2, 3]), Reply(Card("It is being counted."))]

    @feature.on_done("add", add)
    def say(done: Done, scene: Scene, tx: Tx) -> Sequence[Effect]:
        heard.append(done.name)
        return [Post(f"{done.name}/said", Channel("main"), Card(f"The sum is {done.result['sum']}."))]

    return feature


class Shop:
    """A bench with a workshop beside it. `made`: arguments of every task that was computed; `heard`: whose result."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.heard: list[str] = []
        self.bench = Bench((make_club(), make_sums(self.heard)))
        self.made: list[Any] = []
        self.broken: Exception | None = None
        self.workshop = Workshop(self.bench.store, self.bench.engine, self.bench.clock)
        monkeypatch.setattr(workshop, "run", self.compute)

    async def compute(self, task: workshop.Task, args: Any) -> Any:
        self.made.append(json.loads(args))
        if self.broken:
            raise self.broken
        return task(args)

    async def said(self) -> list[str]:
        await self.bench.courier.drain()
        return [message.card.title for message in self.bench.world.messages.values()]

    async def kept(self) -> dict[str, Any]:
        row = await self.bench.store.read(lambda tx: tx.one("SELECT * FROM works"))
        assert row
        return dict(row)


@pytest.fixture
async def shop(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Shop]:
    """The group is set up, and ada is in it."""
    made = Shop(monkeypatch)
    await made.bench.found("ada")
    yield made
    made.bench.store.close()


async def test_a_task_is_done_once_and_its_result_is_heard(shop: Shop) -> None:
    await shop.bench.press("ada", "sums.add")
    assert await shop.workshop.tick(wait=True) == 1
    assert "The sum is 6." in await shop.said()
    await shop.bench.press("ada", "sums.add")  # the same name again
    assert await shop.workshop.tick(wait=True) == 0
    assert shop.made == [[1, 2, 3]]
    kept = await shop.kept()
    assert (kept["state"], json.loads(kept["args"]), json.loads(kept["result"])["sum"]) == ("done", [1, 2, 3], 6)


async def test_a_task_that_fails_is_tried_again_later_and_stops_nobody(shop: Shop) -> None:
    await shop.bench.press("ada", "sums.add")
    shop.broken = ValueError("no")
    await shop.workshop.tick(wait=True)
    assert await shop.workshop.tick(wait=True) == 0  # not at once
    shop.broken = None
    due = await shop.workshop.next_due()
    assert due == shop.bench.clock.now() + works.AGAIN
    shop.bench.clock.go(works.AGAIN)
    await shop.workshop.tick(wait=True)
    assert "The sum is 6." in await shop.said()


async def test_a_result_whose_handler_fails_is_computed_again(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    await shop.bench.press("ada", "sums.add")
    feature, route = shop.bench.engine.routes.dones["sums.add"]

    def fail(done: Done, scene: Scene, tx: Tx) -> Sequence[Effect]:
        raise RuntimeError("a mistake of ours")

    monkeypatch.setitem(shop.bench.engine.routes.dones, "sums.add", (feature, type(route)(fail)))
    await shop.workshop.tick(wait=True)
    assert (await shop.kept())["state"] == "due"
    monkeypatch.undo()
    monkeypatch.setattr(workshop, "run", shop.compute)
    shop.bench.clock.go(timedelta(hours=1))
    await shop.workshop.tick(wait=True)
    assert "The sum is 6." in await shop.said()


async def test_a_result_that_comes_twice_is_heard_once(shop: Shop) -> None:
    await shop.bench.press("ada", "sums.add")
    waiting = await shop.bench.store.read(lambda tx: works.find_due(tx, shop.bench.clock.now()))
    assert waiting
    await shop.workshop.tick(wait=True)
    await shop.workshop._do(waiting)  # another process had begun it as well
    assert shop.heard == ["sums.add/1"]


async def test_while_one_is_done_no_other_begins(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    gate, begun = asyncio.Event(), asyncio.Event()

    async def slow(task: workshop.Task, args: Any) -> Any:
        shop.made.append(json.loads(args))
        begun.set()
        await gate.wait()
        return task(args)

    monkeypatch.setattr(workshop, "run", slow)
    await shop.bench.press("ada", "sums.add")
    assert await shop.workshop.tick() == 0
    await asyncio.wait_for(begun.wait(), 10)
    assert await shop.workshop.tick() == 0
    gate.set()
    await shop.workshop.tick(wait=True)
    assert shop.made == [[1, 2, 3]]


async def test_a_stop_cuts_a_task_off_and_the_next_start_does_it(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    begun = asyncio.Event()

    async def endless(task: workshop.Task, args: Any) -> Any:
        begun.set()
        await asyncio.Event().wait()

    monkeypatch.setattr(workshop, "run", endless)
    await shop.bench.press("ada", "sums.add")
    await shop.workshop.tick()
    await asyncio.wait_for(begun.wait(), 10)
    await shop.workshop.stop()
    assert (await shop.kept())["state"] == "due"
    monkeypatch.setattr(workshop, "run", shop.compute)
    await Workshop(shop.bench.store, shop.bench.engine, shop.bench.clock).tick(wait=True)
    assert "The sum is 6." in await shop.said()


async def test_a_task_runs_in_another_process_which_ends_with_it() -> None:
    result = await workshop.in_a_process(add, [1, 2])
    assert result["sum"] == 3
    assert result["process"] != os.getpid()
    assert not multiprocessing.active_children()


async def test_a_task_that_is_cut_off_leaves_no_process_behind() -> None:
    task = asyncio.create_task(workshop.in_a_process(hold, 60.0))
    async with asyncio.timeout(20):
        while not multiprocessing.active_children():  # noqa: ASYNC110 - another process begins
            await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert not multiprocessing.active_children()


async def test_a_mistake_in_another_process_is_raised_here() -> None:
    with pytest.raises(TypeError):
        await workshop.in_a_process(add, None)
