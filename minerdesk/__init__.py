"""minerdesk: what a megawatt earns mining Bitcoin or serving AI, on one basis."""

__version__ = "0.1.0"
