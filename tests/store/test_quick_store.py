"""The store in memory uses connections again; nobody may notice."""

import pytest

from bot.kernel.ports import Row, Tx
from tests.quick_store import QuickStore, empty

TABLE = "CREATE TABLE box (name TEXT PRIMARY KEY);"


def put(tx: Tx, name: str) -> None:
    tx.run("INSERT INTO box (name) VALUES (:name)", name=name)


async def names(store: QuickStore) -> list[str]:
    def ask(tx: Tx) -> list[Row]:
        return list(tx.all("SELECT name FROM box ORDER BY name"))

    return [row["name"] for row in await store.read(ask)]


async def test_a_store_begins_with_its_image_whoever_had_the_connection_before() -> None:
    for name in ("first", "second", "third"):
        store = QuickStore(image=empty(TABLE))
        assert await names(store) == []
        await store.run(lambda tx, name=name: put(tx, name))  # type: ignore[misc]
        assert await names(store) == [name]
        await store.read(lambda tx: tx.all("SELECT 1"))  # it is left while it only reads
        store.close()


async def test_an_image_holds_what_was_written_and_goes_on_in_another_store() -> None:
    one = QuickStore(image=empty(TABLE))
    await one.run(lambda tx: put(tx, "kept"))
    other = QuickStore(image=one.image)
    await one.run(lambda tx: put(tx, "later"))
    await other.run(lambda tx: put(tx, "apart"))
    assert await names(one) == ["kept", "later"]
    assert await names(other) == ["apart", "kept"]


async def test_a_unit_that_fails_leaves_nothing_and_takes_nothing_along() -> None:
    def fail(tx: Tx) -> None:
        put(tx, "half")
        raise LookupError

    store = QuickStore(image=empty(TABLE))
    await store.run(lambda tx: put(tx, "before"))
    for _ in range(2):
        with pytest.raises(LookupError):
            await store.run(fail)
    await store.run(lambda tx: put(tx, "after"))
    assert await names(store) == ["after", "before"]


async def test_reading_cannot_write() -> None:
    store = QuickStore(image=empty(TABLE))
    with pytest.raises(Exception, match="readonly"):
        await store.read(lambda tx: put(tx, "no"))
    await store.run(lambda tx: put(tx, "yes"))
    assert await names(store) == ["yes"]
