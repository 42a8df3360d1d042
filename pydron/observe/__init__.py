"""What users can look at: why a line is not parallel."""
