"""Source text to dataflow graph to Python code. No I/O beyond reading source, no Twisted, no user code run."""
