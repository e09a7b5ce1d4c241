"""What members see of their own data: what is stored, the files, and how it is erased."""

from collections.abc import Iterator, Sequence

from bot.features.members.data_rules import Export, pages
from bot.kernel.action import Action
from bot.kernel.card import Bullets, Button, Card, File, Form, Note, Para
from bot.kernel.text import md, plural

EXPORT = Button("Download my data", Action.to("members.export"))
KEEP = Button("Keep everything", Action.to("members.data"))
_ERASE = Button("Erase my data", Action.to("members.erase"), "danger")

# What is not a table of any feature, and what nobody thinks of until it matters.
ALSO = (
    ("Your name and your time zone", "Members see the name as in the chat. Only you see the zone."),
    ("What you pressed and sent, and my replies to it", "Only you. So a repeated delivery does nothing twice."),
    ("What I wrote to you in private", "Only you."),
    ("Messages that you type into the chat", "They belong to the chat platform. I keep those that you use as answers."),
    ("That somebody was erased, without a name", "Nobody. A backup that is put back forgets them again."),
    ("Backups", "Whoever runs this bot keeps them, and old copies go with time."),
    ("All of it", "Whoever runs this bot can open its database. Nothing is sold or sent elsewhere."),
)


def stored_cards(lines: Sequence[tuple[str, str]]) -> Iterator[Card]:
    """The whole list, on as many cards as it needs; the last one has the buttons."""
    found = pages((*lines, *ALSO))
    for number, page in enumerate(found, 1):
        title = "What is stored, and who can read it" + (f" ({number} of {len(found)})" if len(found) > 1 else "")
        block = Bullets(tuple(md("**{what}**: {who}", what=what, who=_sentence(who)) for what, who in page))
        yield Card(title, (block,), (EXPORT, _ERASE) if number == len(found) else ())


def _sentence(text: str) -> str:
    return text if text.endswith(".") else f"{text}."


def export_card(export: Export) -> Card:
    if not export.files:
        return Card("I keep nothing about you.", (Note(md("There is nothing to download.")),))
    blocks = [
        Note(md("Your answers are in the file that ends in .md. Any text program opens it.")),
        Note(md("The .json file holds every row that I keep. Words of other members are left out.")),
    ]
    if export.left_out:
        rows = plural(export.left_out, "entry", "entries")
        blocks.append(Note(md("{rows} did not fit. Whoever runs this bot can give you the rest.", rows=rows)))
    return Card("Here is your data.", tuple(blocks), (), (), export.files, "good")


def erase_card(*, elsewhere: bool = False) -> Card:
    """`elsewhere`: they organise another group, which I cannot hand over from here."""
    goes = (
        "Your answers and drafts, your settings and breaks, and all that was counted.",
        "Your name and your words in my messages to the group.",
        "My private messages to you.",
    )
    stays = (
        "What you typed into the chat. You can delete it there.",
        "What others wrote, without your name.",
        "Old copies in backups, until newer ones replace them.",
    )
    vacant = (
        (Note(md("You organise another study group. If nobody else does, I ask its members who will.")),)
        if elsewhere
        else ()
    )
    blocks = (
        Para(md("**This goes**, in every study group of this server:")),
        Bullets(tuple(md(line) for line in goes)),
        Para(md("**This stays:**")),
        Bullets(tuple(md(line) for line in stays)),
        *vacant,
        Para(md("It cannot be undone.")),
    )
    go_on = Button("Erase my data", Action.to("members.erase_sure"), "danger")
    return Card("Erase everything about you?", blocks, (EXPORT, KEEP, go_on), tone="warning")


def erase_sure_card() -> Card:
    erase = Button("Yes, erase everything", Action.to("members.erase_now"), "danger")
    return Card("Are you sure?", (Para(md("It cannot be undone.")),), (KEEP, erase), tone="warning")


def erased_card() -> Card:
    join = Button("Join the study group", Action.to("members.join"))
    blocks = (
        Para(md("You are in no study group here any more.")),
        Note(md("My messages to you go within a minute. You can join again, as somebody new.")),
    )
    return Card("Everything about you is erased.", blocks, (join,), tone="good")


_LINES = (("Your answers", "Members of your group who answered too"), ("Your drafts", "Only you"))
_FILES = (File("my-answers.md", "text/markdown", "# My answers\n"), File("my-data.json", "application/json", "{}\n"))
EXAMPLES: dict[str, Card | Form] = {
    "stored_card": next(stored_cards(_LINES)),
    "export_card": export_card(Export(_FILES, 3)),
    "export_nothing_card": export_card(Export(())),
    "erase_card": erase_card(),
    "erase_elsewhere_card": erase_card(elsewhere=True),
    "erase_sure_card": erase_sure_card(),
    "erased_card": erased_card(),
}
