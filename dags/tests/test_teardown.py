"""What the task that ends every run takes for a run that was cancelled."""

import pytest
from conftest import DAGS

pytest.importorskip("airflow")

RUN = "r"
SHARDS = ["inspect-shard", "plan-shards", "ingest-shard"]


class Context(dict):
    """What Airflow tells a task: how the others ended, and what they gave."""

    def __init__(self, states, given):
        self.states = states
        self.given = given
        super().__init__(ti=self, dag_run=self)

    run_id = RUN

    def get_task_states(self, dag_id, run_ids):
        return {RUN: self.states}

    def xcom_pull(self, task_ids, key="return_value", map_indexes=-1):
        return self.given.get((task_ids, key))


@pytest.fixture(scope="module")
def teardown():
    from sluice.factory import build_dags

    return build_dags(DAGS)["taxi"].get_task("finish-run")


def run(teardown, *, done, gave=(), shards=0):
    """A run that was done up to an operation, which gave that; what came after was skipped."""
    work = [o for o in teardown.operations.in_order() if not o.teardown]
    at = [o.name for o in work].index(done) + 1 if done else 0
    states, given = {}, {}
    for number, operation in enumerate(work):
        name = operation.name
        reached = number < at and (shards or name not in SHARDS)
        states[name] = "success" if reached else "skipped"
        if reached:
            outputs = {output: f"gs://{output}" for output in operation.gives}
            if name == done:
                outputs = {output: uri for output, uri in outputs.items() if output in gave}
            key = "outputs" if operation.expands else "return_value"
            given[name, key] = outputs
    if done:
        given["resolve", "return_value"] = list(range(shards))
    return Context(states, given)


def test_a_run_that_was_cancelled_before_it_began_has_failed(teardown):
    from airflow.sdk.exceptions import AirflowFailException

    with pytest.raises(AirflowFailException, match="^The run was cancelled before resolve began$"):
        teardown._ended(run(teardown, done=None), {})


def test_a_run_that_was_cancelled_between_two_tasks_has_failed(teardown):
    from airflow.sdk.exceptions import AirflowFailException

    context = run(teardown, done="validate-data", gave=["schema", "data_blessing"])
    with pytest.raises(AirflowFailException, match="^The run was cancelled before transform began$"):
        teardown._ended(context, {})


def test_a_run_that_was_cancelled_before_its_shards_has_failed(teardown):
    from airflow.sdk.exceptions import AirflowFailException

    context = run(teardown, done="resolve", gave=["batch"], shards=3)
    with pytest.raises(AirflowFailException, match="^The run was cancelled before inspect-shard"):
        teardown._ended(context, {})


def test_a_run_that_a_gate_held_has_not_failed(teardown):
    context = run(teardown, done="validate-data", gave=["schema"])
    assert teardown._ended(context, {"record": "gs://r"}) == {"record": "gs://r"}


def test_a_run_that_went_through_has_not_failed(teardown):
    context = run(teardown, done="release", gave=["version"])
    assert teardown._ended(context, {}) == {}
