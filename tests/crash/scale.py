"""How large the proofs are: ``PROOF_SCALE`` of their full size; ``make prove`` runs all of it."""

from __future__ import annotations

import os

SCALE = float(os.environ.get("PROOF_SCALE", "0.1"))


def sized(full: int) -> int:
    """So many rounds of ``full`` at this scale, at least one."""
    return max(1, round(full * SCALE))
