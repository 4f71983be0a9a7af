"""A local cloud, seen through the interfaces that its `local.env` names; and data for it."""

import json
import os
import random
import subprocess
import time
import urllib.error
import urllib.parse
import urllib.request

from conftest import DAGS

LAUNCHER = DAGS.parent / "sluice"


def http(method, url, body=None, **headers):
    """The bytes of an answer; an error status raises, with the answer in it."""
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


class Cloud:
    """Buckets, tables and predictions. `environment` is what `local.env` sets."""

    def __init__(self, environment):
        self._environment = environment

    def __getitem__(self, variable):
        return self._environment[variable]

    def upload(self, bucket, name, data):
        """`bucket` is INBOX, ARTIFACTS or SERVING."""
        query = urllib.parse.urlencode({"uploadType": "media", "name": name})
        bucket = self[f"SLUICE_{bucket}"]
        http("POST", f"{self['STORAGE_EMULATOR_HOST']}/upload/storage/v1/b/{bucket}/o?{query}", data)

    def download(self, bucket, name):
        path = urllib.parse.quote(name, safe="")
        bucket = self[f"SLUICE_{bucket}"]
        url = f"{self['STORAGE_EMULATOR_HOST']}/storage/v1/b/{bucket}/o/{path}?alt=media"
        return http("GET", url)

    def registry(self, pipeline):
        return json.loads(self.download("SERVING", f"{pipeline}/registry.json"))

    def query(self, sql):
        """The rows of a query, as text by column."""
        answer = json.loads(
            http(
                "POST",
                f"{self['BIGQUERY_EMULATOR_HOST']}/bigquery/v2/projects/"
                f"{self['GOOGLE_CLOUD_PROJECT']}/queries",
                {"query": sql, "useLegacySql": False},
            )
        )
        names = [column["name"] for column in answer["schema"]["fields"]]
        return [
            dict(zip(names, [cell["v"] for cell in row["f"]], strict=True))
            for row in answer.get("rows", [])
        ]

    def fingerprints(self, pipeline):
        """Of each run: operation to (fingerprint, whether it came from the cache)."""
        rows = self.query(
            f"SELECT run, operation, fingerprint, cached FROM {self['SLUICE_DATASET']}.stage_runs"
            f" WHERE pipeline = '{pipeline}' AND fingerprint IS NOT NULL"
        )
        prints = {}
        for row in rows:
            made = (row["fingerprint"], row["cached"] == "true")
            prints.setdefault(row["run"], {})[row["operation"]] = made
        return prints

    def predict(self, pipeline, *rows):
        url = f"{self['PREDICT_URL']}/v1/models/{pipeline}:predict"
        return json.loads(http("POST", url, {"instances": rows}))["predictions"]

    def lend_pins(self, pipeline, giver, taker):
        """Has a run take what another one took. What is live now is not what was live then."""
        pins = self.download("ARTIFACTS", f"{pipeline}/runs/{giver}/pins.json")
        self.upload("ARTIFACTS", f"{pipeline}/runs/{taker}/pins.json", pins)


class Composer:
    """The local Composer or real Airflow, by Airflow's REST API."""

    def __init__(self, url):
        self.base = url
        login = {"username": "admin", "password": "admin"}
        answer = http("POST", f"{self.base}/auth/token", login)
        self.token = json.loads(answer)["access_token"]

    def ask(self, method, path, body=None):
        url = f"{self.base}/api/v2{path}"
        return json.loads(http(method, url, body, Authorization=f"Bearer {self.token}"))

    def knows(self, pipeline):
        try:
            return bool(self.ask("GET", f"/dags/{pipeline}"))
        except urllib.error.HTTPError as e:
            if e.code != 404:
                raise
            return False

    def pause(self, pipeline, paused):
        self.ask("PATCH", f"/dags/{pipeline}", {"is_paused": paused})

    def cancel(self, pipeline, run):
        self.ask("PATCH", f"/dags/{pipeline}/dagRuns/{run}", {"state": "failed"})

    def trigger(self, pipeline, run, conf):
        body = {"dag_run_id": run, "logical_date": None, "conf": conf}
        self.ask("POST", f"/dags/{pipeline}/dagRuns", body)

    def runs(self, pipeline):
        return self.ask("GET", f"/dags/{pipeline}/dagRuns")["dag_runs"]

    def state(self, pipeline, run):
        return self.ask("GET", f"/dags/{pipeline}/dagRuns/{run}")["state"]

    def tasks(self, pipeline, run):
        """Task to state; a mapped one that was not expanded is there as a whole."""
        path = f"/dags/{pipeline}/dagRuns/{run}/taskInstances"
        return {t["task_id"]: t["state"] for t in self.ask("GET", path)["task_instances"]}


def sluice(*arguments):
    """What the launcher printed; it must end well."""
    ended = subprocess.run([LAUNCHER, *arguments], capture_output=True, text=True)
    assert ended.returncode == 0, f"./sluice {' '.join(map(str, arguments))}: {ended.stderr}"
    return ended.stdout


def local_env(state):
    """The variables of a running cloud's `local.env`, over those of this process."""
    lines = (state / "local.env").read_text(encoding="utf-8").splitlines()
    return os.environ | dict(line.split("=", 1) for line in lines)


def eventually(look, what, seconds=120):
    """The first answer of `look` that is not empty."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        found = look()
        if found:
            return found
        time.sleep(0.2)
    raise AssertionError(f"{what} did not come within {seconds} s")


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
