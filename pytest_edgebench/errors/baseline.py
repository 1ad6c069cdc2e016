"""Messages about baselines: folders, git refs, and what they list."""

from __future__ import annotations

from pytest_edgebench.errors import EdgebenchError

UPDATE = "--edgebench-update-baseline"
AGAIN = f"accept a state anew with {UPDATE}, or save one with --edgebench-save-baseline=FOLDER"


class BaselineError(EdgebenchError):
    """A baseline that is missing, damaged or cannot be made."""


def no_file(where: str) -> BaselineError:
    return BaselineError("there is no baseline.json in this folder", where=where, fix=AGAIN)


def not_readable(where: str, detail: str) -> BaselineError:
    return BaselineError(f"the baseline cannot be read: {detail}", where=where, fix=f"restore it, or {AGAIN}")


def not_a_baseline(where: str) -> BaselineError:
    return BaselineError("this is no baseline: it has no schema number", where=where, fix=AGAIN)


def other_schema(where: str, found: int, known: int) -> BaselineError:
    newer = found > known
    age = "a newer" if newer else "an older"
    fix = "upgrade pytest-edgebench here: pip install --upgrade pytest-edgebench" if newer else AGAIN
    return BaselineError(
        f"the baseline has schema {found}, from {age} pytest-edgebench; this one reads schema {known}",
        where=where,
        fix=fix,
    )


def edited(where: str, case: str) -> BaselineError:
    return BaselineError(
        f"the line of {case} was edited by hand: its check sum does not fit",
        where=where,
        fix=f"restore the line, or accept what is measured with {UPDATE}; "
        "to allow a regression for a while write a [[waivers]] table in the settings",
    )


def twice(where: str, case: str) -> BaselineError:
    return BaselineError(
        f"{case} is listed twice, as after a merge", where=where, fix="delete one of the two lines"
    )


def file_gone(title: str, name: str, case: str) -> BaselineError:
    return BaselineError(
        f"the baseline {title} lists {name} for {case}, which is not there",
        fix="fetch or restore the file (a checkout without it? git lfs pull?)",
    )


def file_changed(title: str, name: str, case: str) -> BaselineError:
    return BaselineError(
        f"the baseline {title} has another {name} than it lists for {case}: its SHA-256 differs",
        fix="restore the file (a Git LFS pointer? run git lfs pull)",
    )


def no_such_baseline(given: str, git: str) -> BaselineError:
    return BaselineError(
        f"--edgebench-baseline={given}: no folder with a baseline.json, and no git ref ({git})",
        fix="give the folder of --edgebench-save-baseline, or a branch, tag or commit; in CI fetch it first: "
        "git fetch origin main (a shallow clone has only the newest commit: fetch-depth: 0)",
    )


def not_in_ref(ref: str, what: str) -> BaselineError:
    return BaselineError(
        f"--edgebench-baseline={ref}: {what} is not in that commit, so there is nothing to compare with",
        fix="give a ref that has it; a first comparison can be made once this change is merged",
    )


def no_cases(ref: str, what: str) -> BaselineError:
    return BaselineError(
        f"--edgebench-baseline={ref}: no edgebench case was found in that commit ({what})",
        fix="give a ref whose tests take `edge`; a first comparison can be made once this change is merged",
    )


def child_failed(ref: str, status: int, tail: str, hints: str) -> BaselineError:
    return BaselineError(
        f"--edgebench-baseline={ref}: pytest ended with status {status} in that commit's own tree:\n{tail}",
        fix=hints or "make that commit's tests collect in this environment, or give another ref",
    )


def own_modules(ref: str, modules: str) -> BaselineError:
    return BaselineError(
        f"--edgebench-baseline={ref}: these modules were loaded from the working tree, not from that commit: "
        f"{modules}",
        fix="the baseline would have been built by the code under test; load them lazily, or keep them out "
        "of plugins that start before pytest-edgebench",
    )


def no_worktree(ref: str, detail: str) -> BaselineError:
    return BaselineError(
        f"--edgebench-baseline={ref}: git cannot check that commit out: {detail}",
        fix="in a shallow or partial clone fetch it first: git fetch --unshallow, or fetch-depth: 0 in CI",
    )


def hint_missing(path: str) -> str:
    return (
        f"{path} is here but not in that commit: a file that git ignores, or one added since; "
        "commit it, or make the model's function create it"
    )


def hint_submodule(path: str) -> str:
    return (
        f"the submodule {path} is empty there: run git submodule update --init, then give that commit again"
    )


def gone(key: str, place: str) -> str:
    return (
        f"{key} is in the baseline ({place}) but no test has it any more: "
        f"bring it back, or accept that it is gone with {UPDATE}"
    )


def refused(rows: str) -> str:
    return (
        f"the baseline was not updated: budgets that do not depend on it are broken: {rows}; "
        f"mend them, or insist with {UPDATE}=force"
    )


def expired(place: str, case: str, metric: str, until: str) -> str:
    return (
        f"{place}: the waiver of {metric} for {case} ended on {until}: delete it, or agree on a later `until`"
    )


def unused(place: str, case: str, metric: str) -> str:
    return f"{place}: the waiver of {metric} for {case} waives nothing any more: delete it"


def broken_there(title: str, reason: str) -> str:
    return f"it could not be built at {title}: {reason}"


def other_format(fmt: str) -> str:
    return f"the baseline's file is a .{fmt}, another format"


def other_data(title: str, model: str) -> str:
    return (
        f"the labelled data of {model} is not that of the baseline {title}: "
        "the baseline's files were run again on the data of now"
    )


def other_runtime(title: str, then: str, now: str) -> str:
    return (
        f"the baseline {title} ran on {then}, this is {now}: predictions compare then with now, "
        f"latency compares both files on {now}, so that what the runtime itself changed in it is not seen"
    )


def other_counter(what: str, then: str, now: str) -> str:
    return f"it was counted with {what} {then}, now it is {now}"


def other_host(title: str, then: str, now: str) -> str:
    return (
        f"the baseline {title} was made on another machine ({then}; here {now}): no figure of that machine "
        "that varies is compared with, both files are timed here"
    )


def of_a_ref(ref: str) -> str:
    return (
        f"the baseline {ref} was built by that commit's recipes with the libraries and runtimes of now: "
        "what an upgrade of these changes cannot be seen this way"
    )
