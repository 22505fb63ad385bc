"""optviz: see how neural networks are optimized."""

from optviz.ui import frame

frame.configure()
frame.pages().run()
frame.settle()
