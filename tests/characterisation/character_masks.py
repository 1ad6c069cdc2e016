"""What may differ from run to run, or from machine to machine, is replaced by a word in angle brackets."""

from __future__ import annotations

import re
import sys
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

NOISY = re.compile(r"latency|first_inference|load|memory|first_call")
"""Metrics that are timed or weighed on this machine."""

HEX = re.compile(r"\b([0-9a-f]{16})[0-9a-f]{48}\b")
TIME = re.compile(r"(?<![\w.])[+-]?\d[\d,]*(\.\d+)?\s?(ns|µs|ms|s|min)\b")

_NOW = datetime.now(UTC)
_TODAY = [f"{_NOW + timedelta(days=days):%Y-%m-%d}" for days in range(-1, 100)]
"""Days near this one, also those that a waiver is proposed for; none that a project names."""

# In every text: pattern → replacement, in this order.
_ALWAYS: tuple[tuple[str, str], ...] = (
    (r"\x1b\[[0-9;]*m", ""),
    (r"^platform linux .*$", "platform <platform>"),
    (r"^plugins: .*$", "plugins: <plugins>"),
    (r"^\[gw\d+\] linux -- .*$", "[<worker>] <platform>"),
    (r"(?<=^load average\n).*$", "<load>"),
    (r"\bcommand-[0-9a-f]{12}\b", "command-<place>"),
    (r"^rootdir: .*$", "rootdir: <folder>"),
    (r"^created: .*$", "created: <workers>"),
    (r"\d\d\d\d-\d\d-\d\d[T ]\d\d:\d\d(:\d\d)?(\.\d+)?(Z|[+-]\d\d:\d\d| UTC)?", "<moment>"),
    (rf"\b({'|'.join(_TODAY)})\b", "<today>"),
    (r"\btook \d[\d.]* (s|min)( \d+ s)?", "took <time>"),
    (r"\b\d{8}-\d{6}-\d+-[0-9a-f]{6}\b", "<run>"),
    (r"\bin \d+\.\d+s( \(\d+:\d\d:\d\d\))?", "in <time>"),
    (r"^(\d+ failed · .*?) {2,}\d[\d.]* (s|min|h)( \d+ (s|min))?$", r"\1  <time>"),
    (r"\b[0-9a-f]{40}\b", "<commit>"),
    (r"={3,}", "==="),
    (r"-{3,}", "---"),
    (r"_{3,}", "___"),
    (r"(?<=[^_\w])(_ ){3,}_?", "_ _ _ "),
    (r"(<root>|<package>)?[^\s\"'(<>]*/(?=digits/\w+\.py)", "<suites>/"),
    (r" at 0x[0-9a-f]+", " at <address>"),
    (r'(?<="gzip": ")[^"]+', "<zlib>"),
    (r"\[gw\d+\]", "[<worker>]"),
    (r"\bgw\d+\b", "<worker>"),
)
# Lines of timed sessions that count verdicts, some of which are of noisy rows.
_COUNTED = re.compile(
    r"\d+ (cases?|passed|failed|warned|pass)\b|^rerun |^accept |Edge budgets|\bCause:|[Ww]ithin budget"
)
# Whole lines that tell how far a session is; which ones there are depends on its speed.
_DROPPED = re.compile(
    r"^(edgebench: (compressing|measuring|building).*"
    r"|\S*test_\w+\.py( [.FEsxXw]*)?( +\[ *\d+%\])?"
    r"|[.FEsxXw]+( +\[ *\d+%\])?"
    r"|\d+ workers? \[\d+ items?\]|bringing up nodes\.\.\.|scheduling tests via .*)$"
)


def places(folder: Path, package: Path) -> list[tuple[str, str]]:
    """Path → word, the longest first."""
    named = {
        str(folder): "<folder>",
        str(folder.parent): "<tmp>",
        str(package): "<package>",
        str(package.parent): "<root>",
        sys.executable: "<python>",
        sys.prefix: "<prefix>",
        sys.base_prefix: "<prefix>",
    }
    return sorted(named.items(), key=lambda pair: -len(pair[0]))


def text(given: str, words: Iterable[tuple[str, str]], *, timed: bool = False) -> str:
    """A text with paths, moments and keys' tails masked; of a timed one also times; its lines are sorted."""
    for old, new in words:
        given = given.replace(old, new)
    # A value of a record is one line, and may well be the name of a test file.
    found = tidy(given)[:-1] if "\n" in given else given.rstrip()
    for pattern, word in _ALWAYS:
        found = re.sub(pattern, word, found, flags=re.MULTILINE)
    found = HEX.sub(r"\1", found)
    return _timed(found) if timed else found


def _timed(given: str) -> str:
    """Lines without noise, sorted; those that belong to a row are joined to it."""
    rows: list[str] = []
    for line in given.splitlines():
        # What belongs to a row is indented below it.
        if line.startswith("    ") and rows:
            rows[-1] += " | " + line.strip()
        else:
            rows.append(line)
    return "\n".join(sorted({" ".join(_row(row).split()) for row in rows} - {""}))


