"""What `imagebot backup` does: a copy of the database, made beside a bot that may be running."""

from pathlib import Path

from bot.cli.output import complain, tell
from bot.errors import StoreError
from bot.files import DataFolder
from bot.settings import StorageSettings
from bot.store import backup

EXIT_FAULT = 1


def main(settings: StorageSettings, to: Path) -> int:
    """Copy the database to a new file, say what is in it and what is not, and return the exit code."""
    folder = DataFolder(settings.data_dir)
    try:
        copied = backup.copy(folder.database, to)
    except StoreError as error:
        complain(f"no backup was made: {error}")
        return EXIT_FAULT
    tell(f"{to}: {copied.n_bytes / 1e6:.2f} MB, schema {copied.version}, read back and found whole.")
    tell(
        f"It holds the database alone. The pictures are not in it: copy {folder.results} and {folder.sources}, too, to "
        "keep them. Whoever has the file can read every prompt; to put it back, see the README."
    )
    return 0
