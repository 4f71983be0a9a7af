"""`operations.yaml`: every operation, and the edges that takes and gives imply.

Knows neither Airflow nor the network. It refuses what the Java reader (`dev.sluice.contracts
.Operations`) refuses, so that a file means the same to Composer and to the local cloud.
"""

import difflib
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import count, takewhile
from pathlib import Path

import yaml

from sluice import documents

NAME = re.compile(r"[a-z][a-z0-9_-]{0,62}")
KEYS = (
    "function",
    "map_over",
    "expands",
    "takes",
    "gives",
    "reads",
    "teardown",
    "long",
    "group",
)
LIST = "list"
OPTIONAL = "optional"
KINDS = ("shard", "slice", "trial")
"""What an operation can be mapped over: parts of a batch, groups of rows, trials of tuning."""


class BadInput(ValueError):
    """The file is wrong; the message says where and what to do."""


class Incomplete(Exception):
    """Some calls of a mapped operation gave an output and others did not: to go on would lose rows."""


@dataclass(frozen=True)
class Operation:
    """One row of the file.

    `name` is also the Airflow task's id. `map_over` is "shard", "slice" or "trial" where it is called
    once for each of those, None where it is called once; `expands` is that of which its answer tells
    the number, None where it tells of none. `takes` maps inputs, in order, to True where the operation
    also runs without them. `gives` begins with the operation's own record, which is always given;
    `lists` are those of its outputs that are any number of uris, as `name#0`, `name#1` and so on.
    `reads` are the spec keys that enter its fingerprint. `teardown` marks the one that ends every
    run, whatever happened. `long` marks one that may take so long that its call is worth to be
    waited for without a worker. `group` is the frame in which the UI draws it, None for none.
    """

    name: str
    function: str
    map_over: str | None
    expands: str | None
    takes: Mapping[str, bool]
    gives: tuple[str, ...]
    lists: tuple[str, ...]
    reads: tuple[str, ...]
    teardown: bool
    long: bool
    group: str | None


