"""Nets, their data and their training."""
