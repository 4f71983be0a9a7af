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

# Reads the DAG file in a process of its own, in which a connection is an error.
PARSE = """
import json, socket, sys, time
import airflow.sdk.bases.operator, airflow.sdk.definitions.dag, airflow.sdk.definitions.param
def refuse(*arguments):
    raise AssertionError("a DAG file must not open a connection")
socket.socket.connect = socket.getaddrinfo = refuse
before = set(sys.modules)
started = time.monotonic()
import sluice_dags
print(json.dumps({"seconds": time.monotonic() - started, "new": sorted(set(sys.modules) - before)}))
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
        assert dag.schedule is None
        assert dag.doc_md
        for task in dag.tasks:
            assert task.owner == "sluice"
            assert task.retries == 2
            assert task.retry_delay == timedelta(seconds=10)
            assert task.retry_exponential_backoff == 2.0
            assert timedelta(0) < task.execution_timeout < timedelta(hours=2)
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
    assert "- `statistics` from `analyze`\n" in doc
    assert "- `baseline` from `resolve`, if given\n" in doc
    assert "- `data_blessing`" in doc
    assert "`checks`" in doc
    assert "| `analyze` | `examples` from `ingest` | `statistics` |" in bag.dags["taxi"].doc_md
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
    assert "Mapped: called once a shard, side by side, as often as `resolve` says" in doc
    assert "- `inspection` from the same shard of `inspect`\n" in doc
    assert "- `part` from every shard of `part`, if given\n" in dag.get_task("ingest").doc_md
    assert "| `part`, a shard each | `batch` from `resolve`;" in dag.doc_md
    # Another text would be another version of the DAG at every parse.
    again = build(dags_folder)["taxi"]
    assert DagSerialization.to_dict(dag) == DagSerialization.to_dict(again)


def test_the_form_asks_for_a_batch_and_refuses_what_is_none(bag):
    from airflow.sdk.exceptions import ParamValidationError

    params = bag.dags["taxi"].params
    assert params["batch"] is None
    params["batch"] = "b-1f00"
    with pytest.raises(ParamValidationError):
        params["batch"] = "../other"


def test_parsing_is_quick_imports_nothing_heavy_and_opens_no_connection():
    answer = subprocess.run(
        [sys.executable, "-c", PARSE], cwd=DAGS, check=True, capture_output=True, text=True
    )
    parsed = json.loads(answer.stdout.splitlines()[-1])
    assert parsed["seconds"] < 2.0
    assert "sluice.factory" in parsed["new"]
    heavy = {"google", "grpc", "numpy", "pandas", "requests", "urllib3"}
    assert heavy.isdisjoint(name.split(".")[0] for name in parsed["new"])
    providers = [name for name in parsed["new"] if name.startswith("airflow.providers.")]
    assert all(name.startswith("airflow.providers.standard") for name in providers)


def test_a_schedule_in_the_spec_is_the_dags(dags_folder):
    (dags_folder / "pipelines" / "nightly.yaml").write_text("label: sold\nschedule: '0 5 * * *'\n")
    assert build(dags_folder)["nightly"].schedule == "0 5 * * *"


@pytest.mark.parametrize(
    ("spec", "error"),
    [
        ("label: [", "not YAML"),
        ("- label", "must be a mapping"),
        ("label: sold\nschedule: 5", "schedule is 5; it must be text"),
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
    assert dags["good"].tags == {"sluice"}


def test_a_file_whose_name_is_no_pipelines_is_left_out(dags_folder):
    (dags_folder / "pipelines" / "My Pipeline.yaml").write_text("label: sold\n")
    assert build(dags_folder) == {}
