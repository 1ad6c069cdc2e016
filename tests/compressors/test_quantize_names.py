"""Schemes by the bits of their weights and activations."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from pytest_edgebench.base.errors import DeclarationError
from pytest_edgebench.compressors.quantize import Quantize
from pytest_edgebench.identity.digest import digest

if TYPE_CHECKING:
    from pytest_edgebench.compressors.engines.quantization import SchemeName


@pytest.mark.parametrize(
    "name, same",
    [
        ("W8A32", Quantize("weight-int8")),
        ("A16W8", Quantize("static-int8", activations="int16")),
        ("int16x8", Quantize("static-int8", activations="int16")),
    ],
)
def test_aliases(name: SchemeName, same: Quantize) -> None:
    found = Quantize(name)
    assert found == same
    assert str(found) == str(same)
    assert digest(found) == digest(same)


def test_activations_may_be_repeated() -> None:
    assert Quantize("int16x8", activations="int16") == Quantize("int16x8")


def test_other_activations() -> None:
    with pytest.raises(DeclarationError) as caught:
        Quantize("A16W8", activations="int8")
    assert caught.value.what == "'A16W8' has activations='int16', not 'int8'"
    assert caught.value.fix == "leave activations= out"


def test_a_name_that_is_nearly_an_alias() -> None:
    with pytest.raises(DeclarationError) as caught:
        Quantize("int16x9")  # type: ignore[arg-type]
    assert caught.value.what == "unknown quantization scheme 'int16x9'"
    assert caught.value.fix.startswith("did you mean 'int16x8'? ")
