"""Command line and ini keys → `Settings`; each wrong value is one sentence and exit status 4."""

from __future__ import annotations

import dataclasses
import re
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from settings_plugin import Plugin

from pytest_edgebench.docs.generated import options as options_page
from pytest_edgebench.settings.options import INI, OPTIONS
from pytest_edgebench.settings.resolve import Settings

if TYPE_CHECKING:
    from collections.abc import Callable

pytest_plugins = ["pytester"]


def test_defaults(pytester: pytest.Pytester, configure: Callable[..., Settings]) -> None:
    from pytest_edgebench.profiles.load import HOST

    assert configure() == Settings(root=pytester.path, profiles={"host": HOST}, selected=("host",))


def test_settings_are_frozen(configure: Callable[..., Settings]) -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        configure().alpha = 0.5  # type: ignore[misc]


GIVEN: list[tuple[tuple[str, ...], str, Any]] = [
    (("--edgebench-report",), "report", "edgebench-report.html"),
    (("--edgebench-report=out/r.html",), "report", "out/r.html"),
    (("--edgebench-json=r.json",), "json", "r.json"),
    (("--edgebench-markdown=c.md",), "markdown", "c.md"),
    (("--edgebench-save-baseline=base",), "save_baseline", "base"),
    (("--edgebench-show=all",), "show", "all"),
    (("--edgebench-show=regressed",), "show", "regressed"),
    (("--edgebench-inconclusive=fail",), "inconclusive", "fail"),
    (("--edgebench-regressions=error",), "regressions", "error"),
    (("--edgebench-loosened=error",), "loosened", "error"),
    (("--edgebench-lint=error",), "lint", "error"),
    (("-o", "edgebench_lint=off"), "lint", "off"),
    (("--edgebench-baseline=origin/main",), "baseline", "origin/main"),
    (("--edgebench-update-baseline",), "update_baseline", "yes"),
    (("--edgebench-update-baseline=force",), "update_baseline", "force"),
    (("--edgebench-planned=120",), "planned", 120),
    (("--edgebench-rebuild",), "rebuild", True),
    (("-o", "edgebench_cache_trust=read-only"), "cache_trust", "read-only"),
    (("-o", "edgebench_sandbox=off"), "sandbox", "off"),
    (("--edgebench-selftest",), "selftest", True),
    (("--edgebench-suggest",), "suggest", True),
    (("--edgebench-history=h.sqlite",), "history", "h.sqlite"),
    (("--edgebench-history=off",), "keep_history", False),
    (("-o", "edgebench_history=all.sqlite"), "history", "all.sqlite"),
    (("-o", "edgebench_alpha=0.5 %"), "alpha", 0.005),
    (("-o", "edgebench_default_latency_tolerance=5%"), "parent_limit_percent", 5.0),
    (("-o", "edgebench_parent_limit=5%"), "parent_limit_percent", 5.0),
    (("-o", "edgebench_baseline_limit=1.5 %"), "baseline_limit_percent", 1.5),
    (("-o", "edgebench_cap_seconds=7.5"), "cap_s", 7.5),
    (("-o", "edgebench_max_loads=13"), "max_loads", 13),
    (("-o", "edgebench_accuracy_mode=population"), "accuracy_mode", "population"),
    (("-o", "edgebench_confirm_seconds=0"), "confirm_s", 0.0),
    (("-o", "edgebench_deadline=600"), "deadline_s", 600.0),
    (("-o", "edgebench_report=all.html"), "report", "all.html"),
]


@pytest.mark.parametrize("arguments, name, expected", GIVEN, ids=[" ".join(given[0]) for given in GIVEN])
def test_given(
    pytester: pytest.Pytester,
    configure: Callable[..., Settings],
    arguments: tuple[str, ...],
    name: str,
    expected: object,
) -> None:
    settings = configure(*arguments)
    found = getattr(settings, name)
    assert (str(found.relative_to(pytester.path)) if isinstance(found, Path) else found) == expected
    # Nothing else moved.
    assert dataclasses.replace(settings, **{name: getattr(configure(), name)}) == configure()


def test_every_option_and_key_is_tried() -> None:
    tried = {re.split("[= ]", " ".join(arguments).removeprefix("-o "))[0] for arguments, _, _ in GIVEN}
    assert tried | {"--edgebench-profile"} == {*OPTIONS, *(key for key, *_ in INI)}


