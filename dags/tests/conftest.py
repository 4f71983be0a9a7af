"""An Airflow of its own in a temporary folder, and functions behind a loopback port."""

import json
import os
import shutil
import sys
import tempfile
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from scripted import FunctionServer

DAGS = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(DAGS))

# Airflow reads its settings when it is imported; whatever the caller's Airflow is, it stays as is.
for name in [name for name in os.environ if name.startswith("AIRFLOW")]:
    del os.environ[name]
AIRFLOW_HOME = Path(tempfile.mkdtemp(prefix="sluice-airflow-"))
os.environ |= {
    "AIRFLOW_HOME": str(AIRFLOW_HOME),
    "AIRFLOW__CORE__DAGS_FOLDER": str(DAGS),
    "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
    "AIRFLOW__USAGE_DATA_COLLECTION__ENABLED": "False",
}


def pytest_sessionfinish():
    shutil.rmtree(AIRFLOW_HOME, ignore_errors=True)


@pytest.fixture(scope="session")
def airflow_database():
    """A migrated metadata database; needed by what runs a DAG, not by what only parses one."""
    from airflow.utils.db import initdb

    initdb()


@pytest.fixture
def dags_folder(tmp_path, monkeypatch):
    """A folder that Airflow reads instead, with the same operations and no pipeline yet."""
    (tmp_path / "pipelines").mkdir()
    shutil.copy(DAGS / "operations.yaml", tmp_path)
    shutil.copy(DAGS / "sluice_dags.py", tmp_path)
    bundle = {
        "name": tmp_path.name,
        "classpath": "airflow.dag_processing.bundles.local.LocalDagBundle",
        "kwargs": {"path": str(tmp_path)},
    }
    monkeypatch.setenv("AIRFLOW__DAG_PROCESSOR__DAG_BUNDLE_CONFIG_LIST", json.dumps([bundle]))
    return tmp_path


@pytest.fixture
def functions(monkeypatch):
    """Scripted functions for the real operations.yaml, and the environment that leads to them."""
    from sluice.operations import Operations

    operations = Operations.read(DAGS / "operations.yaml")
    script = FunctionServer(
        {
            operation.name: tuple(
                f"{name}#0" if name in operation.lists else name for name in operation.gives
            )
            for operation in operations
        },
        expands={o.name: o.expands for o in operations if o.expands},
    )

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            body = self.rfile.read(int(self.headers["Content-Length"]))
            reply = script.answer(json.loads(body), dict(self.headers))
            if reply.status == 0:
                self.close_connection = True
                return
            self.send_response(reply.status)
            self.send_header("Content-Type", reply.content_type)
            self.send_header("Content-Length", str(len(reply.body.encode())))
            self.end_headers()
            self.wfile.write(reply.body.encode())

        def log_message(self, *arguments):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    script.url = f"http://127.0.0.1:{server.server_port}"
    monkeypatch.delenv("SLUICE_FUNCTION_BASE", raising=False)
    monkeypatch.setenv(
        "SLUICE_FUNCTIONS",
        json.dumps({o.function: f"{script.url}/{o.function}" for o in operations}),
    )
    yield script
    server.shutdown()
    server.server_close()
