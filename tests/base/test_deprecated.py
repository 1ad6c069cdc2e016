"""Old public names work, and warn once, at the line that has them."""

from __future__ import annotations

import dataclasses
import warnings
from typing import TYPE_CHECKING, Any

import pytest

import pytest_edgebench as eb
from pytest_edgebench.base.deprecated import renamed
from pytest_edgebench.identity.digest import digest
from pytest_edgebench.profiles.load import load_profiles
from pytest_edgebench.record.run import Metric

if TYPE_CHECKING:
    from pathlib import Path

MODEL = eb.Model("model.onnx", "data.npz", eb.top1)


def warned(function: Any) -> tuple[Any, list[str]]:
    """What a function gives, and its warnings, which are all of this file."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        found = function()
    assert {(one.category, one.filename) for one in caught} <= {(DeprecationWarning, __file__)}
    return found, [str(one.message) for one in caught]


@pytest.mark.parametrize(
    "old, new",
    [
        ("Bottleneck", "Tucker"),
        ("PruneNofM", "PruneSemiStructured"),
        ("QuantizeTraining", "QAT"),
        ("bottleneck", "tucker"),
        ("prune_n_of_m", "prune_semi_structured"),
    ],
)
def test_names(old: str, new: str) -> None:
    found, said = warned(lambda: getattr(eb, old))
    assert found is getattr(eb, new)
    assert said == [f"eb.{old} is deprecated: write eb.{new}"]
    assert old not in eb.__all__
    found, said = warned(lambda: getattr(eb, new))
    assert said == []


def test_an_import_warns_once() -> None:
    def imported() -> Any:
        from pytest_edgebench import QuantizeTraining

        return QuantizeTraining

    found, said = warned(imported)
    assert found is eb.QAT
    assert said == ["eb.QuantizeTraining is deprecated: write eb.QAT"]


def test_fields() -> None:
    old: Any = eb.Fit
    found, said = warned(lambda: old(epochs=2, rate=0.5, batch=8))
    assert found == eb.Fit(epochs=2, lr=0.5, batch_size=8)
    assert said == ["Fit(rate=) is deprecated: write lr=", "Fit(batch=) is deprecated: write batch_size="]
    assert warned(lambda: found.rate) == (0.5, ["Fit.rate is deprecated: write .lr"])
    assert warned(lambda: found.batch) == (8, ["Fit.batch is deprecated: write .batch_size"])
    assert warned(lambda: dataclasses.replace(found, lr=0.1).lr) == (0.1, [])


def test_fields_through_a_function() -> None:
    old: Any = eb.distill
    found, said = warned(lambda: old(MODEL, MODEL, rate=0.5))
    assert found.step.lr == 0.5
    assert said == ["Distill(rate=) is deprecated: write lr="]


def test_both_names_of_a_field() -> None:
    old: Any = eb.Fit
    with pytest.raises(TypeError, match=r"^Fit\(\) got lr= and rate=, which is its old name; drop rate=$"):
        old(lr=0.5, rate=0.5)


def test_rung_of_a_metric() -> None:
    metric: Any = Metric(1.0, "B", "static", 1)
    assert warned(lambda: metric.rung) == ("static", ["Metric.rung is deprecated: write .evidence"])


def test_an_option_of_a_target(tmp_path: Path) -> None:
    file = tmp_path / "edgebench.toml"
    file.write_text(
        '[profiles.board]\ntarget = "command"\n'
        '[profiles.board.target_options]\nrun = ["x"]\nrung = "device"\n'
    )
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        board = load_profiles(tmp_path, None)["board"]
    assert board.target_ref.evidence == "device"
    (one,) = caught
    assert (one.filename, one.lineno, one.category) == (str(file), 5, DeprecationWarning)
    assert str(one.message) == (
        "edgebench.toml:5: profiles.board.target_options.rung: the target option 'rung' is deprecated: "
        "write evidence = ..."
    )


@renamed("Was", old="new")
@dataclasses.dataclass(frozen=True)
class Now:
    new: int


@dataclasses.dataclass(frozen=True)
class Below(Now):
    other: int = 0


def test_a_class_below_a_renamed_one_has_its_own_identity() -> None:
    assert digest(Below(1)) != digest(Now(1))
    assert digest(Below(1)) != digest(Below(2))