@pytest.mark.parametrize("name", [*OPTIONS, *(key for key, *_ in INI)])
def test_help_gives_the_default_and_the_page_its_reason(name: str) -> None:
    text = (
        OPTIONS[name]["help"] if name in OPTIONS else next(help_ for key, _, _, help_ in INI if key == name)
    )
    assert re.search(r"Default: .+\.$", text)
    assert "since" not in text.partition("Default: ")[2]
    (line,) = (line for line in options_page.page().splitlines() if re.match(rf"\| `{name}\b", line))
    *_, default, why, _ = line.split("|")
    assert default.strip()
    assert why.strip()


def test_old_names_are_reported_once(pytester: pytest.Pytester) -> None:
    pytester.makefile(
        ".toml",
        edgebench='[profiles.a]\ntarget = "command"\ntarget_options = { run = ["x"], rung = "device" }\n',
    )
    result = pytester.runpytest_inprocess(
        "-p", "no:edgebench", "-o", "edgebench_parent_limit=5%", plugins=[Plugin()]
    )
    said = result.stdout.str()
    assert said.count("the ini key edgebench_parent_limit is deprecated") == 1
    assert said.count("edgebench.toml:3: profiles.a.target_options.rung: the target option 'rung' is") == 1


def test_help_is_printed(pytester: pytest.Pytester) -> None:
    result = pytester.runpytest_inprocess("-p", "no:edgebench", "--help", plugins=[Plugin()])
    result.stdout.fnmatch_lines(["pytest-edgebench (model budgets on devices):"])
    result.stdout.fnmatch_lines(["*--edgebench-show={failing,regressed,all}"])
    result.stdout.fnmatch_lines(["*--edgebench-selftest*", "*10 % slower*", "*edgebench_alpha (string)*"])
    assert result.ret == 0


def test_settings_in_native_toml(pytester: pytest.Pytester, configure: Callable[..., Settings]) -> None:
    pytester.makefile(
        ".toml",
        pytest='[pytest]\nedgebench_max_loads = 50\nedgebench_deadline = 1\nedgebench_alpha = "2 %"\n',
    )
    settings = configure()
    assert (settings.max_loads, settings.deadline_s, settings.alpha) == (50, 1.0, 0.02)


def test_ini_paths_are_beside_the_ini_file_and_options_beside_the_user(
    pytester: pytest.Pytester, configure: Callable[..., Settings], monkeypatch: pytest.MonkeyPatch
) -> None:
    pytester.makeini("[pytest]\nedgebench_report = out/report.html\n")
    below = pytester.mkdir("below")
    monkeypatch.chdir(below)
    assert configure().root == pytester.path
    assert configure().report == pytester.path / "out" / "report.html"
    assert configure("--edgebench-report=mine.html").report == below / "mine.html"


def test_profiles_and_waivers(pytester: pytest.Pytester, configure: Callable[..., Settings]) -> None:
    pytester.makefile(
        ".toml",
        edgebench="""
        [profiles.rpi4]
        extends = "cortex-a72"
        [profiles.rpi5]
        extends = "cortex-a76"
        [profiles.box]
        target = "host"
        [[waivers]]
        case = "kws-int8-rpi4"
        metric = "size"
        up_to = "baseline + 8 %"
        until = 2030-06-30
        reason = "wider first layer"
        """,
    )
    settings = configure()
    assert list(settings.profiles) == ["rpi4", "rpi5", "box"]
    assert settings.selected == ("rpi4", "rpi5", "box")
    assert [waiver.up_to for waiver in settings.waivers] == ["baseline + 8 %"]
    assert configure("--edgebench-profile=box").selected == ("box",)
    assert configure("--edgebench-profile=box", "--edgebench-profile=rpi4").selected == ("rpi4", "box")
    assert configure("--edgebench-profile=rpi*").selected == ("rpi4", "rpi5")
    # A selection narrows what runs, never what there is.
    assert list(configure("--edgebench-profile=box").profiles) == ["rpi4", "rpi5", "box"]


def test_entries_and_runtimes_of_other_plugins(
    pytester: pytest.Pytester, configure: Callable[..., Settings]
) -> None:
    pytester.makeconftest(
        """
        from pathlib import Path

        def pytest_edgebench_profiles():
            return {"my-board": {"extends": "cortex-m7", "ram": "1 kB", "sources": {"ram": "my datasheet"}}}

        def pytest_edgebench_runtimes():
            return {"mine": Path("run_mine.py")}
        """
    )
    pytester.makefile(".toml", edgebench='[profiles.a]\nextends = "my-board"\nruntime = "mine"\n')
    settings = configure()
    assert settings.profiles["a"].ram_bytes == 1000
    assert settings.runtimes == {"mine": Path("run_mine.py")}


