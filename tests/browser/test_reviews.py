"""A review from the wish for one to the reply to it, as its author, its reviewer and the organiser see it."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from playwright.async_api import Locator, expect

from bot.kernel.event import Value
from tests.browser.conftest import DESKTOP, PHONE, House, Screen, Window, on
from tests.chromium import IN_ITS_LOOP

pytestmark = IN_ITS_LOOP

ASK = "Message #general"
MONDAY = "2026-01-05"
HOUR = timedelta(hours=1)
ANSWER = """\
I would not report accuracy here, because the classes are far apart in size. Ten payments in a thousand are fraud. \
A model that always says "fine" is right 990 times, and it finds nothing.

So I would look at two numbers:

- Precision: of the alarms, how many are fraud?
- Recall: of the frauds, how many do we find?

I would fix the recall first, at a level that the business can live with. Then I compare models by precision, because \
each false alarm blocks an honest customer and costs a call.

```python
precision = true_alarms / (true_alarms + false_alarms_among_all_the_honest_payments)
```

It fails when the share of fraud changes between the test and the real world. Then precision moves although the model \
stays the same."""
SHOWS = "2 · "  # the number of a sentence, in the list
NEXT = "Work out both numbers for your ten frauds, with one false alarm for each hit."
QUESTION = "Who chooses the level of recall?"
VALUES: dict[str, Value] = {
    "level_1": "3", "level_2": "2", "passage": "none", "next": NEXT, "question": QUESTION,
}  # fmt: skip
BECAUSE = "The problem gives no costs, so nobody can choose the level here."
LEVELS = ("3 · solid", "2 · partly")


@dataclass
class Effort:
    """What a task asks of a person: words to read, words to type, buttons and options to press."""

    read: int = 0
    typed: int = 0
    presses: int = 0
    known: str = ""

    async def reads(self, part: Locator) -> None:
        """All that stands there, labels and options included. A line that one has read is known when it comes again."""
        for line in (await part.inner_text()).splitlines():
            words = re.findall(r"\w+", line.lower())
            if f" {' '.join(words)} " not in self.known:
                self.read += len(words)
                self.known += f" {' '.join(words)} "

    def types(self, words: str) -> None:
        self.typed += len(words.split())

    @property
    def minutes(self) -> float:
        """For somebody who reads 200 words in a minute and types 30."""
        return self.read / 200 + self.typed / 30

    def __str__(self) -> str:
        return f"{self.presses} presses, {self.read} words read, {self.typed} typed"


def berlin(day: int, hour: int, minute: int = 0) -> datetime:
    """January 2026 in Berlin; the 5th is a Monday. The group's problem comes at 09:00 there."""
    return datetime(2026, 1, day, hour - 1, minute, tzinfo=UTC)


async def monday(house: House, *members: str) -> None:
    """These are in the group, and its first problem is open."""
    await house.set_up(*members)
    await house.until(berlin(5, 9, 1))


async def reviewed(house: House, reviewer: str, review: int) -> None:
    """The reviewer takes what comes first and sends review number `review`; it is the lease of that number, too."""
    await house.press(reviewer, "reviews.pull")
    await house.send(reviewer, "reviews.send", VALUES, lease=str(review))


async def open_reviews(window: Window) -> Locator:
    await window.write(ASK, "/study review")
    card = window.reply("Reviews")
    await expect(card).to_be_visible()
    return card


# --- from asking to the reply -------------------------------------------------------------------


@on(DESKTOP)
async def test_a_review_is_asked_for_given_in_three_minutes_and_replied_to(house: House, screen: Screen) -> None:
    await monday(house, "ada", "ben", "you")
    await house.practise("ben", "you")
    ada = await house.enter("ada", screen)
    await answer_and_ask(ada)
    ben = await house.enter("ben", screen.other)
    effort = await give_a_review(ben)
    assert effort.minutes < 2.8, str(effort)
    assert effort.presses <= 10, str(effort)
    await read_it_and_disagree(ada)
    await read_the_reply(ben)


async def answer_and_ask(ada: Window) -> None:
    await ada.press("Answer", ada.post("Open until"))
    await ada.answer_form({"Answer": ANSWER}, "Send")
    await ada.press("Ask for a review", ada.reply("Your answer is kept."))
    card = ada.reply("Your answer waits for a review.")
    await ada.sees("0 of 1 reviews", "the first ones here are on their way", within=card)
    await ada.show("160-asked", card)


