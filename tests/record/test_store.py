"""The run record: what is written is read back, and what cannot be read is said in a sentence."""

from __future__ import annotations

import json
import math
import os
import stat
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_edgebench.record import store
from pytest_edgebench.record.errors import RecordError
from pytest_edgebench.record.past import Past
from pytest_edgebench.record.run import (
    ArtifactRecord,
    CaseResult,
    Check,
    Counts,
    Metric,
    Observation,
    Row,
    Run,
    StepRecord,
    Verdict,
)

COUNTS = Counts({"Conv": 2, "Add": 1}, 2, {"float32": 4_000}, 1_000, 3, 123_456)
LATENCY = Metric(0.0286, "s", "host", 12, 0.0279, 0.0291)
ROW = Row("latency", "p50", "", "22.6 ms", 0.0226, LATENCY, Verdict.FAIL, "error", "tests/test_kws.py:6")


def artifact() -> ArtifactRecord:
    steps = (StepRecord("export", "export", None, COUNTS), StepRecord("fp16", "file", COUNTS, COUNTS))
    return ArtifactRecord(
        "ab" * 32, "cd" * 32, "onnx", {"m.onnx": 4_321}, COUNTS, steps, {"onnx": "1.19"}, ("a note",)
    )


def observation(profile: str = "rpi4") -> Observation:
    return Observation(
        "ab" * 32,
        profile,
        {"name": "litert"},
        {"latency.p50": LATENCY},
        {"latency": (0.1, 0.2)},
        {"predictions": "p.npy"},
        {"ram": "no evidence"},
    )


def case(key: str = "kws-int8-rpi4", **more: Any) -> CaseResult:
    check = Check(f"test_kws.py::test_budget[{key}]", Verdict.FAIL, (ROW,), "", 1.5)
    model, recipe, profile = key.split("-")
    return CaseResult(key, model, recipe, "", profile, "conftest.py:4", (check,), **more)


def run(*cases: CaseResult, **more: Any) -> Run:
    return Run(
        "2026-03-02T10:00:00+00:00",
        42.5,
        ("-x",),
        "9c41e07",
        "main",
        True,
        {"cpu": "x"},
        {"numpy": "2.4"},
        {"rpi4": {"threads": "4"}},
        cases,
        **more,
    )


def full() -> Run:
    parent = observation("host")
    past = {
        "latency.p50": (Past("9c41e07", "2026-03-01T10:00:00Z", 0.02, 0.019, 0.021, True), Past("", "", 1.0))
    }
    cases = [
        case(f"kws-{recipe}-rpi4", artifact=artifact(), observation=observation(), parent=parent, past=past)
        for recipe in ("int8", "fp16")
    ]
    return run(*cases, problems=("a problem",), notes=("a note",), baseline={"name": "main"})


def plain() -> dict[str, Any]:
    found: dict[str, Any] = json.loads(store.dump(full()))
    return found


def refused(content: str | dict[str, Any]) -> RecordError:
    text = content if isinstance(content, str) else json.dumps(content)
    with pytest.raises(RecordError) as caught:
        store.load(text, "run.json")
    assert caught.value.where == "run.json"
    assert caught.value.fix
    return caught.value


@pytest.mark.parametrize("given_run", [run(), full()], ids=["empty", "full"])
def test_round_trip(given_run: Run) -> None:
    assert store.load(store.dump(given_run), "run.json") == given_run


finite = st.floats(allow_nan=False)
texts = st.text(st.characters(codec="utf-8"))
metrics = st.builds(
    Metric, finite, texts, st.sampled_from(["static", "host", "device"]), st.integers(0), st.none() | finite
)
rows = st.builds(
    Row,
    texts,
    texts,
    texts,
    texts,
    st.none() | finite,
    st.none() | metrics,
    st.sampled_from(Verdict),
    st.sampled_from(["error", "warn"]),
    texts,
    st.booleans(),
    st.none() | finite,
    st.none() | metrics,
    st.none() | finite,
    st.none() | finite,
    texts,
    texts,
)


@given(st.lists(rows, max_size=3), st.dictionaries(texts, metrics, max_size=3), texts)
def test_any_result_survives(found: list[Row], measured: dict[str, Metric], name: str) -> None:
    seen = replace(observation(), metrics=measured, profile=name)
    check = Check(name, Verdict.PASS, tuple(found), name)
    given_run = run(replace(case(observation=seen), checks=(check,)))
    assert store.load(store.dump(given_run), "run.json") == given_run


def test_equal_runs_give_equal_text() -> None:
    turned = replace(COUNTS, ops={"Add": 1, "Conv": 2})
    first, second = (run(case(artifact=replace(artifact(), counts=c, steps=()))) for c in (COUNTS, turned))
    assert store.dump(first) == store.dump(second)


