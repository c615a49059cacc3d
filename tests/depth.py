"""How many examples the generated tests try: the usual number, or so many times more.

    TESTS_DEPTH=20 .venv/bin/python -m pytest tests/test_sources_*.py tests/test_desk_machine.py

By hand, for an hour when nobody waits; what such a run gave stands in docs/reliability.md.
"""

import os

DEPTH = int(os.environ.get("TESTS_DEPTH", "1"))


def examples(usual: int) -> int:
    """Return how many examples a test tries that usually tries so many."""
    return usual * DEPTH
