"""How driver and workers talk: messages, their framing, pickling, and who may speak at all."""
