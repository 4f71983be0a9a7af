"""Runs Airflow on this machine for as long as its standard input is open.

    serve.py FOLDER PORT

Airflow's home is FOLDER and its DAGs lie in FOLDER/dags. The database is migrated and the API server
started at once, scheduler, DAG processor and triggerer after the line `start`: DAGs may call only what
is there. Whoever starts this holds the other end of standard input, so that nothing is left over however
that one ends. Everything listens on the loopback address alone. Needs Airflow 3.3's `airflow` beside
the Python that runs it; uses nothing but the standard library itself.

`airflow standalone` is no help here: it listens on every address and leaves its children behind.
"""

import base64
import ctypes
import json
import os
import secrets
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

AIRFLOW = Path(sys.executable).parent / "airflow"
AFTER_START = {
    # -s: none of them opens a port for its logs, which the API server reads from the disk.
    "scheduler": ["scheduler", "-s"],
    "dag-processor": ["dag-processor"],
    "triggerer": ["triggerer", "-s"],
}
GRACE_SECONDS = 10.0
MOST_STARTS = 3
STEADY_SECONDS = 60.0
"""What has run for so long did not fail for want of a setting, and has all its starts again."""


def settings(folder: Path, port: int) -> dict[str, str]:
    """The environment of every process: nothing of the caller's own Airflow reaches it."""
    own = {name: text for name, text in os.environ.items() if not name.startswith("AIRFLOW")}
    here = f"http://127.0.0.1:{port}"
    (folder / "passwords.json").write_text('{"admin": "admin"}')
    keys = _keys(folder / "keys.json")
    # Airflow's own client would ask a proxy for this machine's addresses.
    passed = ",".join(filter(None, [own.get("NO_PROXY") or own.get("no_proxy"), "127.0.0.1"]))
    wanted = {
        "CORE__DAGS_FOLDER": str(folder / "dags"),
        "CORE__LOAD_EXAMPLES": "False",
        "CORE__EXECUTOR": "LocalExecutor",
        # A task is two processes that wait for a function.
        "CORE__PARALLELISM": str(min(16, 4 * (os.cpu_count() or 1))),
        "CORE__DAGS_ARE_PAUSED_AT_CREATION": "False",
        "CORE__SIMPLE_AUTH_MANAGER_USERS": "admin:admin",
        "CORE__SIMPLE_AUTH_MANAGER_PASSWORDS_FILE": str(folder / "passwords.json"),
        "CORE__EXECUTION_API_SERVER_URL": f"{here}/execution/",
        "CORE__FERNET_KEY": keys["fernet"],
        "API__HOST": "127.0.0.1",
        "API__PORT": str(port),
        "API__WORKERS": "1",
        "API__BASE_URL": here,
        "API__SECRET_KEY": keys["api"],
        "API_AUTH__JWT_SECRET": keys["jwt"],
        # A file that has changed is parsed at once; the interval is for those that have not.
        "DAG_PROCESSOR__REFRESH_INTERVAL": "5",
        "DAG_PROCESSOR__MIN_FILE_PROCESS_INTERVAL": "60",
        "SCHEDULER__SCHEDULER_IDLE_SLEEP_TIME": "0.5",
        # What an Airflow that was killed had under way goes on soon after the next start.
        "SCHEDULER__SCHEDULER_HEALTH_CHECK_THRESHOLD": "15",
        "SCHEDULER__ORPHANED_TASKS_CHECK_INTERVAL": "10",
        "USAGE_DATA_COLLECTION__ENABLED": "False",
    }
    return {
        **own,
        "AIRFLOW_HOME": str(folder),
        "NO_PROXY": passed,
        "no_proxy": passed,
        # The packages of the DAGs are a checkout's own.
        "PYTHONDONTWRITEBYTECODE": "1",
        **{f"AIRFLOW__{name}": text for name, text in wanted.items()},
    }