class Operations:
    """All operations of a file, in its order."""

    def __init__(self, operations: Iterable[Operation], what: str):
        self._by_name = {operation.name: operation for operation in operations}
        self._giver: dict[str, str] = {}
        self._expander: dict[str, str] = {}
        for operation in self:
            if operation.expands:
                other = self._expander.setdefault(operation.expands, operation.name)
                if other != operation.name:
                    raise BadInput(
                        f"{what}: expands of {operation.name} is '{operation.expands}', which"
                        f" {other} expands already"
                    )
            for output in operation.gives:
                if "#" in output:
                    raise BadInput(
                        f"{what}: gives of {operation.name} names '{output}'; what follows a # is a"
                        " number"
                    )
                other = self._giver.setdefault(output, operation.name)
                if other != operation.name:
                    raise BadInput(
                        f"{what}: gives of {operation.name} names '{output}', which {other} gives"
                        " already"
                    )
        for operation in self:
            if operation.group in self._by_name:
                raise BadInput(
                    f"{what}: group of {operation.name} is '{operation.group}', which is an"
                    " operation; give the group another name"
                )
            for name in operation.takes:
                if name not in self._giver:
                    raise BadInput(
                        f"{what}: {operation.name} takes '{name}', which no operation"
                        f" gives{_suggest(name, self._giver)}"
                    )
                if self[self._giver[name]].teardown:
                    raise BadInput(
                        f"{what}: {operation.name} takes '{name}' of {self._giver[name]}, which is"
                        " a teardown: nothing comes after it"
                    )
        self._order = self._sort(what)
        for operation in self:
            self._check_mapped(operation, what)

    def __repr__(self) -> str:
        # Airflow keeps the text of what a mapped task is made with, and takes another text for
        # another version of the DAG.
        return f"Operations({list(self)!r})"

    @classmethod
    def read(cls, path: Path) -> "Operations":
        """Raises BadInput with the file's name where it is wrong."""
        return cls.parse(path.read_text(encoding="utf-8"), path.name)

    @classmethod
    def parse(cls, text: str, what: str) -> "Operations":
        """`what` names the text in messages."""
        try:
            rows = documents.load(text)
        except yaml.YAMLError as e:
            raise BadInput(f"{what}: {e}") from e
        if not isinstance(rows, dict):
            raise BadInput(f"{what}: must be a mapping from operation name to operation")
        return cls([_operation(name, row, what) for name, row in rows.items()], what)

    def __iter__(self):
        return iter(self._by_name.values())

    def __getitem__(self, name: str) -> Operation:
        return self._by_name[name]

    def giver(self, output: str) -> str:
        """The operation that gives this output."""
        return self._giver[output]

    def expander(self, operation: Operation) -> str | None:
        """The operation that says how often this one is called; None where it is called once."""
        return self._expander[operation.map_over] if operation.map_over else None

    def in_order(self) -> list[Operation]:
        """Givers before takers, teardowns last; what nothing orders stays in the file's order."""
        return sorted(self._order, key=lambda operation: operation.teardown)

    def upstream(self, operation: Operation) -> list[str]:
        """The operations whose outputs this one takes, each once, in the order of its inputs."""
        return list(dict.fromkeys(self._giver[name] for name in operation.takes))

    def edges(self) -> list[tuple[str, str]]:
        """(giver, taker), sorted."""
        return sorted((giver, taker.name) for taker in self for giver in self.upstream(taker))

    def is_joined(self, operation: Operation, giver: str) -> bool:
        """True where the operation takes of every call of the giver: that is mapped, and it is not
        mapped over the same."""
        return self[giver].map_over not in (None, operation.map_over)

    def inputs(
        self,
        operation: Operation,
        given: Mapping[str, Mapping[str, str] | Sequence[Mapping[str, str]]],
    ) -> tuple[dict[str, str], list[str]]:
        """The inputs of a call, and the required ones that were not given.

        `given` holds the outputs of each operation that answered, a list's as `name#0`, `name#1` and
        so on; of one whose outputs are joined, those of each call in order, which become the same.
        Raises Incomplete where only some calls gave one.
        """
        inputs: dict[str, str] = {}
        missing: list[str] = []
        for name, optional in operation.takes.items():
            giver = self._giver[name]
            if self.is_joined(operation, giver):
                uris = [outputs.get(name) for outputs in given.get(giver, ())]
                if None in uris and any(uris):
                    raise Incomplete(
                        f"{giver}[{uris.index(None)}] gave no '{name}', but others of {giver} did;"
                        " all or none must"
                    )
                found = {f"{name}#{k}": uri for k, uri in enumerate(uris) if uri is not None}
            elif name in self[giver].lists:
                outputs = given.get(giver, {})
                names = takewhile(outputs.__contains__, (f"{name}#{k}" for k in count()))
                found = {numbered: outputs[numbered] for numbered in names}
            else:
                uri = given.get(giver, {}).get(name)
                found = {} if uri is None else {name: uri}
            inputs |= found
            if not found and not optional:
                missing.append(name)
        return inputs, missing

    def before_teardown(self) -> list[str]:
        """The operations that a teardown must wait for, so that it comes after all of them.

        An operation ends when all its givers have ended, or at once when one of them failed. So
        the end of D tells that T has ended (or will never begin) if T is known to have ended once
        all givers of D have, and for each giver that might fail alone, T either ended before that
        giver or comes after it. What some other operation tells of need not be waited for, which
        keeps the graph readable: one edge for a pipeline's chain in place of one an operation.

        A mapped giver fails its takers with the first of its calls that fails, while others run
        on. So nothing but itself tells of its end.
        """
        after: dict[str, set[str]] = {}
        for operation in reversed(self._order):
            takers = [o for o in self._order if operation.name in self.upstream(o)]
            after[operation.name] = {o.name for o in takers}.union(*(after[o.name] for o in takers))
        told: dict[str, set[str]] = {}
        for operation in self._order:
            ended = [
                told[giver] | ({giver} if self[giver].map_over is None else set())
                for giver in self.upstream(operation)
            ]
            never = [after[giver] for giver in self.upstream(operation)]
            told[operation.name] = (
                set()
                .union(*ended)
                .intersection(*(before | later for before, later in zip(ended, never, strict=True)))
            )
        work = [operation.name for operation in self._order if not operation.teardown]
        return [name for name in work if not any(name in told[other] for other in work)]

    def _check_mapped(self, operation: Operation, what: str) -> None:
        """Somebody it takes from must say how often it is called."""
        if operation.map_over is None:
            return
        mapped = f"{what}: {operation.name} is mapped over '{operation.map_over}'"
        expander = self._expander.get(operation.map_over)
        if expander is None:
            raise BadInput(
                f"{mapped}, and no operation says how often it is called; give the one that does"
                f" 'expands: {operation.map_over}'"
            )
        if expander not in self.upstream(operation):
            such = "".join(f", such as '{name}'" for name in self[expander].gives[:1])
            raise BadInput(
                f"{mapped}, but takes nothing of {expander}, which says how often it is called; take"
                f" one of its outputs{such}"
            )

    def _sort(self, what: str) -> list[Operation]:
        order: list[Operation] = []
        left = list(self)
        while left:
            waiting = {operation.name for operation in left}
            ready = next((o for o in left if waiting.isdisjoint(self.upstream(o))), None)
            if ready is None:
                names = ", ".join(operation.name for operation in left)
                raise BadInput(f"{what}: the operations {names} wait for each other")
            order.append(ready)
            left.remove(ready)
        return order


