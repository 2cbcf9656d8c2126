"""The form of the word filter: what it shows, and what was written into it. Nothing of an open form is kept in memory.

Who opened it stands in its id, so that a form which was opened before a restart can be sent after it.
"""

import re
from collections.abc import Sequence
from typing import Any

import discord
from discord import ui

from bot import errors
from bot.ui import characters, modals
from bot.ui.texts import admin

MAX_FIELDS, FIELD_CHARS = 5, 4000
"""Of one form (discord.md 4)."""
_ID = re.compile(r"v1:words-modal:(?P<opener>[0-9]{1,20})")


def words_form(words: Sequence[str], *, opener_id: int) -> ui.Modal:
    """Return a new form that holds the words there are, to be sent once by `interaction.response.send_modal`.

    Raises BadSetting where they are more than a form can hold.
    """
    form = modals.StatelessModal(title=admin.WORDS_TITLE, custom_id=f"v1:words-modal:{opener_id}")
    for number, written in enumerate(_fields(words), start=1):
        field: ui.TextInput[Any] = ui.TextInput(
            custom_id=f"words{number}",
            style=discord.TextStyle.paragraph,
            default=written or None,
            required=False,
            max_length=FIELD_CHARS,
        )
        hint = admin.WORDS_HINT if number == 1 else admin.WORDS_MORE_HINT
        label: ui.Label[Any] = ui.Label(text=admin.words_label(number), description=hint, component=field)
        form.add_item(label)
    return form


def find_opener(custom_id: str) -> int | None:
    """Return who opened the form of the word filter with this id; None where it is none of this version."""
    match = _ID.fullmatch(custom_id)
    return int(match["opener"]) if match else None


def read(sent: dict[str, Any]) -> str:
    """Return what was written into a submitted form, one word or phrase a line."""
    return "\n".join(text for _, text in sorted(modals.texts_of(sent).items()))


def _fields(words: Sequence[str]) -> list[str]:
    """Spread the words over as few fields as hold them, and leave one more for further ones."""
    fields = [""]
    for word in words:
        longer = f"{fields[-1]}\n{word}" if fields[-1] else word
        if characters.length(longer) <= FIELD_CHARS:
            fields[-1] = longer
        else:
            fields.append(word)
    if len(fields) > MAX_FIELDS:
        raise errors.BadSetting("too_many_words", str(len(words)))
    is_full = characters.length(fields[-1]) > FIELD_CHARS // 2
    return [*fields, ""] if is_full and len(fields) < MAX_FIELDS else fields
