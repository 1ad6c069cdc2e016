"""A command of another package is listed, and runs."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from other_package import Other

HELLO = """
HELP = "greet a model file"


def configure(parser):
    parser.add_argument("model")


def run(arguments):
    print(f"hello {arguments.model}")
    return 3
"""


def test_a_command_is_listed_and_runs(other: Other) -> None:
    other.install("commands", "hello", HELLO)
    assert "greet a model file" in other.edgebench("--help").stdout
    ended = other.edgebench("hello", "net.onnx")
    assert (ended.returncode, ended.stdout) == (3, "hello net.onnx\n"), ended.stderr


def test_a_command_of_ours_cannot_be_replaced(other: Other) -> None:
    other.install("commands", "merge", HELLO)
    assert "hello" not in other.edgebench("merge", "net.onnx").stdout


def test_a_module_that_is_gone(other: Other) -> None:
    other.install("commands", "hello", HELLO, "no_such_module")
    ended = other.edgebench("hello", "net.onnx")
    assert (ended.returncode, ended.stderr) == (
        2,
        "'hello' of other-package (pytest_edgebench.commands): module no_such_module not found\n"
        "  fix: repair or uninstall other-package\n",
    )
