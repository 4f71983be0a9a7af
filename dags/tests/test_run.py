"""Whole runs of the taxi pipeline on real Airflow, against scripted functions."""

import json
import os
from datetime import timedelta

import pytest
from conftest import DAGS
from scripted import Reply

pytest.importorskip("airflow")

pytestmark = pytest.mark.usefixtures("airflow_database")

WORK = [
    "resolve",
    "ingest",
    "analyze",
    "validate-data",
    "transform",
    "train",
    "evaluate",
    "validate-model",
    "release",
]

# Skipped where the batch is not cut into shards, which it is not where resolve says nothing of it.
SHARDS = ["inspect-shard", "plan-shards", "ingest-shard"]
WHOLE = dict.fromkeys(SHARDS, "skipped")


# hints is skipped where resolve gave no old run; train does without hints, tell does not.
HINTS = """
resolve: {gives: [batch, old_run]}
hints: {takes: [old_run], gives: [hints]}
train: {takes: [batch, {hints: optional}], gives: [model]}
tell: {takes: [hints], gives: [told]}
finish-run: {teardown: true}
"""


# A batch is looked at shard by shard, planned as a whole, and read shard by shard.
SHARDED = """
resolve: {expands: shard, gives: [batch]}
inspect: {map_over: shard, takes: [batch], gives: [inspection]}
plan: {takes: [inspection], gives: [plan]}
part: {map_over: shard, takes: [batch, inspection, plan], gives: [part]}
ingest: {takes: [batch, {plan: optional}, {part: optional}], gives: [examples]}
analyze: {takes: [examples], gives: [statistics]}
finish-run: {teardown: true}
"""


# Parts of a batch, then trials over all of them, then a slice each of the best.
SEVERAL = """
resolve: {expands: shard, gives: [batch]}
part: {map_over: shard, takes: [batch], gives: [part]}
search: {expands: trial, takes: [{part: optional}], gives: [plan]}
trial: {map_over: trial, takes: [plan, {part: optional}], gives: [trial]}
best: {expands: slice, takes: [trial], gives: [best]}
slice: {map_over: slice, takes: [best], gives: [slice]}
report: {takes: [best, {slice: optional}], gives: [report]}
finish-run: {teardown: true}
"""


def prepare(text, functions, folder, monkeypatch):
    """A folder with one pipeline of those operations, which the scripted functions perform."""
    from sluice.operations import Operations

    (folder / "operations.yaml").write_text(text, encoding="utf-8")
    (folder / "pipelines" / "taxi.yaml").write_text("label: big_tip\n", encoding="utf-8")
    operations = Operations.parse(text, "operations.yaml")
    functions.gives = {operation.name: operation.gives for operation in operations}
    functions.expands = {o.name: o.expands for o in operations if o.expands}
    urls = {operation.function: functions.url for operation in operations}
    monkeypatch.setenv("SLUICE_FUNCTIONS", json.dumps(urls))
    return folder


@pytest.fixture
def sharded(functions, dags_folder, monkeypatch):
    """The folder of a pipeline whose batches are cut into shards, and its scripted functions."""
    return prepare(SHARDED, functions, dags_folder, monkeypatch)


@pytest.fixture
def several(functions, dags_folder, monkeypatch):
    """The folder of a pipeline that maps over three kinds, and its scripted functions."""
    functions.calls = {"shard": 2, "trial": 3, "slice": 1}
    return prepare(SEVERAL, functions, dags_folder, monkeypatch)


def shard(functions, operation, k):
    """The requests of one shard."""
    return [
        request
        for request in functions.requests
        if request["operation"] == operation and request["shard"] == k
    ]


def run(conf=None, folder=DAGS):
    """Runs the taxi DAG to its end; the run's state and that of each task, or `task[k]`."""
    from sluice.factory import build_dags

    dag = build_dags(folder, first_retry=timedelta(milliseconds=1))["taxi"]
    ended = dag.test(run_conf=conf)
    states = {
        task.task_id + (f"[{task.map_index}]" if task.map_index >= 0 else ""): str(task.state)
        for task in ended.get_task_instances()
    }
    return str(ended.state), states


