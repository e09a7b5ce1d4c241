"""What a reviewer sees: the answer in numbered passages, how it is judged, and the one form."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from bot.content.catalogue import Criterion
from bot.features.reviews.cards import all_button, short
from bot.features.reviews.reading_rules import (
    CRITERIA,
    LEVELS,
    LINE,
    NOT_FOUND,
    PLAIN,
    Passage,
    level_words,
    pages,
    passages,
)
from bot.features.reviews.rules import Distance, Lease
from bot.kernel.action import Action
from bot.kernel.card import (
    CARD_TEXT,
    FIELD_HELP,
    FIELD_LABEL,
    PARAGRAPH,
    Block,
    Bullets,
    Button,
    Card,
    ChoiceField,
    Form,
    Note,
    Option,
    Para,
    Quote,
    TextField,
)
from bot.kernel.text import Text, When, md, words

ANCHORS = 1_390  # characters of the criteria on a page of passages
TITLE = 110  # characters of a problem's title in the title of a card
OWN_NAME_HIDDEN = "Your name stays hidden."
NAME_LATER = "The author learns your name when they reply, or after three days."
NAME_AT_REVEAL = "The author learns your name when they reply, and not before the runs open."
WHY = {
    Distance.SWAPPED: "This member reviewed an answer of yours this week. Nobody else could take it.",
    Distance.PARTNER: "You two are partners. Nobody else could take it.",
}


def lease_card(
    lease: Lease,
    looked_at: Sequence[Criterion],
    page: int,
    now: datetime,
    *,
    hides_name: bool = False,
    drawn: bool = False,
) -> Card:
    """
    One page of the answer, without its author's name. The criteria stand on the last page, before the form.

    `drawn`: it is a run that was drawn to be reviewed.
    """
    found = pages(passages(lease.text)) or [()]
    page = min(max(page, 0), len(found) - 1)
    blocks: list[Block] = []
    if page == 0:
        blocks.append(Note(_head(lease, now)))
        blocks.append(Note(md(_name_words(hides_name=hides_name, drawn=drawn))))
        if lease.distance in WHY:
            blocks.append(Note(md(WHY[lease.distance])))
        if lease.beside:
            blocks.append(Note(md("Beside the text there is a {what}.", what=lease.beside)))
    blocks += [Quote(piece, lease.author) for piece in found[page]]
    last = page + 1 == len(found)
    if last:
        blocks += _criteria(looked_at)
    title = _title(lease, page, len(found), drawn=drawn)
    return Card(title, tuple(blocks), tuple(_buttons(lease, page, last=last)))


def _title(lease: Lease, page: int, total: int, *, drawn: bool) -> str:
    what = "A run of" if drawn else "An answer to"
    return f"{what} “{short(lease.title, TITLE)}”" + (f", page {page + 1} of {total}" if total > 1 else "")


def _name_words(*, hides_name: bool, drawn: bool) -> str:
    return OWN_NAME_HIDDEN if hides_name else NAME_AT_REVEAL if drawn else NAME_LATER


def _head(lease: Lease, now: datetime) -> Text:
    if lease.has_lapsed(now):
        return md("Its 24 hours are over. You can still send your review.")
    return md("It is yours until {at}. Then somebody else can take it.", at=When(lease.until))


def _criteria(looked_at: Sequence[Criterion]) -> list[Block]:
    """What to look for. Its levels stand here only where they do not fit beside the choices of the form."""
    named = [Para(md("**{name}.** {asks}", name=criterion.name, asks=criterion.asks)) for criterion in looked_at]
    blocks: list[Block] = []
    for criterion, name in zip(looked_at, named, strict=True):
        blocks += [name, Bullets(_anchors(criterion))]
    if _size(blocks) <= ANCHORS and not all(_fits_beside(anchor) for one in looked_at for anchor in one.anchors):
        return [Note(md("What to look for:")), *blocks]
    brief = [name for name in named if len(words(name.text)) <= ANCHORS // CRITERIA]
    return [Note(md("What to look for; your form shows the four levels:")), *brief]


def _fits_beside(anchor: str) -> bool:
    return len(anchor) <= FIELD_HELP


def _anchors(criterion: Criterion) -> tuple[Text, ...]:
    return tuple(
        md("{level}: {anchor}", level=level_words(n), anchor=anchor) for n, anchor in enumerate(criterion.anchors, 1)
    )


def _size(blocks: Sequence[Block]) -> int:
    total = 0
    for block in blocks:
        if isinstance(block, Para):
            total += len(words(block.text))
        elif isinstance(block, Bullets):
            total += sum(len(words(item)) + 1 for item in block.items)
    return total


def _buttons(lease: Lease, page: int, *, last: bool) -> list[Button]:
    number = str(lease.number)
    buttons = []
    if not last:
        onward = Action.to("reviews.open", lease=number, page=str(page + 1))
        buttons.append(Button("Next page", onward, "primary"))
    buttons.append(write_button(lease, primary=last))
    if page:
        buttons.append(Button("Page before", Action.to("reviews.open", lease=number, page=str(page - 1))))
    buttons.append(Button("Give it back", Action.to("reviews.give_back", lease=number)))
    buttons.append(Button("All criteria", Action.to("reviews.rubric", lease=number)))
    buttons.append(Button("Report", Action.to("safety.about", text=f"reviews:lease/{number}")))
    return buttons


def write_button(lease: Lease, *, primary: bool = True) -> Button:
    return Button(
        "Write my review", Action.to("reviews.write", lease=str(lease.number)), "primary" if primary else "plain"
    )


def review_form(lease: Lease, looked_at: Sequence[Criterion], found: Sequence[Passage]) -> Form:
    places = (*(Option(str(p.number), p.label) for p in found), Option(NOT_FOUND, "not found"))
    return Form(
        "Your review",
        Action.to("reviews.send", lease=str(lease.number)),
        (
            *(_level_field(n, criterion) for n, criterion in enumerate(looked_at, 1)),
            ChoiceField("passage", "Which sentence shows it?", places),
            TextField("next", "One thing to try next", help="One full sentence.", long=True, limit=LINE),
            TextField("question", "A question to the author", required=False, limit=LINE),
        ),
        "Send my review",
    )


def _level_field(n: int, criterion: Criterion) -> ChoiceField:
    """A sentence that does not fit beside its level ends in dots; the whole is among all criteria."""
    label = criterion.name if len(criterion.name) <= FIELD_LABEL else f"{criterion.name[: FIELD_LABEL - 4]} ..."
    anchors = [_beside(anchor) for anchor in criterion.anchors]
    options = tuple(Option(str(level), level_words(level), anchors[level - 1]) for level in LEVELS)
    return ChoiceField(f"level_{n}", label, options, help=criterion.asks if len(criterion.asks) <= FIELD_HELP else "")


def _beside(anchor: str) -> str:
    cut = anchor[: FIELD_HELP - 4]
    return anchor if _fits_beside(anchor) else f"{cut.rpartition(' ')[0] or cut} ..."


def rubric_card(lease: Lease, criteria: Sequence[Criterion], page: int) -> Card:
    """All criteria of the answer's kind, as many as fit on a page."""
    found = _rubric_pages(criteria)
    page = min(max(page, 0), len(found) - 1)
    buttons = [write_button(lease), Button("Back to the answer", Action.to("reviews.open", lease=str(lease.number)))]
    if page + 1 < len(found):
        more = Action.to("reviews.rubric", lease=str(lease.number), page=str(page + 1))
        buttons.insert(1, Button("More criteria", more))
    return Card("How answers are judged", found[page], tuple(buttons))


