"""What stands in the room of a pair or a trio. It names shared hours and topics, and nothing else of anybody."""

from datetime import UTC, datetime

from bot.features.partners.fit_rules import Kind
from bot.features.partners.pair_rules import Pair, Why
from bot.kernel.action import Action
from bot.kernel.card import Bullets, Button, Card, Form, Note, Para
from bot.kernel.text import Mention, Plain, Text, When, listed, md, plural


def pair_card(pair: Pair, why: Why) -> Card:
    """The first message of the room."""
    many = "two" if len(pair.members) < 3 else "three"
    talk = "You can talk or write." if pair.kind is Kind.LIVE else "You write to each other, each when it suits."
    return Card(
        f"You {many} are partners",
        (
            Para((*_names(pair), *md(" until {at}.", at=When(pair.ends)))),
            Para(md("Why you {many}:", many=many)),
            Bullets(_why(why)),
            Note(md("{talk} A word in the first day is a good start, or a press on I'm here.", talk=talk)),
        ),
        (
            Button("I'm here", Action.to("partners.here"), "primary"),
            Button("My plan", Action.to("partners.plan")),
            Button("Suggest a time", Action.to("partners.slot")),
            Button("Something is wrong", Action.to("partners.wrong")),
            Button("What can be seen here", Action.to("partners.seen")),
        ),
    )


def _names(pair: Pair) -> Text:
    spans: Text = ()
    for place, member in enumerate(pair.members):
        join = "" if not place else " and " if place == len(pair.members) - 1 else ", "
        spans = (*spans, *((Plain(join),) if join else ()), Mention(member))
    return spans


def _why(why: Why) -> tuple[Text, ...]:
    """Why just these: what they share."""
    lines: list[Text] = []
    if why.hours or why.times:
        lines.append(_times(why))
    if why.topics:
        lines.append(md("Topics that each of you worked on: {topics}.", topics=listed(why.topics[:4])))
    return tuple(lines) or (md("What each of you told me fits together."),)


def _times(why: Why) -> Text:
    shared = plural(why.hours, "hour") if why.hours else "Half an hour"
    spans = md("{hours} a week in common.", hours=shared)
    if not why.times:
        return spans
    spans = (*spans, Plain(" For example: "))
    for place, at in enumerate(why.times):
        spans = (*spans, *((Plain(" and "),) if place else ()), When(at))
    return (*spans, Plain("."))


def joined_card(member: str, *, again: bool) -> Card:
    text = md("{who} is with you again.", who=Mention(member)) if again else md("{who} joins you.", who=Mention(member))
    return Card("Somebody comes in", (Para(text), Note(md("A short hello helps."))), (_here(),))


def alone_card() -> Card:
    return Card(
        "This pair has come to an end",
        (Para(md("I ask whoever is left what they would like. That happens in private.")),),
        (_board(),),
    )


def over_card() -> Card:
    return Card(
        "This pair has come to an end",
        (
            Para(md("What you wrote here stays with you.")),
            Note(md("Your partners from now on stand on your own page.")),
        ),
        (_board(),),
    )


def readers_card() -> Card:
    """Who can open the room, for each platform, because a group's room may be on any of them."""
    return Card(
        "Who can see what stands here",
        (
            Bullets(
                (
                    md("You and your partners can read and write here."),
                    md("Whoever joins you as a third can read what was written before, except on Slack."),
                    md("On Discord, people who may manage threads can open this room."),
                    md("On Slack, only you read it. Owners of the workspace may be able to export it."),
                    md("In the browser, whoever runs this page can read everything."),
                )
            ),
            Note(md("Your situation, your free times and how often you were here are never shown.")),
        ),
        (_board(),),
    )


def wrong_card() -> Card:
    return Card(
        "What is wrong?",
        (
            Bullets(
                (
                    md("Somebody else: you leave this pair now, and get other partners."),
                    md("Block: you two are never brought together again. They are not told."),
                    md("To report words in the room, open the menu of that message."),
                    md("A break costs nothing, and nobody is kept waiting."),
                )
            ),
        ),
        (
            Button("Somebody else", Action.to("partners.move")),
            Button("Block somebody", Action.to("safety.ask_block")),
            Button("Take a break", Action.to("members.pause")),
            _board("Nothing, go back"),
        ),
    )


def _board(label: str = "Your partners") -> Button:
    return Button(label, Action.to("partners.board"))


def _here() -> Button:
    return Button("I'm here", Action.to("partners.here"), "primary")


_STARTS, _ENDS = datetime(2026, 1, 5, 6, tzinfo=UTC), datetime(2026, 1, 19, 3, tzinfo=UTC)
_PAIR = Pair(4, ("ada", "ben"), _STARTS, _ENDS, Kind.LIVE, "partners/web:bench/4")
_TRIO = Pair(5, ("ada", "ben", "cleo"), _STARTS, _ENDS, Kind.ASYNC, "partners/web:bench/5")
_WHY = Why(7, (datetime(2026, 1, 5, 16, tzinfo=UTC), datetime(2026, 1, 10, 6, tzinfo=UTC)), ("Algorithms", "Data"))
EXAMPLES: dict[str, Card | Form] = {
    "pair_card": pair_card(_PAIR, _WHY),
    "pair_trio_card": pair_card(_TRIO, Why(0, (), ())),
    "joined_card": joined_card("cleo", again=False),
    "joined_again_card": joined_card("ben", again=True),
    "alone_card": alone_card(),
    "over_card": over_card(),
    "readers_card": readers_card(),
    "wrong_card": wrong_card(),
}
