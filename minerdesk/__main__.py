"""The entry point, and the only place that knows both the command line and the window.

Heavy rooms are imported only by the command that needs them: ``--version`` imports neither numpy nor Qt.
"""

import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from minerdesk.cli import ChartOrder, WindowOrder
    from minerdesk.snapshot import Snapshot


def main(argv: Sequence[str] | None = None) -> int:
    """Run minerdesk and return its exit code."""
    words = sys.argv[1:] if argv is None else list(argv)
    if words == ["--version"]:
        from minerdesk import __version__

        sys.stdout.write(f"minerdesk {__version__}\n")
        return 0
    if words == ["--lan-scanner"]:  # the frozen program as its own scanning process: lan.scan.SWITCH
        from minerdesk.lan import scanner

        return scanner.main()
    from minerdesk import cli, secrecy

    secrecy.guard_logging()
    return cli.main(words, cli.Front(open_window=_open_window, self_test=_self_test, draw_chart=_draw_chart))


def _open_window(order: "WindowOrder") -> int:
    from minerdesk import heap
    from minerdesk.ui import app

    heap.give_back()
    return app.run(order.file, offline=order.offline, base_urls=order.base_urls)


def _self_test() -> int:
    from minerdesk.ui import selftest

    return selftest.run()


def _draw_chart(snapshot: "Snapshot", order: "ChartOrder") -> None:
    from minerdesk.ui import render

    render.write_chart(snapshot, order.out, view=order.view, span=order.span, size=order.size, theme=order.theme)


if __name__ == "__main__":
    sys.exit(main())
