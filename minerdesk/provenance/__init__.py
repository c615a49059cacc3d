"""Where every computed figure comes from: declared once, by page, and answered from a Snapshot."""
