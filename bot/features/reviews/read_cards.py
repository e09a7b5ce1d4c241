"""What the author reads of a review, and what the reviewer reads of the reply."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime

from bot.features.reviews.cards import all_button, short
from bot.features.reviews.given_rules import Held, Review, Stance
from bot.features.reviews.reading_rules import LINE, Mark, Verdict, level_words
from bot.kernel.action import Action
from bot.kernel.card import Block, Bullets, Button, Card, Facts, Form, Note, Para, Quote, TextField
from bot.kernel.text import Mention, Text, md, plural

STANCES = {
    Stance.KEPT: "The author keeps the answer as it is.",
    Stance.CHANGED: "The author changed the answer.",
    Stance.DISAGREE: "The author disagrees, because:",
}
LOOKED_AT = "These words are being looked at."
OTHERS = 2  # reviews beside this one; more are read one by one
BESIDE = 80  # characters of the sentence that shows a level, where several stand side by side
ANCHOR = 120  # characters of what a level means there
TITLE = 100  # characters of a problem's title in the title of a card
NAME_LATER = "The reviewer learns your name when you reply, or after three days."
NAME_AT_REVEAL = "The reviewer learns your name when you reply, and not before the runs open."


def read_card(review: Review, reviewer: str, others: Sequence[Review] = (), *, can_write: bool = True) -> Card:
    """
    For the author. `reviewer` is empty while the name is hidden; `others` are further reviews of this answer.

    `can_write`: its author can change the answer still.
    """
    verdict, number = review.verdict, str(review.number)
    blocks: list[Block] = []
    if reviewer:
        blocks.append(Note(md("By {who}.", who=Mention(reviewer))))
    if review.earlier:
        blocks.append(Note(md("It is about your answer as it was before your last change.")))
    blocks += _marks(review, others)
    if verdict.next_step:
        blocks += [Note(md("One thing to try next:")), Quote(verdict.next_step, review.reviewer)]
    if verdict.question:
        blocks += [Note(md("A question to you:")), Quote(verdict.question, review.reviewer)]
    blocks += _own_reply(review, can_write=can_write)
    report = Button("Report or block", Action.to("safety.about", text=f"reviews:{number}/review"))
    replies = _replies(review, can_write=can_write) if review.reply_held is Held.NO else ()
    if review.stance is not Stance.NONE:
        replies = (*replies, *((_rewrite(review),) if can_write else ()))
    elif not reviewer:
        later = NAME_AT_REVEAL if review.sealed_until else NAME_LATER
        blocks.append(Note(md("Your name stays hidden." if review.hide_author else later)))
    return Card(f"A review of “{short(review.title, TITLE)}”", tuple(blocks), (*replies, report, all_button()))


def _marks(review: Review, others: Sequence[Review]) -> list[Block]:
    """One review: its levels and the sentence. Several: by criterion, side by side with theirs, without a rank."""
    if not others:
        return [Bullets(tuple(_mark_line(mark) for mark in review.verdict.marks)), *_sentence(review)]
    blocks: list[Block] = [Note(md("{n} of this answer, side by side:", n=plural(1 + len(others[:OTHERS]), "review")))]
    for criterion in dict.fromkeys(mark.criterion for mark in review.verdict.marks):
        found = [
            (mark, one.verdict)
            for one in (review, *others[:OTHERS])
            for mark in one.verdict.marks
            if mark.criterion == criterion
        ]
        blocks.append(Para(md("**{name}**", name=criterion)))
        blocks.append(Bullets(tuple(_beside(mark, verdict) for mark, verdict in found)))
    return blocks


def _sentence(review: Review) -> list[Block]:
    verdict = review.verdict
    if not verdict.place:
        return [Note(md("No sentence shows it yet."))]
    if not verdict.passage:  # of whoever was erased
        return []
    return [Note(md("It shows in passage {n}:", n=verdict.place)), Quote(_some(verdict.passage), review.author)]


def _beside(mark: Mark, verdict: Verdict) -> Text:
    """One reviewer's level, and the sentence that shows it."""
    level, anchor = level_words(mark.level), _some(mark.anchor, ANCHOR)
    if not verdict.place:
        return md("{level}: {anchor} No sentence shows it yet.", level=level, anchor=anchor)
    if not verdict.passage:
        return md("{level}: {anchor}", level=level, anchor=anchor)
    words = _some(" ".join(verdict.passage.split()).removesuffix("."), BESIDE)  # the sentence around it has its own
    return md("{level}: {anchor} It shows in “{words}”.", level=level, anchor=anchor, words=words)


def _mark_line(mark: Mark) -> Text:
    return md(
        "**{name}**: {level}. {anchor}", name=mark.criterion, level=level_words(mark.level), anchor=_some(mark.anchor)
    )


def _some(words: str, room: int = 300) -> str:
    return words if len(words) <= room else f"{words[: room - 4].rstrip()} ..."


def _own_reply(review: Review, *, can_write: bool) -> list[Block]:
    own = {
        Stance.KEPT: "You kept your answer as it is." if can_write else "You would keep your answer as it is.",
        Stance.CHANGED: "You changed your answer." if can_write else "You would change your answer.",
        Stance.DISAGREE: "You disagree, because:",
    }
    if review.stance is Stance.NONE:
        return [Note(md("What do you make of it? The reviewer reads your reply."))]
    said: list[Block] = [Note(md(own[review.stance]))]
    return [*said, Quote(review.because, review.author)] if review.because else said