def _row(row: str) -> str:
    """What stays of a line: nothing where its presence or words depend on noise; the record has them."""
    noisy = TIME.search(row) or NOISY.search(row)
    if _COUNTED.search(row) or (noisy and row[1:2] == " "):
        return ""
    return re.sub(r"\d[\d.,]*", "#", TIME.sub("<time>", row)) if noisy else row


def tidy(given: str) -> str:
    """A whole text without lines that tell how far a session is, and without the blank lines they leave."""
    lines = [line.rstrip() for line in given.splitlines()]
    kept = "\n".join(line for line in lines if not _DROPPED.match(line))
    return re.sub(r"\n{3,}", "\n\n", kept).rstrip("\n") + "\n"


def loosened(given: str, *, keys: bool) -> str:
    """A text without what depends on kernels and libraries: numbers, digests and, unless kept, keys."""
    kept: list[str] = []

    def keep(match: re.Match[str]) -> str:
        kept.append(match.group())
        return f"\0{chr(0xE000 + len(kept) - 1)}"

    if keys:
        given = re.sub(r'(?<=key": ")[0-9a-f]{16}|(?<=artifacts/)[0-9a-f]{16}', keep, given)
    given = re.sub(r"\b[0-9a-f]{16}\b", "<hex>", given)
    given = re.sub(r"[+-]?\d[\d.,]*", "#", given)
    given = re.sub(r"[ \t]+", " ", given)
    return re.sub("\0(.)", lambda match: kept[ord(match.group(1)) - 0xE000], given)


_MACHINE = ("started", "duration_s", "seconds", "alone_s", "shared_s", "load_average", "seed")
_SETTINGS = ("alpha_fail", "alpha_pass", "warm_ups", "alternate")


def record(given: Any, mask: Any, *, timed: bool, name: str = "") -> Any:
    """A run record, or part of it, with what is of this machine and moment masked.

    Args:
        mask: function of a text.
        name: key that it stands under.
    """
    if name in _MACHINE:
        return f"<{name}>"
    if name == "made_on":  # what the bytes may depend on
        return "<this machine>"
    if name in ("sum", "sums"):  # of lines that hold the machine and the moment
        return "<sums>"
    if name == "host" and isinstance(given, dict):  # of a baseline
        return {key: f"<{key}>" for key in given}
    if name in ("environment", "versions"):
        return {key: f"<{key}>" for key in given} if name == "environment" else "<versions>"
    if name == "runtime" and isinstance(given, dict):
        return {key: value if key in ("name", "threads") else f"<{key}>" for key, value in given.items()}
    if timed and name == "steps":  # their counts are those of the artifacts, which stand beside them
        return [mask(str(step["step"])) for step in given]
    if name == "series" and isinstance(given, dict):
        return {key: f"{len(value)} numbers" for key, value in given.items()} if not timed else sorted(given)
    if isinstance(given, dict):
        if timed and "alpha_fail" in given:  # how two files were timed side by side
            return {key: value if key in _SETTINGS else f"<{key}>" for key, value in given.items()}
        if timed and any(NOISY.search(str(row.get("metric"))) for row in given.get("rows", ())):
            given = {**given, "verdict": "<verdict>"}
        if timed and NOISY.search(str(given.get("metric", ""))):
            fixed = ("metric", "statistic", "reference", "limit", "level", "place")
            return {key: mask(str(given[key])) for key in fixed if key in given}
        noisy = [key for key in given if timed and name == "metrics" and NOISY.search(key)]
        # A row's number stands in the observation as well.
        left_out = {*noisy, "measured"} if timed else set(noisy)
        found = {
            key: record(value, mask, timed=timed, name=key)
            for key, value in given.items()
            if key not in left_out
        }
        return found | {"<noisy>": noisy} if noisy else found
    if isinstance(given, list):
        return [record(each, mask, timed=timed, name=name) for each in given]
    if isinstance(given, float):
        return float(f"{given:.9g}")
    if isinstance(given, str):
        return mask(given)
    return given


def ordered(given: Mapping[str, Any]) -> dict[str, Any]:
    """A run record with its artifacts, observations and cases in an order of their own.

    Tests, and so their artifacts, come in another order where two processes share them.
    """
    found = dict(given)
    artifacts, observations = found["artifacts"], found["observations"]
    for case in (cases := [dict(each) for each in found["cases"]]):
        for link, table in (("artifact", artifacts), ("parent", artifacts), ("observation", observations)):
            if isinstance(case.get(link), int) and case[link] < len(table):
                place = table[case[link]]
                case[link] = place.get("key") or f"{place['artifact_key']} on {place['profile']}"
        if "checks" in case:
            case["checks"] = sorted(case["checks"], key=lambda check: str(check.get("nodeid")))
    found["cases"] = sorted(cases, key=lambda case: str(case["key"]))
    found["artifacts"] = sorted(artifacts, key=lambda each: str(each["key"]))
    found["observations"] = sorted(observations, key=lambda each: (each["artifact_key"], each["profile"]))
    return found
