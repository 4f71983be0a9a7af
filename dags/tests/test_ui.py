"""`./sluice up --airflow`: real Airflow with its UI before the real functions.

Starts a local cloud of its own. Needs Chromium and its driver on PATH for what is done in the UI. The
picture of the graph is left in target/airflow-graph.png.
"""

import json
import os
import signal
import subprocess
from pathlib import Path

import browser as chromium
import pytest
from conftest import DAGS
from local_cloud import LAUNCHER, Cloud, Composer, eventually, listings, local_env, sluice

pytest.importorskip("airflow")

PIPELINE = "listings"
PICTURE = DAGS.parent / "target" / "airflow-graph.png"
ENDED = ("success", "failed")
SHARDED = {"inspect-shard", "plan-shards", "ingest-shard"}
"""Skipped where a batch is small."""

pytestmark = pytest.mark.skipif(
    not LAUNCHER.exists() or not os.environ.get("SLUICE_STATE"),
    reason="the launcher's own test, for which everything must be built: run ./sluice test --python",
)


class Up:
    """A local cloud in a folder of its own, by the launcher's commands."""

    def __init__(self, folder):
        self.state = folder / "state"
        self.pipelines = folder / "pipelines"
        self.pipelines.mkdir()
        self.file = folder / "listings.csv"
        self.file.write_bytes(listings())

    def up(self, *arguments):
        folders = ("--state", self.state, "--pipelines", self.pipelines)
        said = sluice("up", "--detach", *folders, *arguments)
        self.cloud = Cloud(local_env(self.state))
        self.composer = Composer(self.cloud["COMPOSER_URL"])
        return said

    def command(self, *arguments):
        return sluice(*arguments, "--state", self.state)

    def add_pipeline(self, name):
        (self.pipelines / f"{name}.yaml").write_text("label: sold\n", encoding="utf-8")

    def here(self, *arguments):
        """The same in the foreground of a terminal of its own."""
        command = [LAUNCHER, "up", "--state", self.state, "--pipelines", self.pipelines, *arguments]
        with open(self.state / "here.log", "w") as log:
            return subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
                # What a shell starts in the background ignores it, and so would what that starts.
                preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
            )

    def pid(self):
        """The cloud's own process."""
        return json.loads((self.state / "cloud.json").read_text(encoding="utf-8"))["pid"]

    def processes(self, pid=None):
        """That one, or another one, and all that it started, and so on."""
        children = {}
        for file in Path("/proc").glob("[0-9]*/stat"):
            try:
                parent = int(file.read_text().rpartition(")")[2].split()[1])
            except FileNotFoundError:
                continue  # It ended meanwhile.
            children.setdefault(parent, []).append(int(file.parent.name))
        found = [pid or self.pid()]
        for process in found:
            found += children.get(process, [])
        return found


@pytest.fixture(scope="module")
def local(tmp_path_factory):
    local = Up(tmp_path_factory.mktemp("up"))
    local.add_pipeline(PIPELINE)
    local.said = local.up("--airflow")
    yield local
    local.command("down")


@pytest.fixture(scope="module")
def given_up(local):
    """A batch of the pipeline, and its own run, which was given up before it began."""
    local.command("pause", PIPELINE)
    local.command("drop", local.file, "--pipeline", PIPELINE, "--span", "2026-11-01")
    (run,) = eventually(lambda: local.composer.runs(PIPELINE), "the run of the file")
    assert run["state"] == "queued"
    local.command("cancel", PIPELINE, run["dag_run_id"])
    local.command("unpause", PIPELINE)
    # What ends every run ends this one too, once it may.
    eventually(
        lambda: local.composer.state(PIPELINE, run["dag_run_id"]) in ENDED,
        "the end of the run that was given up",
    )
    return run["conf"]["batch"], run["dag_run_id"]


@pytest.fixture(scope="module")
def batch(given_up):
    return given_up[0]


@pytest.fixture(scope="module")
def released(local, batch, tmp_path_factory):
    """The run that a person starts of the batch, and what the UI shows of it at the end.

    Started in the UI's form and followed there; where there is no browser, by a command.
    """
    if chromium.missing():
        local.command("trigger", PIPELINE, "--batch", batch, "--wait")
        return batch, None
    page = chromium.Browser(tmp_path_factory.mktemp("chromium"), seconds=60)
    ui = local.cloud["SLUICE_AIRFLOW"]
    try:
        page.open(f"{ui}/dags/{PIPELINE}")
        page.type("[name=username]", "admin")
        page.type("[name=password]", "admin")
        page.click("button[type=submit]")
        page.click("[data-testid=trigger-dag-button]")
        page.type("[name=element_batch]", batch)
        before = {run["dag_run_id"] for run in local.composer.runs(PIPELINE)}
        page.click("[data-testid=trigger-dag-submit]")
        run = eventually(
            lambda: {r["dag_run_id"] for r in local.composer.runs(PIPELINE)} - before,
            "the run of the form",
        ).pop()
        page.open(f"{ui}/dags/{PIPELINE}/runs/{run}")
        page.click("[value=graph]")
        # The frames of data and model are closed at first.
        page.click("[data-testid=expand-all-button]")
        eventually(
            lambda: page.text("[data-testid=header-card] [data-testid=state-badge]")
            in ("Success", "Failed"),
            "the end of the run in the UI",
        )
        page.click('[aria-label="Collapse Details Panel"]')
        page.click(".react-flow__controls-fitview")
        eventually(
            lambda: "success" in page.text(node("release")).lower(), "the graph's last state"
        )
        shown = {name: page.text(node(name)) for name in ("resolve", "train", "finish-run")}
        PICTURE.parent.mkdir(exist_ok=True)
        page.picture(PICTURE)
    finally:
        page.close()
    return run, shown


