"""What a deployment tells its DAGs: the file `deployment.json` beside `operations.yaml`.

Knows neither Airflow nor the network. Terraform writes the file, and so does the local cloud; where
there is none, everything stands at its default.
"""

import difflib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sluice.operations import BadInput, Operation, Operations

FILE = "deployment.json"
KEYS = ("functions", "pools", "timeouts", "defer")
CALL_SECONDS = 3600
"""The longest that an HTTP function may take."""


@dataclass(frozen=True)
class Deployment:
    """Where and how operations are performed.

    `functions` maps a function to its URL; `pools` an operation to the Airflow pool that bounds how
    many of its calls run at once; `timeouts` a function to the seconds after which the platform ends
    a call. `defer` says which of the operations that may be long wait in the triggerer: True for
    all, False for none, or their names.
    """

    functions: Mapping[str, str] = field(default_factory=dict)
    pools: Mapping[str, str] = field(default_factory=dict)
    timeouts: Mapping[str, int] = field(default_factory=dict)
    defer: bool | tuple[str, ...] = False

    @classmethod
    def read(cls, folder: Path) -> "Deployment":
        """Raises BadInput where the file is there and wrong."""
        path = folder / FILE
        try:
            text = path.read_text(encoding="utf-8")
        except FileNotFoundError:
            return cls()
        try:
            content = json.loads(text)
        except ValueError as e:
            raise BadInput(f"{FILE} is not JSON: {e}") from e
        if not isinstance(content, dict):
            raise BadInput(f"{FILE} must hold an object of {', '.join(KEYS)}")
        for key in content:
            if key not in KEYS:
                raise BadInput(f"{FILE} has an unknown key '{key}'; it takes {', '.join(KEYS)}")
        return cls(
            _named(content, "functions", str, "URL"),
            _named(content, "pools", str, "pool"),
            _timeouts(content),
            _defer(content.get("defer", False)),
        )

    def check(self, operations: Operations) -> None:
        """Raises BadInput where it names an operation that there is none of: a mistyped pool would
        bound nothing."""
        named = {"pools": self.pools, "defer": () if isinstance(self.defer, bool) else self.defer}
        known = [operation.name for operation in operations]
        for key, names in named.items():
            for name in names:
                if name not in known:
                    nearest = difflib.get_close_matches(name, known, n=1, cutoff=0.0)
                    raise BadInput(
                        f"{FILE}: {key} names '{name}', which is no operation; did you mean"
                        f" '{nearest[0]}'?"
                    )

    def defers(self, operation: Operation) -> bool:
        """True where a call of the operation waits in the triggerer rather than in a worker."""
        if isinstance(self.defer, bool):
            return self.defer and operation.long
        return operation.name in self.defer

    def call_seconds(self, operation: Operation) -> int:
        """How long a call may take."""
        return self.timeouts.get(operation.function, CALL_SECONDS)


def _named(content: Mapping[str, Any], key: str, kind: type, what: str) -> dict[str, Any]:
    values = content.get(key) or {}
    if not isinstance(values, dict) or not all(type(value) is kind for value in values.values()):
        raise BadInput(f"{FILE}: {key} must map a name to its {what}, not {values!r}")
    return values


def _timeouts(content: Mapping[str, Any]) -> dict[str, int]:
    timeouts = _named(content, "timeouts", int, "seconds")
    for name, seconds in timeouts.items():
        if not 1 <= seconds <= CALL_SECONDS:
            raise BadInput(
                f"{FILE}: timeouts of {name} is {seconds}; it must be from 1 to {CALL_SECONDS}"
            )
    return timeouts


def _defer(value: object) -> bool | tuple[str, ...]:
    if isinstance(value, bool):
        return value
    if isinstance(value, list) and all(isinstance(name, str) for name in value):
        return tuple(value)
    raise BadInput(f"{FILE}: defer must be true, false or a list of operations, not {value!r}")