def test_calls_every_operation_in_order_with_what_its_givers_gave(functions):
    functions.on("resolve", Reply.gives("batch"))

    state, states = run({"batch": "b-7", "span": None})

    assert state == "success"
    assert states == WHOLE | dict.fromkeys([*WORK, "finish-run"], "success")
    assert functions.called() == [*WORK, "finish-run"]
    assert functions.call("evaluate") == {
        "pipeline": "taxi",
        "run": functions.call("resolve")["run"],
        "batch": "b-7",
        "operation": "evaluate",
        "attempt": 1,
        # live_model is optional, and resolve found none.
        "inputs": {
            "model": "gs://artifacts/model",
            "features": "gs://artifacts/features",
            "examples": "gs://artifacts/examples",
        },
        "parameters": {},
    }
    assert functions.call("finish-run")["parameters"] == {
        "tasks": {
            **{name: {"state": "skipped"} for name in SHARDS},
            **{name: {"state": "success"} for name in WORK},
        },
    }
    assert all("Authorization" not in headers for headers in functions.headers)


def test_force_and_options_go_with_every_call_and_the_span_with_the_first(functions):
    state, _ = run({"span": "2026-11-01", "force": True, "options": {"a": 1, "b": None}})

    assert state == "success"
    assert functions.call("resolve")["span"] == "2026-11-01"
    assert all(request["force"] is True for request in functions.requests)
    assert all(request["parameters"]["a"] == 1 for request in functions.requests)
    assert all("b" not in request["parameters"] for request in functions.requests)
    assert [r["operation"] for r in functions.requests if "span" in r] == ["resolve"]


def test_a_mistyped_member_of_the_conf_fails_the_run_before_any_work(functions):
    state, states = run({"bacth": "b-7"})

    assert state == "failed"
    assert functions.called() == ["finish-run"]
    assert functions.call("finish-run")["parameters"]["tasks"]["resolve"] == {
        "state": "failed",
        "error": "the run's conf has an unknown member 'bacth'; did you mean 'batch'? It takes batch,"
        " span, force, options",
    }


def test_a_deployment_tells_where_the_functions_are(functions, dags_folder, monkeypatch):
    urls = json.loads(os.environ["SLUICE_FUNCTIONS"])
    monkeypatch.delenv("SLUICE_FUNCTIONS")
    (dags_folder / "deployment.json").write_text(json.dumps({"functions": urls}))
    (dags_folder / "pipelines" / "taxi.yaml").write_text("label: big_tip\n", encoding="utf-8")

    state, _ = run({"batch": "b-7"}, dags_folder)

    assert state == "success"
    assert functions.called() == [*WORK, "finish-run"]


def deferring(folder, names):
    (folder / "deployment.json").write_text(json.dumps({"defer": names}))
    (folder / "pipelines" / "taxi.yaml").write_text("label: big_tip\n", encoding="utf-8")
    return folder


def test_what_waits_in_the_triggerer_answers_as_what_is_called_directly(functions, dags_folder):
    functions.calls["shard"] = 2
    # One that finds the batch and expands, one that is mapped, one that is plain.
    deferring(dags_folder, ["resolve", "ingest-shard", "train"])

    state, states = run({}, dags_folder)

    assert state == "success"
    assert set(states.values()) == {"success"}
    assert functions.call("train")["batch"] == "b-found"
    assert set(functions.call("ingest")["inputs"]) == {"batch", "plan", "part#0", "part#1"}
    assert functions.call("evaluate")["inputs"]["model"] == "gs://artifacts/model"
    assert len(functions.requests) == len(functions.called()) == len(WORK) + 6


def test_an_error_that_the_triggerer_brings_is_told_and_tried_again_where_it_may_pass(
    functions, dags_folder
):
    deferring(dags_folder, ["ingest", "train", "finish-run"])
    functions.on("ingest", Reply.page(503))
    functions.on("train", Reply.problem(422, "the label has one class"))

    state, states = run({"batch": "b-7"}, dags_folder)

    assert state == "failed"
    assert [c["attempt"] for c in functions.requests if c["operation"] == "ingest"] == [1, 2]
    assert functions.call("train")["attempt"] == 1
    assert states["evaluate"] == "upstream_failed"
    tasks = functions.call("finish-run")["parameters"]["tasks"]
    assert tasks["train"] == {"state": "failed", "error": "the label has one class"}