def test_one_entry_of_two_plugins(pytester: pytest.Pytester, configure: Callable[..., Settings]) -> None:
    source = "def pytest_edgebench_profiles():\n    return {'mine': {}}\n"
    pytester.makepyfile(first_entries=source, second_entries=source)
    pytester.syspathinsert()
    with pytest.raises(
        pytest.UsageError, match="pytest_edgebench_profiles: mine: the catalogue has an entry 'mine'"
    ):
        configure("-p", "first_entries", "-p", "second_entries")


def test_ci_has_no_history_unless_it_is_asked_for(
    configure: Callable[..., Settings], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert configure().keep_history
    monkeypatch.setenv("CI", "true")
    assert not configure().keep_history
    assert configure("--edgebench-history=h.sqlite").keep_history
    assert configure("-o", "edgebench_history=h.sqlite").keep_history
    assert not configure("-o", "edgebench_history=off").keep_history


WRONG = [
    (("--edgebench-history=",), "write --edgebench-history=history.sqlite, or leave it out"),
    (
        ("--edgebench-history=folder.html",),
        "--edgebench-history is to write a file, but 'folder.html' is a folder",
    ),
    (("-o", "edgebench_history=folder.html"), "edgebench_history: 'folder.html' is not a file"),
    (("--edgebench-profile=hots",), "unknown profile 'hots'; did you mean 'host'?"),
    (("--edgebench-profile=x*",), "unknown profile 'x*'; declared: host"),
    (("--edgebench-report=",), "--edgebench-report was given nothing (an unset variable?)"),
    (
        ("--edgebench-report", "tests"),
        "--edgebench-report took 'tests' for its value, which is no .html file",
    ),
    (
        ("--edgebench-report=folder.html",),
        "--edgebench-report is to write a file, but 'folder.html' is a folder",
    ),
    (("--edgebench-json=",), "write --edgebench-json=edgebench.json, or leave it out"),
    (("--edgebench-json=folder.html",), "--edgebench-json is to write a file, but 'folder.html' is a folder"),
    (("--edgebench-markdown= ",), "write --edgebench-markdown=comment.md, or leave it out"),
    (("--edgebench-baseline=",), "write --edgebench-baseline=origin/main, or leave it out"),
    (("--edgebench-save-baseline=",), "write --edgebench-save-baseline=baseline, or leave it out"),
    (
        ("--edgebench-update-baseline", "tests"),
        "took 'tests' for its value, which is not 'force': write the test",
    ),
    (("--edgebench-show=al",), "--edgebench-show: unknown value 'al'; did you mean 'all'?"),
    (("--edgebench-inconclusive=maybe",), "unknown value 'maybe'; known: fail, pass. It takes pass, fail"),
    (("--edgebench-regressions=errors",), "unknown value 'errors'; did you mean 'error'?"),
    (("--edgebench-planned=0",), "--edgebench-planned is a whole number, at least 1, not '0'"),
    (("--edgebench-planned=many",), "--edgebench-planned is a whole number, at least 1, not 'many'"),
    (("--edgebench-planned=-3",), "--edgebench-planned is a whole number, at least 1, not '-3'"),
    (
        ("-o", "edgebench_alpha=0.01"),
        "edgebench_alpha: '0.01' is not a percentage; write e.g. edgebench_alpha = 3 %",
    ),
    (("-o", "edgebench_alpha=0 %"), "edgebench_alpha: '0 %' is not between 0 % and 50 %"),
    (("-o", "edgebench_alpha=60 %"), "edgebench_alpha: '60 %' is not between 0 % and 50 %"),
    (
        ("-o", "edgebench_default_latency_tolerance=0 %"),
        "edgebench_default_latency_tolerance: '0 %' is not above 0 %",
    ),
    (("-o", "edgebench_parent_limit=0 %"), "edgebench_parent_limit: '0 %' is not above 0 %"),
    (("-o", "edgebench_baseline_limit=-3 %"), "edgebench_baseline_limit: '-3 %' is not a number with a unit"),
    (("-o", "edgebench_cap_seconds=0"), "edgebench_cap_seconds: 0.0 is not a number of seconds above 0"),
    (("-o", "edgebench_cap_seconds=nan"), "edgebench_cap_seconds: nan is not a number of seconds above 0"),
    (
        ("-o", "edgebench_cap_seconds=20 s"),
        "ini key edgebench_cap_seconds: could not convert string to float: '20 s'",
    ),
    (("-o", "edgebench_confirm_seconds=-1"), "-1.0 is not a number of seconds, 0 or more"),
    (("-o", "edgebench_deadline=inf"), "edgebench_deadline: inf is not a number of seconds above 0"),
    (("-o", "edgebench_max_loads=12"), "edgebench_max_loads: 12 is not at least 13, below which no slowdown"),
    (
        ("-o", "edgebench_max_loads=many"),
        "ini key edgebench_max_loads: invalid literal for int() with base 10: 'many'",
    ),
    (("-o", "edgebench_accuracy_mode=populaton"), "unknown value 'populaton'; did you mean 'population'?"),
    (("-o", "edgebench_report=report.txt"), "ini key edgebench_report: 'report.txt' is not an .html file"),
    (("-o", "edgebench_report=folder.html"), "ini key edgebench_report: 'folder.html' is not an .html file"),
]


@pytest.mark.parametrize("arguments, said", WRONG, ids=[" ".join(arguments) for arguments, _ in WRONG])
def test_wrong(
    pytester: pytest.Pytester, configure: Callable[..., Settings], arguments: tuple[str, ...], said: str
) -> None:
    pytester.mkdir("folder.html")
    pytester.mkdir("tests")
    with pytest.raises(pytest.UsageError) as caught:
        configure(*arguments)
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    "said", ["edgebench.toml:2: profiles.a.threds: a profile has no key", "2 problems in"]
)
def test_wrong_settings_end_the_run_without_a_traceback(pytester: pytest.Pytester, said: str) -> None:
    more = "" if said.startswith("edgebench") else "[[waivers]]\n"
    pytester.makefile(".toml", edgebench=f"[profiles.a]\nthreds = 4\n{more}")
    pytester.makepyfile("def test_it(): pass")
    result = pytester.runpytest_inprocess("-p", "no:edgebench", plugins=[Plugin()])
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines([f"*{said}*", "*fix: did you mean 'threads'?*"])
    assert "Traceback" not in result.stderr.str() + result.stdout.str()


