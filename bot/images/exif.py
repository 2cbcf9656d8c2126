"""The one thing of a picture's EXIF block we need before it goes: which way is up.

Read by hand because a library reads every entry, and entries may overlap: a block of a megabyte can claim gigabytes.
"""

import struct

_ORIENTATION_TAG = 0x0112
_SHORT = 3
_MAX_ENTRIES = 1_024


def read_orientation(block: bytes) -> int:
    """Return 1 to 8 as EXIF defines them, and 1 where the block does not say or is broken."""
    block = block.removeprefix(b"Exif\0\0")
    order = {b"II*\0": "<", b"MM\0*": ">"}.get(block[:4])
    if order is None:
        return 1
    try:
        (start,) = struct.unpack_from(f"{order}I", block, 4)
        (n_entries,) = struct.unpack_from(f"{order}H", block, start)
        for index in range(min(n_entries, _MAX_ENTRIES)):
            tag, kind, _, value = struct.unpack_from(f"{order}HHIH", block, start + 2 + 12 * index)
            if tag == _ORIENTATION_TAG:
                return value if kind == _SHORT and 1 <= value <= 8 else 1
    except struct.error:
        pass  # ends before what it announces
    return 1
