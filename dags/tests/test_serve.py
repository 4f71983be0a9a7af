"""What keeps an Airflow of this machine running, with a made-up `airflow` in place of the real one."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from conftest import DAGS
from local_cloud import eventually

SERVE = DAGS.parent / "emulator-tests" / "airflow" / "serve.py"
PORT = 18_999
FIRST = "api-server"
LATER = {"scheduler", "dag-processor", "triggerer"}

AIRFLOW = """#!/bin/sh
# Notes its start, ends at once where `fails` names it, else stays with a child until it is told.
name=$1
env > "$AIRFLOW_HOME/$name.env"
echo "$name $$ $*" >> "$AIRFLOW_HOME/starts"
if grep -qx "$name" "$AIRFLOW_HOME/fails" 2>/dev/null; then exit 7; fi
if [ "$name" = db ]; then exit 0; fi
trap 'echo "$name" >> "$AIRFLOW_HOME/ends"; exit 0' TERM
sleep 1000 &
echo "$!" >> "$AIRFLOW_HOME/children"
wait
"""

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="processes are seen in /proc")


class Serving:
    """serve.py on a folder."""

    def __init__(self, folder, environment):
        self.folder = folder
        python = folder.parent / "bin" / "python"
        folder.mkdir(exist_ok=True)
        self.process = subprocess.Popen(
            [python, SERVE, folder, str(PORT)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env=os.environ | environment,
        )

    def lines(self, name):
        file = self.folder / name
        return file.read_text().splitlines() if file.exists() else []

    def started(self):
        """The components in the order of their starts."""
        return [line.split()[0] for line in self.lines("starts")]

    def arguments(self, name):
        return [line.split()[2:] for line in self.lines("starts") if line.split()[0] == name]

    def environment(self, name):
        return dict(line.split("=", 1) for line in self.lines(f"{name}.env") if "=" in line)

    def await_started(self, *names):
        eventually(lambda: set(names) <= set(self.started()), f"the start of {names}", seconds=30)

    def await_running(self):
        """All of it: each component has its child too."""
        self.await_started(FIRST)
        self.tell_to_start()
        eventually(lambda: len(self.lines("children")) == 4, "four components", seconds=30)

    def tell_to_start(self):
        self.process.stdin.write("start\n")
        self.process.stdin.flush()

    def pids(self):
        return [line.split()[1] for line in self.lines("starts")] + self.lines("children")

    def await_gone(self):
        eventually(
            lambda: not any(_runs(pid) for pid in self.pids()), "the end of all", seconds=30
        )

    def end(self):
        """Ends its input, and answers its status and what it said."""
        said, _ = self.process.communicate(timeout=30)
        return self.process.returncode, said


def _runs(pid):
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except FileNotFoundError:
        return False
    # One that nobody has asked for its status yet has ended all the same.
    return stat.rpartition(")")[2].split()[0] != "Z"


@pytest.fixture
def serve(tmp_path):
    programs = tmp_path / "bin"
    programs.mkdir()
    (programs / "python").symlink_to(sys.executable)
    (programs / "airflow").write_text(AIRFLOW)
    (programs / "airflow").chmod(0o755)
    started = []

    def start(folder="airflow", **environment):
        started.append(Serving(tmp_path / folder, environment))
        return started[-1]

    yield start
    for serving in started:
        if serving.process.poll() is None:
            serving.process.kill()
            serving.process.wait()


def test_what_calls_functions_waits_for_them(serve):
    airflow = serve()
    airflow.await_started(FIRST)
    assert airflow.started() == ["db", FIRST]

    airflow.await_running()

    assert set(airflow.started()[2:]) == LATER
    assert airflow.arguments("scheduler") == [["scheduler", "-s"]]
    assert airflow.arguments("triggerer") == [["triggerer", "-s"]]


def test_the_end_of_its_input_ends_all_and_the_api_server_last(serve):
    airflow = serve()
    airflow.await_running()

    assert airflow.end() == (0, "")

    assert set(airflow.lines("ends")) == LATER | {FIRST}
    assert airflow.lines("ends")[-1] == FIRST
    airflow.await_gone()


def test_it_listens_on_this_machine_alone(serve):
    airflow = serve()
    airflow.await_started(FIRST)
    environment = airflow.environment(FIRST)
    assert environment["AIRFLOW__API__HOST"] == "127.0.0.1"
    assert environment["AIRFLOW__API__PORT"] == str(PORT)
    assert environment["AIRFLOW_HOME"] == str(airflow.folder)
    airflow.end()


def test_settings_of_the_callers_own_airflow_do_not_reach_it(serve):
    airflow = serve(
        AIRFLOW_CONFIG="/etc/theirs.cfg",
        AIRFLOW__CORE__EXECUTOR="CeleryExecutor",
        AIRFLOW__DATABASE__SQL_ALCHEMY_CONN="postgresql://theirs",
        KEPT="yes",
    )
    airflow.await_started(FIRST)
    environment = airflow.environment(FIRST)
    assert environment["KEPT"] == "yes"
    assert environment["AIRFLOW__CORE__EXECUTOR"] == "LocalExecutor"
    assert "AIRFLOW_CONFIG" not in environment
    assert "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN" not in environment
    airflow.end()


def test_a_proxy_is_not_asked_for_this_machine(serve):
    airflow = serve(NO_PROXY="internal.example")
    airflow.await_started(FIRST)
    environment = airflow.environment(FIRST)
    assert environment["NO_PROXY"] == environment["no_proxy"] == "internal.example,127.0.0.1"
    airflow.end()


def test_keys_are_the_folders_own_and_outlive_a_restart(serve):
    def keys(folder):
        airflow = serve(folder)
        file = airflow.folder / "keys.json"
        eventually(file.exists, "the keys", seconds=30)
        airflow.end()
        assert file.stat().st_mode & 0o777 == 0o600
        return json.loads(file.read_text())

    first = keys("airflow")
    assert keys("airflow") == first
    assert not set(keys("another").values()) & set(first.values())


def test_the_database_is_migrated_once(serve):
    for _ in range(2):
        airflow = serve()
        airflow.await_started(FIRST)
        airflow.end()
    assert airflow.started().count("db") == 1


def test_a_database_that_cannot_be_migrated_starts_nothing(serve, tmp_path):
    (tmp_path / "airflow").mkdir()
    (tmp_path / "airflow" / "fails").write_text("db\n")
    airflow = serve()

    assert airflow.process.wait(30) == 1

    assert "its database cannot be brought up to date" in airflow.process.stdout.read()
    assert airflow.started() == ["db"]


def test_a_component_that_ends_is_started_again(serve):
    airflow = serve()
    airflow.await_running()
    (scheduler,) = [line.split()[1] for line in airflow.lines("starts") if "scheduler" in line]

    os.kill(int(scheduler), signal.SIGKILL)

    eventually(lambda: airflow.started().count("scheduler") == 2, "another one", seconds=30)
    assert f"airflow: scheduler ended with {-signal.SIGKILL} and is started again" in airflow.end()[1]


def test_a_component_that_ends_again_and_again_ends_all(serve, tmp_path):
    airflow = serve()
    airflow.await_started(FIRST)
    (airflow.folder / "fails").write_text("triggerer\n")
    airflow.tell_to_start()

    assert airflow.process.wait(30) == 1

    assert airflow.started().count("triggerer") == 3
    assert "triggerer ended with 7 again; " in airflow.process.stdout.read()
    airflow.await_gone()


def test_ctrl_c_is_left_to_the_one_who_started_it(serve):
    airflow = serve()
    airflow.await_running()

    airflow.process.send_signal(signal.SIGINT)
    assert airflow.process.poll() is None
    airflow.process.send_signal(signal.SIGTERM)

    assert airflow.process.wait(30) == 0
    airflow.await_gone()


def test_where_it_is_killed_its_components_end(serve):
    airflow = serve()
    airflow.await_running()

    airflow.process.kill()

    eventually(
        lambda: set(airflow.lines("ends")) == LATER | {FIRST}, "the end of each", seconds=30
    )