def node(task):
    """A task in the graph."""
    return f".react-flow__node[data-id={task}]"


def listening(processes):
    """The addresses, in the kernel's words, on which these processes listen."""
    sockets = set()
    for process in processes:
        for link in Path(f"/proc/{process}/fd").glob("*"):
            try:
                sockets.add(os.readlink(link))
            except OSError:
                continue
    found = set()
    for table in ("/proc/net/tcp", "/proc/net/tcp6"):
        for line in Path(table).read_text().splitlines()[1:]:
            fields = line.split()
            if fields[3] == "0A" and f"socket:[{fields[9]}]" in sockets:
                found.add(fields[1].rpartition(":")[0])
    return found


LOOPBACK = {
    "0100007F",
    "0000000000000000FFFF00000100007F",
    "00000000000000000000000001000000",
}
"""127.0.0.1, the same as an IPv6 socket has it, and ::1."""


def test_up_tells_where_the_ui_is_and_how_to_sign_in(local):
    ui = local.cloud["SLUICE_AIRFLOW"]
    assert f"airflow   {ui} (sign in: admin, admin)" in local.said
    assert ui == local.cloud["COMPOSER_URL"]
    assert f"airflow  {ui} (healthy)" in local.command("status")


def test_everything_listens_on_this_machine_alone(local):
    processes = local.processes()
    assert len(processes) > len(("launcher", "server", "api", "scheduler", "dags", "triggerer"))
    assert "0100007F" in listening(processes)
    assert listening(processes) <= LOOPBACK


def test_a_spec_that_is_added_is_a_dag_without_a_restart(local):
    assert not local.composer.knows("second")
    local.add_pipeline("second")
    eventually(lambda: local.composer.knows("second"), "the DAG of the new spec", seconds=60)


def test_a_run_that_is_cancelled_before_it_began_does_nothing(local, given_up):
    _, run = given_up
    ends = local.composer.tasks(PIPELINE, run)
    assert ends.pop("finish-run") == "failed"
    assert set(ends.values()) == {"skipped"}
    assert local.composer.state(PIPELINE, run) == "failed"


@pytest.mark.skipif(
    bool(chromium.missing()), reason=f"the UI is not tested: {chromium.missing()} not on PATH"
)
def test_the_form_starts_a_run_and_the_graph_shows_its_end(released):
    _, shown = released
    assert all("success" in text.lower() for text in shown.values()), shown


def test_the_batch_is_live(local, batch, released):
    run, _ = released
    ends = local.composer.tasks(PIPELINE, run)
    assert {task for task, state in ends.items() if state == "skipped"} == SHARDED
    assert {state for task, state in ends.items() if task not in SHARDED} == {"success"}
    registry = local.cloud.registry(PIPELINE)
    assert registry["live"] == 1
    assert registry["versions"][0]["batch"] == batch
    cheap, dear = local.cloud.predict(
        PIPELINE,
        {"price": "10.00", "country": "US", "seller_age": "40"},
        {"price": "190.00", "country": "DE", "seller_age": "40"},
    )
    assert abs(cheap - dear) > 0.3


def gone(processes, what):
    eventually(
        lambda: not any(Path(f"/proc/{process}").exists() for process in processes),
        f"the end of every process after {what}",
        seconds=60,
    )


def test_down_ends_all_of_it(local, released):
    processes = local.processes()
    local.command("down")
    gone(processes, "down")


def test_ctrl_c_ends_all_of_it_also_while_it_starts(local, released):
    up = local.here("--airflow")
    eventually(lambda: len(local.processes(up.pid)) > 2, "Airflow's API server")
    processes = local.processes(up.pid)
    os.killpg(up.pid, signal.SIGINT)
    assert up.wait(60) == 130
    gone(processes, "Ctrl-C")


def test_runs_outlive_a_restart_and_what_is_killed_leaves_nothing_behind(local, released):
    run, _ = released
    local.up("--airflow")
    assert local.composer.state(PIPELINE, run) == "success"
    processes = local.processes()

    os.kill(local.pid(), signal.SIGKILL)

    gone(processes, "SIGKILL")


def test_the_embedded_composer_makes_the_same(local, batch, released):
    run, _ = released
    assert "airflow" not in local.up()
    again = f"{batch}--again"
    local.cloud.lend_pins(PIPELINE, run, again)
    local.composer.trigger(PIPELINE, again, {"batch": batch})
    eventually(
        lambda: local.composer.state(PIPELINE, again) in ENDED,
        "the end of the embedded Composer's run",
    )
    assert local.composer.state(PIPELINE, again) == "success"
    made = local.cloud.fingerprints(PIPELINE)
    airflows, composers = made[run], made[again]
    assert {o: p for o, (p, _) in composers.items()} == {o: p for o, (p, _) in airflows.items()}
    assert {"ingest", "analyze", "transform", "train", "evaluate"} <= set(composers)
    assert all(cached for _, cached in composers.values())
