"""Charts: axes, curves, crosshair, and the writers of PNG, SVG and PDF. The only room that draws with pyqtgraph."""
