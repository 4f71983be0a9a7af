"""One call of a function, without Airflow."""

import http.client
import json
import socket
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from scripted import Reply

from sluice.calls import Passing, Permanent, call, function_url

REQUEST = {"pipeline": "taxi", "run": "r", "operation": "ingest", "inputs": {}, "parameters": {}}


def ask(functions, seconds=5.0):
    return call("ingest", f"{functions.url}/ingest", REQUEST, seconds)


def test_answers_outputs_and_summary(functions):
    functions.on("ingest", Reply.gives("examples", summary={"rows": 7}))
    result = ask(functions)
    assert result.outputs == {"examples": "gs://artifacts/examples"}
    assert result.summary == {"rows": 7}
    assert functions.requests == [REQUEST]


@pytest.mark.parametrize("expand", [None, {}, {"shard": 0}, {"shard": 1024}, {"trial": 3}])
def test_answers_how_often_what_is_mapped_is_called(functions, expand):
    functions.on("ingest", Reply.gives("batch", expand=expand))
    assert ask(functions).expand == (expand or {})


@pytest.mark.parametrize("calls", [-1, 1025, "3", 2.5, True])
def test_a_number_of_calls_that_is_none_is_no_stage_result(functions, calls):
    functions.on("ingest", Reply.gives("batch", expand={"shard": calls}))
    with pytest.raises(Passing, match=r"not a stage result .*to a number from 0 to 1024"):
        ask(functions)


@pytest.mark.parametrize("status", [400, 404, 409, 412, 422])
def test_a_problem_of_ours_is_permanent_and_told_by_its_detail(functions, status):
    functions.on("ingest", Reply.problem(status, "line 7 has 3 fields, not 4"))
    with pytest.raises(Permanent, match=r"^line 7 has 3 fields, not 4$"):
        ask(functions)


@pytest.mark.parametrize("status", [408, 429, 500, 503])
def test_a_problem_of_ours_that_may_pass_is_tried_again(functions, status):
    functions.on("ingest", Reply.problem(status, "the storage is busy"))
    with pytest.raises(Passing, match=r"^the storage is busy$"):
        ask(functions)


@pytest.mark.parametrize("status", [200, 302, 401, 403, 404, 413, 429, 500, 502, 503])
def test_a_page_of_the_platform_is_tried_again(functions, status):
    functions.on("ingest", Reply.page(status))
    with pytest.raises(
        Passing, match=rf"^function ingest answered {status}: .*platform's own page"
    ):
        ask(functions)


@pytest.mark.parametrize("body", ["", "{}", "[]", '{"outputs": {"a": 1}}', '{"outputs": null}'])
def test_a_200_that_is_no_stage_result_is_tried_again(functions, body):
    functions.on("ingest", Reply(200, "application/json", body))
    with pytest.raises(Passing, match=r"^function ingest answered 200: not a stage result"):
        ask(functions)


def test_a_problem_without_detail_is_told_by_its_title_or_whole(functions):
    functions.on(
        "ingest",
        Reply(422, "application/problem+json", '{"title": "no header"}'),
        Reply(422, "application/problem+json", "plain"),
        Reply(422, "application/problem+json", ""),
        Reply(422, "application/problem+json", "x" * 3_000),
    )
    for told in ["no header", "plain", r"\(an empty body\)", r"x{2000}\.\.\."]:
        with pytest.raises(Permanent, match=f"^{told}$"):
            ask(functions)


def test_a_lost_connection_is_tried_again(functions):
    functions.on("ingest", Reply.cut())
    with pytest.raises(Passing, match=r"the connection to function ingest at .* was lost"):
        ask(functions)


def test_a_function_that_does_not_answer_in_time_is_tried_again():
    with socket.create_server(("127.0.0.1", 0)) as deaf:
        url = f"http://127.0.0.1:{deaf.getsockname()[1]}/"
        with pytest.raises(Passing, match=r"^function ingest gave no answer within 0.05 s$"):
            call("ingest", url, REQUEST, 0.05)


def test_nobody_there_is_tried_again():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    with pytest.raises(Passing, match="was lost: ConnectionRefused"):
        call("ingest", f"http://127.0.0.1:{port}/", REQUEST, 1.0)


