"""How the command line speaks: answers on standard output, complaints on standard error."""

import os
import sys


def tell(line: str) -> bool:
    """Print an answer at once; False where standard output takes no more (a full disk, a reader that has gone)."""
    try:
        print(line, flush=True)
    except OSError:
        _silence_output()
        return False
    return True


def complain(sentence: str) -> None:
    """Print what went wrong, given without its full stop."""
    print(f"imagebot: {sentence}.", file=sys.stderr, flush=True)


def _silence_output() -> None:
    """Let what is still buffered go nowhere, or the interpreter would complain about it when it ends."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, sys.stdout.fileno())
    os.close(nowhere)
