"""The projects of the characterisation."""

from __future__ import annotations

from character_scenario import Command, Scenario, brief, edgebench, pytest_, unpaged
from character_sources import BASE, BLOBS, BOARD, CONFTEST, DEVICE, OWN, RECIPES, TEST

MAKE = Command(("python", "blobs.py", "blobs.onnx", "256"), shown=False)
WIDER = Command(("python", "blobs.py", "blobs.onnx", "264"), shown=False)
INIT = tuple(
    Command(("git", *words.split()), shown=False)
    for words in ("init -q -b main .", "add .", "commit -q -m first")
)

KINDS = """
import pytest_edgebench as eb

pytestmark = eb.budget(accuracy="model - 1 points", size="45 kB")


@eb.budget(recipes="int8", size=["12 kB", "model - 50 %"], gzip="11 kB", ops="8", float_ops="1")
@eb.budget(recipes="int8", macs="10 k", parameters="11 k", level="warn", message="ask the firmware team")
@eb.budget(recipes="fp16", accuracy="99 %", evidence="device")
@eb.budget(recipes="weights8", size="1 kB", level="off")
@eb.budget(recipes="dynamic", accuracy="99 %", level="warn")
@eb.budget(recipes="swept*", accuracy=["93 %", "model - 5 points"])
def test_kinds(edge):
    edge.check()


@eb.cases(recipes="int8")
@eb.budget(ram="64 kB", flash="1 MB", memory="2 MB", latency="p95 3 ms", instructions="6 M", arena="9 kB")
def test_unknown_here(edge):
    edge.check()


@eb.cases(recipes="original")
def test_original(edge):
    assert edge.size.value > 30_000
    edge.check()


@eb.cases(recipes="int8")
def test_numbers(edge):
    assert edge.ops.float == 0
    assert edge.accuracy > 99
"""
PROFILES = """
[profiles.pi]
extends = "raspberry-pi-4"
threads = 2
"""
WAIVED = """
[[waivers]]
case = "blobs-int8-board"
metric = "size"
up_to = "16 kB"
until = 2099-06-30
reason = "wider first layer"

[[waivers]]
case = "blobs-int8-board"
metric = "accuracy"
up_to = "80 %"
until = 2020-06-30
reason = "it was late"

[[waivers]]
case = "blobs-lost-board"
metric = "size"
up_to = "16 kB"
until = 2099-06-30
reason = "a case that is gone"
"""
TIGHT = """
import pytest_edgebench as eb


@eb.budget(size="12 kB", accuracy="97 %")
def test_budget(edge):
    edge.check()
"""
RELATIVE = """
import pytest_edgebench as eb


@eb.budget(size=["baseline + 1 %", "20 kB"], accuracy="baseline - 2 points", float_ops="baseline + 0 %")
def test_budget(edge):
    edge.check()
"""
ON_DEVICE = """
[profiles.chip]
target = "command"
runtime = "onnxruntime"
[profiles.chip.target_options]
run = ["./device.py"]
evidence = "device"
gives = ["outputs", "latency", "memory", "instructions"]
"""
ON_DEVICE_TEST = """
import pytest_edgebench as eb


@eb.budget(latency="2 ms", accuracy="90 %", agreement="99 %", instructions="3 M", evidence="device")
@eb.budget(memory="500 kB", level="warn")
def test_budget(edge):
    edge.check()
"""
MICRO_CONFTEST = """
import pytest_edgebench as eb
from blobs import samples


@eb.model
def tiny():
    return eb.Model("tiny.tflite", data=(*samples(3), [0, 3]), score=eb.top1, calibration=samples(4)[0])


@eb.recipe
def int8(tiny):
    return eb.quantize(tiny, "static-int8", calibration=128)
"""
MICRO_TEST = """
import pytest_edgebench as eb


@eb.cases(recipes=["original", "int8"], profiles="m4")
@eb.budget(accuracy="90 %", agreement="95 %", flips="0", arena="64 kB", latency="50 ms")
@eb.budget(flash="200 kB", ram="64 kB")
def test_micro(edge):
    edge.check()


@eb.cases(recipes="int8", profiles="m0")
def test_too_large(edge):
    edge.check()
"""
MICRO = """
[profiles.m4]
extends = "cortex-m4"
flash = "512 kB"
ram = "128 kB"

[profiles.m0]
extends = "cortex-m4"
flash = "4 kB"
ram = "2 kB"
"""
TORCH_CONFTEST = """
import numpy as np
import pytest_edgebench as eb
from blobs import samples


def net():
    import torch
    from torch import nn

    rng = np.random.default_rng(5)
    module = nn.Sequential(nn.Linear(32, 64), nn.ReLU(), nn.Linear(64, 8))
    with torch.no_grad():
        for parameter in module.parameters():
            parameter.copy_(torch.from_numpy(rng.integers(-64, 64, parameter.shape).astype("float32") / 256))
    return module


@eb.model
def drawn():
    return eb.Model(net, data=samples(3), score=eb.top1, calibration=samples(4)[0])


@eb.recipe(sweep={"ratio": [0.3, 0.6]})
def pruned(drawn, ratio):
    return eb.prune(drawn, ratio)


@eb.recipe
def thin_int8(drawn):
    return eb.quantize(eb.prune_channels(drawn, 0.5), "dynamic-int8")


@eb.recipe
def two_of_four(drawn):
    return eb.chain(drawn, eb.PruneNofM(2, 4), eb.Quantize("fp16"))
"""
SEARCH = """
import pytest_edgebench as eb
from blobs import samples

model = eb.Model("blobs.onnx", data=samples(3), score=eb.top1, calibration=samples(4)[0], name="blobs")
found = eb.search(
    model,
    [[eb.Quantize("static-int8"), eb.Quantize("fp16"), eb.Quantize("dynamic-int8")]],
    "size",
    {"accuracy": "model - 2 points"},
    ["board"],
    show=False,
)
print(found.text())
print(found.best("board").code())
"""
TIMED_TEST = """
import pytest_edgebench as eb


@eb.budget("here", latency=["10 s", "p95 20 s", "model + 100000 %"], memory="4 GB")
def test_budget(edge):
    edge.check()
"""