def test_what_cases_share_is_written_once() -> None:
    found = plain()
    assert len(found["artifacts"]) == 1
    assert len(found["observations"]) == 2
    assert [(c["artifact"], c["observation"], c["parent"]) for c in found["cases"]] == [(0, 0, 1)] * 2


def test_a_case_is_a_line_and_defaults_are_left_out() -> None:
    lines = store.dump(full()).splitlines()
    assert lines[1] == '"schema": 2,'
    assert sum('"key":"kws-' in line for line in lines) == 2
    assert '"variant":""' in lines[-4]  # a field without a default is always there
    assert '"p_adjusted"' not in lines[-4]


def test_numpy_numbers_become_plain_ones() -> None:
    odd = replace(LATENCY, value=np.float32(0.5), n=np.int64(3), low=np.float64(0.25))  # type: ignore[arg-type]
    seen = replace(observation(), metrics={"latency.p50": odd})
    back = store.load(store.dump(run(case(observation=seen))), "run.json").cases[0].observation
    assert back is not None
    assert back.metrics["latency.p50"] == Metric(0.5, "s", "host", 3, 0.25, 0.0291)
    assert type(back.metrics["latency.p50"].n) is int


@pytest.mark.parametrize("value", [math.inf, -math.inf, math.nan])
def test_a_score_that_overflowed_is_kept(value: float) -> None:
    text = store.dump(
        run(case(observation=replace(observation(), metrics={"mae": replace(LATENCY, value=value)})))
    )
    json.loads(text, parse_constant=pytest.fail)  # strict JSON: other readers take no NaN
    back = store.load(text, "run.json").cases[0].observation
    assert back is not None
    assert repr(back.metrics["mae"].value) == repr(value)


def test_a_name_that_is_no_utf8(tmp_path: Path) -> None:
    given_run = run(notes=("file \udcff.onnx",))
    store.write(tmp_path / "run.json", store.dump(given_run))
    assert store.load((tmp_path / "run.json").read_text("utf-8"), "run.json") == given_run


def test_something_else_is_no_result() -> None:
    with pytest.raises(TypeError, match="a run record holds no object"):
        store.dump(run(notes=(object(),)))


@pytest.mark.parametrize("packed", [False, True])
def test_read_from_an_html_report(packed: bool) -> None:
    data = store.dump(full())
    data = store.pack(data) if packed else data.replace("<", "\\u003c")
    page = (
        f'<!DOCTYPE html><title>x</title><script type="application/json" id="data">{data}</script></html>\n'
    )
    assert store.load(page, "report.html") == full()


def test_packing_makes_it_small() -> None:
    text = store.dump(run(*(case(f"kws-r{i}-rpi4", observation=observation()) for i in range(50))))
    assert len(store.pack(text)) < len(text) / 5


# Bad input


def test_empty_file() -> None:
    assert refused(" \n").what == "the run record is empty"


def test_truncated_anywhere() -> None:
    text = store.dump(full())
    for end in range(1, len(text) - 2):
        assert refused(text[:end]).what.startswith("the run record ends in the middle, on line "), text[:end][
            -20:
        ]


def test_truncated_report() -> None:
    page = '<!DOCTYPE html><script type="application/json" id="data">{"schema":1,'
    assert refused(page).what == "the run record ends in the middle, on line 1"


def test_other_files() -> None:
    assert refused("schema = 1").what == "not a run record: line 1 is not valid JSON (Expecting value)"
    assert refused('{"schema": 1,\n "cases": [}').what.startswith(
        "not a run record: line 2 is not valid JSON"
    )
    assert refused('{"schema": ' + "9" * 5000 + "}").what.startswith(
        "not a run record: line 1 is not valid JSON"
    )
    assert refused('{"a":' * 100_000).what.startswith(
        "not a run record: line 1 is not valid JSON (nested too deeply"
    )
    for other in ("[]", "{}", '"text"', '{"schema": true}', "<html></html>"):
        assert refused(other).what == "not a run record: it has no schema number"


def test_other_schemas() -> None:
    older, newer = refused(plain() | {"schema": 0}), refused(plain() | {"schema": 3})
    assert (
        older.what == "the run record has schema 0, from an older pytest-edgebench; this one reads schema 2"
    )
    assert older.fix == "run pytest again to write a new record"
    assert newer.what == "the run record has schema 3, from a newer pytest-edgebench; this one reads schema 2"
    assert "pip install --upgrade" in newer.fix


