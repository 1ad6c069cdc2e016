"""Weights of torch modules: kept as state dicts, with a digest that the keys of what follows hold."""

from __future__ import annotations

import contextlib
import io
from typing import TYPE_CHECKING, Any

from pytest_edgebench.base.errors import DeclarationError
from pytest_edgebench.compressors.build.made_on import made_on
from pytest_edgebench.identity.digest import digest

if TYPE_CHECKING:
    from torch.nn import Module

    from pytest_edgebench.artifacts.cache import Cache

STATE, WEIGHTS = "state", "weights"


class States:
    """What is kept of modules by their key."""

    def __init__(self, cache: Cache) -> None:
        self._cache = cache

    def save(self, module: Module, key: str) -> None:
        """Keep the state dict where it holds nothing but tensors."""
        import torch

        state = module.state_dict()
        if all(isinstance(value, torch.Tensor) for value in state.values()):
            buffer = io.BytesIO()
            torch.save(state, buffer)
            self._cache.bytes_put(STATE, key, "pt", buffer.getbuffer())

    def load(self, module: Module, key: str) -> bool:
        """Give a module the weights kept; whether there were some that fit."""
        import torch

        content = self._cache.bytes_get(STATE, key, "pt")
        if content is None:
            return False
        try:
            module.load_state_dict(torch.load(io.BytesIO(content), weights_only=True))
        except Exception:  # noqa: BLE001 - of another module: made again
            return False
        return True

    def note(self, module: Module, key: str) -> str:
        """Remember the digest of a module's weights, and where it was made; the first one stays.

        Returns:
            the digest of these weights.
        """
        weights, known = weights_of(module), self.noted(key)
        if known is None or (known["weights"] != weights and self._cache.bytes_get(STATE, key, "pt")):
            self._cache.memo_put(WEIGHTS, key, {"weights": weights, "made_on": made_on()})
        return weights

    def noted(self, key: str) -> dict[str, Any] | None:
        """Digest of the weights ("weights") and where they were made ("made_on"); None if never made."""
        found = self._cache.memo_get(WEIGHTS, key)
        return found if isinstance(found, dict) else None

    def weights(self, key: str) -> str | None:
        """Digest of the weights alone."""
        found = self.noted(key)
        return None if found is None else str(found["weights"])


def weights_of(module: Module) -> str:
    """Digest of a module's state: of its tensors, and of what else has an identity."""
    import torch

    found: dict[str, Any] = {}
    for name, value in module.state_dict().items():
        if isinstance(value, torch.Tensor):
            found[name] = value.detach().cpu()
        else:
            with contextlib.suppress(DeclarationError):
                found[name] = digest(value)
    return digest(found)