@pytest.mark.parametrize("url", ["http://functions.example/ingest", "ftp://127.0.0.1/", "ingest"])
def test_refuses_an_address_that_would_show_the_request_to_others(url):
    with pytest.raises(Permanent, match="must be https, or http on this machine"):
        call("ingest", url, REQUEST, 1.0)


def test_https_carries_an_id_token_whose_audience_is_the_url(functions, monkeypatch):
    asked = []

    class Metadata(BaseHTTPRequestHandler):
        """Google's metadata server, as far as an ID token goes."""

        def do_GET(self):
            asked.append(self.path)
            self.send_response(200)
            self.send_header("Metadata-Flavor", "Google")
            kind = "application/json" if "recursive=true" in self.path else "application/text"
            self.send_header("Content-Type", kind)
            self.end_headers()
            if "/identity" in self.path:
                # An unsigned token that never expires: {"alg": "none"} and {"exp": 9999999999}.
                self.wfile.write(b"eyJhbGciOiJub25lIn0.eyJleHAiOjk5OTk5OTk5OTl9.c2ln")
            elif "recursive=true" in self.path:
                self.wfile.write(json.dumps({"email": "composer@sluice.example"}).encode())

        def log_message(self, *arguments):
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Metadata) as metadata:
        threading.Thread(target=metadata.serve_forever, args=(0.01,), daemon=True).start()
        address = f"127.0.0.1:{metadata.server_port}"
        monkeypatch.setenv("GCE_METADATA_HOST", address)
        monkeypatch.setenv("GCE_METADATA_IP", address)
        monkeypatch.delenv("GOOGLE_APPLICATION_CREDENTIALS", raising=False)
        # The scripted functions speak no TLS; what is asked of it here is the header alone.
        monkeypatch.setattr(http.client, "HTTPSConnection", http.client.HTTPConnection)
        url = functions.url.replace("http://", "https://") + "/ingest"
        assert call("ingest", url, REQUEST, 5.0).outputs
        metadata.shutdown()

    assert functions.headers[0]["Authorization"].startswith("Bearer eyJhbGciOiJub25lIn0.")
    assert any(f"audience={url.replace(':', '%3A').replace('/', '%2F')}" in path for path in asked)


def test_finds_functions_in_a_mapping_or_in_what_status_prints():
    urls = {"ingest": "http://127.0.0.1:9/"}
    for known in (urls, {"functions": urls, "models": []}):
        assert function_url("ingest", {}, {"SLUICE_FUNCTIONS": json.dumps(known)}) == urls["ingest"]


def test_finds_functions_where_they_were_deployed_unless_told_otherwise():
    deployed = {"ingest": "https://ingest.run.app"}
    base = {"SLUICE_FUNCTION_BASE": "https://europe-west1-shop.cloudfunctions.net"}
    assert function_url("ingest", deployed, base) == "https://ingest.run.app"
    told = {"SLUICE_FUNCTIONS": '{"ingest": "http://127.0.0.1:9/"}'}
    assert function_url("ingest", deployed, told) == "http://127.0.0.1:9/"
    with pytest.raises(Permanent, match="deployment.json names no URL of function train; deploy"):
        function_url("train", deployed, base)


def test_finds_functions_below_the_base():
    base = "https://europe-west1-shop.cloudfunctions.net"
    for written in (base, base + "/"):
        url = function_url("validate-data", {}, {"SLUICE_FUNCTION_BASE": written})
        assert url == base + "/validate-data"


@pytest.mark.parametrize(
    ("environment", "message"),
    [
        ({}, "put deployment.json beside operations.yaml, set SLUICE_FUNCTIONS"),
        ({"SLUICE_FUNCTIONS": "{"}, "SLUICE_FUNCTIONS is not JSON"),
        (
            {"SLUICE_FUNCTIONS": '{"train": "http://127.0.0.1:9"}'},
            "names no URL of function ingest",
        ),
        ({"SLUICE_FUNCTIONS": "[]"}, "names no URL of function ingest"),
    ],
)
def test_tells_what_to_set_where_a_function_is_not_found(environment, message):
    with pytest.raises(Permanent, match=message):
        function_url("ingest", {}, environment)
