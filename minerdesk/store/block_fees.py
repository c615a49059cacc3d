"""The fees of blocks that a node was asked for one by one, in one small file: they never change.

They can be asked for again at any time, so nothing here raises: a file that can't be read or written is as good as
none.
"""

import contextlib
import threading
from collections.abc import Iterable, Mapping
from pathlib import Path

from minerdesk.errors import InputError, StoreError
from minerdesk.kept import BlockFee
from minerdesk.store import documents
from minerdesk.store.atomic import write_text
from minerdesk.store.paths import ensure

#: Some days of blocks: a node that was away for a weekend is asked for what is new alone.
MOST_KEPT = 1_008
_CELLS = 3


class KeptBlockFees:
    """The kept fees in one file, read at the first use. Any thread may call it.

    Two programs that share the file may each write what the other then lacks; it is asked for again.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = threading.Lock()
        self._kept: dict[int, BlockFee] | None = None

    def recall(self, hashes: Mapping[int, str]) -> dict[int, int]:
        """Return the fees in satoshis by height of those of these blocks that are kept."""
        with self._lock:
            kept = self._read()
        return {
            height: kept[height].fees_sats
            for height, block_hash in hashes.items()
            if height in kept and kept[height].block_hash == block_hash
        }

    def keep(self, blocks: Iterable[BlockFee]) -> None:
        """Keep the fees of blocks; the lowest ones beyond `MOST_KEPT` go."""
        new = {block.height: block for block in blocks}
        if not new:
            return
        with self._lock:
            together = self._read() | new
            self._kept = {height: together[height] for height in sorted(together)[-MOST_KEPT:]}
            rows = [[block.height, block.block_hash, block.fees_sats] for block in self._kept.values()]
            with contextlib.suppress(StoreError):
                ensure(self._path.parent)
                write_text(self._path, documents.dumps({"blocks": rows}))

    def _read(self) -> dict[int, BlockFee]:
        if self._kept is None:
            rows: object = None
            with contextlib.suppress(StoreError, InputError):
                rows = documents.read(self._path).get("blocks")
            found = [block for row in (rows if isinstance(rows, list) else []) if (block := _block(row)) is not None]
            self._kept = {block.height: block for block in found}
        return self._kept


def _block(row: object) -> BlockFee | None:
    """Return a row of the file as a block, None if it is none."""
    if not isinstance(row, list) or len(row) != _CELLS:
        return None
    height, block_hash, sats = row
    if type(height) is not int or not isinstance(block_hash, str) or type(sats) is not int or sats < 0:
        return None
    return BlockFee(height=height, block_hash=block_hash, fees_sats=sats)