async def give_a_review(ben: Window) -> Effort:
    """From `/study review` to having sent it. Everything on the way is read."""
    effort = Effort(presses=1)  # the command is chosen from the list that a slash opens
    effort.types("/")
    board = await open_reviews(ben)
    await ben.sees("1 answer waits for a review.", within=board)
    await ben.show("161-reviews", board)
    await effort.reads(board)
    await ben.press("Give me one to review", board)
    lease = ben.reply("Write my review")
    await ben.sees("1 · I would not report accuracy here", within=lease)
    await expect(lease).not_to_contain_text("Ada")
    await expect(lease).to_be_in_viewport()
    await ben.show("162-answer-to-review", lease)
    await effort.reads(lease)
    await ben.press("Write my review", lease)
    await ben.sees("Which sentence shows it?", within=ben.form)
    await expect(ben.form.locator("label.tick .note")).to_have_count(2 * 4)  # no level without its sentence
    await ben.show("163-review-form", ben.form)
    await effort.reads(ben.form)
    await fill(ben, effort)
    await ben.show("164-review-filled", ben.form)
    await ben.press("Send my review", ben.form)
    sent = ben.reply("Sent: your review of")
    await expect(sent).to_be_visible()
    await ben.show("165-review-sent", sent)
    effort.presses += 3
    return effort


async def fill(ben: Window, effort: Effort) -> None:
    """A level of each of two criteria, a sentence from the list (which is opened first), and two lines."""
    await ben.sees("Which sentence shows it?", within=ben.form)
    for criterion, level in zip(await ben.form.get_by_role("group").all(), LEVELS, strict=True):
        await criterion.get_by_label(level).check()
    sentences = ben.form.get_by_label("Which sentence shows it?")
    await sentences.select_option(label=await sentences.locator("option").filter(has_text=SHOWS).inner_text())
    await ben.form.get_by_label("One thing to try next").fill(NEXT)
    await ben.form.get_by_label("A question to the author").fill(QUESTION)
    effort.presses += 2 + 2 + 2
    effort.types(f"{NEXT} {QUESTION}")


async def read_it_and_disagree(ada: Window) -> None:
    await ada.go("Home")
    await ada.sees("1 review of your answers waits for your reply.")
    await ada.show("166-home")
    await ada.press("Read it")
    review = ada.reply("A review of")
    await ada.sees(*LEVELS, "Ten payments in a thousand", NEXT, QUESTION, within=review)
    await expect(review).not_to_contain_text("Ben")
    await ada.show("167-review", review)
    await ada.press("I disagree", review)
    await ada.answer_form({"I disagree, because": "No."}, "Send")
    await ada.sees("That is too short to learn from.", within=ada.form)
    await ada.show("168-too-short", ada.form)
    await ada.answer_form({"I disagree, because": BECAUSE}, "Send")
    await ada.sees("Your reply is sent.")
    await ada.show("169-reply-sent")
    await ada.press("The review", ada.reply("Your reply is sent."))
    await ada.sees("By @Ben.", BECAUSE, within=ada.reply("A review of"))
    await ada.show("170-review-replied-to", ada.reply("A review of"))


async def read_the_reply(ben: Window) -> None:
    board = await open_reviews(ben)
    await ben.show("171-reviews-given", board)
    await ben.choose("Reviews you gave", "Replied", board)
    mine = ben.reply("Your review of an answer to")
    await ben.sees("The author disagrees, because:", BECAUSE, "The answer is by @Ada.", within=mine)
    await ben.show("172-the-reply", mine)


# --- a day that is over, and what waits -----------------------------------------------------------


@on(PHONE)
async def test_an_answer_that_is_not_reviewed_in_a_day_goes_on_and_both_reviews_count(
    house: House, screen: Screen
) -> None:
    await a_day_of_reviews(house)
    ada = await house.enter("ada", screen)
    await ask_and_see_how_long_it_takes(ada)
    you = await house.enter("you", screen)
    await you.press("Give me one to review", await open_reviews(you))
    await you.press("Write my review", you.reply("An answer to"))
    await fill(you, Effort())
    await house.wait(25 * HOUR)
    await somebody_else_takes_it(house, screen)
    await send_it_all_the_same(you)
    await keep_it_and_change_it(ada)
    await reply_is_read(you)


async def a_day_of_reviews(house: House) -> None:
    """Three answers were reviewed, each 14 hours after its author asked."""
    everybody = ("ben", "you", "olga", "ada")
    await monday(house, *everybody)
    await house.practise(*everybody[:3])
    await house.send("ada", "answers.send", {"text": ANSWER, "choices": ()}, task=MONDAY)
    for author in everybody[:3]:
        await house.press(author, "reviews.ask", MONDAY)
    await house.wait(14 * HOUR)
    for number, reviewer in enumerate(("ada", "ben", "you"), 1):
        await reviewed(house, reviewer, number)


