"""How a point descends: rules, optimizers, schedules and objectives."""
