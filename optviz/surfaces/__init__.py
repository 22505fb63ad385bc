"""Where it descends: loss surfaces and curves, and the races on them."""
