"""What takes and gives imply, without Airflow."""

import itertools
import json

import pytest
from conftest import DAGS

from sluice.operations import BadInput, Incomplete, Operations

SMALL = """
resolve: {takes: [], gives: [batch, live_model]}
ingest: {takes: [batch], gives: [examples]}
left: {takes: [examples], gives: [left]}
right: {takes: [examples], gives: [right]}
gate: {takes: [left, right, {live_model: optional}], gives: [verdict, blessing]}
release: {takes: [blessing], gives: [version]}
finish-run: {teardown: true}
"""


SHARDED = """
resolve: {expands: shard, gives: [batch, baseline]}
inspect: {map_over: shard, takes: [batch], gives: [inspection]}
plan: {takes: [inspection], gives: [plan]}
part: {map_over: shard, takes: [batch, inspection, plan], gives: [part]}
ingest: {takes: [batch, {part: optional}], gives: [examples]}
finish-run: {teardown: true}
"""


LISTS = "takes: [inspection, {baseline: optional}]"
TAKEN = "takes: [batch, baseline, inspection"


def sharded(**replacements):
    return small(text=SHARDED, **replacements)


def small(text=SMALL, **replacements):
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
        ({"takes: [batch]": "group: My data"}, "group of ingest is 'My data'; it must match"),
        ({"takes: [batch]": "group: ingest"}, "group of ingest is 'ingest', which is an operation"),
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


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"inspect: {map_over: shard,": "inspect: {map_over: shards,"}, "'shards'; did you mean 's"),
        ({"{teardown: true}": "{teardown: true, map_over: shard}"}, "finish-run is of a teardown"),
        (
            {"takes: [batch, inspection, plan]": "takes: [plan]"},
            "part is mapped over 'shard', but takes nothing of resolve",
        ),
        ({"expands: shard, gives": "gives"}, "inspect is mapped over 'shard', and no operation"),
        ({"expands: shard, gives": "expands: slice, gives"}, "does 'expands: shard'"),
        ({"expands: shard, gives": "expands: shards, gives"}, "'shards'; did you mean 's"),
        ({"plan: {takes": "plan: {expands: shard, takes"}, "which resolve expands already"),
        ({"inspect: {map_over": "inspect: {expands: trial, map_over"}, "is of a mapped operation"),
        ({"{teardown: true}": "{teardown: true, expands: trial}"}, "is of a teardown, which comes"),
        ({"gives: [part]": "gives: [{part: list}]"}, "gives of part has a list"),
        ({"gives: [part]": "gives: [part, 'part#1']"}, "'part#1'; what follows a # is a number"),
    ],
)
def test_refuses_a_map_that_nobody_can_perform(change, message):
    with pytest.raises(BadInput, match=f"^operations.yaml: .*{message}"):
        sharded(**change)


def test_joins_what_one_kinds_calls_gave_for_another_kind():
    operations = Operations.parse(
        """
resolve: {expands: shard, gives: [batch]}
part: {map_over: shard, takes: [batch], gives: [part]}
search: {expands: trial, takes: [part], gives: [plan]}
trial: {map_over: trial, takes: [plan, part], gives: [trial]}
""",
        "operations.yaml",
    )
    assert operations.is_joined(operations["search"], "part")
    assert operations.is_joined(operations["trial"], "part")
    assert not operations.is_joined(operations["trial"], "search")
    assert operations.expander(operations["trial"]) == "search"
    assert operations.expander(operations["search"]) is None


def test_joins_what_the_shards_gave_in_their_order():
    operations = sharded()
    parts = [{"part": f"gs://p/{k}"} for k in range(11)]
    inputs, missing = operations.inputs(
        operations["ingest"], {"resolve": {"batch": "gs://b"}, "part": parts}
    )
    assert missing == []
    assert list(inputs) == ["batch", *(f"part#{k}" for k in range(11))]
    assert inputs["part#10"] == "gs://p/10"


def test_a_shard_takes_its_own_of_a_mapped_operation():
    operations = sharded()
    assert not operations.is_joined(operations["part"], "inspect")
    given = {"resolve": {"batch": "gs://b"}, "inspect": {"inspection": "gs://i"}}
    assert operations.inputs(operations["part"], given) == (
        {"batch": "gs://b", "inspection": "gs://i"},
        ["plan"],
    )


