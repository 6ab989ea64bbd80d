"""What a person sees and presses. Knows :mod:`console`, never :mod:`data`."""

from __future__ import annotations

import os

os.environ.setdefault("TEXTUAL_FPS", "120")  # a key right after a paint waits for the next: 8 ms, not 17
