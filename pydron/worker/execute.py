"""Runs one call: arguments in, a message with the result or the exception out."""

from __future__ import annotations

import pickle
import time
from contextvars import Context
from typing import TYPE_CHECKING

from pydron.tasks import Payload
from pydron.transport.codec import LARGE_BYTES, dumps, is_plain, loads
from pydron.transport.messages import Done, Failed, pack, unpack

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from pydron.transport.messages import Likeness, Run, Setup
    from pydron.worker.capture import Taker
    from pydron.worker.likeness import ThreadLikeness
    from pydron.worker.sharing import Sharing
    from pydron.worker.store import Store

__all__ = ["Executor"]


class Executor:
    """What stays the same from call to call on one worker."""

    def __init__(self, setup: Setup, store: Store, capture: Taker, likeness: ThreadLikeness, sharing: Sharing) -> None:
        self._worker = setup.worker
        self._store = store
        self._capture = capture
        self._inline_limit = setup.inline_limit
        self._check = setup.check
        self._loans = sharing.loans
        self._keep = None if sharing.shelf is None else sharing.shelf.keep
        self._memory = sharing.memory
        self._likeness = likeness
        self._likenesses: dict[int, Likeness] = {}
        self._current = -1
        self._simple = False
        """Whether there is nothing to do around a call."""

    def run(self, run: Run) -> Done | Failed:
        """Run a task to its end, whatever its end is. `BaseException` ends the call, not the worker."""
        start = time.perf_counter()
        try:
            if run.likeness != self._current:
                self._change(run.likeness)
            function, args, kwargs = self._prepare(run)
            start = time.perf_counter()
            # What a call sets in its context is not seen by the next.
            if self._simple:
                result = Context().run(function, *args, **kwargs)
            else:
                result = Context().run(self._call, run, function, args, kwargs)
            seconds = time.perf_counter() - start
            return self._returned(run, result, seconds)
        except BaseException as error:
            seconds = time.perf_counter() - start
            return self._raised(run, error, seconds)

    def _prepare(self, run: Run) -> tuple[Callable[..., object], Sequence[object], dict[str, object]]:
        packed = run.arguments
        # Without buffers, which is the common case, a payload is its stream.
        payload = None if type(packed) is bytes else unpack(packed, self._loans.borrow)
        function = self._store.functions.get(run.function) or self._function(run.function)
        arguments: tuple[tuple[object, ...], dict[str, object]]
        arguments = pickle.loads(packed) if payload is None else loads(payload)  # type: ignore[assignment,arg-type]
        args, kwargs = arguments
        if not run.references:
            return function, args, kwargs
        filled = list(args)
        for place, value in run.references:
            if isinstance(place, int):
                filled[place] = self._store.load(value)
            else:
                kwargs[place] = self._store.load(value)
        return function, filled, kwargs

    def _function(self, key: bytes) -> Callable[..., object]:
        try:
            return self._store.function(key)
        except ModuleNotFoundError as error:
            name = self._store.name(key)
            error.add_note(f"worker {self._worker} cannot import module {error.name!r}, which {name} needs")
            raise

    def _checked(
        self, run: Run, function: Callable[..., object], args: Sequence[object], kwargs: dict[str, object]
    ) -> object:
        from pydron.worker.contract import Witness

        witness = Witness(self._store.name(run.function), function, args, kwargs)
        result = function(*args, **kwargs)
        said = self._capture.take()
        try:
            witness.compare()
            witness.repeat(result)
            witness.find_alias(result, run.site)
        finally:
            self._capture.take()  # what the call wrote when it was made again
            self._capture.caught.extend(said)
        return result

    def _returned(self, run: Run, result: object, seconds: float) -> Done:
        if is_plain(result) and (type(result) is not bytes or len(result) < LARGE_BYTES):
            data = pickle.dumps(result, 5)
            if run.want_value or len(data) <= self._inline_limit:
                self._store.pass_on(run.task, Payload(data))
                return Done(run.task, data, len(data), seconds, self._capture.take())
        try:
            payload = dumps(result, copy=False, keep=self._keep)
        except MemoryError:
            raise
        except Exception as problem:
            from pydron.transport.culprits import refused_result

            raise refused_result(self._store.name(run.function), result, problem) from None
        captured = self._capture.take()
        size = payload.size
        if run.want_value or size - payload.kept <= self._inline_limit:
            self._store.pass_on(run.task, payload)
            return Done(run.task, pack(payload, self._loans.lend), size, seconds, captured)
        self._store.put(run.task, payload)
        return Done(run.task, None, size, seconds, captured)

    def _raised(self, run: Run, error: BaseException, seconds: float) -> Failed:
        from pydron.transport.failures import dump_failure

        if self._memory is not None:
            self._memory.explain(error, self._worker)
        failure = dump_failure(error)
        return Failed(run.task, pack(failure.payload), failure.text, seconds, self._capture.take())

    def _call(
        self, run: Run, function: Callable[..., object], args: Sequence[object], kwargs: dict[str, object]
    ) -> object:
        self._likeness.enter()
        return self._checked(run, function, args, kwargs) if self._check else function(*args, **kwargs)

    def know(self, likeness: Likeness) -> None:
        """Keep a likeness for the tasks that belong to it."""
        self._likenesses[likeness.number] = likeness

    def _change(self, number: int) -> None:
        """Take on the likeness that a task belongs to."""
        if number in self._likenesses:
            self._likeness.apply(self._likenesses[number])
        self._current = number
        self._simple = not self._check and self._likeness.is_plain
