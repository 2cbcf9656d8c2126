"""The program a worker process runs: take a call from standard input, answer on standard output, until the input ends.

It knows no picture and no job; what it may call is whatever `worker.ImageWorkers` was given. A request is one pickled
`(function, args, kwargs)`, an answer eight bytes of length and one pickled `(result, error)`.
"""

import os
import pickle
import struct
import sys
import traceback
from typing import BinaryIO

from bot import posix

OUT_OF_MEMORY_STATUS = 77
"""The exit status of a worker whose call asked for more memory than it may have."""

ANSWER_LENGTH = struct.Struct(">Q")


def main() -> None:
    """Serve until standard input ends; arguments: the memory limit in bytes, the owner's process id."""
    memory_limit_bytes, owner_pid = (int(argument) for argument in sys.argv[1:])
    posix.die_with_parent(owner_pid)
    posix.ignore_interrupts()
    posix.limit_own_memory(memory_limit_bytes)
    with os.fdopen(os.dup(sys.stdout.fileno()), "wb") as answers:
        os.dup2(sys.stderr.fileno(), sys.stdout.fileno())  # a codec that prints must not write into our answers
        try:
            serve(sys.stdin.buffer, answers)
        except MemoryError:
            os._exit(OUT_OF_MEMORY_STATUS)  # what such a heap would do next is anybody's guess


def serve(requests: BinaryIO, answers: BinaryIO) -> None:
    """Answer every request until there is none left; MemoryError where a call did not get the memory it asked for."""
    while True:
        try:
            function, args, kwargs = pickle.load(requests)  # noqa: S301 - from our own parent, through its own pipe
        except EOFError:
            return
        result = error = None
        try:
            result = function(*args, **kwargs)
        except MemoryError:
            raise
        except Exception as fault:  # noqa: BLE001 - whatever it is belongs to the caller
            fault.add_note(f"raised in an image worker:\n{traceback.format_exc()}")
            error = fault
        answer = pickle.dumps((result, error))
        answers.write(ANSWER_LENGTH.pack(len(answer)) + answer)
        answers.flush()


if __name__ == "__main__":
    main()
