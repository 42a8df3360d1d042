"""Fibers and those that made them: who goes on when a fiber has stopped running."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydron.runtime.fiber import State
from pydron.runtime.run_ahead import RunAhead

if TYPE_CHECKING:
    from pydron.runtime.fiber import Fiber

__all__ = ["Makers"]


class Makers(RunAhead):
    """The part of a run that lets makers go on."""

    def _after(self, fiber: Fiber) -> None:
        """See to those that depend on a fiber that has just stopped running."""
        if fiber.state is State.FINISHED:
            self._complete(fiber)
        elif fiber.state is State.WAITING and not fiber.keeps():
            self._release(fiber)
        elif fiber.state is State.FAILED and fiber.guard is not None:
            self.look_at(fiber.guard)

    def _release(self, fiber: Fiber) -> None:
        """Let the maker of a fiber that has to wait run ahead of it."""
        while not fiber.exclusive:
            parent = fiber.parent
            if parent is None or parent.waiting is not fiber or parent.state is not State.WAITING:
                return
            if parent.stalled and self._resume_ahead(parent, fiber):
                return
            if parent.holding:
                fiber.detach()
                self._wake(parent)
                return
            fiber = parent

    def _guess_on(self) -> bool:
        """Let the makers of fibers that may change anything go on while workers are idle."""
        held, self._held = self._held, []
        for fiber in held:
            if fiber.state is State.WAITING and not fiber.keeps():
                self._release(fiber)
        return bool(self._ready)

    def _complete(self, fiber: Fiber) -> None:
        """Hand on what a finished fiber has bound."""
        if fiber.is_unit:
            for key in fiber.keys:
                self.forecasts.drop(key)  # it may have been made for another attribute than was stored past the queue
        self.settle_keys(fiber)
        if self._is_relied_on(fiber):
            self._squash_after(fiber)
        elif fiber.outs is not None:
            results = fiber.result
            if fiber.is_bet:
                if results[0]:  # type: ignore[index]
                    self._lose(fiber)
                    self._return(fiber)
                    return
                results = results[2:]  # type: ignore[index]
            for promise, value in zip(fiber.outs, results, strict=True):  # type: ignore[call-overload]
                self._fulfil(promise, value)
        if fiber.guard is not None:
            self.look_at(fiber.guard)
        if fiber.guard is not fiber:
            self._return(fiber)

    def _lose(self, fiber: Fiber) -> None:
        """Take back what followed a branch that has left its loop after all.

        No call of a later round comes up again.
        """
        fiber.is_bet = False
        parent = fiber.parent
        assert parent is not None
        while parent.segment[-1] is not fiber:
            self._drop(parent.segment.pop())
        impure = fiber.activation.plan.impure
        known = set(impure)
        self._squash_after(fiber)
        impure.intersection_update(known)

    def _return(self, fiber: Fiber) -> None:
        """Let the maker that waits for a fiber go on with its result."""
        parent = fiber.parent
        if parent is None or parent.waiting is not fiber or parent.state is not State.WAITING:
            return
        if parent.stalled:
            self._resume(parent, fiber)
        else:
            self._wake(parent, None if parent.holding else fiber.result)

    def _resume_ahead(self, parent: Fiber, child: Fiber) -> bool:
        """Go on with such a maker before the fiber is finished, with promises; return whether that can be."""
        activation = parent.activation
        plan = activation.plan
        if parent.is_unit or child.guard is child or plan.escapes(child.tick):
            return False
        key = ("resume", child.frame_tick, child.tick)
        results = parent._promises(child)
        parent.stalled = False
        parent.frame = plan.frame(key, activation.cells, parent, self, *child.snapshot, *results)
        parent.own_tick = child.frame_tick
        child.detach()
        self._wake(parent)
        return True

    def _resume(self, parent: Fiber, child: Fiber) -> None:
        """Go on with a maker whose frame was closed, from just after the fiber it had run ahead of."""
        activation = parent.activation
        plan = activation.plan
        parent.stalled = False
        if parent.is_unit:  # made a call of a scheduled function, which is all a unit does after its operands are known
            parent.state = State.FINISHED
            parent.waiting = None
            parent.result = tuple([child.result for _ in plan.outputs(parent.tick)])
            self._complete(parent)
            return
        whole = child.guard is child or plan.escapes(child.tick)
        results = (child.result,) if whole else child.result
        key = ("resume", child.frame_tick, child.tick)
        parent.frame = plan.frame(key, activation.cells, parent, self, *child.snapshot, *results)  # type: ignore[misc]
        parent.own_tick = child.frame_tick
        self._wake(parent)
