"""The far end: a process (or thread) that runs tasks. Needs the standard library and cloudpickle, nothing else."""
