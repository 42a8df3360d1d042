"""Start a worker: ``python -m pydron.worker``. How to find its driver comes over standard input."""

import sys

if not __package__:
    # Started by file name, which is the fastest way in: the directory above the package is not on the path yet.
    sys.path.insert(0, __file__.rpartition("pydron")[0] or ".")

if __name__ == "__main__":
    from pydron.worker.main import main

    sys.exit(main())
