"""Whole runs of the taxi pipeline on real Airflow, against scripted functions."""

import json
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
resolve: {gives: [batch]}
inspect: {map_over: shard, takes: [batch], gives: [inspection]}
plan: {takes: [inspection], gives: [plan]}
part: {map_over: shard, takes: [batch, inspection, plan], gives: [part]}
ingest: {takes: [batch, {plan: optional}, {part: optional}], gives: [examples]}
analyze: {takes: [examples], gives: [statistics]}
finish-run: {teardown: true}
"""


@pytest.fixture
def sharded(functions, dags_folder, monkeypatch):
    """The folder of a pipeline whose batches are cut into shards, and its scripted functions."""
    from sluice.operations import Operations

    (dags_folder / "operations.yaml").write_text(SHARDED, encoding="utf-8")
    (dags_folder / "pipelines" / "taxi.yaml").write_text("label: big_tip\n", encoding="utf-8")
    operations = Operations.parse(SHARDED, "operations.yaml")
    functions.gives = {operation.name: operation.gives for operation in operations}
    urls = {operation.function: functions.url for operation in operations}
    monkeypatch.setenv("SLUICE_FUNCTIONS", json.dumps(urls))
    return dags_folder


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

    state, states = run({"batch": "b-7", "force": True, "note": None})

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
        "parameters": {"force": True},
    }
    assert functions.call("finish-run")["parameters"] == {
        "force": True,
        "tasks": {
            **{name: {"state": "skipped"} for name in SHARDS},
            **{name: {"state": "success"} for name in WORK},
        },
    }
    assert all("Authorization" not in headers for headers in functions.headers)


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
    functions.shards = 2

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
    functions.shards = 3

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


@pytest.mark.parametrize("shards", [0, None])
def test_skips_a_mapped_operation_as_a_whole_where_there_are_no_shards(functions, sharded, shards):
    functions.shards = shards

    state, states = run({"batch": "b-7"}, sharded)

    assert state == "success"
    assert functions.called() == ["resolve", "ingest", "analyze", "finish-run"]
    assert states["inspect"] == states["plan"] == states["part"] == "skipped"
    assert functions.call("ingest")["inputs"] == {"batch": "gs://artifacts/batch"}
    assert functions.call("finish-run")["parameters"]["tasks"]["part"] == {"state": "skipped"}


def test_a_shard_that_fails_for_good_stops_its_takers_and_no_other_shard(functions, sharded):
    functions.shards = 3
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
    functions.shards = 3
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
    functions.shards = 3
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

    functions.shards = 2

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
