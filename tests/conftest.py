"""What holds for every test."""

import os
import sys

# The bot is started some hundred times, in this process and in others. Where Python was told to keep no compiled
# modules, each of those starts would compile the whole bot anew.
sys.dont_write_bytecode = False
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
