"""What every DAG must be, read as Airflow reads it."""

import json
import os
import subprocess
import sys
from datetime import timedelta

import pytest
from conftest import DAGS

pytest.importorskip("airflow")

GOLDEN = json.loads((DAGS / "tests" / "edges.json").read_text(encoding="utf-8"))

# Reads the DAG file in a process of its own, in which a connection is an error. It waits for nothing,
# so that its processor time is what it takes, whatever else the machine does.
PARSE = """
import json, socket, sys, time
import airflow.sdk.bases.operator, airflow.sdk.definitions.dag, airflow.sdk.definitions.param
def refuse(*arguments):
    raise AssertionError("a DAG file must not open a connection")
socket.socket.connect = socket.getaddrinfo = refuse
before = set(sys.modules)
started = time.process_time()
import sluice_dags
print(json.dumps({"seconds": time.process_time() - started, "new": sorted(set(sys.modules) - before)}))
"""


@pytest.fixture(scope="module")
def bag():
    from airflow.dag_processing.dagbag import DagBag

    return DagBag(dag_folder=str(DAGS))


def build(folder):
    from sluice.factory import build_dags

    return build_dags(folder)


def test_every_pipeline_is_a_dag_and_nothing_else_is(bag):
    assert bag.import_errors == {}
    assert set(bag.dags) == {spec.stem for spec in (DAGS / "pipelines").glob("*.yaml")}
    # Airflow reads one file of this folder.
    assert [os.path.basename(stat.file) for stat in bag.dagbag_stats] == ["sluice_dags.py"]


def test_every_dag_says_who_owns_it_and_how_long_it_tries(bag):
    for dag in bag.dags.values():
        assert "sluice" in dag.tags
        assert dag.catchup is False
        assert dag.is_paused_upon_creation is False
        assert dag.max_active_runs == 4
        assert dag.schedule is None
        assert dag.doc_md
        for task in dag.tasks:
            assert task.owner == "sluice"
            assert task.retries == 2
            assert task.retry_delay == timedelta(seconds=10)
            assert task.retry_exponential_backoff == 2.0
            assert timedelta(0) < task.execution_timeout < timedelta(hours=2)
            assert task.pool == "default_pool"
            assert task.doc_md


def test_edges_are_what_takes_and_gives_imply(bag):
    for dag in bag.dags.values():
        edges = sorted(
            (task.task_id, after)
            for task in dag.tasks
            for after in task.downstream_task_ids
            if not dag.get_task(after).is_teardown
        )
        assert [list(edge) for edge in edges] == GOLDEN["edges"]


def test_the_picture_has_few_frames_and_a_tasks_id_is_its_operations_name(bag):
    for dag in bag.dags.values():
        frames = {task.task_id: task.task_group.group_id for task in dag.tasks}
        assert [name for name, frame in frames.items() if frame is None] == [
            "resolve",
            "release",
            "finish-run",
        ]
        assert [name for name, frame in frames.items() if frame == "model"] == [
            "transform",
            "train",
            "evaluate",
            "validate-model",
        ]
        assert set(frames.values()) == {None, "data", "model"}


def test_no_dag_has_a_circle(bag):
    for dag in bag.dags.values():
        dag.check_cycle()
        assert len(dag.topological_sort()) == len(dag.tasks)


def test_the_teardown_is_the_one_leaf_and_decides_the_run(bag):
    for dag in bag.dags.values():
        leaves = [task for task in dag.tasks if not task.downstream_task_ids]
        assert [task.task_id for task in leaves] == GOLDEN["teardowns"]
        assert leaves[0].is_teardown
        assert leaves[0].on_failure_fail_dagrun


def test_the_docs_tell_what_an_operation_takes_and_gives(bag):
    doc = bag.dags["taxi"].get_task("validate-data").doc_md
    assert "Calls function `validate-data`." in doc
    assert "- **statistics** from analyze\n" in doc
    assert "- **baseline** from resolve, if given\n" in doc
    assert "- **data_blessing**" in doc
    assert "**checks**" in doc
    assert "| **analyze** | examples from ingest | statistics |" in bag.dags["taxi"].doc_md
    assert "    label: {name: big_tip" in bag.dags["taxi"].doc_md


