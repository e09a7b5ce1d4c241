"""What the author of a run reads in private: what its reviewers found, the facts, the levels to look at oneself."""

from collections.abc import Sequence

from bot.content.catalogue import Criterion, HeldBack
from bot.features.mlsd.report_rules import Levels, levels
from bot.features.mlsd.reveal_cards import short, shortened
from bot.kernel.action import Action
from bot.kernel.card import Block, Bullets, Button, Card, Form, Note, Para, Quote
from bot.kernel.design_facts import ReviewGot
from bot.kernel.text import Text, listed, md, plural

PASSAGE = 200  # characters of a passage
REPLIES = 3  # reviews with a button of their own
FACTS = 2_600  # characters of all facts
FACT = 220  # characters of one at most
CRITERIA = 3  # on one page


def report_card(title: str, run: int, member: str, reviews: Sequence[ReviewGot], wanted: int) -> Card:
    """
    What the reviewers found. Their own words stand in each review, where they can be answered and reported.

    `wanted`: reviews that were drawn.
    """
    blocks: list[Block] = []
    found = levels(reviews)
    if not found:
        blocks.append(Para(md("No review has come yet. A late one still reaches you, and this page follows.")))
    if found:
        blocks.append(Bullets(tuple(_criterion(one) for one in found)))
    for passage in list(dict.fromkeys(review.passage for review in reviews if review.passage))[:REPLIES]:
        numbers = [str(n) for n, review in enumerate(reviews, 1) if review.passage == passage]
        points = "Review {n} points at:" if len(numbers) == 1 else "Reviews {n} point at:"
        blocks += [Note(md(points, n=listed(numbers))), Quote(shortened(passage, PASSAGE), member)]
    if found:
        blocks.append(Note(_waiting(reviews, wanted)))
    return Card(f"Your report: {short(title)}", tuple(blocks), tuple(_buttons(run, reviews)))


def _criterion(one: Levels) -> Text:
    """One line: the sentences of the levels stand in each review, and under “What the levels mean”."""
    head = f"{one.middle} of 4" + (f", the middle of {len(one.found)} reviews" if len(one.found) > 1 else "")
    wide = f". They differ: {listed([str(level) for level, _ in one.found])}" if one.is_wide else ""
    return md("**{name}**: {head}{wide}", name=one.criterion, head=head, wide=wide)


def _waiting(reviews: Sequence[ReviewGot], wanted: int) -> Text:
    count = f"{len(reviews)} of {plural(wanted, 'review')}" if len(reviews) < wanted else plural(len(reviews), "review")
    left = sum(not review.stance for review in reviews)
    if not left:
        return md("{count}. You replied to all of them.", count=count)
    asks = sum(bool(review.question) for review in reviews if not review.stance)
    asked = f", with {plural(asks, 'question')}" if asks else ""
    return md("{count}. {left} for your reply{asked}.", count=count, left=plural(left, "waits", "wait"), asked=asked)


def _buttons(run: int, reviews: Sequence[ReviewGot]) -> list[Button]:
    buttons = []
    for n, review in enumerate(reviews[:REPLIES], 1):
        name = f"Reply to review {n}" if not review.stance else f"Review {n}"
        read = Action.to("reviews.read", review=str(review.number))
        buttons.append(Button(name, read, "primary" if n == 1 and not review.stance else "plain"))
    buttons.append(Button("Before and after", Action.to("mlsd.versions", run=str(run), n="1")))
    buttons.append(levels_button(run))
    return buttons


