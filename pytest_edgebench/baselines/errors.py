"""Messages of the room `baselines`: what was wrong, where, and what to write instead."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_edgebench.record.errors import UPDATE, BaselineError
from pytest_edgebench.record.terms import metric_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pytest_edgebench.record.run import Metric


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


def git_refuses(ref: str, detail: str, fix: str) -> BaselineError:
    return BaselineError(
        f"--edgebench-baseline={ref}: git refuses this repository: {detail}",
        fix=f"if you trust whoever owns it: {fix}",
    )


def no_worktree(ref: str, detail: str) -> BaselineError:
    if "promisor" in detail or "could not fetch" in detail:
        fix = (
            "this is a partial clone (--filter) and git could not download what it lacks of that commit: "
            "make its remote reachable and log in, or clone without --filter"
        )
    elif "No space left" in detail or "quota" in detail:
        fix = "free space, or point `cache_dir` in the ini file to another disk"
    else:
        fix = "in a shallow clone fetch the commit first: git fetch --unshallow, or fetch-depth: 0 in CI"
    return BaselineError(f"--edgebench-baseline={ref}: git cannot check that commit out: {detail}", fix=fix)


def hint_missing(path: str) -> str:
    return (
        f"{path} is here but not in that commit: a file that git ignores, or one added since; "
        "commit it, or make the model's function create it"
    )


def hint_submodule(path: str) -> str:
    return (
        f"the submodule {path} is empty there: run git submodule update --init, then give that commit again"
    )


def hint_submodule_commit(path: str, sha: str) -> str:
    return (
        f"the submodule {path} is needed there at {sha[:12]}, which is not in this clone: run "
        f"git -C {path} fetch origin {sha}"
    )


def gone(key: str, place: str) -> str:
    return (
        f"{key} is in the baseline ({place}) but no test has it any more: "
        f"bring it back, or accept that it is gone with {UPDATE}"
    )


def missed(key: str, place: str, why: str) -> str:
    return f"{key} is in the baseline ({place}) but was not compared: {why}"


def unseen(count: int, why: str) -> str:
    cases = "1 case" if count == 1 else f"{count:,} cases"
    return f"{cases} of the baseline not compared: their test files were not collected ({why})"


def file_failed(file: str) -> str:
    return f"{file} could not be collected; see the error above"


def file_skipped(file: str, reason: str) -> str:
    return f"{file} was skipped while it was imported ({reason})"


def file_unmatched(file: str) -> str:
    return (
        f"{file} exists but pytest did not collect it; check python_files, norecursedirs and collect_ignore"
    )


def collection_failed(files: Sequence[str]) -> str:
    where = f" ({', '.join(files)})" if files else ""
    return f"the baseline was not updated: collection failed{where}; fix the errors above and run it again"


def refused(rows: str) -> str:
    return (
        f"the baseline was not updated: budgets that do not depend on it are broken: {rows}; "
        f"fix them, or insist with {UPDATE}=force"
    )


def expired(place: str, case: str, metric: str, until: str) -> str:
    return (
        f"{place}: the waiver of {metric} for {case} ended on {until}: delete it, or agree on a later `until`"
    )


def unused(place: str, case: str, metric: str) -> str:
    return f"{place}: the waiver of {metric} for {case} waives nothing any more: delete it"


def broken_there(title: str, reason: str) -> str:
    return f"it could not be built at {title}: {reason}"


def not_listed() -> str:
    return "the baseline does not list this case"


def other_format(fmt: str) -> str:
    return f"the baseline's file is a .{fmt}, another format"


def other_data(title: str, model: str) -> str:
    return (
        f"the labelled data of {model} is not that of the baseline {title}: "
        "the baseline's files were run again on the current data"
    )


def other_runtime(title: str, then: str, now: str) -> str:
    return (
        f"the baseline {title} ran on {then}, this is {now}: predictions compare then with now, "
        f"latency compares both files on {now}, so that what the runtime itself changed in it is not seen"
    )


def other_counter(what: str, then: str, now: str) -> str:
    return f"it was counted with {what} {then}, now it is {now}"


def other_counts(title: str, case: str, wrong: Sequence[tuple[str, Metric, Metric]]) -> BaselineError:
    told = ", ".join(f"{name} {_plain(then)}, but {_plain(now)}" for name, then, now in wrong)
    return BaselineError(
        f"the baseline {title} says of {case} {told} is counted in the file it keeps: its line was edited",
        fix=f"restore baseline.json, or accept what is measured with {UPDATE}",
    )


def other_digest(title: str, case: str) -> BaselineError:
    return BaselineError(
        f"the baseline {title} keeps another file of {case} than its line names: the digests differ",
        fix=f"restore baseline.json and its files, or accept what is measured with {UPDATE}",
    )


def other_files(title: str, case: str, names: Sequence[str]) -> BaselineError:
    return BaselineError(
        f"the files that the baseline {title} lists of {case} are not those of the model: {', '.join(names)}",
        fix=f"restore baseline.json and its files, or accept what is measured with {UPDATE}",
    )


def counted_again(title: str, names: Sequence[str]) -> str:
    return (
        f"{', '.join(names)} of the baseline {title} were counted in another way when it was accepted: "
        "its files were counted again, and the old numbers are not used"
    )


def demanded_no_more(slot: str, text: str, skipped: str, *, switched_off: bool) -> str:
    how = 'is switched off by level="off"' if switched_off else "is demanded no more"
    if skipped:
        how = f"is demanded no more, since {skipped} is skipped"
    return f"{metric_of(slot)} {text} {how}"


def demanded_less(place: str, slot: str, parts: Sequence[tuple[str, str]]) -> str:
    return f"{place}: {metric_of(slot)}: " + ", ".join(f"{now} (was {then})" for now, then in parts)


def check_off(slot: str) -> str:
    metric, _, reference = slot.partition(" ")
    against = f" against the {reference}" if reference else ""
    return f'the default check of {metric}{against} is switched off by level="off"'


def setting_looser(name: str, now: str | None, then: str | None) -> str:
    return f"{name} = {now if now is not None else 'not set'} (was {then if then is not None else 'not set'})"


def waiver_new(slot: str, up_to: str, until: str) -> str:
    return f"a new waiver of {slot} up to {up_to} until {until}"


def waiver_further(slot: str, now: str, then: str) -> str:
    return f"the waiver of {slot} allows {now} (was {then})"


def loosened(clause: str, cases: Sequence[str]) -> str:
    shown = ", ".join(cases[:3]) + (f" and {len(cases) - 3:,} more cases" if len(cases) > 3 else "")
    return f"loosened: {clause}: {shown}"


def _plain(metric: Metric) -> str:
    least = "at least " if metric.floor else ""
    return f"{least}{metric.value:,.10g} {metric.unit}".rstrip()


def other_host(title: str, then: str, now: str) -> str:
    return (
        f"the baseline {title} was made on another machine ({then}; here {now}): no figure of that machine "
        "that varies is compared with, both files are timed here"
    )


def ref_without(ref: str) -> str:
    return (
        f"{ref} was collected without an error and declares no model and no budget, so there is nothing to "
        "compare with: every case is new, and the next change is compared with this one"
    )


def of_a_ref(ref: str) -> str:
    return (
        f"the baseline {ref} was built by that commit's recipes with the current libraries and runtimes: "
        "changes caused by upgrading these are not seen"
    )