def _operation(name: object, row: object, what: str) -> Operation:
    if not isinstance(name, str) or not NAME.fullmatch(name):
        raise BadInput(f"{what}: the operation's name '{name}' must match {NAME.pattern}")
    if not isinstance(row, dict):
        raise BadInput(f"{what}: {name} must be a mapping")
    for key in row:
        if key not in KEYS:
            raise BadInput(f"{what}: {name} has an unknown key '{key}'{_suggest(str(key), KEYS)}")
    function = row.get("function") or name
    if not isinstance(function, str):
        raise BadInput(f"{what}: function of {name} must be a name, not {function!r}")
    map_over, teardown = row.get("map_over"), row.get("teardown") is True
    expands = row.get("expands")
    if not isinstance(row.get("long", False), bool):
        raise BadInput(f"{what}: long of {name} must be true or false, not {row['long']!r}")
    group = row.get("group")
    if group is not None and not (isinstance(group, str) and NAME.fullmatch(group)):
        raise BadInput(f"{what}: group of {name} is {group!r}; it must match {NAME.pattern}")
    for key, kind in (("map_over", map_over), ("expands", expands)):
        if kind is not None and kind not in KINDS:
            raise BadInput(f"{what}: {key} of {name} is '{kind}'{_suggest(str(kind), KINDS)}")
    if map_over is not None and teardown:
        raise BadInput(
            f"{what}: map_over of {name} is of a teardown, which ends a run once; leave it out"
        )
    gives = _marked(name, "gives", LIST, "[batch, {baseline: list}]", row, what)
    lists = tuple(output for output, marked in gives.items() if marked)
    if map_over is not None and lists:
        raise BadInput(
            f"{what}: gives of {name} has a list, and each {map_over} gives one uri; leave it out"
        )
    if expands is not None and (map_over is not None or teardown):
        raise BadInput(
            f"{what}: expands of {name} is of"
            f" {'a teardown, which comes last' if teardown else 'a mapped operation'}; only one that"
            " is called once can say how often others are"
        )
    return Operation(
        name=name,
        function=function,
        map_over=map_over,
        expands=expands,
        takes=_marked(name, "takes", OPTIONAL, "[examples, {live_model: optional}]", row, what),
        gives=tuple(gives),
        lists=lists,
        reads=_names(name, "reads", row.get("reads") or [], what),
        teardown=teardown,
        long=row.get("long") is True,
        group=group,
    )


def _marked(
    name: str, key: str, mark: str, example: str, row: Mapping[str, object], what: str
) -> dict[str, bool]:
    """Names in order, True where one has the mark."""
    value = row.get(key) or []
    if not isinstance(value, list):
        raise BadInput(f"{what}: {key} of {name} must be a list, such as {example}")
    names: dict[str, bool] = {}
    for element in value:
        if isinstance(element, str):
            names[element] = False
        elif isinstance(element, dict) and list(element.values()) == [mark]:
            names[str(next(iter(element)))] = True
        else:
            raise BadInput(
                f"{what}: {key} of {name} must hold names and {{name: {mark}}}, not {element!r}"
            )
    return names


def _names(name: str, key: str, value: object, what: str) -> tuple[str, ...]:
    if not isinstance(value, list) or not all(isinstance(element, str) for element in value):
        raise BadInput(f"{what}: {key} of {name} must be a list of names, not {value!r}")
    return tuple(value)


def _suggest(name: str, known: Iterable[str]) -> str:
    nearest = difflib.get_close_matches(name, list(known), n=1, cutoff=0.0)
    return f"; did you mean '{nearest[0]}'?" if nearest else ""
