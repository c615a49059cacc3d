"""Totals that a run prints at its end, whatever else it prints: `conftest` shows them."""

LINES: list[str] = []
