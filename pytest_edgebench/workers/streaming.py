"""Samples that come in several requests: the file stays loaded, and what it keeps of them goes on.

Loaded by the worker by its path, so it may import nothing but Python's own library and numpy.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from types import ModuleType

    from pytest_edgebench.runtimes.protocol import Array, Session
    from pytest_edgebench.workers import binding as binding_type

    Arrays = dict[str, Array]


class Stream:
    """The stream at hand.

    Args:
        binding: the module of that name.
    """

    def __init__(self, binding: ModuleType) -> None:
        self._binding = binding
        self._id, self._next = "", 0
        self._session: Session | None = None
        self._before: binding_type.Inputs | None = None

    def end(self) -> None:
        """Let go of the file."""
        self._id, self._session, self._before = "", None, None

    def run(
        self,
        request: Mapping[str, Any],
        arrays: Arrays,
        load: Callable[[], Session],
        done: Callable[[int], None],
    ) -> tuple[dict[str, Any], Arrays]:
        """Outputs of some samples: those from number ``first`` on of the stream ``stream``.

        Of single calls, each output is as the file gave it, (n, ...) where all have one shape, else flat with
        the shapes of all under "shapes"; of batches and sequences as `binding.run` has them.

        Args:
            load: the file. done: told how many samples are done.

        Raises:
            ValueError: ("stream_lost", facts) the samples before these went to another worker, and what the
                file keeps of them is not here. As `binding.run`.
        """
        binding, batch, roles = self._binding, request["batch"], request.get("roles", {})
        first = request["first"]
        goes_on = self._id == request["stream"] and self._next == first
        if not goes_on:
            self.end()
            if first and any(role.get("reset") == "never" for role in roles.values()):
                raise ValueError("stream_lost", {"first": first})
            self._session = load()
        session = self._session
        assert session is not None
        inputs = binding.Inputs(session, arrays, batch, roles, first)
        if self._before is not None:
            inputs.go_on(self._before)
        parts = binding.calls(session, inputs, batch, done)
        single = batch == 1 and not inputs.sequences
        ok: dict[str, Any] = {"raw": inputs.raw, "fed": binding.fed(session, roles), "single": single}
        if single:
            real = [
                [part if inputs.raw else binding.values.real_numbers(tensor, part) for part in of_steps[0]]
                for tensor, of_steps in zip(session.outputs, parts, strict=True)
            ]
            ok["shapes"] = {str(at): shapes for at, found in enumerate(real) if (shapes := _shapes(found))}
            results = {
                str(at): np.concatenate([part.reshape(-1) for part in found])
                if str(at) in ok["shapes"]
                else np.stack(found)
                for at, found in enumerate(real)
            }
        else:
            joined = binding.joined(session, inputs, parts, batch)
            results = {str(number): array for number, array in enumerate(joined)}
        self._id, self._next, self._before = request["stream"], first + inputs.count, inputs
        inputs.forget()
        return ok, results


def _shapes(found: Sequence[Array]) -> list[list[int]]:
    """The shape of each, where they differ."""
    if len({part.shape for part in found}) == 1:
        return []
    return [list(part.shape) for part in found]
