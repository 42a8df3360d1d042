"""Programs that show what Pydron does to ordinary code."""