def changed(path: str, value: Any) -> dict[str, Any]:
    """A record with one value replaced; ``...`` deletes it."""
    found: Any = plain()
    *above, last = [int(part) if part.isdigit() else part for part in path.split("/")]
    at = found
    for part in above:
        at = at[part]
    if value is ...:
        del at[last]
    else:
        at[last] = value
    return found  # type: ignore[no-any-return]


@pytest.mark.parametrize(
    "path, value, what",
    [
        ("started", 3, "started is 3, not text"),
        ("duration_s", "42 s", "duration_s is '42 s', not a number"),
        ("duration_s", True, "duration_s is True, not a number"),
        ("dirty", "no", "dirty is 'no', not true or false"),
        ("command", "-x", "command is '-x', not a list"),
        ("environment", [], "environment is a list, not an object"),
        ("cases", {}, "cases is an object, not a list"),
        (
            "cases/1/checks/0/verdict",
            "MAYBE",
            "cases[1].checks[0].verdict is 'MAYBE', not one of PASS, INCONCLUSIVE, "
            "UNSUPPORTED, NOT RUN, FAIL, ERROR",
        ),
        (
            "cases/0/checks/0/rows/0/measured/value",
            None,
            "cases[0].checks[0].rows[0].measured.value is null, not a number",
        ),
        (
            "cases/0/checks/0/rows/0/bound",
            10**400,
            f"cases[0].checks[0].rows[0].bound is 1{'0' * 36}..., not a number",
        ),
        (
            "cases/0/checks/0/rows/0/measured/n",
            1.5,
            "cases[0].checks[0].rows[0].measured.n is 1.5, not a whole number",
        ),
        (
            "observations/0/metrics/latency.p50/evidence",
            "guess",
            "observations[0].metrics.latency.p50.evidence is 'guess', not one "
            "of static, predicted, emulated, host, device",
        ),
        (
            "cases/0/observation",
            "host",
            "cases[0].observation is 'host', not a number of an entry in 'observations'",
        ),
        ("cases/0/artifact", 7, "cases[0].artifact points at entry 7 of 'artifacts', which is not there"),
        ("cases/0/artifact", -1, "cases[0].artifact points at entry -1 of 'artifacts', which is not there"),
        ("artifacts", ..., "the record has no 'artifacts'"),
        ("cases", ..., "the record has no 'cases'"),
        ("cases/0/key", ..., "cases[0] has no 'key'"),
    ],
)
def test_wrong_values_are_named(path: str, value: Any, what: str) -> None:
    assert refused(changed(path, value)).what == what


def test_unknown_key_is_named() -> None:
    what = refused(changed("cases/0/colour", "red")).what
    assert what.startswith(
        "cases[0] has 'colour', which schema 2 has no place for; it knows key, model, recipe"
    )


@pytest.mark.parametrize("body", [None, "!", "AAAA"])
def test_bad_packing(body: str | None) -> None:
    assert refused({"schema": 1, "packed": store.PACKED, "record": body}).what.startswith(
        "the packed record in this report cannot be unpacked ("
    )


# Writing


def test_written_whole_with_the_users_permissions(tmp_path: Path) -> None:
    path = tmp_path / "new" / "folder" / "run.json"
    store.write(path, "größer\n")
    assert path.read_bytes() == "größer\n".encode()
    assert [p.name for p in path.parent.iterdir()] == ["run.json"]
    umask = os.umask(0)
    os.umask(umask)
    assert stat.S_IMODE(path.stat().st_mode) == 0o666 & ~umask


def test_a_link_stays_a_link(tmp_path: Path) -> None:
    (tmp_path / "real.json").write_text("old")
    (tmp_path / "link.json").symlink_to("real.json")
    store.write(tmp_path / "link.json", "new")
    assert (tmp_path / "link.json").is_symlink()
    assert (tmp_path / "real.json").read_text() == "new"


def test_a_pipe_is_written_to() -> None:
    reading, writing = os.pipe()
    store.write(Path(f"/proc/self/fd/{writing}"), "text")
    os.close(writing)
    with os.fdopen(reading) as pipe:
        assert pipe.read() == "text"


def test_a_failed_write_leaves_the_old_file(tmp_path: Path) -> None:
    path = tmp_path / "run.json"
    path.write_text("old")
    with pytest.raises(TypeError):
        store.write(path, 3)  # type: ignore[arg-type]
    assert [(p.name, p.read_text()) for p in tmp_path.iterdir()] == [("run.json", "old")]


def test_cannot_write(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(
        RecordError, match=r"the file cannot be written: (Not a directory|File exists)"
    ) as caught:
        store.write(tmp_path / "file" / "run.json", "text")
    assert caught.value.where == str(tmp_path / "file" / "run.json")
    assert caught.value.fix == "give a path in a folder that can be written and has room"