PROJECTS = (
    Scenario(
        "recipes",
        {
            **BASE,
            "conftest.py": CONFTEST + RECIPES,
            "test_blobs.py": KINDS,
            "edgebench.toml": BOARD + PROFILES,
        },
        (
            MAKE,
            unpaged(),
            brief("--edgebench-profile=board", "-k", "int8 and kinds", "--edgebench-suggest", "-q"),
            brief("--edgebench-show=regressed", "--edgebench-lint=off", "-q", "--tb=no"),
            edgebench("lint"),
            edgebench("profiles"),
            edgebench("profiles", "pi"),
            edgebench(
                "compare", "run.json", "--recipes", "*int8*", "--csv", "compared.csv", "--svg", "compared.svg"
            ),
            edgebench("merge", "run.json", "--shards", "1", "--min-cases", "3", "--json", "merged.json"),
            edgebench("merge", "run.json", "--shards", "2"),
        ),
    ),
    Scenario(
        "baselines",
        {**BASE, "test_blobs.py": RELATIVE},
        (
            MAKE,
            unpaged("--edgebench-save-baseline=saved"),
            unpaged("--edgebench-baseline=saved"),
            WIDER,
            pytest_("--edgebench-baseline=saved"),
            brief(
                "--edgebench-baseline=saved",
                "--edgebench-regressions=error",
                "-q",
                write={"test_blobs.py": TEST},
            ),
            brief("--edgebench-baseline=nowhere", "-q"),
        ),
    ),
    Scenario(
        "committed",
        BASE,
        (
            MAKE,
            brief("--edgebench-update-baseline"),
            WIDER,
            unpaged(),
            brief("--edgebench-update-baseline", "-q"),
            brief("--edgebench-update-baseline", "-q", write={"test_blobs.py": TIGHT}),
            brief("--edgebench-update-baseline=force", "-q"),
        ),
    ),
    Scenario(
        "git",
        {**BASE, ".gitignore": ".pytest_cache/\n__pycache__/\n*.json\n*.md\n*.html\n*.xml\n"},
        (
            MAKE,
            *INIT,
            unpaged("--edgebench-baseline=HEAD"),
            WIDER,
            unpaged("--edgebench-baseline=main"),
            edgebench("history"),
        ),
    ),
    Scenario(
        "waivers",
        {**BASE, "test_blobs.py": TIGHT, "edgebench.toml": BOARD + WAIVED},
        (MAKE, unpaged(), brief("-n", "2", "-q"), brief("--edgebench-inconclusive=fail", "-q", "-rA")),
    ),
    Scenario(
        "own_steps",
        {
            **BASE,
            "conftest.py": CONFTEST + OWN,
            "test_blobs.py": """
import pytest_edgebench as eb


@eb.budget(models="blobs", accuracy="model - 3 points")
@eb.budget(models="rated", metrics={"nearness": ["0.5", "model - 0.5 points"]})
def test_budget(edge):
    edge.check()
""",
        },
        (MAKE, unpaged("-n", "2"), unpaged()),
    ),
    Scenario(
        "device",
        {**BASE, "device.py": DEVICE, "edgebench.toml": ON_DEVICE, "test_blobs.py": ON_DEVICE_TEST},
        (MAKE, pytest_(), edgebench("compare", "run.json")),
    ),
    Scenario(
        "micro",
        {**BASE, "conftest.py": MICRO_CONFTEST, "edgebench.toml": MICRO, "test_blobs.py": MICRO_TEST},
        (MAKE, pytest_(), edgebench("lint")),
        needs=("tflite_micro", "ai_edge_quantizer"),
    ),
    Scenario(
        "torch",
        {**BASE, "conftest.py": TORCH_CONFTEST, "test_blobs.py": TEST.replace("90 %", "1 %")},
        (MAKE, unpaged(), brief("-q", "-rA")),
        needs=("torch", "onnxscript", "torch_pruning"),
    ),
    Scenario(
        "search_and_init",
        {"blobs.py": BLOBS, "edgebench.toml": BOARD, "look.py": SEARCH},
        (
            MAKE,
            Command(("python", "look.py")),
            Command(("python", "look.py")),
            edgebench("init", "blobs.onnx", "--data", "data.npz", "--folder", "begun"),
            edgebench("init", "blobs.onnx", "--folder", "begun"),
            edgebench("init", "lost.onnx"),
            edgebench("--help"),
            *(edgebench(name, "--help") for name in ("compare", "merge", "init", "lint", "profiles")),
            edgebench("lint", "--rules"),
            Command(("pytest", "--help")),
        ),
    ),
    Scenario(
        "timed",
        {**BASE, "test_blobs.py": TIMED_TEST, "edgebench.toml": BOARD + '[profiles.here]\ntarget = "host"\n'},
        (MAKE, pytest_()),
        timed=True,
    ),
    Scenario(
        "digits",
        {},
        (pytest_("--pyargs", "pytest_edgebench.suites.digits"),),
        timed=True,
        needs=("torch", "litert_torch", "sklearn", "torch_pruning", "ai_edge_quantizer"),
        slow=True,
    ),
)
