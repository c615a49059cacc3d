"""Where the fees of blocks are kept: those of a block never change, so each is asked for once."""

from collections.abc import Iterable, Mapping
from typing import Protocol

from minerdesk.kept import BlockFee


class BlockFees(Protocol):
    """Where they are kept. None of it raises: what can't be kept is asked for again."""

    def recall(self, hashes: Mapping[int, str]) -> dict[int, int]:
        """Return the fees in satoshis by height of those of these blocks that are kept, by height and hash."""

    def keep(self, blocks: Iterable[BlockFee]) -> None:
        """Keep the fees of blocks."""


class NoBlockFees:
    """Keeps nothing."""

    def recall(self, hashes: Mapping[int, str]) -> dict[int, int]:
        """Return nothing."""
        del hashes
        return {}

    def keep(self, blocks: Iterable[BlockFee]) -> None:
        """Do nothing."""
