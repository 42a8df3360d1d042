"""Executes emitted code: promises, fibers, the reorder buffer, the store queue and the effects of operations."""
