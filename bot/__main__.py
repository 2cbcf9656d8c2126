"""`python -m bot` is `imagebot`."""

import sys

from bot.cli import main

sys.exit(main())
