"""optviz: see how neural networks are optimized."""

from optviz.ui import frame

with frame.drawn():
    frame.pages().run()
