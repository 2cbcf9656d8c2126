"""What holds for every test."""

import os
import sys

from hypothesis import HealthCheck, settings

# The bot is started some hundred times, in this process and in others. Where Python was told to keep no compiled
# modules, each of those starts would compile the whole bot anew.
sys.dont_write_bytecode = False
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)

# Whether a machine is busy decides no test, and the same commit is proved by the same examples; who works on the bot
# tries new ones with each run.
settings.register_profile(
    "house", deadline=None, suppress_health_check=[HealthCheck.too_slow], derandomize="CI" in os.environ
)
settings.load_profile("house")