def facts_card(facts: Sequence[HeldBack], asked: Sequence[int]) -> Card:
    """All facts are open now: what one asked for, and what one did not."""
    deciding = [place for place, fact in enumerate(facts) if fact.changes_design]
    found = sum(place in asked for place in deciding)
    room = min(FACT, FACTS // len(facts)) if facts else 0
    said = md("Facts that change the design: you asked for {found} of {all_}.", found=found, all_=len(deciding))
    blocks: list[Block] = [Para(said)]
    for heading, mine in (("You asked", True), ("You did not ask", False)):
        lines = [_fact(fact, room) for place, fact in enumerate(facts) if (place in asked) is mine]
        if lines:
            blocks += [Para(md("**{heading}**", heading=heading)), *_bullets(lines)]
    return Card("The facts of this prompt", tuple(blocks))


def _fact(fact: HeldBack, room: int) -> Text:
    said = shortened(fact.fact, room)
    return md("**Changes the design:** {said}", said=said) if fact.changes_design else md("{said}", said=said)


def _bullets(lines: Sequence[Text]) -> list[Bullets]:
    return [Bullets(tuple(lines[at : at + 6])) for at in range(0, len(lines), 6)]


# --- looking at one's own run ----------------------------------------------------------------------------


def levels_button(run: int, page: int = 0, name: str = "What the levels mean") -> Button:
    return Button(name, Action.to("mlsd.levels", run=str(run), page=str(page)))


def alone_card(run: int) -> Card:
    """To the only one who ran this week."""
    said = md("Yours is the only run this week. Somebody is asked to review it.")
    tip = md("Look at it yourself as well: choose a level for each criterion, then compare.")
    return Card("Look at your own run", (Para(said), Para(tip)), (levels_button(run),))


def levels_card(run: int, criteria: Sequence[Criterion], page: int) -> Card:
    count = max(1, -(-len(criteria) // CRITERIA))
    page = min(max(page, 0), count - 1)
    blocks: list[Block] = []
    for criterion in criteria[page * CRITERIA : (page + 1) * CRITERIA]:
        blocks.append(Para(md("**{name}.** {asks}", name=criterion.name, asks=shortened(criterion.asks, FACT))))
        anchors = enumerate(criterion.anchors, 1)
        blocks.append(Bullets(tuple(md("{n}: {anchor}", n=n, anchor=shortened(anchor, FACT)) for n, anchor in anchors)))
    more = (levels_button(run, page + 1, "More criteria"),) if page + 1 < count else ()
    back = (levels_button(run, page - 1, "Page before"),) if page else ()
    return Card("What the levels of a run mean", tuple(blocks), (*more, *back))


_REVIEWS = (
    ReviewGot(
        7,
        (
            ("Evaluation and experiment", 3, "Split by time, slices that matter, an online test with guardrails."),
            ("Changing course", 1, "The change is ignored or answered with a buzzword."),
        ),
        "We split by week, because leaves of one field look alike.", "Say what would stop the launch.", "Why a week?",
        "", "",
    ),
    ReviewGot(
        8,
        (
            ("Data, labels and features", 2, "Lists sources and features; delay and bias are at most named."),
            ("Changing course", 3, "Says which decisions survive, which fall, and does the numbers again."),
        ),
        "The stream replaces the nightly table.", "Say who is missing from the labels.", "", "", "kept",
    ),
)  # fmt: skip
_FACTS = (
    HeldBack(("labels",), "Labels come 19 days late, a tenth of them after 90 days.", changes_design=True),
    HeldBack(("law",), "Legal writes a note when the law changes.", changes_design=False),
)
_ANCHORS = ("Accuracy on a random split.", "Fitting offline numbers.", "Split by time.", "Names what stops the launch.")
_CRITERIA = tuple(Criterion(f"c{n}", f"Criterion {n}", 25, "How would we know it?", _ANCHORS) for n in range(1, 5))
EXAMPLES: dict[str, Card | Form] = {
    "report_card": report_card("Leaf diseases", 4, "ada", _REVIEWS, 2),
    "report_empty_card": report_card("Leaf diseases", 4, "ada", (), 2),
    "facts_card": facts_card(_FACTS, (0,)),
    "alone_card": alone_card(4),
    "levels_card": levels_card(4, _CRITERIA, 0),
    "levels_last_card": levels_card(4, _CRITERIA, 1),
}
