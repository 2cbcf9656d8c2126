"""Forms of which nothing is kept in memory: where their answer goes stands in their id, and outlives a restart."""

from typing import Any

from discord import ui


class StatelessModal(ui.Modal):
    """A form that discord.py forgets when it is sent: its answer is read out of the event, not by the library.

    The library would keep each one that a person closes without a word for ever, and know none after a restart.
    """

    def is_finished(self) -> bool:
        """Tell the library that there is nothing to wait for."""
        return True


def texts_of(sent: dict[str, Any]) -> dict[str, str]:
    """Return what was written into the text fields of a submitted form, by their ids."""
    parts = [label["component"] for label in sent["components"] if "component" in label]
    return {part["custom_id"]: str(part["value"]) for part in parts if "value" in part}