def _keys(file: Path) -> dict[str, str]:
    """This folder's own keys, made once: a login outlives a restart, and no other cloud's is good."""
    if not file.exists():
        keys = {"jwt": secrets.token_hex(32), "api": secrets.token_hex(32)}
        keys["fernet"] = base64.urlsafe_b64encode(secrets.token_bytes(32)).decode()
        part = file.with_suffix(".part")
        part.unlink(missing_ok=True)
        with open(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as out:
            json.dump(keys, out)
        part.replace(file)
    return json.loads(file.read_text())


def _with_parent() -> None:
    """Has Linux end a process with the one that started it, even by SIGKILL."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(1, signal.SIGTERM)


class Component:
    """One of Airflow's processes, started again where it ends by itself."""

    def __init__(self, name: str, arguments: list[str], folder: Path, environment: dict[str, str]):
        self.name = name
        self._arguments = arguments
        self.log = folder / f"{name}.log"
        self._environment = environment
        self._starts = 0
        self._last = time.monotonic()
        # The log of the last start alone, or it would grow for ever.
        self.log.unlink(missing_ok=True)
        self.start()

    def start(self) -> None:
        now = time.monotonic()
        self._starts = 1 if now - self._last > STEADY_SECONDS else self._starts + 1
        self._last = now
        with open(self.log, "ab") as log:
            self._process = subprocess.Popen(
                [AIRFLOW, *self._arguments],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                env=self._environment,
                # A session of its own: Ctrl-C is for the one that started all, which ends them in order.
                start_new_session=True,
                preexec_fn=_with_parent,
            )

    def ended(self) -> int | None:
        return self._process.poll()

    def may_start(self) -> bool:
        return self._starts < MOST_STARTS

    def end(self) -> None:
        if self.ended() is None:
            self._process.terminate()

    def kill(self) -> None:
        """Whatever is left of its session: workers and tasks, which have process groups of their own."""
        for process in Path("/proc").glob("[0-9]*/stat"):
            try:
                session = int(process.read_text().rpartition(")")[2].split()[3])
                if session == self._process.pid:
                    os.kill(int(process.parent.name), signal.SIGKILL)
            except (OSError, ValueError):
                continue  # It ended meanwhile.
        if self.ended() is None:
            self._process.kill()
        self._process.wait()


class Server:
    """All of Airflow, from the start to the end of standard input."""

    def __init__(self, folder: Path, port: int):
        self._folder = folder
        self._environment = settings(folder, port)
        self._components: list[Component] = []
        self._told_to_start = False
        self._told_to_end = threading.Event()
        self._changed = threading.Event()

    def run(self) -> int:
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        signal.signal(signal.SIGTERM, lambda *_: self._end())
        threading.Thread(target=self._listen, daemon=True).start()
        try:
            if self._migrate():
                self._add("api-server", ["api-server"])
                return self._watch()
            return 0 if self._told_to_end.is_set() else 1
        finally:
            self._close()

    def _listen(self) -> None:
        for line in sys.stdin:
            if line.strip() == "start":
                self._told_to_start = True
                self._changed.set()
        self._end()

    def _end(self) -> None:
        self._told_to_end.set()
        self._changed.set()

    def _add(self, name: str, arguments: list[str]) -> Component:
        component = Component(name, arguments, self._folder, self._environment)
        self._components.append(component)
        return component

    def _migrate(self) -> bool:
        """Brings the database to this Airflow's version, where it is not: that takes seconds."""
        done = self._folder / "migrated"
        pins = Path(sys.prefix) / "requirements.txt"
        version = f"{sys.prefix} {pins.stat().st_mtime_ns if pins.exists() else 0}"
        if done.exists() and done.read_text() == version:
            return True
        migration = self._add("migration", ["db", "migrate"])
        while migration.ended() is None and not self._told_to_end.is_set():
            self._changed.wait(0.1)
            self._changed.clear()
        if migration.ended() == 0:
            self._components.remove(migration)
            done.write_text(version)
            return True
        if not self._told_to_end.is_set():
            _say(f"its database cannot be brought up to date; {migration.log} says why")
        return False

    def _watch(self) -> int:
        started = False
        while not self._told_to_end.is_set():
            if self._told_to_start and not started:
                started = True
                for name, arguments in AFTER_START.items():
                    self._add(name, arguments)
            for component in self._components:
                status = component.ended()
                if status is None:
                    continue
                if not component.may_start():
                    _say(f"{component.name} ended with {status} again; {component.log} says why")
                    return 1
                _say(f"{component.name} ended with {status} and is started again")
                component.start()
            self._changed.wait(0.5)
            self._changed.clear()
        return 0

    def _close(self) -> None:
        """The API server last, as the others still tell it how things ended."""
        deadline = time.monotonic() + GRACE_SECONDS
        for components in (self._components[1:], self._components[:1]):
            for component in components:
                component.end()
            for component in components:
                while component.ended() is None and time.monotonic() < deadline:
                    time.sleep(0.05)
        for component in self._components:
            component.kill()


def _say(text: str) -> None:
    """Whoever started this may be gone, and with it the other end."""
    try:
        print(f"airflow: {text}", flush=True)
    except OSError:
        pass


if __name__ == "__main__":
    sys.exit(Server(Path(sys.argv[1]).resolve(), int(sys.argv[2])).run())
