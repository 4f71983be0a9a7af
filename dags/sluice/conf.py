"""What a run can be asked for: the form of a manual run, and the conf that it becomes."""

import difflib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from airflow.sdk import Param

from sluice.calls import Permanent

BATCH = r"^[A-Za-z0-9][A-Za-z0-9_.~:+-]{0,199}$"
SPAN = r"^(?!\.{1,2}$)[^/\x00-\x1f\x7f]{1,200}$"
"""One segment of an object's name."""


def params() -> dict[str, Param]:
    """The fields of the form, each of which may stay empty."""
    return {
        "batch": Param(
            None,
            type=["null", "string"],
            pattern=BATCH,
            title="Batch",
            description=(
                "A batch's name, such as b-0123456789abcdef0123, as table batches lists them. Empty"
                " for the newest that has not passed yet, or of the span below."
            ),
        ),
        "span": Param(
            None,
            type=["null", "string"],
            pattern=SPAN,
            title="Span",
            description=(
                "A span, such as 2026-11-01, whose newest data to take, whatever has passed. Empty"
                " where a batch is named, or for the newest of all."
            ),
        ),
        "force": Param(
            False,
            type="boolean",
            title="Force",
            description=(
                "Off: what an equal run has made already is found and taken. On: every stage works"
                " anew, which takes as long as the first time."
            ),
        ),
        "options": Param(
            {},
            type=["object", "null"],
            title="Options",
            description=(
                "Parameters that go along with every call, as a JSON object. Stages know of none that"
                " a spec cannot say better; another value makes other artifacts."
            ),
        ),
    }


@dataclass(frozen=True)
class Conf:
    """A run's conf; absent or null members stand for nothing asked."""

    batch: str | None
    span: str | None
    force: bool
    options: Mapping[str, Any]

    @classmethod
    def of(cls, conf: Mapping[str, Any] | None, *, lenient: bool = False) -> "Conf":
        """Raises Permanent for a member that nobody knows: a mistyped `batch` would work on another
        one. `lenient` passes it over, for who must not fail because of it."""
        asked = {name: value for name, value in (conf or {}).items() if value is not None}
        known = tuple(cls.__dataclass_fields__)
        for name in asked:
            if name not in known and not lenient:
                nearest = difflib.get_close_matches(name, known, n=1, cutoff=0.0)[0]
                raise Permanent(
                    f"the run's conf has an unknown member '{name}'; did you mean '{nearest}'? It"
                    f" takes {', '.join(known)}"
                )
        options = {
            name: value for name, value in (asked.get("options") or {}).items() if value is not None
        }
        return cls(asked.get("batch"), asked.get("span"), asked.get("force") is True, options)
