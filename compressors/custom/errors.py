"""Messages of the room `compressors.custom`: what was wrong, where, and what to write instead."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_edgebench.base.errors import BuildError, DeclarationError

if TYPE_CHECKING:
    from collections.abc import Sequence


def bad_stage(given: object, known: Sequence[str]) -> DeclarationError:
    return DeclarationError(
        f"eb.step takes one of {', '.join(map(repr, known))} as what the function works on, not {given!r}",
        fix='write @eb.step("torch") for a function of a module, @eb.step("onnx") for one of a file',
    )


def not_a_function(given: object) -> DeclarationError:
    return DeclarationError(
        f"eb.step takes a function, not {given!r}",
        fix="write a function of (module), or of (source, target) for files, and its parameters",
    )


def not_plain(name: str) -> DeclarationError:
    return DeclarationError(
        f"{name} is a generator or a coroutine, which does no work when it is called",
        fix="write it with def, and without yield and await",
    )


def wrong_parameters(name: str, reason: str, wanted: Sequence[str]) -> DeclarationError:
    return DeclarationError(
        f"step {name} cannot be called: {reason}",
        fix=f"its parameters, to be given by name, are {', '.join(wanted) or 'none'}",
    )


def wrong_function(name: str, stage: str, wanted: str) -> DeclarationError:
    return DeclarationError(
        f"{name} cannot be called with {wanted}, which a step on {stage} is given",
        fix=f"write def {name}({wanted}, ...)",
    )


def no_identity(name: str, reason: str) -> DeclarationError:
    return DeclarationError(
        f"step {name} has no identity: {reason}",
        fix='write it as a plain function in a file, or pass eb.step(..., key="v1") and change it yourself',
    )


def bad_key(given: object) -> DeclarationError:
    return DeclarationError(f"key= of eb.step is a text that is not empty, not {given!r}", fix='key="v1"')


def no_such_file(name: str, path: str) -> DeclarationError:
    return DeclarationError(
        f"step {name} depends on {path!r}, which is not a file",
        fix="give a path from the folder of the function's own file, or an absolute one",
    )


def returned(name: str, given: object, stage: str) -> BuildError:
    if stage == "torch":
        fix = "return the module, or nothing after changing it in place"
        return BuildError(f"{name} returned a {type(given).__name__}, not a torch.nn.Module", fix=fix)
    return BuildError(
        f"{name} returned a {type(given).__name__}; a step on a file returns nothing",
        fix="write the result to the path given as the second argument",
    )


def changed_input(name: str) -> BuildError:
    return BuildError(
        f"{name} changed the file it was given, from which other recipes are made as well",
        fix="leave the first path alone and write the result to the second",
    )


NOTHING_CHANGED = "the result is equal to what it was given; if that may be, say eb.step(..., changes=False)"


def unknown_step(name: str, known: Sequence[str]) -> DeclarationError:
    import difflib

    near = difflib.get_close_matches(name, known, 1)
    hint = f"did you mean eb.steps.{near[0]}? " if near else ""
    there = f"registered are {', '.join(known)}" if known else "no installed package registers any"
    return DeclarationError(
        f"unknown step {name!r}",
        fix=f"{hint}{there}; install the package that has it, or write the step with eb.step",
    )


def registered_twice(name: str, owners: Sequence[str]) -> DeclarationError:
    return DeclarationError(
        f"step {name!r} is registered by {' and by '.join(owners)}",
        fix="uninstall one of them, or import the step from the package that is meant",
    )


def not_importable(name: str, owner: str, cause: BaseException) -> DeclarationError:
    return DeclarationError(
        f"step {name!r} of {owner} cannot be imported: {type(cause).__name__}: {cause}",
        fix=f"fix or update {owner}",
    )


def no_step(name: str, owner: str, given: object) -> DeclarationError:
    return DeclarationError(
        f"{owner} registers {given!r} as step {name!r}, which is not a step",
        fix="let the entry point name what eb.step returned, or a subclass of eb.Step",
    )
