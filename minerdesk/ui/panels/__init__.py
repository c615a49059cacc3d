"""One module per panel: renders a Snapshot, emits edits, computes nothing."""