def test_gives_every_one_of_a_list(functions):
    functions.on("resolve", Reply.gives("batch", "baseline#0", "baseline#1", "history#0"))

    run({"batch": "b-7"})

    assert functions.call("validate-data")["inputs"] == {
        "examples": "gs://artifacts/examples",
        "statistics": "gs://artifacts/statistics",
        "baseline#0": "gs://artifacts/baseline#0",
        "baseline#1": "gs://artifacts/baseline#1",
        "history#0": "gs://artifacts/history#0",
    }


def test_takes_the_batch_from_resolve_where_the_conf_has_none(functions):
    state, _ = run()

    assert state == "success"
    assert "batch" not in functions.call("resolve")
    assert functions.call("ingest")["batch"] == "b-found"
    assert functions.call("finish-run")["batch"] == "b-found"
    assert functions.call("evaluate")["inputs"]["live_model"] == "gs://artifacts/live_model"


def test_skips_what_takes_a_blessing_that_was_not_given_and_succeeds(functions):
    functions.on("validate-data", Reply.gives("data_verdict", "anomalies", "schema"))

    state, states = run({"batch": "b-7"})

    assert state == "success"
    assert functions.called() == [*WORK[:4], "finish-run"]
    assert [states[name] for name in WORK[4:]] == ["skipped"] * 5
    assert functions.call("finish-run")["parameters"]["tasks"] == {
        name: {"state": "success" if name in WORK[:4] else "skipped"} for name in WORK + SHARDS
    }


def test_an_optional_input_whose_giver_was_skipped_is_left_out(functions, dags_folder, monkeypatch):
    (dags_folder / "operations.yaml").write_text(HINTS, encoding="utf-8")
    (dags_folder / "pipelines" / "taxi.yaml").write_text("label: big_tip\n", encoding="utf-8")
    urls = dict.fromkeys(("resolve", "hints", "train", "tell", "finish-run"), functions.url)
    monkeypatch.setenv("SLUICE_FUNCTIONS", json.dumps(urls))
    functions.on("resolve", Reply.gives("batch"))

    state, states = run({"batch": "b-7"}, dags_folder)

    assert state == "success"
    assert functions.called() == ["resolve", "train", "finish-run"]
    assert functions.call("train")["inputs"] == {"batch": "gs://artifacts/batch"}
    assert states["hints"] == states["tell"] == "skipped"


def test_fails_at_once_on_a_problem_of_ours_and_tells_the_teardown(functions):
    functions.on("ingest", Reply.problem(422, "trips.csv has no header"))

    state, states = run({"batch": "b-7"})

    assert state == "failed"
    assert functions.called() == ["resolve", "ingest", "finish-run"]
    assert states == WHOLE | {
        "resolve": "success",
        "ingest": "failed",
        **dict.fromkeys(WORK[2:], "upstream_failed"),
        "finish-run": "failed",
    }
    assert functions.call("finish-run")["parameters"]["tasks"] == {
        "resolve": {"state": "success"},
        "ingest": {"state": "failed", "error": "trips.csv has no header"},
        **{name: {"state": "skipped"} for name in SHARDS},
        **{name: {"state": "upstream_failed"} for name in WORK[2:]},
    }


def test_tries_again_after_what_may_pass_and_forgets_the_error(functions):
    functions.on("train", Reply.page(503), Reply.cut())
    functions.on("finish-run", Reply.problem(429, "later"))

    state, _ = run({"batch": "b-7"})

    assert state == "success"
    attempts = [call["attempt"] for call in functions.requests if call["operation"] == "train"]
    assert attempts == [1, 2, 3]
    assert functions.called()[-2:] == ["finish-run", "finish-run"]
    assert functions.requests[-1]["parameters"]["tasks"]["train"] == {"state": "success"}


