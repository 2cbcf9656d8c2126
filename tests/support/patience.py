"""How long a test waits in real time for what must come."""

PATIENCE_S = 120.0
"""A fuse, not a timer: so long that only what hangs meets it, however busy the machine is."""
