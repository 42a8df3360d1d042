"""Dataflow graph to Python code: writes frames, the generator functions that the runtime runs.

A frame is one of

* the *entry* of a function;
* a *region*: one `if` or loop, which takes the variables it reads and returns those it binds;
* a *native* loop: the loop of a region as it was written, for when there is nothing in it to run in parallel;
* a *unit*: one node that had to wait for an operand or for its turn, as a frame of its own;
* a *resumption* of an entry or region: the same code from just after one node, with the variables as of that node. It
  is what the runtime goes on with when something that ran ahead has to be done again.

Frames are written when they are first needed. Inside a frame every node runs in place if its operands are known and
trusted; otherwise the frame asks the runtime to make a unit or region of it, ``yield ['unit 7', x]``, and goes on with
what that binds: values or promises. They come in a list out of which the frame takes them, so that nobody keeps what
it lets go of.

Names of the runtime in generated code: ``.S`` the fiber, ``.R`` the run, ``.P`` the promise type, ``.A`` the trusted
types, ``.U`` the unbound marker, ``.C`` the type of a `Choice`, ``.D`` "make a unit", ``.W`` "wait for your turn",
``.N`` "now", ``.QUEUED`` "it will be done", ``.ORDERED``, ``.IMPURE`` and ``.BREATHE`` requests to yield.
"""

from pydron.translation.emit.emitter import Emitter
from pydron.translation.emit.names import CONSTANTS, FRAME, INTRINSICS, UNIT_CONSTANTS, FrameKey

__all__ = ["CONSTANTS", "FRAME", "INTRINSICS", "UNIT_CONSTANTS", "Emitter", "FrameKey"]
