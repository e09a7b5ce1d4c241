"""Our payloads as discord.py builds them itself: its classes check them and write them down again."""

from typing import Any

import discord
from discord import ui
from discord.components import LabelComponent, _component_factory
from discord.ui.view import _component_to_item

Json = dict[str, Any]
IN_A_LABEL: dict[int, Any] = {4: ui.TextInput, 19: ui.FileUpload, 21: ui.RadioGroup, 22: ui.CheckboxGroup}
# What discord.py adds, and what holds anyway when nothing is said.
BY_ITSELF = {"disabled": False, "spoiler": False, "default": False, "min_values": 1, "max_values": 1, "required": True}


def view_of(body: Json) -> ui.LayoutView:
    view = ui.LayoutView(timeout=None)
    for part in body["components"]:
        view.add_item(_component_to_item(_known(part)))
    return view


def modal_of(data: Json) -> ui.Modal:
    modal = ui.Modal(title=data["title"], custom_id=data["custom_id"], timeout=None)
    for part in data["components"]:
        label = _known(part)
        assert isinstance(label, LabelComponent)
        inner = IN_A_LABEL.get(label.component.type.value)
        item = inner.from_component(label.component) if inner else _component_to_item(label.component)
        modal.add_item(ui.Label(text=label.label, description=label.description, component=item))
    return modal


def _known(part: Json) -> discord.Component:
    found = _component_factory(part)  # type: ignore[arg-type]
    assert found is not None, f"discord.py does not know {part['type']}"
    return found


def settled(found: Any) -> Any:
    """Without numbers of parts and without what holds anyway, so that two spellings of one thing are equal."""
    if isinstance(found, list):
        return [settled(one) for one in found]
    if isinstance(found, dict):
        # Its menus forget whether a choice is required when they are built from a payload.
        passed = {"id", "required"} if found.get("type") in (3, 5, 8) else {"id"}
        kept = {key: value for key, value in found.items() if key not in passed and value is not None}
        return {key: settled(value) for key, value in kept.items() if BY_ITSELF.get(key, ...) != value}
    return int(found) if isinstance(found, int) and not isinstance(found, bool) else found