def test_a_mapped_operation_is_mapped_over_what_the_first_one_returns(dags_folder):
    from airflow.sdk.definitions.mappedoperator import MappedOperator
    from airflow.serialization.serialized_objects import DagSerialization
    from test_run import SHARDED

    (dags_folder / "operations.yaml").write_text(SHARDED)
    (dags_folder / "pipelines" / "taxi.yaml").write_text("label: sold\n")
    dag = build(dags_folder)["taxi"]
    mapped = [task.task_id for task in dag.tasks if isinstance(task, MappedOperator)]
    assert mapped == ["inspect", "part"]
    assert dag.get_task("part").upstream_task_ids == {"resolve", "inspect", "plan"}
    assert dag.get_task("part").partial_kwargs["retries"] == 2
    doc = dag.get_task("part").partial_kwargs["doc_md"]
    assert "Mapped: called once a shard, side by side, as often as `resolve` says; skipped" in doc
    assert "Says how often what is mapped over a shard is called." in dag.get_task("resolve").doc_md
    assert "- **inspection** from the same shard of inspect\n" in doc
    assert "- **part** from every shard of part, if given\n" in dag.get_task("ingest").doc_md
    assert "| **part**, a shard each | batch from resolve;" in dag.doc_md
    # Another text would be another version of the DAG at every parse.
    again = build(dags_folder)["taxi"]
    assert DagSerialization.to_dict(dag) == DagSerialization.to_dict(again)


def test_every_field_of_the_form_tells_what_it_is_for_and_may_stay_empty(bag):
    params = bag.dags["taxi"].params
    params.validate()
    assert params.dump() == {"batch": None, "span": None, "force": False, "options": {}}
    for name in params:
        schema = params.get_param(name).schema
        assert schema["title"]
        assert len(params.get_param(name).description) > 40


@pytest.mark.parametrize(
    ("name", "good", "bad"),
    [
        ("batch", "b-1f00", "../other"),
        ("batch", None, 7),
        ("span", "2026-11-01", "2026/11"),
        ("span", "week 44", ".."),
        ("span", "2026-11-01T10:00:00Z", ""),
        ("force", True, "yes"),
        ("options", {"a": 1}, [1]),
    ],
)
def test_the_form_refuses_what_no_run_can_be_of(dags_folder, name, good, bad):
    from airflow.sdk.exceptions import ParamValidationError

    (dags_folder / "pipelines" / "taxi.yaml").write_text("label: sold\n")
    params = build(dags_folder)["taxi"].params
    params[name] = good
    with pytest.raises(ParamValidationError):
        params[name] = bad


def test_parsing_is_quick_imports_nothing_heavy_and_opens_no_connection():
    answer = subprocess.run(
        [sys.executable, "-c", PARSE], cwd=DAGS, check=True, capture_output=True, text=True
    )
    parsed = json.loads(answer.stdout.splitlines()[-1])
    assert parsed["seconds"] < 2.0
    assert "sluice.factory" in parsed["new"]
    heavy = {"google", "grpc", "httpx", "numpy", "pandas", "requests", "urllib3"}
    assert heavy.isdisjoint(name.split(".")[0] for name in parsed["new"])
    providers = [name for name in parsed["new"] if name.startswith("airflow.providers.")]
    # An asset's address is checked by handlers, one of which comes with Airflow as this provider.
    light = ("airflow.providers.standard", "airflow.providers.common.io")
    assert all(name.startswith(light) for name in providers)


@pytest.mark.parametrize(
    ("schedule", "cron"), [("0 5 * * *", "0 5 * * *"), ("@quarterly", "0 0 1 */3 *")]
)
def test_a_schedule_in_the_spec_is_the_dags(dags_folder, schedule, cron):
    (dags_folder / "pipelines" / "nightly.yaml").write_text(f"label: x\nschedule: '{schedule}'\n")
    dag = build(dags_folder)["nightly"]
    assert dag.schedule == cron
    assert f"by the schedule `{cron}` (UTC), which is of the newest batch" in dag.doc_md


def test_pipelines_that_follow_each_other_are_started_by_assets(dags_folder):
    (dags_folder / "pipelines" / "prices.yaml").write_text("label: x\n")
    (dags_folder / "pipelines" / "listings.yaml").write_text("label: y\nafter: [prices]\n")
    dags = build(dags_folder)
    (asset,) = dags["listings"].schedule
    assert asset.uri == "sluice://prices/model"
    # An alias, so that a run which released nothing has no event.
    (outlet,) = dags["prices"].get_task("release").outlets
    assert outlet.name == asset.name == "prices/model"
    assert [task.task_id for task in dags["prices"].tasks if task.outlets] == ["release"]
    assert "once each of `prices` has released a version" in dags["listings"].doc_md