def test_fails_after_the_last_try_with_the_last_error(functions):
    functions.on("resolve", *[Reply.page(500)] * 2, Reply.page(503))

    state, states = run()

    assert state == "failed"
    assert functions.called() == [*["resolve"] * 3, "finish-run"]
    assert states["release"] == "upstream_failed"
    end = functions.call("finish-run")
    assert "batch" not in end
    assert end["parameters"]["tasks"]["resolve"] == {
        "state": "failed",
        "error": "function resolve answered 503: <h1>the platform's own page</h1>",
    }


def test_fails_the_run_where_only_the_teardown_fails(functions):
    functions.on("finish-run", Reply.problem(422, "no such pipeline"))

    state, states = run({"batch": "b-7"})

    assert state == "failed"
    assert states["release"] == "success"


def test_keeps_only_outputs_and_the_batch_in_xcom(functions):
    from airflow.models.xcom import XComModel
    from airflow.utils.session import create_session

    figures = {"batch": "b-7", "rows": 15_002}
    functions.on("resolve", Reply.gives("batch", summary=figures))

    run({"batch": "b-7"})

    with create_session() as session:
        rows = session.query(XComModel).filter_by(run_id=functions.call("resolve")["run"]).all()
        kept = {(row.task_id, row.key): XComModel.deserialize_value(row) for row in rows}
    assert kept["resolve", "return_value"] == []
    assert kept["resolve", "outputs"] == {"batch": "gs://artifacts/batch"}
    assert kept["resolve", "batch"] == "b-7"
    assert set(kept["ingest", "return_value"]) == {"examples", "rejected"}
    assert {key for _, key in kept} == {"return_value", "outputs", "batch"}
    assert len(kept) == len(WORK) + 3


def test_the_taxi_pipeline_ingests_shard_by_shard_where_resolve_says_so(functions):
    functions.calls["shard"] = 2

    state, states = run({"batch": "b-7"})

    assert state == "success"
    assert set(states.values()) == {"success"}
    assert functions.call("plan-shards")["inputs"] == {
        "batch": "gs://artifacts/batch",
        "inspection#0": "gs://artifacts/inspection/0",
        "inspection#1": "gs://artifacts/inspection/1",
    }
    assert set(functions.call("ingest")["inputs"]) == {"batch", "plan", "part#0", "part#1"}


def test_calls_a_mapped_operation_once_a_shard_and_joins_what_they_gave(functions, sharded):
    functions.calls["shard"] = 3

    state, states = run({"batch": "b-7"}, sharded)

    assert state == "success"
    assert set(states.values()) == {"success"}
    called = functions.called()
    assert called[0] == "resolve"
    assert sorted(called[1:4]) == ["inspect[0]", "inspect[1]", "inspect[2]"]
    assert called[4] == "plan"
    assert sorted(called[5:8]) == ["part[0]", "part[1]", "part[2]"]
    assert called[8:] == ["ingest", "analyze", "finish-run"]
    for k in range(3):
        (part,) = shard(functions, "part", k)
        assert part["shards"] == 3
        assert part["inputs"] == {
            "batch": "gs://artifacts/batch",
            "inspection": f"gs://artifacts/inspection/{k}",
            "plan": "gs://artifacts/plan",
        }
    assert functions.call("ingest")["inputs"] == {
        "batch": "gs://artifacts/batch",
        "plan": "gs://artifacts/plan",
        **{f"part#{k}": f"gs://artifacts/part/{k}" for k in range(3)},
    }
    assert "shard" not in functions.call("ingest")
    tasks = functions.call("finish-run")["parameters"]["tasks"]
    assert tasks["part"] == {"state": "success", "shards": 3}
    assert tasks["plan"] == {"state": "success"}


def test_calls_each_kind_as_often_as_its_own_expander_says(functions, several):
    state, _ = run({"batch": "b-7"}, several)

    assert state == "success"
    assert sorted(functions.called()) == [
        "best",
        "finish-run",
        "part[0]",
        "part[1]",
        "report",
        "resolve",
        "search",
        "slice[0]",
        "trial[0]",
        "trial[1]",
        "trial[2]",
    ]
    for k in range(3):
        (trial,) = shard(functions, "trial", k)
        assert trial["shards"] == 3
        assert set(trial["inputs"]) == {"plan", "part#0", "part#1"}
    assert set(functions.call("best")["inputs"]) == {"trial#0", "trial#1", "trial#2"}
    assert set(functions.call("report")["inputs"]) == {"best", "slice#0"}
    tasks = functions.call("finish-run")["parameters"]["tasks"]
    assert tasks["trial"] == {"state": "success", "shards": 3}


