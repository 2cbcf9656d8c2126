"""How the command line reads the name of a file that is to be made."""

import argparse
from pathlib import Path


def new_file(written: str) -> Path:
    """Return the path; an empty name, which would be the folder one is in, is refused as such."""
    if not written.strip():
        raise argparse.ArgumentTypeError("the name of the file is missing")
    return Path(written)
