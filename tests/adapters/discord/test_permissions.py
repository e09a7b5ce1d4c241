"""The rights that are asked for, and the sentences about those that are missing."""

from urllib.parse import parse_qs, urlsplit

import discord
import pytest

from adapters.discord.permissions import (
    ASKED,
    ATTACH,
    PIN,
    PREVIEW,
    PUBLIC_THREADS,
    RIGHTS,
    SEE,
    WRITE,
    WRITE_IN_THREADS,
    Attempt,
    Right,
    forbidden,
    invite_link,
    lacking,
    missing_rights,
    whereabouts,
)
from bot.clock import TurnedClock
from tests.adapters.discord.stage import Listener, connected
from tests.discord_fake import rights
from tests.discord_fake.server import FakeDiscord
from tests.discord_fake.town import FORUM, Channel

LIBRARY = {
    "View Channels": "view_channel", "Send Messages": "send_messages", "Embed Links": "embed_links",
    "Attach Files": "attach_files", "Read Message History": "read_message_history", "Manage Threads": "manage_threads",
    "Create Public Threads": "create_public_threads", "Create Private Threads": "create_private_threads",
    "Send Messages in Threads": "send_messages_in_threads", "Pin Messages": "pin_messages",
}  # fmt: skip


def test_exactly_the_documented_rights_are_asked_for() -> None:
    assert ASKED == 2252194950794240
    assert discord.Permissions(**dict.fromkeys(LIBRARY.values(), True)).value == ASKED


@pytest.mark.parametrize("right", RIGHTS, ids=lambda right: right.name)
def test_a_right_has_the_bit_of_its_name_and_says_what_it_is_for(right: object) -> None:
    found = next(one for one in RIGHTS if one is right)
    assert discord.Permissions(**{LIBRARY[found.name]: True}).value == found.bit
    assert found.use.endswith(".")
    assert found.without.endswith(".")


def test_the_invite_link_asks_for_these_and_no_more() -> None:
    link = urlsplit(invite_link(123))
    assert (link.scheme, link.netloc, link.path) == ("https", "discord.com", "/oauth2/authorize")
    asked = {key: values[0] for key, values in parse_qs(link.query).items()}
    assert asked == {"client_id": "123", "scope": "bot applications.commands", "permissions": str(ASKED)}


def test_who_has_all_lacks_nothing_and_who_has_nothing_is_told_of_the_first() -> None:
    assert lacking(ASKED) == []
    assert lacking(0) == [SEE]
    assert lacking(ASKED & ~PIN.bit) == [PIN]


def test_who_may_not_write_hears_nothing_of_files_and_previews() -> None:
    assert lacking(ASKED & ~(WRITE.bit | ATTACH.bit | PREVIEW.bit)) == [WRITE]
    assert lacking(ASKED & ~(ATTACH.bit | PIN.bit)) == [ATTACH, PIN]


def test_the_sentence_names_channel_right_and_fix() -> None:
    assert forbidden(Attempt("#daily", PUBLIC_THREADS)) == (
        "In #daily Whetstone may not make threads. "
        "Allow “Create Public Threads” for Whetstone: Server settings, then Roles."
    )
    assert "the settings of #daily, then Permissions." in forbidden(Attempt("#daily", WRITE, by_channel=True))
    assert "#daily" in forbidden(Attempt("#daily"))


@pytest.mark.parametrize("right", RIGHTS, ids=lambda right: right.name)
@pytest.mark.parametrize("by_channel", [True, False])
def test_every_sentence_is_short(right: object, *, by_channel: bool) -> None:
    found = next(one for one in RIGHTS if one is right)
    said = forbidden(Attempt("#a-channel-with-a-name", found, by_channel=by_channel))
    assert all(len(sentence.split()) < 20 for sentence in said.split(". "))
    assert len(said) <= 200


def names(missing: list[Right]) -> list[str]:
    return [right.name for right in missing]


async def test_the_cache_knows_what_is_missing_in_a_channel_a_thread_and_a_forum(clock: TurnedClock) -> None:
    async with FakeDiscord(clock) as fake:
        guild = fake.town.add_guild("Study", owner=fake.town.add_user("Ada"))
        daily, questions = fake.town.add_channel(guild, "daily"), fake.town.add_channel(guild, "questions", FORUM)
        fake.town.forbid(daily, rights.CREATE_PUBLIC_THREADS | rights.SEND_MESSAGES_IN_THREADS)
        fake.town.forbid(questions, rights.CREATE_PRIVATE_THREADS)
        thread = fake.town.keep(Channel(fake.town.next_id(), 11, "Monday", guild, daily, owner=fake.town.bot))
        client = Listener()
        async with connected(fake, client):
            await client.hear("GUILD_CREATE")
            known = client.get_guild(guild.id)
            assert known
            here, forum, below = (known.get_channel_or_thread(one.id) for one in (daily, questions, thread))
            assert isinstance(here, discord.TextChannel)
            assert isinstance(forum, discord.ForumChannel)
            assert isinstance(below, discord.Thread)
            assert names(missing_rights(known, here)) == ["Create Public Threads", "Send Messages in Threads"]
            assert names(missing_rights(known, forum)) == []
            assert names(missing_rights(known, below)) == ["Send Messages in Threads"]
            assert missing_rights(known, here, (WRITE,)) == []
            assert whereabouts(known, here, (PUBLIC_THREADS,)) == Attempt("#daily", PUBLIC_THREADS, by_channel=True)
            assert whereabouts(known, below, (WRITE_IN_THREADS,)).place == "#daily"
            assert whereabouts(known, None, (WRITE,)) == Attempt("a channel", WRITE)
            for role in (guild.everyone, guild.role("Whetstone")):
                fake.change_role(guild, role, role.permissions & ~rights.SEND_MESSAGES)
            await client.hear("GUILD_ROLE_UPDATE", 2)
            assert whereabouts(known, here, (WRITE,)) == Attempt("#daily", WRITE)


async def test_the_sentence_names_the_role_or_the_member_that_stands_in_the_list(clock: TurnedClock) -> None:
    """Whoever set the bot up gave it a name; a server may have given it another one."""
    async with FakeDiscord(clock) as fake:
        guild = fake.town.add_guild("Study", owner=fake.town.add_user("Ada"))
        daily, own = fake.town.add_channel(guild, "daily"), guild.role("Whetstone")
        own.name = "Study bot"
        client = Listener()
        async with connected(fake, client):
            await client.hear("GUILD_CREATE")
            known = client.get_guild(guild.id)
            assert known
            attempt = whereabouts(known, known.get_channel(daily.id), (WRITE,))
            assert forbidden(attempt).endswith("for Study bot: Server settings, then Roles.")
            del known._roles[own.id]  # the role was removed
            known.me.nick = "Helper"
            attempt = whereabouts(known, known.get_channel(daily.id), (WRITE,))
            assert forbidden(attempt).startswith("In #daily Helper may not write.")
