"""How times to talk are remembered."""

from datetime import datetime

from bot.features.partners.hours_rules import Slot
from bot.features.partners.pair_records import next_number
from bot.features.partners.slot_rules import State, Talk
from bot.kernel.calendar import stamp
from bot.kernel.ports import Row, Tx


def keep_new(tx: Tx, group: str, pair: int, offers: tuple[Slot, ...]) -> Talk:
    talk = Talk(next_number(tx, group, "talk"), pair, offers)
    tx.run(
        """INSERT INTO partners_slots (group_id, number, pair, first_starts, first_minutes, second_starts,
                                       second_minutes, state, starts, minutes, version, round, at)
           VALUES (:group, :number, :pair, '', 0, '', 0, 'offered', '', 0, 0, 1, '')""",
        group=group, number=talk.number, pair=pair,
    )  # fmt: skip
    keep_talk(tx, group, talk)
    return talk


def keep_talk(tx: Tx, group: str, talk: Talk) -> None:
    """As it is now. Who takes what has a row of its own."""
    first, second = (*talk.offers, None, None)[:2]
    tx.run(
        """UPDATE partners_slots
              SET first_starts = :first, first_minutes = :first_minutes, second_starts = :second,
                  second_minutes = :second_minutes, state = :state, starts = :starts, minutes = :minutes,
                  version = :version, round = :round, at = :at
            WHERE group_id = :group AND number = :number""",
        group=group, number=talk.number, first=_starts(first), first_minutes=_minutes(first), second=_starts(second),
        second_minutes=_minutes(second), state=talk.state.value, starts=_starts(talk.agreed),
        minutes=_minutes(talk.agreed), version=talk.version, round=talk.round, at=stamp(talk.at) if talk.at else "",
    )  # fmt: skip


def find_talk(tx: Tx, group: str, number: int) -> Talk | None:
    row = tx.one(
        "SELECT * FROM partners_slots WHERE group_id = :group AND number = :number", group=group, number=number
    )
    return _talk(tx, row) if row else None


def find_open(tx: Tx, group: str, pair: int, now: datetime) -> Talk | None:
    """The newest of this pair, if anything of it lies ahead."""
    row = tx.one(
        "SELECT * FROM partners_slots WHERE group_id = :group AND pair = :pair ORDER BY number DESC LIMIT 1",
        group=group, pair=pair,
    )  # fmt: skip
    talk = _talk(tx, row) if row else None
    return talk if talk and talk.is_open(now) else None


def keep_take(tx: Tx, group: str, talk: Talk, member: str, choice: int) -> None:
    tx.run(
        """INSERT INTO partners_takes (group_id, slot, round, choice, member)
           VALUES (:group, :slot, :round, :choice, :member)
           ON CONFLICT (group_id, slot, round, choice, member) DO NOTHING""",
        group=group, slot=talk.number, round=talk.round, choice=choice, member=member,
    )  # fmt: skip


def forget_take(tx: Tx, group: str, talk: Talk, member: str, choice: int) -> None:
    tx.run(
        """DELETE FROM partners_takes
            WHERE group_id = :group AND slot = :slot AND round = :round AND choice = :choice AND member = :member""",
        group=group, slot=talk.number, round=talk.round, choice=choice, member=member,
    )  # fmt: skip


def forget_before(tx: Tx, group: str, at: datetime) -> None:
    """Talks of which all times lie before this instant."""
    tx.run(
        """DELETE FROM partners_takes WHERE group_id = :group AND slot IN (
               SELECT number FROM partners_slots
                WHERE first_starts < :at AND second_starts < :at AND starts < :at AND group_id = :group)""",
        group=group, at=stamp(at),
    )  # fmt: skip
    tx.run(
        """DELETE FROM partners_slots
            WHERE first_starts < :at AND second_starts < :at AND starts < :at AND group_id = :group""",
        group=group, at=stamp(at),
    )  # fmt: skip


def _starts(slot: Slot | None) -> str:
    return stamp(slot.starts) if slot else ""


def _minutes(slot: Slot | None) -> int:
    return slot.minutes if slot else 0


def _slot(starts: str, minutes: int) -> Slot | None:
    return Slot(datetime.fromisoformat(starts), minutes) if starts else None


def _talk(tx: Tx, row: Row) -> Talk:
    takes = tx.all(
        """SELECT member, choice FROM partners_takes
            WHERE group_id = :group AND slot = :slot AND round = :round ORDER BY choice, member""",
        group=row["group_id"], slot=row["number"], round=row["round"],
    )  # fmt: skip
    offers = _slot(row["first_starts"], row["first_minutes"]), _slot(row["second_starts"], row["second_minutes"])
    return Talk(
        row["number"], row["pair"], tuple(slot for slot in offers if slot), State(row["state"]),
        _slot(row["starts"], row["minutes"]), row["version"], row["round"],
        datetime.fromisoformat(row["at"]) if row["at"] else None,
        tuple((take["member"], take["choice"]) for take in takes),
    )  # fmt: skip
