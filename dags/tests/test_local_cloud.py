"""A run on real Airflow of the real functions, equal to the local Composer's run of the batch.

Needs a local cloud (`./sluice up --detach --state DIR --pipelines SPECS`), its `local.env` in the
environment, and SLUICE_PIPELINES, the folder SPECS, where the test writes the spec of a pipeline of
its own. The functions' URLs are taken from SLUICE_FUNCTIONS, else asked of `./sluice status --json`
with the folder DIR that SLUICE_STATE names.
"""

import os
import uuid
from pathlib import Path

import pytest
from local_cloud import Cloud, Composer, eventually, listings, sluice

pytest.importorskip("airflow")

NEEDED = [
    "STORAGE_EMULATOR_HOST",
    "BIGQUERY_EMULATOR_HOST",
    "COMPOSER_URL",
    "GOOGLE_CLOUD_PROJECT",
    "SLUICE_INBOX",
    "SLUICE_ARTIFACTS",
    "SLUICE_SERVING",
    "SLUICE_DATASET",
    "SLUICE_PIPELINES",
]
MISSING = [name for name in NEEDED if not os.environ.get(name)]
if not os.environ.get("SLUICE_FUNCTIONS") and not os.environ.get("SLUICE_STATE"):
    MISSING.append("SLUICE_FUNCTIONS or SLUICE_STATE")
if MISSING:
    pytest.skip(
        f"no local cloud: {', '.join(MISSING)} not set; the module's text tells how to start one",
        allow_module_level=True,
    )

@pytest.fixture
def function_urls(monkeypatch):
    if not os.environ.get("SLUICE_FUNCTIONS"):
        told = sluice("status", "--json", "--state", os.environ["SLUICE_STATE"])
        monkeypatch.setenv("SLUICE_FUNCTIONS", told)


@pytest.fixture
def pipeline(dags_folder):
    """A pipeline that the local cloud and this Airflow both know."""
    name = f"airflow-{uuid.uuid4().hex[:8]}"
    theirs = Path(os.environ["SLUICE_PIPELINES"]) / f"{name}.yaml"
    for spec in (theirs, dags_folder / "pipelines" / f"{name}.yaml"):
        spec.write_text("label: sold\n", encoding="utf-8")
    yield name
    theirs.unlink()


def test_airflow_and_the_local_composer_make_the_same_artifacts(
    airflow_database, function_urls, pipeline, dags_folder
):
    from sluice.factory import build_dags

    cloud = Cloud(os.environ)
    composer = Composer(cloud["COMPOSER_URL"])
    eventually(lambda: composer.knows(pipeline), f"DAG {pipeline} of the local Composer")
    composer.pause(pipeline, True)
    cloud.upload("INBOX", f"{pipeline}/2026-11-01/listings.csv", listings())
    waiting = eventually(lambda: composer.runs(pipeline), "the run of the file")
    batch = waiting[0]["conf"]["batch"]

    ended = build_dags(dags_folder)[pipeline].test(run_conf={"batch": batch})

    assert str(ended.state) == "success"
    # A small batch is not cut into shards.
    whole = {t.task_id for t in ended.get_task_instances() if str(t.state) != "success"}
    assert whole == {"inspect-shard", "plan-shards", "ingest-shard"}
    registry = cloud.registry(pipeline)
    assert registry["live"] == 1
    assert registry["versions"][0]["batch"] == batch

    run = waiting[0]["dag_run_id"]
    cloud.lend_pins(pipeline, ended.run_id, run)
    composer.pause(pipeline, False)
    state = eventually(
        lambda: {"success", "failed"} & {r["state"] for r in composer.runs(pipeline)},
        "the end of the local Composer's run",
    )

    assert state == {"success"}
    made = cloud.fingerprints(pipeline)
    assert set(made) == {ended.run_id, run}
    airflows, composers = made[ended.run_id], made[run]
    assert {o: p for o, (p, _) in composers.items()} == {o: p for o, (p, _) in airflows.items()}
    assert {"ingest", "analyze", "validate-data", "transform", "train", "evaluate"} <= set(composers)
    assert all(cached for _, cached in composers.values())
    assert not any(cached for _, cached in airflows.values())
