"""Files on disk: where they live, how they are written, what they hold."""