async def ask_and_see_how_long_it_takes(ada: Window) -> None:
    await ada.choose("Ask for a review of", "Two loss curves", await open_reviews(ada))
    await ada.sees("0 of 1 reviews, usually 14 hours", within=ada.reply("Your answer waits for a review."))
    await ada.show("173-waiting-time", ada.reply("Your answer waits for a review."))
    await ada.press("All reviews", ada.reply("Your answer waits for a review."))
    await ada.sees("0 of 1 reviews, usually 14 hours", "Take back a request", within=ada.reply("Reviews"))
    await ada.show("174-everything-at-once", ada.reply("Reviews"))


async def somebody_else_takes_it(house: House, screen: Screen) -> None:
    """The day is over. The other one reviews the answer, too."""
    olga = await house.enter("olga", screen)
    await olga.go("Home")
    await olga.sees("1 answer waits for a review.")
    await olga.press("Give me one to review")
    await olga.sees("It is yours until", within=olga.reply("An answer to"))
    await olga.show("175-taken-on", olga.reply("An answer to"))
    await olga.press("All criteria", olga.reply("An answer to"))
    await olga.show("176-all-criteria", olga.reply("How answers are judged"))
    await house.send("olga", "reviews.send", VALUES, lease="5")


async def send_it_all_the_same(you: Window) -> None:
    """The form has been open all the time, and nothing of it is lost."""
    await you.press("Send my review", you.form)
    await you.sees("Sent: your review of")
    await you.show("177-sent-late", you.reply("Sent: your review of"))


async def keep_it_and_change_it(ada: Window) -> None:
    board = await open_reviews(ada)
    await ada.sees(
        "2 reviews of your answers wait for your reply.", "Nobody waits for a review from you now.", within=board
    )
    await ada.show("178-two-new-reviews", board)
    await ada.choose("Read a review", "New", board)
    review = ada.reply("A review of")
    await ada.sees("2 reviews of this answer, side by side:", within=review)
    await ada.show("179-side-by-side", review)
    await ada.press("I keep it", review)
    await ada.sees("You kept your answer as it is.", within=ada.reply("Your reply is sent."))
    await ada.show("180-kept", ada.reply("Your reply is sent."))
    board = await open_reviews(ada)
    await ada.sees("1 review of your answers waits for your reply.", within=board)
    await ada.choose("Read a review", "New", board)
    await ada.sees("No sentence shows it yet.", within=review)  # the other one
    await ada.press("I changed it", review)
    await ada.sees("You changed your answer.", "Change my answer", within=ada.reply("Your reply is sent."))
    await ada.show("181-changed", ada.reply("Your reply is sent."))


async def reply_is_read(you: Window) -> None:
    await you.choose("Reviews you gave", "Replied", await open_reviews(you))
    await you.sees("The author keeps the answer as it is.", within=you.reply("Your review of an answer to"))


@on(DESKTOP)
async def test_an_answer_that_nobody_takes_is_brought_to_volunteers_and_then_to_the_organiser(
    house: House, screen: Screen
) -> None:
    await monday(house, "ada", "ben", "you")
    await house.practise("ada", "ben", "you")
    await house.press("ada", "reviews.ask", MONDAY)
    await house.press("ben", "nudges.hour", "12:30")
    await house.until(berlin(7, 18, 31))
    ben = await house.enter("ben", screen)
    await ben.go("Whetstone")
    asked = ben.post("An answer waits for a review. Can you take one?")
    await expect(asked).to_be_visible()
    await ben.show("182-volunteers-wanted", asked)
    olga = await house.enter("olga", screen)
    await olga.go("Home")
    await olga.sees("Your desk", "1 answer has waited over two days for a review.")
    await olga.show("183-on-the-desk", olga.page.locator("#log > :first-child"))
    await ben.go("#general")
    await ben.press("Give me one to review", await open_reviews(ben))
    await ben.press("Give it back", ben.reply("An answer to"))
    await ben.sees("You gave it back.", "Nobody learns of it.")
    await ben.show("184-given-back", ben.reply("You gave it back."))
    await ben.press("Give me another one", ben.reply("You gave it back."))
    await ben.sees("Nothing to review right now")
    await ben.show("185-nothing-to-review", ben.reply("Nothing to review right now"))
