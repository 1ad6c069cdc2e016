"""The exceptions, and one module of messages for each stage.

Every message says what was wrong, where (file:line or key) and what to write instead.
"""


class EdgebenchError(Exception):
    """Base of all errors a user can cause or mend.

    Attributes:
        what: one sentence saying what is wrong.
        where: ``file:line``, a settings key or a file path; empty when unknown.
        fix: what to write or do instead; empty when there is nothing to advise.
    """

    def __init__(self, what: str, *, where: str = "", fix: str = "") -> None:
        super().__init__(what, where, fix)
        self.what = what
        self.where = where
        self.fix = fix

    def __str__(self) -> str:
        lines = [f"{self.where}: {self.what}" if self.where else self.what]
        if self.fix:
            lines.append(f"  fix: {self.fix}")
        return "\n".join(lines)


class DeclarationError(EdgebenchError):
    """A model, recipe, budget or case selection that cannot mean anything; found at collection."""


class SettingsError(EdgebenchError):
    """A wrong key or value on the command line or in ``edgebench.toml``."""


class DataError(EdgebenchError):
    """Inputs, labels, calibration data or scores that cannot be used."""


class BuildError(EdgebenchError):
    """An artifact could not be built: the case ends in ERROR."""


class NoEffectError(BuildError):
    """A step ran but changed nothing that it promises to change."""


class UnsupportedError(EdgebenchError):
    """This combination of steps, format and runtime cannot be built: the case is UNSUPPORTED."""


class MeasureError(EdgebenchError):
    """A runtime crashed, hung, ran out of memory or answered garbage: the case ends in ERROR.

    Attributes:
        lasting: trying again in this session is of no use.
    """

    lasting = False


class Dropped(MeasureError):  # noqa: N818 - what happened, not what is wrong
    """The connection to a target was lost while it was asked; the question may be asked again."""


class BudgetExceeded(AssertionError):  # noqa: N818 - public name, given by the API
    """Raised by ``edge.check()`` when an error-level budget or default check fails."""