def _rubric_pages(criteria: Sequence[Criterion]) -> list[tuple[Block, ...]]:
    done: list[tuple[Block, ...]] = []
    page: list[Block] = []
    for criterion in criteria:
        blocks: list[Block] = [Para(md("**{name}.** {asks}", name=criterion.name, asks=criterion.asks))]
        bullets = Bullets(_anchors(criterion))
        blocks += [bullets] if _size([bullets]) <= PARAGRAPH else [Para(anchor) for anchor in bullets.items]
        if page and _size([*page, *blocks]) > CARD_TEXT - 200:
            done.append(tuple(page))
            page = []
        page += blocks
    return [*done, tuple(page)]


def sent_card(title: str, *, earlier: bool, hides_name: bool, drawn: bool = False) -> Card:
    blocks: list[Block] = [Para(md("Its author reads it now. It counts for your day."))]
    if earlier:
        blocks.append(Note(md("The author has changed the answer since. Your review says so.")))
    blocks.append(Note(md(_name_words(hides_name=hides_name, drawn=drawn))))
    blocks.append(Note(md("You can ask for one more review of your own.")))
    more = Button("Give me one more", Action.to("reviews.pull"))
    hide = () if hides_name else (Button("Keep my name hidden", Action.to("reviews.names", hide="1")),)
    title = f"Sent: your review of “{short(title, TITLE)}”"
    return Card(title, tuple(blocks), (more, *hide, all_button()), tone="good")


def given_back_card() -> Card:
    again = Button("Give me another one", Action.to("reviews.pull"))
    words = "Somebody else can take it now. Nobody learns of it."
    return Card("You gave it back.", (Note(md(words)),), (again, all_button()))


_MONDAY = datetime(2026, 1, 5, 8, tzinfo=UTC)
_WORDS = """I think accuracy misleads when one class is rare. It counts the common class most.
A model that always says "no" looks good.

- Precision asks how many alarms are real.
- Recall asks how many cases we find.

```python
recall = found / cases
```
It fails when costs differ, so I would name the costs first."""
_LEASE = Lease(
    12, "ben", "ada", 3, "2026-01-05", 1, "When accuracy misleads", "statistics", "stat-1", _WORDS,
    "recording, 3:20 minutes", hide_author=False, distance=Distance.NONE, taken_at=_MONDAY,
    until=_MONDAY + timedelta(hours=24), state="open",
)  # fmt: skip
_SWAP = Lease(
    12, "ben", "ada", 3, "2026-01-05", 1, "When accuracy misleads", "statistics", "stat-1", _WORDS * 8, "",
    hide_author=False, distance=Distance.SWAPPED, taken_at=_MONDAY, until=_MONDAY + timedelta(hours=24), state="open",
)  # fmt: skip
EXAMPLES: dict[str, Card | Form] = {
    "lease_card": lease_card(_LEASE, PLAIN, 0, _MONDAY),
    "lease_drawn_card": lease_card(_LEASE, PLAIN, 0, _MONDAY, drawn=True),
    "lease_swap_card": lease_card(_SWAP, PLAIN, 0, _MONDAY),
    "lease_last_page_card": lease_card(_SWAP, PLAIN, 9, _MONDAY),
    "lease_lapsed_card": lease_card(_LEASE, PLAIN, 0, _LEASE.until),
    "review_form": review_form(_LEASE, PLAIN, passages(_WORDS)),
    "rubric_card": rubric_card(_LEASE, PLAIN, 0),
    "sent_card": sent_card("When accuracy misleads", earlier=True, hides_name=False),
    "sent_unnamed_card": sent_card("When accuracy misleads", earlier=False, hides_name=True),
    "given_back_card": given_back_card(),
}