def test_options_reach_the_workers_of_xdist(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        plain_hooks="""
        from pytest_edgebench import hookspecs
        from pytest_edgebench.settings.options import add_options
        from pytest_edgebench.settings.resolve import load

        def pytest_addhooks(pluginmanager):
            pluginmanager.add_hookspecs(hookspecs)

        def pytest_addoption(parser):
            add_options(parser)

        def pytest_configure(config):
            config.settings_for_test = load(config)
        """
    )
    pytester.makepyfile(
        """
        def test_it(pytestconfig):
            settings = pytestconfig.settings_for_test
            assert hasattr(pytestconfig, "workerinput")
            assert (settings.show, settings.selected, settings.alpha) == ("all", ("host",), 0.02)
            assert settings.report == pytestconfig.rootpath / "edgebench-report.html"
        """
    )
    pytester.syspathinsert()
    options = ["--edgebench-show=all", "--edgebench-profile=h*", "-o", "edgebench_alpha=2 %"]
    result = pytester.runpytest_subprocess(
        "-p", "no:edgebench", "-p", "plain_hooks", "-n", "1", *options, "--edgebench-report"
    )
    result.assert_outcomes(passed=1)


def test_import_is_light() -> None:
    """The plugin imports these at every start of pytest."""
    code = (
        "import sys, pytest; before = set(sys.modules);"
        "import pytest_edgebench.settings.resolve, pytest_edgebench.hookspecs;"
        "new = set(sys.modules) - before;"
        "heavy = {'numpy', 'pandas', 'tomllib', 'difflib', 'decimal', 'pytest_edgebench.profiles.keys'};"
        "assert not heavy & new, new"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (result.returncode, result.stderr) == (0, "")


def test_no_file_no_toml(tmp_path: Path) -> None:
    """Without a settings file neither tomllib nor the catalogue is touched."""
    code = (
        "import sys, pathlib; from pytest_edgebench.profiles.load import load_profiles;"
        "assert list(load_profiles(pathlib.Path.cwd(), None)) == ['host'];"
        "assert not {'tomllib', 'pytest_edgebench.profiles.catalogue'} & set(sys.modules)"
    )
    result = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert (result.returncode, result.stderr) == (0, "")
