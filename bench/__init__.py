"""Scripts that measure; not part of the gate."""
