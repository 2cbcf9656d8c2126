"""Whatever comes, a body is accepted or refused in Discord's words; it never breaks the stand-in."""

import contextlib
import copy
import random
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.sandbox.discord import ApiRefusal
from bot.sandbox.discord.command_forms import check_command, check_commands
from bot.sandbox.discord.message_forms import CHANNEL_SEND, EDIT, check_message
from bot.sandbox.discord.modal_forms import check_modal

ODDITIES: list[Any] = [None, True, 0, 5, -1, 1.5, "", "a", "5", "x" * 101, [], {}, [{}], [None], {"a": 1}]
BUTTON = {"type": 2, "style": 1, "label": "x", "custom_id": "a", "emoji": {"name": "x"}}
MENU = {"type": 3, "custom_id": "m", "min_values": 1, "options": [{"label": "a", "value": "a", "default": True}]}
MESSAGE = {
    "content": "x",
    "flags": 4,
    "nonce": "n",
    "allowed_mentions": {"parse": ["users"], "roles": ["5"]},
    "message_reference": {"message_id": "5"},
    "attachments": [{"id": 0, "filename": "a.png", "description": "x"}],
    "components": [{"type": 1, "components": [BUTTON]}, {"type": 1, "components": [MENU]}],
    "embeds": [
        {
            "title": "x",
            "timestamp": "2026-11-22T09:00:00+00:00",
            "image": {"url": "attachment://a.png"},
            "author": {"name": "x", "icon_url": "https://a.example"},
            "footer": {"text": "x"},
            "fields": [{"name": "x", "value": "y", "inline": True}],
        }
    ],
}
SECTION = {"type": 9, "components": [{"type": 10, "content": "x"}], "accessory": BUTTON}
GALLERY = {"type": 12, "items": [{"media": {"url": "attachment://a.png"}, "description": "x"}]}
V2 = {"flags": 1 << 15, "components": [{"type": 17, "components": [SECTION, GALLERY, {"type": 14, "spacing": 1}]}]}
CHOICE = {"name": "a", "value": "a", "name_localizations": {"de": "a"}}
OPTION = {"type": 3, "name": "a", "description": "x", "required": True, "choices": [CHOICE], "min_length": 1}
SUB = {"type": 1, "name": "s", "description": "x", "options": [OPTION]}
GROUP = {"type": 2, "name": "g", "description": "x", "options": [SUB]}
COMMAND = {"name": "a", "description": "x", "options": [OPTION], "contexts": [0], "default_member_permissions": "8"}
UPLOAD = {"type": 19, "custom_id": "f", "min_values": 1, "max_values": 2}
INPUT = {"type": 4, "custom_id": "t", "style": 1, "min_length": 1, "max_length": 2}
MODAL = {
    "custom_id": "m",
    "title": "t",
    "components": [
        {"type": 18, "label": "x", "component": UPLOAD},
        {"type": 18, "label": "x", "component": INPUT},
        {"type": 18, "label": "x", "component": {**MENU, "required": False}},
    ],
}


def changed(body: Any, chance: random.Random) -> Any:
    """Copy a sound body with one or two of its values swapped for something odd."""
    copied = copy.deepcopy(body)
    places: list[tuple[Any, Any]] = []

    def note(part: Any) -> None:
        for key in part if isinstance(part, dict) else range(len(part) if isinstance(part, list) else 0):
            places.append((part, key))
            note(part[key])

    note(copied)
    for holder, key in chance.sample(places, 2):
        holder[key] = copy.deepcopy(chance.choice(ODDITIES))
    return copied


@pytest.mark.parametrize(
    ("check", "body"),
    [
        (lambda body: check_message(body, CHANNEL_SEND), MESSAGE),
        (lambda body: check_message(body, EDIT, was_v2=True), V2),
        (lambda body: check_modal(body, path=("data",)), MODAL),
        (check_command, COMMAND),
        (check_command, {**COMMAND, "options": [GROUP]}),
        (check_commands, [COMMAND, {"name": "Edit image", "type": 3}]),
    ],
    ids=["message", "version 2", "modal", "command", "group", "commands"],
)
@settings(max_examples=100)
@given(chance=st.randoms(use_true_random=False))
def test_no_body_breaks_a_form(check: Callable[[Any], Any], body: Any, chance: random.Random) -> None:
    """A sound body passes; with something odd in it, the only exception is a refusal."""
    check(copy.deepcopy(body))
    with contextlib.suppress(ApiRefusal):
        check(changed(body, chance))