def test_skips_a_kind_of_which_there_are_none_and_calls_the_others(functions, several):
    functions.calls |= {"shard": 0, "slice": 0}

    state, states = run({"batch": "b-7"}, several)

    assert state == "success"
    assert states["part"] == states["slice"] == "skipped"
    assert set(functions.call("report")["inputs"]) == {"best"}
    assert set(shard(functions, "trial", 2)[0]["inputs"]) == {"plan"}


@pytest.mark.parametrize("shards", [0, None])
def test_skips_a_mapped_operation_as_a_whole_where_there_are_no_shards(functions, sharded, shards):
    functions.calls["shard"] = shards

    state, states = run({"batch": "b-7"}, sharded)

    assert state == "success"
    assert functions.called() == ["resolve", "ingest", "analyze", "finish-run"]
    assert states["inspect"] == states["plan"] == states["part"] == "skipped"
    assert functions.call("ingest")["inputs"] == {"batch": "gs://artifacts/batch"}
    assert functions.call("finish-run")["parameters"]["tasks"]["part"] == {"state": "skipped"}


def test_a_shard_that_fails_for_good_stops_its_takers_and_no_other_shard(functions, sharded):
    functions.calls["shard"] = 3
    functions.scripts["part"] = lambda request: (
        Reply.problem(422, "record 7 has no end")
        if request["shard"] == 1
        else functions.everything(request)
    )

    state, states = run({"batch": "b-7"}, sharded)

    assert state == "failed"
    assert [states[f"part[{k}]"] for k in range(3)] == ["success", "failed", "success"]
    assert states["ingest"] == states["analyze"] == "upstream_failed"
    assert functions.called()[-1] == "finish-run"
    tasks = functions.call("finish-run")["parameters"]["tasks"]
    assert tasks["part"] == {
        "state": "failed",
        "error": "record 7 has no end",
        "shards": 3,
        "failed": [1],
    }
    assert tasks["ingest"] == {"state": "upstream_failed"}


def test_a_shard_is_tried_again_by_itself(functions, sharded):
    functions.calls["shard"] = 3
    functions.scripts["part"] = lambda request: (
        Reply.page(503)
        if request["shard"] == 2 and request["attempt"] == 1
        else functions.everything(request)
    )

    state, _ = run({"batch": "b-7"}, sharded)

    assert state == "success"
    assert [call["attempt"] for call in shard(functions, "part", 2)] == [1, 2]
    assert [call["attempt"] for call in shard(functions, "part", 0)] == [1]


def test_a_shard_that_alone_gave_nothing_fails_its_taker_rather_than_lose_its_rows(
    functions, sharded
):
    functions.calls["shard"] = 3
    functions.scripts["part"] = lambda request: (
        Reply.gives() if request["shard"] == 1 else functions.everything(request)
    )

    state, states = run({"batch": "b-7"}, sharded)

    assert state == "failed"
    assert states["ingest"] == "failed"
    error = functions.call("finish-run")["parameters"]["tasks"]["ingest"]["error"]
    assert error == "part[1] gave no 'part', but others of part did; all or none must"


def test_keeps_the_numbers_of_the_shards_and_what_each_gave_in_xcom(functions, sharded):
    from airflow.models.xcom import XComModel
    from airflow.utils.session import create_session

    functions.calls["shard"] = 2

    run({"batch": "b-7"}, sharded)

    with create_session() as session:
        rows = session.query(XComModel).filter_by(run_id=functions.call("resolve")["run"]).all()
        kept = {
            (row.task_id, row.map_index, row.key): XComModel.deserialize_value(row) for row in rows
        }
    assert kept["resolve", -1, "return_value"] == [0, 1]
    assert kept["resolve", -1, "outputs"] == {"batch": "gs://artifacts/batch"}
    assert kept["part", 1, "return_value"] == {"part": "gs://artifacts/part/1"}
    assert len(kept) == 3 + 2 + 1 + 2 + 3
