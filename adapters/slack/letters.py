"""Private conversations: which of our answers stand there."""

from collections.abc import Sequence

from adapters.slack.translate import carries
from adapters.slack.web import Json, Web

PAGE = 200  # messages in one answer; Slack recommends no more
PAGES = 20  # of one conversation


async def list_standing(web: Web, channel: str, name: str, since: str) -> Sequence[str]:
    """
    Which of our messages `name/0`, `name/1` and so on stand in this conversation, among those after `since` (a ts).

    Raises what `Web.call` raises.
    """
    ours: list[Json] = []
    asked: Json = {"channel": channel, "oldest": since, "limit": PAGE, "include_all_metadata": True}
    for _ in range(PAGES):  # forward: the page closest to `since` comes first
        page = await web.call("conversations.history", paced=False, **asked)
        ours += [message for message in page.get("messages") or () if message.get("bot_id")]
        asked["cursor"] = (page.get("response_metadata") or {}).get("next_cursor")
        if not asked["cursor"]:
            break
    names = [f"{name}/{number}" for number in range(len(ours))]
    return [one for one in names if any(carries(message, one) for message in ours)]


async def does_stand(web: Web, channel: str, name: str) -> bool:
    """Does the message with this name, which was written just now, stand in this conversation? Raises as above."""
    page = await web.call(
        "conversations.history", paced=False, channel=channel, limit=PAGE, include_all_metadata=True
    )  # fmt: skip
    return any(message.get("bot_id") and carries(message, name) for message in page.get("messages") or ())