def test_takes_a_list_as_its_giver_numbered_it():
    operations = sharded(**{"baseline]": "{baseline: list}]", "takes: [inspection]": LISTS})
    assert operations["resolve"].gives == ("batch", "baseline")
    assert operations["resolve"].lists == ("baseline",)
    given = {f"baseline#{k}": f"gs://b/{k}" for k in range(11)}
    gaps = {"baseline": "gs://no", "baseline#12": "gs://no"}
    plan = {"resolve": {**given, **gaps}, "inspect": [{"inspection": "gs://i"}]}
    inputs, missing = operations.inputs(operations["plan"], plan)
    assert inputs == {"inspection#0": "gs://i", **given}
    assert list(inputs)[-1] == "baseline#10"
    assert missing == []


def test_a_list_of_none_was_not_given():
    operations = sharded(**{"baseline]": "{baseline: list}]", "takes: [batch, inspection": TAKEN})
    shard = {"resolve": {"batch": "gs://b"}, "inspect": {"inspection": "gs://i"}}
    assert operations.inputs(operations["part"], shard)[1] == ["baseline", "plan"]


@pytest.mark.parametrize("parts", [[], [{}, {}]])
def test_what_no_shard_gave_was_not_given(parts):
    operations = sharded()
    assert operations.inputs(operations["ingest"], {"resolve": {"batch": "gs://b"}, "part": parts})[
        0
    ] == {"batch": "gs://b"}
    assert operations.inputs(operations["plan"], {"inspect": parts}) == ({}, ["inspection"])


def test_a_shard_that_alone_gave_nothing_is_named():
    operations = sharded()
    with pytest.raises(Incomplete, match=r"^part\[1\] gave no 'part', but others of part did"):
        operations.inputs(operations["ingest"], {"part": [{"part": "gs://p"}, {}]})


def test_its_text_is_the_same_for_the_same_file():
    assert repr(sharded()) == repr(sharded())
    assert "object at" not in repr(sharded())
    assert repr(sharded()) != repr(sharded(**{"baseline": "base"}))


def test_the_teardown_waits_for_a_mapped_operation_itself():
    # ingest fails with the first shard that fails, while others of part may still run.
    assert sharded().before_teardown() == ["inspect", "part", "ingest"]


def test_one_edge_leads_to_the_teardown_where_the_rest_follows():
    awaited = Operations.read(DAGS / "operations.yaml").before_teardown()
    assert awaited == ["inspect-shard", "ingest-shard", "release"]
    # The gate ends at once when left fails, while right may still run.
    assert small().before_teardown() == ["left", "right", "release"]


def every_dag(size, mapped=None):
    """All operations files of so many operations, named a, b, ..., each taking of earlier ones;
    one of them mapped where that is asked for and may be."""
    names = "abcde"[:size]
    pairs = list(itertools.combinations(names, 2))
    for chosen in itertools.product([False, True], repeat=len(pairs)):
        edges = [pair for pair, taken in zip(pairs, chosen, strict=True) if taken]
        takes = {name: [g for g, t in edges if t == name] for name in names}
        if mapped and "a" not in takes[mapped]:
            continue
        rows = [
            f"{name}: {{takes: [{', '.join(f'from-{g}' for g in takes[name])}],"
            f" gives: [from-{name}]{', map_over: shard' if name == mapped else ''}"
            f"{', expands: shard' if mapped and name == 'a' else ''}}}"
            for name in names
        ]
        yield Operations.parse("\n".join([*rows, "end: {teardown: true}"]), "operations.yaml")


def ended_while(operations, upstream, running, failing):
    """What ends while one operation runs and does not end; nothing where it never begins. One that
    is among the failing all the same is mapped: a shard has failed, and others run."""
    ended, bad = set(), set()
    for operation in operations.in_order():
        name = operation.name
        givers = upstream[name]
        if bad.intersection(givers):
            ended.add(name)
            bad.add(name)
            if name == running:
                return set()
        elif ended.issuperset(givers):
            if name != running:
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


@pytest.mark.parametrize("mapped", "bcde")
def test_the_teardown_never_begins_while_a_shard_runs(mapped):
    tried = 0
    for operations in every_dag(5, mapped):
        work = [o.name for o in operations if not o.teardown]
        upstream = {o.name: operations.upstream(o) for o in operations}
        awaited = set(operations.before_teardown())
        for running in work:
            others = [name for name in work if name != running or name == mapped]
            for outcome in itertools.product([False, True], repeat=len(others)):
                failing = {name for name, fails in zip(others, outcome, strict=True) if fails}
                tried += 1
                assert not awaited <= ended_while(operations, upstream, running, failing)
    assert tried >= 100 * (4 * 16 + 32)
