"""Messages about running a session: cases that were lost, combinations that mean nothing."""

from __future__ import annotations


def never_heard(key: str, test: str) -> str:
    return (
        f"{key} was planned, but {test} never reported: its process may have been killed; "
        "look for a crash above and run it again"
    )


def only_described(profile: str, what: str) -> str:
    return (
        f'{profile} is only described, not reached from here: {what} needs a profile with target = "host", '
        "or a measurement on the device"
    )


def not_on_host(what: str) -> str:
    return f"{what} is a figure of the device; this machine cannot tell it"


def no_count(profile: str) -> str:
    return (
        f"nothing counts the instructions of {profile} here: give it a target that does, "
        'e.g. target = "qemu", or leave it out of the budget'
    )


def plain_xfail(reason: str) -> str:
    return (
        f"{reason}\n  xfail hides only broken budgets: "
        "write @pytest.mark.xfail(raises=eb.BudgetExceeded) for those, and mend this"
    )


def required(profile: str, error: str) -> str:
    return f"{error}\n  profile {profile!r} is required, so this is a failure and no skip"


def unknown_attribute(name: str, known: str) -> str:
    return f"this case has no {name!r}; there is: {known}"


def powerless(problem: str, cells: int) -> str:
    return (
        f"the gate could never fail with these settings: {problem} ({cells} latency comparisons are "
        "planned); see edgebench_alpha, edgebench_max_loads and --edgebench-planned"
    )