def _replies(review: Review, *, can_write: bool) -> tuple[Button, ...]:
    """What else one may reply: a reply can be changed for another one."""
    keep, change = ("I keep it", "I changed it") if can_write else ("I would keep it", "I would change it")
    number = str(review.number)
    first = review.stance is Stance.NONE
    every = {
        Stance.KEPT: Button(keep, Action.to("reviews.keep", review=number), "primary" if first else "plain"),
        Stance.CHANGED: Button(change, Action.to("reviews.changed", review=number)),
        Stance.DISAGREE: Button("I disagree", Action.to("reviews.disagree", review=number)),
    }
    return tuple(button for stance, button in every.items() if stance is not review.stance)


def _rewrite(review: Review) -> Button:
    return Button("Change my answer", Action.to("answers.write", task=review.task))


def disagree_form(review: Review) -> Form:
    because = TextField(
        "because", "I disagree, because", review.because, help="One full sentence.", long=True, limit=LINE
    )
    return Form("Your reply", Action.to("reviews.tell_disagree", review=str(review.number)), (because,))


def replied_card(review: Review, *, can_write: bool = True) -> Card:
    blocks = (*_own_reply(review, can_write=can_write), Note(md("The reviewer can read it.")))
    again = Button("The review", Action.to("reviews.read", review=str(review.number)))
    change = (_rewrite(review),) if review.stance is Stance.CHANGED and can_write else ()
    others = _replies(review, can_write=can_write)
    return Card("Your reply is sent.", blocks, (*change, *others, again, all_button()), tone="good")


def delivered_card(title: str, number: int) -> Card:
    """A private message to the author."""
    read = Button("Read it", Action.to("reviews.read", review=str(number)), "primary")
    text = md("Somebody reviewed your answer to “{title}”.", title=short(title, TITLE))
    return Card("Your review is here.", (Para(text),), (read,))


def given_card(review: Review, author: str) -> Card:
    """For the reviewer: what they gave, and the reply. `author` is empty while the name is hidden."""
    verdict, number = review.verdict, str(review.number)
    levels = tuple((mark.criterion, md("{level}", level=level_words(mark.level))) for mark in verdict.marks)
    blocks: list[Block] = [Facts(levels)]
    if author:
        blocks.insert(0, Note(md("The answer is by {who}.", who=Mention(author))))
    if verdict.next_step:
        blocks += [Note(md("One thing to try next:")), Quote(verdict.next_step, review.reviewer)]
    if verdict.question:
        blocks += [Note(md("Your question:")), Quote(verdict.question, review.reviewer)]
    buttons = [all_button()]
    if review.stance is Stance.NONE:
        blocks.append(Note(md("The author has not replied yet.")))
    elif review.reply_held is not Held.NO:
        blocks.append(Note(md(LOOKED_AT if review.reply_held is Held.REPORTED else "The reply was removed.")))
    else:
        blocks.append(Para(md(STANCES[review.stance])))
        if review.because:
            blocks.append(Quote(review.because, review.author))
            buttons.insert(0, Button("Report or block", Action.to("safety.about", text=f"reviews:{number}/reply")))
    return Card(f"Your review of an answer to “{short(review.title, TITLE)}”", tuple(blocks), tuple(buttons))


_VERDICT = Verdict(
    (
        Mark("Correct", 3, "The main claim is right, and a slip changes little."),
        Mark("Why", 2, "It gives a reason, and the main step stays open."),
    ),
    2, "It counts the common class most.", "Try to say what a false alarm costs in your example.",
    "Why not both numbers?",
)  # fmt: skip
_REVIEW = Review(
    7, 3, "2026-01-05", 1, "When accuracy misleads", "statistics", "ben", "ada", _VERDICT, earlier=False,
    finished_at=datetime(2026, 1, 5, 12, tzinfo=UTC), hide_reviewer=False, hide_author=False,
)  # fmt: skip
_DISAGREES = replace(_REVIEW, stance=Stance.DISAGREE, because="The question asked for one number only.")
EXAMPLES: dict[str, Card | Form] = {
    "read_card": read_card(replace(_REVIEW, earlier=True), ""),
    "read_replied_card": read_card(_DISAGREES, "ben"),
    "read_beside_card": read_card(_REVIEW, "", (replace(_REVIEW, number=8, reviewer="cleo"),)),
    "read_run_card": read_card(_REVIEW, "", can_write=False),
    "read_nothing_found_card": read_card(replace(_REVIEW, verdict=replace(_VERDICT, place=0, passage="")), ""),
    "delivered_card": delivered_card("When accuracy misleads", 7),
    "disagree_form": disagree_form(_REVIEW),
    "replied_card": replied_card(_DISAGREES),
    "replied_changed_card": replied_card(replace(_REVIEW, stance=Stance.CHANGED)),
    "given_card": given_card(_REVIEW, ""),
    "given_replied_card": given_card(_DISAGREES, "ada"),
    "given_held_card": given_card(replace(_DISAGREES, reply_held=Held.REPORTED), ""),
}
