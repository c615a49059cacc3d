"""Machines found on a private network, read only: the scan as a process of its own, and what is made of its answers."""
