"""What takes and gives imply, without Airflow."""

import itertools
import json

import pytest
from conftest import DAGS

from sluice.operations import BadInput, Operations

SMALL = """
resolve: {takes: [], gives: [batch, live_model]}
ingest: {takes: [batch], gives: [examples]}
left: {takes: [examples], gives: [left]}
right: {takes: [examples], gives: [right]}
gate: {takes: [left, right, {live_model: optional}], gives: [verdict, blessing]}
release: {takes: [blessing], gives: [version]}
finish-run: {teardown: true}
"""


def small(**replacements):
    text = SMALL
    for old, new in replacements.items():
        assert old in text
        text = text.replace(old, new)
    return Operations.parse(text, "operations.yaml")


def test_edges_equal_the_list_that_java_is_held_to():
    golden = json.loads((DAGS / "tests" / "edges.json").read_text(encoding="utf-8"))
    operations = Operations.read(DAGS / "operations.yaml")
    assert [list(edge) for edge in operations.edges()] == golden["edges"]
    assert [o.name for o in operations if o.teardown] == golden["teardowns"]


def test_puts_givers_before_takers_and_teardowns_last():
    shuffled = "\n".join(reversed(SMALL.strip().splitlines()))
    names = [o.name for o in Operations.parse(shuffled, "operations.yaml").in_order()]
    assert names == ["resolve", "ingest", "right", "left", "gate", "release", "finish-run"]


def test_names_a_giver_once_however_many_outputs_are_taken():
    assert ("resolve", "gate") in small().edges()
    assert small().upstream(small()["gate"]) == ["left", "right", "resolve"]


def test_a_function_is_named_as_its_operation_unless_told():
    assert small()["ingest"].function == "ingest"
    assert small(**{"ingest: {": "ingest: {function: read, "})["ingest"].function == "read"


def test_passes_what_was_given_in_the_order_of_takes():
    operations = small()
    given = {"left": {"left": "gs://l"}, "right": {"right": "gs://r", "other": "gs://o"}}
    assert operations.inputs(operations["gate"], given) == (
        {"left": "gs://l", "right": "gs://r"},
        [],
    )
    given["resolve"] = {"live_model": "gs://m"}
    inputs, _ = operations.inputs(operations["gate"], given)
    assert list(inputs.items())[-1] == ("live_model", "gs://m")


def test_misses_what_is_required_and_not_given():
    operations = small()
    # The gate answered with its verdict alone.
    given = {"gate": {"verdict": "gs://v"}, "left": {"left": "gs://l"}}
    assert operations.inputs(operations["release"], given) == ({}, ["blessing"])
    assert operations.inputs(operations["gate"], given)[1] == ["right"]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"takes: [batch]": "takes: [bach]"}, "ingest takes 'bach'.*did you mean 'batch'"),
        ({"gives: [right]": "gives: [left]"}, "gives of right names 'left', which left gives"),
        ({"takes: [batch]": "takes: [version]"}, "ingest, .*release wait for each other"),
        ({"takes: [batch]": "takes: batch"}, "takes of ingest must be a list"),
        ({"{live_model: optional}": "{live_model: maybe}"}, "takes of gate must hold names and"),
        ({"takes: [batch]": "take: [batch]"}, "ingest has an unknown key 'take'.*'takes'"),
        ({"right: {takes": "left: {takes"}, "'left' stands here a second time"),
        ({"right: {takes": "Right: {takes"}, "name 'Right' must match"),
        (
            {"ingest: {takes: [batch], gives: [examples]}": "ingest: now"},
            "ingest must be a mapping",
        ),
        (
            {"teardown: true": "teardown: true, gives: [end]", "takes: [batch]": "takes: [end]"},
            "ingest takes 'end' of finish-run, which is a teardown",
        ),
    ],
)
def test_refuses_a_file_that_means_nothing(change, message):
    with pytest.raises(BadInput, match=f"^operations.yaml: (.|\n)*{message}"):
        small(**change)


def test_one_edge_leads_to_the_teardown_where_the_rest_follows():
    assert Operations.read(DAGS / "operations.yaml").before_teardown() == ["release"]
    # The gate ends at once when left fails, while right may still run.
    assert small().before_teardown() == ["left", "right", "release"]


def every_dag(size):
    """All operations files of so many operations, named a, b, ..., each taking of earlier ones."""
    names = "abcde"[:size]
    pairs = list(itertools.combinations(names, 2))
    for chosen in itertools.product([False, True], repeat=len(pairs)):
        edges = [pair for pair, taken in zip(pairs, chosen, strict=True) if taken]
        rows = [
            f"{name}: {{takes: [{', '.join(f'from-{g}' for g, t in edges if t == name)}],"
            f" gives: [from-{name}]}}"
            for name in names
        ]
        yield Operations.parse("\n".join([*rows, "end: {teardown: true}"]), "operations.yaml")


def ended_while(operations, upstream, running, failing):
    """What ends while one operation runs and does not end; nothing where it never begins."""
    ended, bad = set(), set()
    for operation in operations.in_order():
        name = operation.name
        givers = upstream[name]
        if bad.intersection(givers):
            ended.add(name)
            bad.add(name)
            if name == running:
                return set()
        elif ended.issuperset(givers) and name != running:
            ended.add(name)
            if name in failing:
                bad.add(name)
    return ended


def test_the_teardown_never_begins_while_an_operation_runs():
    tried = 0
    for operations in every_dag(5):
        work = [o.name for o in operations if not o.teardown]
        upstream = {o.name: operations.upstream(o) for o in operations}
        awaited = set(operations.before_teardown())
        for running in work:
            others = [name for name in work if name != running]
            for outcome in itertools.product([False, True], repeat=len(others)):
                failing = {name for name, fails in zip(others, outcome, strict=True) if fails}
                tried += 1
                assert not awaited <= ended_while(operations, upstream, running, failing)
    assert tried == 1024 * 5 * 16
