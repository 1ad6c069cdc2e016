"""Inputs that are wrong, each in a project of its own: what is told, and with which exit status."""

from __future__ import annotations

from typing import TYPE_CHECKING

from character_scenario import Command, Scenario, brief
from character_sources import BASE, BOARD, CONFTEST, TEST

if TYPE_CHECKING:
    from collections.abc import Mapping

MAKE = Command(("python", "blobs.py", "blobs.onnx", "64"), shown=False)
WAIVER = '[[waivers]]\ncase = "blobs-int8-board"\nmetric = "size"\nup_to = "16 kB"\nuntil = 2099-06-30\n'


def _wrong(name: str, files: Mapping[str, str], *arguments: str) -> Scenario:
    return Scenario(f"wrong_{name}", {**BASE, **files}, (MAKE, brief("-rA", *arguments)))


def _model(old: str, new: str) -> dict[str, str]:
    assert old in CONFTEST
    return {"conftest.py": CONFTEST.replace(old, new)}


def _budget(arguments: str) -> dict[str, str]:
    old = 'size="16 kB", accuracy=["90 %", "model - 1 points"]'
    assert old in TEST
    return {"test_blobs.py": TEST.replace(old, arguments)}


INPUTS = "import numpy as np\nimport pytest_edgebench as eb\nfrom blobs import samples\n\nX, Y = samples(3)\n"
MODEL = "\n\n@eb.model\ndef {name}():\n    return eb.Model({arguments})\n"
INPUTS_OF = {
    "sound": "'blobs.onnx', data=(X, Y), score=eb.top1",
    "lost": "'lost.onnx', data=(X, Y), score=eb.top1",
    "cut": "'cut.onnx', data=(X, Y), score=eb.top1",
    "empty": "'empty.onnx', data=(X, Y), score=eb.top1",
    "text": "'test_blobs.py', data=(X, Y), score=eb.top1",
    "shapes": "'blobs.onnx', data=(X[:, :7], Y), score=eb.top1",
    "kinds": "'blobs.onnx', data=(X.astype('int32'), Y), score=eb.top1",
    "counts": "'blobs.onnx', data=(X, Y[:-1]), score=eb.top1",
    "nan": "'blobs.onnx', data=(X * np.nan, Y), score=eb.top1",
    "raises": "'blobs.onnx', data=lambda: 1 / 0, score=eb.top1",
    "no_npz": "'blobs.onnx', data='lost.npz', score=eb.top1",
    "no_number": "'blobs.onnx', data=(X, Y), score=lambda outputs, labels: 'good'",
    "critical": "'blobs.onnx', data=(X, Y, [3, 999]), score=eb.top1",
}
"""Model → its arguments; all but the first are wrong."""
WRONG = (
    _wrong("budget_unit", _budget('size="16 ms"')),
    _wrong("budget_metric", _budget('sizes="16 kB", level="loud"')),
    _wrong("budget_relative", _budget('accuracy="model - 1 %", latency="baseline + 5"')),
    _wrong("budget_empty", _budget("")),
    _wrong("budget_nobody", _budget('"nowhere", recipes="int9", size="16 kB"')),
    _wrong("baseline_none", _budget('size="baseline + 1 %"')),
    _wrong("toml_syntax", {"edgebench.toml": BOARD + "[profiles.board\n"}),
    _wrong(
        "toml_keys", {"edgebench.toml": BOARD + 'thread = 2\nram = "much"\n[profile.x]\ntarget = "host"\n'}
    ),
    _wrong("profile_extends", {"edgebench.toml": '[profiles.board]\nextends = "raspberry-pie-4"\n'}),
    _wrong("profile_asked", {}, "--edgebench-profile=laptop"),
    _wrong("profile_target", {"edgebench.toml": BOARD + 'target = "bluetooth"\n'}),
    _wrong("waiver", {"edgebench.toml": BOARD + WAIVER + '\n[[waivers]]\ncase = 3\nuntil = "soon"\n'}),
    _wrong(
        "option_show", {}, "--edgebench-show=everything", "--edgebench-lint=maybe", "--edgebench-planned=-1"
    ),
    _wrong("option_ini", {"pytest.ini": "[pytest]\nedgebench_alpha = 200 %\nedgebench_max_loads = 3\n"}),
    _wrong("option_baseline", {}, "--edgebench-baseline=test_blobs.py"),
    _wrong(
        "option_output", {}, "--edgebench-json=lost/folder/run.json", "--edgebench-update-baseline=perhaps"
    ),
    _wrong(
        "inputs",
        {
            "conftest.py": INPUTS
            + "".join(MODEL.format(name=name, arguments=INPUTS_OF[name]) for name in INPUTS_OF),
            "test_blobs.py": TEST.replace("@eb", '@eb.cases(recipes="original")\n@eb', 1).replace(
                ', "model - 1 points"', ""
            ),
            "cut.onnx": "half of it",
            "empty.onnx": "",
        },
    ),
    _wrong("recipe_scheme", _model('"static-int8"', '"int8-static"')),
    _wrong("recipe_fixture", {"conftest.py": CONFTEST.replace("def int8(blobs)", "def int8(blobs, lost)")}),
    _wrong(
        "recipe_step", _model('eb.quantize(blobs, "static-int8", calibration=128)', "eb.prune(blobs, 0.5)")
    ),
    _wrong(
        "twins",
        {"conftest.py": CONFTEST + CONFTEST[CONFTEST.index("\n\n@eb.recipe") :].replace("int8(", "same(")},
    ),
    _wrong("fixture", {"test_blobs.py": f"{TEST}\n\ndef test_other(edge, nothing):\n    edge.check(3)\n"}),
    _wrong(
        "mark", {"test_blobs.py": TEST.replace("@eb.budget(", "@__import__('pytest').mark.edgebench_budget(")}
    ),
)
