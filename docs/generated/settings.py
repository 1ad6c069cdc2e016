"""The keys of edgebench.toml, from the checks that read them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_edgebench.docs.generated.markdown import attributes, code, table
from pytest_edgebench.profiles.keys import KEYS
from pytest_edgebench.profiles.profile import Profile
from pytest_edgebench.profiles.target import KINDS, RENAMED
from pytest_edgebench.settings.waivers import EXAMPLES, Waiver

if TYPE_CHECKING:
    from collections.abc import Mapping

HEADING = "Settings file"
HEAD = """
`edgebench.toml`, or the same tables below `[tool.edgebench]` in `pyproject.toml`. An unknown key is an error with a
suggestion. [Where settings are found](options.md#where-settings-are-found) says which file applies.
"""
EXAMPLE = """
```toml title="edgebench.toml"
[profiles.rpi4]
extends = "raspberry-pi-4"      # an entry of the catalogue
target = "ssh://pi@rpi4.local"  # how it is reached
threads = 4

[profiles.audio-board]
extends = "cortex-m7"
flash = "512 kB"
ram = "320 kB"

[[waivers]]
case = "kws-int8-rpi4"
metric = "size"
up_to = "baseline + 8 %"
until = 2030-06-30
reason = "wider first layer, see the pull request"
```
"""
FIELDS: Mapping[str, str] = {"clock": "clock_hz", "ram": "ram_bytes", "flash": "flash_bytes"}
"""Key → field of `Profile` that holds it, where they differ."""


def page() -> str:
    """Keys of profiles, of targets and of waivers."""
    said = attributes(Profile)
    profile = [(code(key), said[FIELDS.get(key, key)]) for key in KEYS]
    kinds = [
        (
            code(f'target = "{kind.example}"'),
            _options(kind.options, kind.required),
            kind.evidence or "as `evidence` says",
        )
        for _, kind in sorted(KINDS.items())
    ]
    told = attributes(Waiver)
    waivers = [(code(key), told[key], code(example)) for key, example in EXAMPLES.items()]
    return (
        f"# {HEADING}\n{HEAD}{EXAMPLE}\n## `[profiles.NAME]`\n\n{table(('key', 'meaning'), profile)}"
        '\nSizes and frequencies are text with a unit: `ram = "320 KiB"`, `clock = "480 MHz"`. '
        "[The catalogue](catalogue.md) lists what `extends` may name.\n"
        "\n## `target_options`\n\nThe targets and how each is used: [Where a profile is measured](targets.md).\n\n"
        f"{table(('target', 'options', 'evidence of its numbers'), kinds)}"
        "\n## `[[waivers]]`\n\nAll keys are needed.\n\n"
        f"{table(('key', 'meaning', 'example'), waivers)}"
    )


def _options(options: Mapping[str, object], required: Mapping[str, object]) -> str:
    # Old names of options are accepted and not shown.
    shown = [name for name in options if name not in RENAMED]
    return ", ".join(f"`{name}` (needed)" if name in required else f"`{name}`" for name in shown) or "-"
