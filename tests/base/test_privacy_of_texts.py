"""What is taken out of texts, and what is left."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pytest

from pytest_edgebench.base.privacy import Private

ENVIRONMENT = {
    "NPM_TOKEN": "s3cr3t-value", "DB_PASSWORD": "hunter2!", "AWS_SECRET_ACCESS_KEY": "AKIA/+=(x)*",
    "LANG": "C.UTF-8", "API_KEY": "short", "KEYBOARD": "qwertyuiop", "SSH_AUTH_SOCK": "/dev/null",
}  # fmt: skip


@pytest.fixture
def private() -> Private:
    return Private(Path("/home/zoe/work/net"), ENVIRONMENT, Path("/home/zoe"), "zoe")


@pytest.mark.parametrize(
    ("given", "left"),
    [
        ("/home/zoe/work/net/conftest.py:8: wrong", "conftest.py:8: wrong"),
        ("--rootdir=/home/zoe/work/net", "--rootdir=."),
        ("/home/zoe/work/net-2/a and /home/zoe/work/network", "~/work/net-2/a and ~/work/network"),
        ("in /home/zoe, /home/zoey/x", "in ~, /home/zoey/x"),
        ("file:///home/zoe/x a/home/zoe/x", "file://~/x a/home/<user>/x"),
        ("/tmp/pytest-of-zoe/0", "/tmp/pytest-of-<user>/0"),
        ("zoe: ozoe zoetrope zoe2 zoe_x", "<user>: ozoe zoetrope zoe2 <user>_x"),
        ("401 for s3cr3t-value", "401 for <NPM_TOKEN>"),
        ("hunter2! AKIA/+=(x)*", "<DB_PASSWORD> <AWS_SECRET_ACCESS_KEY>"),
        ("C.UTF-8 short qwertyuiop /dev/null", "C.UTF-8 short qwertyuiop /dev/null"),
        ("kws-int8-rpi4  size  13.2 kB", "kws-int8-rpi4  size  13.2 kB"),
    ],
)
def test_texts(private: Private, given: str, left: str) -> None:
    assert private.text(given) == left
    assert private.text(left) == left


@dataclass(frozen=True)
class Result:
    key: str
    reason: str
    parts: tuple[str, ...] = ()
    number: float = 1.0
    inner: Result | None = None


def test_results(private: Private) -> None:
    found = private.value(
        Result("net-zoe", "by zoe", ("/home/zoe/a",), inner=Result("/home/zoe/x", "", ("zoe",)))
    )
    assert found == Result("net-zoe", "by <user>", ("~/a",), inner=Result("~/x", "", ("<user>",)))
    assert private.value({"net-zoe": {"python": "/home/zoe/bin/python"}}) == {
        "net-zoe": {"python": "~/bin/python"}
    }


def test_what_has_nothing_in_it_stays_the_same_object(private: Private) -> None:
    given = Result("net", "fine", ("a",), inner=Result("x", "y"))
    assert private.value(given) is given


def test_what_is_shared_stays_shared(private: Private) -> None:
    inner = Result("net", "by zoe")
    one, other = private.value((Result("a", "", inner=inner), Result("b", "", inner=inner)))
    assert one.inner == Result("net", "by <user>")
    assert one.inner is other.inner


@pytest.mark.parametrize("user", ["root", "runner", "ci", "", "Ubuntu"])
def test_names_that_are_words(user: str) -> None:
    private = Private(Path("/work/net"), {}, Path("/root"), user)
    assert private.text(f"the {user} of rootdir") == f"the {user} of rootdir"


def test_a_home_that_is_everything() -> None:
    private = Private(Path("/work/net"), {}, Path("/"), "x")
    assert private.text("/usr/lib /work/net/a") == "/usr/lib a"
    assert Private(Path("/w"), {}, None, "").text("/w/a /home/x") == "a /home/x"


def test_an_address_is_no_path() -> None:
    private = Private(Path("/work/net"), {}, Path("/root"), "root")
    assert private.text("ssh://root@127.0.0.1:22 and /root/.ssh") == "ssh://root@127.0.0.1:22 and ~/.ssh"
