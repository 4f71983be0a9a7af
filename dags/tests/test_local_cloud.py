"""A run on real Airflow of the real functions, equal to the local Composer's run of the batch.

Needs a local cloud (`./sluice up --detach --state DIR --pipelines SPECS`), its `local.env` in the
environment, and SLUICE_PIPELINES, the folder SPECS, where the test writes the spec of a pipeline of
its own. The functions' URLs are taken from SLUICE_FUNCTIONS, else asked of `./sluice status --json`
with the folder DIR that SLUICE_STATE names.
"""

import json
import os
import random
import subprocess
import time
import urllib.error
import urllib.parse
import urllib.request
import uuid
from pathlib import Path

import pytest
from conftest import DAGS

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

PATIENCE_SECONDS = 300


def http(method, url, body=None, **headers):
    """The JSON or bytes of an answer; an error status raises, with the answer in it."""
    data = body if body is None or isinstance(body, bytes) else json.dumps(body).encode()
    kind = "application/json" if data is not body else "application/octet-stream"
    request = urllib.request.Request(url, data, {"Content-Type": kind, **headers}, method=method)
    # Addresses of this machine go around any proxy.
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(request, timeout=30) as response:
            return response.read()
    except urllib.error.HTTPError as e:
        e.msg = f"{e.msg}: {e.read().decode('utf-8', 'replace')}"
        raise


def upload(bucket, name, data):
    query = urllib.parse.urlencode({"uploadType": "media", "name": name})
    http(
        "POST",
        f"{os.environ['STORAGE_EMULATOR_HOST']}/upload/storage/v1/b/{bucket}/o?{query}",
        data,
    )


def download(bucket, name):
    path = urllib.parse.quote(name, safe="")
    host = os.environ["STORAGE_EMULATOR_HOST"]
    return http("GET", f"{host}/storage/v1/b/{bucket}/o/{path}?alt=media")


def query(sql):
    """The rows of a query, as text by column."""
    answer = json.loads(
        http(
            "POST",
            f"{os.environ['BIGQUERY_EMULATOR_HOST']}/bigquery/v2/projects/"
            f"{os.environ['GOOGLE_CLOUD_PROJECT']}/queries",
            {"query": sql, "useLegacySql": False},
        )
    )
    names = [column["name"] for column in answer["schema"]["fields"]]
    return [
        dict(zip(names, [cell["v"] for cell in row["f"]], strict=True))
        for row in answer.get("rows", [])
    ]


class Composer:
    """The local Composer, by Airflow's REST API."""

    def __init__(self):
        self.base = os.environ["COMPOSER_URL"]
        login = {"username": "admin", "password": "admin"}
        answer = http("POST", f"{self.base}/auth/token", login)
        self.token = json.loads(answer)["access_token"]

    def ask(self, method, path, body=None):
        url = f"{self.base}/api/v2{path}"
        return json.loads(http(method, url, body, Authorization=f"Bearer {self.token}"))

    def pause(self, pipeline, paused):
        self.ask("PATCH", f"/dags/{pipeline}", {"is_paused": paused})

    def runs(self, pipeline):
        return self.ask("GET", f"/dags/{pipeline}/dagRuns")["dag_runs"]


def eventually(look, what):
    """The first answer of `look` that is not empty."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < deadline:
        found = look()
        if found:
            return found
        time.sleep(0.2)
    raise AssertionError(f"{what} did not come within {PATIENCE_SECONDS} s")


def known(composer, pipeline):
    try:
        return composer.ask("GET", f"/dags/{pipeline}")
    except urllib.error.HTTPError as e:
        if e.code != 404:
            raise
        return None


def listings():
    """A table from which a sale can be told."""
    chance = random.Random(7)
    lines = ["price,country,seller_age,sold"]
    for _ in range(3_000):
        price = chance.uniform(5, 200)
        country = chance.choice(["DE", "JP", "US"])
        age = chance.randrange(18, 80)
        likely = 0.9 - price / 250 + (0.15 if country == "US" else 0.0)
        lines.append(f"{price:.2f},{country},{age},{'yes' if chance.random() < likely else 'no'}")
    return "\n".join(lines).encode()


@pytest.fixture
def function_urls(monkeypatch):
    if not os.environ.get("SLUICE_FUNCTIONS"):
        launcher, state = DAGS.parent / "sluice", os.environ["SLUICE_STATE"]
        status = subprocess.run(
            [launcher, "status", "--json", "--state", state],
            check=True,
            stdout=subprocess.PIPE,
            text=True,
        )
        monkeypatch.setenv("SLUICE_FUNCTIONS", status.stdout)


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

    composer = Composer()
    eventually(lambda: known(composer, pipeline), f"DAG {pipeline} of the local Composer")
    composer.pause(pipeline, True)
    upload(os.environ["SLUICE_INBOX"], f"{pipeline}/2026-11-01/listings.csv", listings())
    waiting = eventually(lambda: composer.runs(pipeline), "the run of the file")
    batch = waiting[0]["conf"]["batch"]

    ended = build_dags(dags_folder)[pipeline].test(run_conf={"batch": batch})

    assert str(ended.state) == "success"
    # A small batch is not cut into shards.
    whole = {t.task_id for t in ended.get_task_instances() if str(t.state) != "success"}
    assert whole == {"inspect-shard", "plan-shards", "ingest-shard"}
    registry = json.loads(download(os.environ["SLUICE_SERVING"], f"{pipeline}/registry.json"))
    assert registry["live"] == 1
    assert registry["versions"][0]["batch"] == batch

    # What is live now is not what was live then, so the second run is given the first one's pins.
    pins = download(os.environ["SLUICE_ARTIFACTS"], f"{pipeline}/runs/{ended.run_id}/pins.json")
    run = waiting[0]["dag_run_id"]
    upload(os.environ["SLUICE_ARTIFACTS"], f"{pipeline}/runs/{run}/pins.json", pins)
    composer.pause(pipeline, False)
    state = eventually(
        lambda: {"success", "failed"} & {r["state"] for r in composer.runs(pipeline)},
        "the end of the local Composer's run",
    )

    assert state == {"success"}
    rows = query(
        "SELECT run, operation, fingerprint, cached FROM"
        f" {os.environ['SLUICE_DATASET']}.stage_runs WHERE pipeline = '{pipeline}'"
        " AND fingerprint IS NOT NULL"
    )
    prints = {row["run"]: {} for row in rows}
    for row in rows:
        prints[row["run"]][row["operation"]] = row["fingerprint"]
    assert set(prints) == {ended.run_id, run}
    assert prints[run] == prints[ended.run_id]
    assert {"ingest", "analyze", "validate-data", "transform", "train", "evaluate"} <= set(
        prints[run]
    )
    assert {row["cached"] for row in rows if row["run"] == run} == {"true"}
    assert "true" not in {row["cached"] for row in rows if row["run"] == ended.run_id}
