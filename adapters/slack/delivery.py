"""
What Slack's errors mean for a message: not now, nobody knows, or never; and what an organiser does about it.

The words are those of each method's page on docs.slack.dev, section "Errors".
"""

from datetime import timedelta

import aiohttp
from slack_sdk.errors import SlackApiError, SlackClientError

from adapters.slack.scopes import TO_ADD
from adapters.slack.settings import ANOTHER_CHANNEL, APPS, set_up_again
from adapters.slack.web import error_word, status_of
from bot.kernel.errors import DeliveryError, Later, Reason, Rejected, Unsure

BOT = "Whetstone"
SERVER_BACK = timedelta(minutes=1)  # until the next try where Slack says that a workspace is not available
NETWORK_BACK = timedelta(seconds=10)  # where no connection could be made
TROUBLES = (SlackClientError, OSError, aiohttp.ClientError)

NOTHING_TO_DO = "Nothing needs to be done."
ADMIN = "A workspace admin can change that."

DIRECT = "private messages"  # what the place of those is called

# Words that the platform itself acts on.
NO_SCOPE = "missing_scope"
NO_MESSAGE = "message_not_found"
NOT_IN_CHANNEL = "not_in_channel"
NO_CHANNEL = "channel_not_found"
NO_THREAD = "thread_not_found"
KEPT = ("cant_delete_message", "compliance_exports_prevent_deletion")

DOUBTFUL = {"internal_error", "fatal_error", "service_unavailable", "request_timeout"}
LATER = {
    "accesslimited", "message_limit_exceeded", "org_login_required", "rollup_error", "team_added_to_org",
}  # fmt: skip
TOKEN = {
    "account_inactive", "invalid_auth", "not_allowed_token_type", "not_authed", "team_not_found", "token_expired",
    "token_revoked",
}  # fmt: skip
CLOSED = {
    "cannot_dm_bot": "Slack takes no private messages for this account. " + NOTHING_TO_DO,
    "im_disabled": "Slack takes no private messages for this account. " + NOTHING_TO_DO,
}
GONE = {
    NO_CHANNEL: f"Slack does not show {{place}} to {BOT}: it was deleted, or it is private. "
    f"Where it is private, write “/invite @{{bot}}” in it. {ANOTHER_CHANNEL}",
    "is_archived": f"{{place}} is archived. Open it again in its settings. Or: {ANOTHER_CHANNEL}",
    NO_MESSAGE: "Somebody deleted this message in {place}. The next ones come as planned. " + NOTHING_TO_DO,
    NO_THREAD: "Somebody deleted a thread in {place}. What was to be written there is lost. " + NOTHING_TO_DO,
    "cannot_reply_to_message": "Slack takes no replies to this message in {place}. " + NOTHING_TO_DO,
    "user_disabled": "This member is not in the workspace any more. " + NOTHING_TO_DO,
    "user_not_found": "This member is not in the workspace any more. " + NOTHING_TO_DO,
    "user_not_visible": f"Slack does not show this member to {BOT}. " + NOTHING_TO_DO,
    "users_not_found": "Somebody is not in the workspace any more. " + NOTHING_TO_DO,
}
FORBIDDEN = {
    NOT_IN_CHANNEL: f"{BOT} is not in {{place}}. Write “/invite @{{bot}}” in {{place}}.",
    "restricted_action": f"The workspace does not let {BOT} write in {{place}}. {ADMIN}",
    "restricted_action_non_threadable_channel": f"{{place}} has no threads. {ANOTHER_CHANNEL}",
    "restricted_action_read_only_channel": f"{BOT} may not write in {{place}}: only some people may. "
    f"Change who can post in the settings of {{place}}. Or: {ANOTHER_CHANNEL}",
    "restricted_action_thread_locked": "A thread in {place} is locked. Whoever locked it can open it again.",
    "restricted_action_thread_only_channel": f"{{place}} takes replies only. {ANOTHER_CHANNEL}",
    "method_not_supported_for_channel_type": f"{BOT} cannot do this in this kind of channel. {ANOTHER_CHANNEL}",
    "messages_tab_disabled": f"Slack takes no private messages of {BOT}. Whoever runs {BOT} switches on the "
    f"Messages Tab: {APPS}, then App Home.",
    "edit_window_closed": f"This workspace lets nobody change old messages. {ADMIN}",
    "cant_update_message": f"Slack does not let {BOT} change this message in {{place}}. {NOTHING_TO_DO}",
    "cant_delete_message": f"Slack does not let {BOT} delete this message in {{place}}. Delete it by hand.",
    "ekm_access_denied": f"The workspace’s admins have stopped all writing for now. {ADMIN}",
    "team_access_not_granted": f"The organization did not give {BOT} this workspace. {ADMIN}",
    "access_denied": f"The workspace does not let {BOT} do this. {ADMIN}",
    "no_permission": f"The workspace does not let {BOT} do this. {ADMIN}",
    "file_uploads_disabled": f"This workspace takes no files. {ADMIN}",
    "file_upload_size_restricted": f"This workspace takes no files of this size. {ADMIN}",
    "storage_limit_reached": "This workspace has no room for files any more. Delete old files.",
}


def delivery_error(error: Exception, place: str = "a channel", bot: str = BOT) -> DeliveryError:
    """
    The port's word for what went wrong in this place. What is no error of Slack or of the network is `Unsure`.

    `bot` is what the workspace calls the bot: whoever installs the app may give it another name.
    """
    match error:
        case DeliveryError():
            return error
        case aiohttp.ClientConnectorError():
            return Later(NETWORK_BACK)  # no connection, so nothing arrived
        case SlackApiError() if error_word(error) and status_of(error) < 500:
            return _refused(error, place, bot)
        case SlackApiError():
            return Unsure(f"status {status_of(error)}, and no answer of Slack in it")
        case _:
            return Unsure(f"{type(error).__name__}: {error}"[:200])


def install_again(workspace: str = "") -> str:
    """What is to be done where the bot's token is refused. `workspace` is the operator's word for it."""
    return (
        f"Slack does not accept the bot’s token for this workspace. Whoever runs {BOT} installs the app again at "
        f"{APPS}, and puts the new token in place: {set_up_again(workspace)}. Then start the bot again."
    )


def _refused(error: SlackApiError, place: str, bot: str) -> DeliveryError:
    word = error_word(error)
    if word in DOUBTFUL:
        return Unsure(f"Slack says {word}")
    if word in LATER:
        return Later(SERVER_BACK)
    if word in TOKEN:
        return Rejected(Reason.TOKEN, install_again())
    if word == NO_SCOPE:
        return Rejected(Reason.FORBIDDEN, _scope(error_word(error, "needed")))
    if word == NO_CHANNEL and place == DIRECT:
        word = "user_disabled"  # Slack keeps the conversation, and shows it to nobody
    for reason, sentences in ((Reason.GONE, GONE), (Reason.FORBIDDEN, FORBIDDEN), (Reason.CLOSED, CLOSED)):
        if word in sentences:
            said = sentences[word].replace("{bot}", bot).replace("{place}", place)
            return Rejected(reason, said[:1].upper() + said[1:])
    return Rejected(Reason.BUG, f"Slack calls this message wrong ({word}). Tell whoever runs {BOT}.")


def _scope(needed: str) -> str:
    """Which scope is missing and where it is added. Slack names several where each of them would do."""
    name = needed.partition(",")[0] or "of this deed"
    return f"{BOT} lacks the scope “{name}”. Whoever runs {BOT} can add it. {TO_ADD}"