def test_pipelines_that_would_start_each_other_for_ever_are_not_started(dags_folder):
    for name, other in [("a", "b"), ("b", "c"), ("c", "a"), ("d", "a")]:
        (dags_folder / "pipelines" / f"{name}.yaml").write_text(f"label: x\nafter: [{other}]\n")
    dags = build(dags_folder)
    assert [name for name, dag in dags.items() if "spec-error" in dag.tags] == ["a", "b", "c"]
    assert dags["a"].schedule is None
    assert "they would start each other for ever" in dags["a"].doc_md
    assert len(dags["d"].schedule) == 1


@pytest.mark.parametrize(
    ("spec", "tags"),
    [
        ("label: sold", {"files", "label:sold"}),
        ("label: {name: big_tip, expression: 'tips > 1.0'}", {"files", "label:big_tip"}),
        ("label: {column: sold, positive: yes}", {"files", "label:sold"}),
        ("label: x\nsource: {bigquery: {table: d.t}}", {"bigquery", "label:x"}),
        ("label: x\nsource: {stream: {}}", {"stream", "label:x"}),
        ("lable: x", {"files"}),
    ],
)
def test_tags_tell_what_a_pipeline_works_on_and_what_it_learns(dags_folder, spec, tags):
    (dags_folder / "pipelines" / "p.yaml").write_text(spec)
    assert build(dags_folder)["p"].tags == {"sluice"} | tags


def test_a_deployment_says_pools_timeouts_and_what_waits_in_the_triggerer(dags_folder):
    (dags_folder / "pipelines" / "p.yaml").write_text("label: x\n")
    (dags_folder / "deployment.json").write_text(
        json.dumps(
            {"pools": {"train": "training"}, "timeouts": {"train": 1800}, "defer": ["train"]}
        )
    )
    dag = build(dags_folder)["p"]
    train, evaluate = dag.get_task("train"), dag.get_task("evaluate")
    assert (train.pool, evaluate.pool) == ("training", "default_pool")
    assert (train.call_seconds, evaluate.call_seconds) == (1800, 3600)
    assert train.execution_timeout == timedelta(minutes=35)
    assert train.deferred
    assert not evaluate.deferred


def test_a_broken_deployment_is_an_import_error_that_names_the_file(dags_folder):
    from airflow.dag_processing.dagbag import DagBag

    (dags_folder / "deployment.json").write_text("{")
    (error,) = DagBag(dag_folder=str(dags_folder)).import_errors.values()
    assert "deployment.json is not JSON" in error


@pytest.mark.parametrize(
    ("spec", "error"),
    [
        ("label: [", "not YAML"),
        ("- label", "must be a mapping"),
        ("label: sold\nschedule: 5", "schedule is 5; it must be text"),
        ("label: sold\nschedule: banana", "schedule is 'banana': "),
        ("label: sold\nschedule: '0 25 * * *'", "is not acceptable, out of range"),
        ("label: sold\nschedule: '@daily'\nspan_format: 5", "span_format is 5; it must be text"),
        ("label: sold\nafter: prices", "after is 'prices'; it must be a list of pipelines"),
        ("label: sold\nafter: [Prices]", "after is ['Prices']; it must be a list of pipelines"),
        ("label: sold\nafter: [broken]", "after names the pipeline itself"),
        ("label: sold\nafter: [good]\nschedule: '@daily'", "after stands beside schedule"),
    ],
)
def test_a_broken_spec_is_told_in_its_own_dag_and_leaves_the_others(dags_folder, spec, error):
    (dags_folder / "pipelines" / "broken.yaml").write_text(spec)
    (dags_folder / "pipelines" / "good.yaml").write_text("label: sold\n")
    dags = build(dags_folder)
    assert set(dags) == {"broken", "good"}
    assert "spec-error" in dags["broken"].tags
    assert error in dags["broken"].doc_md
    assert dags["broken"].schedule is None
    assert dags["good"].tags == {"sluice", "files", "label:sold"}


def test_a_file_whose_name_is_no_pipelines_is_left_out(dags_folder):
    (dags_folder / "pipelines" / "My Pipeline.yaml").write_text("label: sold\n")
    assert build(dags_folder) == {}
