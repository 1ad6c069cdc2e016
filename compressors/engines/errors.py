"""Messages of the room `compressors.engines`: what was wrong, where, and what to write instead."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_edgebench.base.errors import (
    BuildError,
    DataError,
    DeclarationError,
    SettingsError,
)

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path


def matches_nothing(step: str, name: str, pattern: str, known: Sequence[str]) -> BuildError:
    return BuildError(
        f"{step}: {name}={pattern!r} matches no operator of the file",
        fix=f"operators are {', '.join(known)}",
    )


def several_signatures(step: str, known: Sequence[str], path: Path) -> BuildError:
    return BuildError(
        f"{step}: the file has {len(known)} signatures ({', '.join(known)}), and the samples fit one of them",
        where=str(path),
        fix=f'write eb.Model(path, signature="{known[0]}"), or "dynamic-int8", which takes no samples',
    )


def no_signature(step: str, given: str, known: Sequence[str], path: Path) -> BuildError:
    return BuildError(
        f"{step}: the file has no signature {given!r}",
        where=str(path),
        fix=f"its signatures are {', '.join(known)}" if known else "leave signature= out",
    )


def input_names(given: Sequence[str], wanted: Sequence[str], path: Path) -> DataError:
    return DataError(
        f"the data has inputs {', '.join(given)}; the model takes {', '.join(wanted)}",
        where=str(path),
        fix="name the inputs of `data` (a mapping) as the model does",
    )


def unknown_engine(given: object, known: Sequence[str]) -> DeclarationError:
    fix = f"engines are {', '.join(map(repr, known))}"
    if given == "openvino":
        fix = (
            'write engine="nncf", which writes .onnx files: no runtime here reads OpenVINO\'s own form; '
            + fix
        )
    return DeclarationError(f"there is no engine {given!r}", fix=fix)


def not_an_engine(file: Path, cause: Exception) -> SettingsError:
    return SettingsError(
        f"the file does not say which engine it is: {type(cause).__name__}: {cause}",
        where=str(file),
        fix='give it a line such as ENGINE = {"name": "mine", "format": "onnx", "schemes": {"fp16": ()}}',
    )


def not_installed(engine: str, extra: str) -> BuildError:
    return BuildError(
        f"engine={engine!r} is not installed",
        fix=f"pip install 'pytest-edgebench[{extra}]'" if extra else f"pip install {engine}",
    )


def not_offered(engine: str, scheme: str, offered: Sequence[str]) -> DeclarationError:
    return DeclarationError(
        f"engine={engine!r} has no scheme {scheme!r}", fix=f"its schemes are {', '.join(map(repr, offered))}"
    )


def no_algorithm(engine: str, scheme: str, given: str, offered: Sequence[str]) -> DeclarationError:
    fix = f"choose one of {', '.join(map(repr, offered))}" if offered else "leave algorithm= out"
    return DeclarationError(f"engine={engine!r} has no algorithm {given!r} for {scheme!r}", fix=fix)


def not_heeded(engine: str, name: str, given: object, takes: Sequence[str]) -> DeclarationError:
    return DeclarationError(
        f"engine={engine!r} does not take {name}={given!r}",
        fix=f"leave {name}= out; of such parameters it takes {', '.join(takes) or 'none'}",
    )
