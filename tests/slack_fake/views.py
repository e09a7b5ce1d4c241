"""Modals and home pages."""

from datetime import timedelta
from hashlib import sha256
from typing import TYPE_CHECKING, Any

from tests.slack_fake import judge
from tests.slack_fake.errors import ApiError, invalid_arguments
from tests.slack_fake.files import not_ready, unknown_pictures
from tests.slack_fake.payloads import view_json
from tests.slack_fake.rules import Verdict
from tests.slack_fake.town import Json, User, View, walk
from tests.slack_fake.web_api import Call, find_user, method, need_scope, refuse

if TYPE_CHECKING:
    from tests.slack_fake.deeds import Deed
    from tests.slack_fake.server import FakeSlack

TRIGGER_LIFE = timedelta(seconds=3)
STACK = 3  # modals of one person, one above the other


def judged(fake: "FakeSlack", about: str, payload: Any, kind: str = "modal") -> Json:
    """Raises ApiError unless this is a view that may stand."""
    found = judge.view_faults(payload)
    refuse(fake, about, found or unknown_pictures(fake, payload), payload, invalid_arguments)
    if words := not_ready(fake, payload):
        raise invalid_arguments(words)
    if any(part.get("type") == "file_input" for part in walk(payload["blocks"])):
        need_scope(fake, "files:read")
    if payload.get("type") != kind:
        raise invalid_arguments(f"view type is “{kind}” here")
    blocks = [{"block_id": fake.town.next_id("b"), **block} for block in payload["blocks"]]
    return {**payload, "blocks": blocks}


def new_view(fake: "FakeSlack", user: User, payload: Json, trigger: str = "") -> View:
    view = View(fake.town.next_id("V"), user, payload, "", trigger)
    view.hash = _hash(fake)
    fake.town.views[view.id] = view
    return view


def replace(fake: "FakeSlack", view: View, payload: Json) -> None:
    """Fields that keep both their ids keep what the person entered, whatever they should hold at first."""
    before = {(block["block_id"], block["element"]["action_id"]) for block in view.inputs}
    view.payload, view.hash, view.errors = payload, _hash(fake), {}
    kept = {block["block_id"] for block in view.inputs if (block["block_id"], block["element"]["action_id"]) in before}
    view.entered = {block_id: held for block_id, held in view.entered.items() if block_id in kept}
    view.shown += 1


def _hash(fake: "FakeSlack") -> str:
    ts = fake.town.next_ts()
    return f"{ts.partition('.')[0]}.{sha256(ts.encode()).hexdigest()[:8]}"


def take_trigger(fake: "FakeSlack", trigger: Any) -> "Deed":
    """The deed that this trigger belongs to. It lives for three seconds by the clock, and works once."""
    found = fake.triggers.get(str(trigger))
    if found is None:
        raise ApiError("invalid_trigger_id")
    if found.is_exchanged:
        raise ApiError("exchanged_trigger_id")
    if fake.town.clock.now() - found.at > TRIGGER_LIFE:
        raise ApiError("expired_trigger_id")
    return found


def open_view(fake: "FakeSlack", call: Call) -> Json:
    call.need("trigger_id", "view")
    payload = judged(fake, call.method, call.args["view"])
    deed = take_trigger(fake, call.args["trigger_id"])
    user = deed.user
    if user.modals and deed.view in user.modals:
        found = judge.Fault((), "a modal is open already: push another, or update it")
        fake.verdicts.append(Verdict(call.method, (found,), call.args))
    deed.is_exchanged = True
    view = new_view(fake, user, payload, deed.trigger)
    user.modals = [view]
    deed.views.append(view)
    return {"view": view_json(view, fake.town)}


method("views.open")(open_view)


@method("views.push")
def push_view(fake: "FakeSlack", call: Call) -> Json:
    call.need("trigger_id", "view")
    payload = judged(fake, call.method, call.args["view"])
    deed = take_trigger(fake, call.args["trigger_id"])
    if deed.view is None or deed.view not in deed.user.modals:
        raise ApiError("not_found")
    deed.is_exchanged = True
    view = pushed(fake, deed.user, payload, deed.trigger)
    deed.views.append(view)
    return {"view": view_json(view, fake.town)}


def pushed(fake: "FakeSlack", user: User, payload: Json, trigger: str) -> View:
    if len(user.modals) >= STACK:
        raise ApiError("push_limit_reached")
    view = new_view(fake, user, payload, trigger)
    view.previous = user.modals[-1] if user.modals else None
    user.modals.append(view)
    return view


@method("views.update")
def update_view(fake: "FakeSlack", call: Call) -> Json:
    call.need("view")
    named = (str(call.args.get("view_id", "")), str(call.args.get("external_id", "")))
    view = next(
        (
            one
            for one in fake.town.views.values()
            if named[0] == one.id or (named[1] and named[1] == one.payload.get("external_id"))
        ),
        None,
    )
    if view is None or (view.type == "modal" and view not in view.user.modals):
        raise ApiError("not_found")
    payload = judged(fake, call.method, call.args["view"], view.type)
    _guard(call, view)
    replace(fake, view, payload)
    _seen(view)
    return {"view": view_json(view, fake.town)}


@method("views.publish")
def publish(fake: "FakeSlack", call: Call) -> Json:
    user = find_user(fake, call.need("user_id", "view")[0])
    payload = judged(fake, call.method, call.args["view"], "home")
    if fake.is_home_off:
        raise ApiError("not_enabled")
    if user.home is None:
        user.home = new_view(fake, user, payload)
    else:
        _guard(call, user.home)
        replace(fake, user.home, payload)
    _seen(user.home)
    return {"view": view_json(user.home, fake.town)}


def _guard(call: Call, view: View) -> None:
    if call.args.get("hash") and call.args["hash"] != view.hash:
        raise ApiError("hash_conflict")


def _seen(view: View) -> None:
    deed = view.user.deed
    if deed is not None and view not in deed.views:
        deed.views.append(view)


def answer_submission(fake: "FakeSlack", deed: "Deed", payload: Json) -> None:
    """What the ack of a view_submission does to the modals of the person."""
    view, user = deed.view, deed.user
    assert view is not None
    found = judge.ack_faults(payload, view.blocks) if fake.judges else []
    if found:
        fake.verdicts.append(Verdict("ack", tuple(found), payload))
    match payload.get("response_action"):
        case "errors":
            view.errors = dict(payload.get("errors") or {})
            keys = {block["block_id"]: block["element"]["action_id"] for block in view.inputs}
            deed.errors = {keys.get(block_id, block_id): said for block_id, said in view.errors.items()}
        case "update":
            replace(fake, view, judged(fake, "ack", payload["view"]))
            deed.views.append(view)
        case "push":
            deed.views.append(pushed(fake, user, judged(fake, "ack", payload["view"]), deed.trigger))
        case "clear":
            user.modals = []
        case _:
            if view in user.modals:
                user.modals = user.modals[: user.modals.index(view)]
