"""
Whatever words of a member others see, they can report them from where they see them.

A feature that shows members' words in a card gives the card a menu or a button that leads to `safety.about` or
`safety.report`; or it says here why nobody needs one.
"""

import pytest

from bot.kernel.card import Card, Quote
from tests.test_architecture import EXAMPLES

REPORT = {"safety.about", "safety.report"}
OWN = "the reader's own words"
ORGANISERS = "only organisers see it, who decide about reports"
NEEDS_NONE = {
    "answers.page_run_card": OWN,
    "mlsd.report_card": OWN,
    "mlsd.stage_passed_card": OWN,
    "mlsd.version_card": OWN,
    "mlsd.versions_unsaid_card": OWN,
    "mlsd.stage_written_card": OWN,
    "mlsd.twist_answered_card": OWN,
    "mlsd.versions_card": OWN,
    "reviews.replied_card": OWN,
    "reviews.given_card": OWN,
    "reviews.given_held_card": OWN,
    "safety.case_card": ORGANISERS,
    "safety.case_long_card": ORGANISERS,
    "safety.case_decided_card": ORGANISERS,
    "safety.case_restored_card": ORGANISERS,
    "safety.case_in_thread_card": ORGANISERS,
    "safety.case_in_thread_removed_card": ORGANISERS,
    "safety.case_unhidden_card": ORGANISERS,
    "safety.case_conflict_card": ORGANISERS,
    "safety.words_card": ORGANISERS,
    "safety.log_card": ORGANISERS,
    "safety.decided_removed_card": "the reason that an organiser gives the author, in a private message",
    "safety.decided_gone_card": "the reason that an organiser gives the author, in a private message",
    "streaks.told_card": "the reason that an organiser gives the member, in a private message",
}


def shows_words(shown: object) -> bool:
    return isinstance(shown, Card) and any(isinstance(block, Quote) and block.of_member for block in shown.blocks)


def leads_to_a_report(card: Card) -> bool:
    routes = {button.action.route for button in card.buttons} | {menu.action.route for menu in card.selects}
    return bool(REPORT & routes)


WITH_WORDS = {name: card for name, card in EXAMPLES.items() if isinstance(card, Card) and shows_words(card)}


@pytest.mark.parametrize("name", WITH_WORDS)
def test_members_words_can_be_reported_from_the_card_that_shows_them(name: str) -> None:
    if name in NEEDS_NONE:
        assert not leads_to_a_report(WITH_WORDS[name]), f"{name} leads to a report, so it needs no exception"
    else:
        assert leads_to_a_report(WITH_WORDS[name]), f"{name} shows members' words, and nobody can report them"


def test_every_exception_is_a_card_that_shows_words() -> None:
    assert set(NEEDS_NONE) <= set(WITH_WORDS)
    assert len(WITH_WORDS) > len(NEEDS_NONE)
