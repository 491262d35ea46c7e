"""``python -m nyx``."""

from __future__ import annotations

import sys

from nyx.cli import main

if __name__ == "__main__":
    sys.exit(main())
