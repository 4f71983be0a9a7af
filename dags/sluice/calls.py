"""One call of one function, and what its answer means. Knows no Airflow.

200 with a stage result is done. A 4xx with `application/problem+json` is permanent, but for 408
and 429. Everything else (5xx, a lost connection, a timeout, the platform's own pages) may go away
and is worth another try.
"""

import http.client
import ipaddress
import json
import os
import socket
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

CONNECT_SECONDS = 10.0
SHOWN_CHARACTERS = 2_000
ANSWER_BYTES = 1 << 20
MOST_CALLS = 1024
"""Of one mapped operation: what Airflow expands to by default."""


class Permanent(Exception):
    """The same call fails again until somebody changes something."""


class Passing(Exception):
    """The same call may succeed later."""


@dataclass(frozen=True)
class Result:
    """What a stage answered.

    `outputs` maps names to uris; a name in gives that is absent was not given. `summary` holds a
    few figures. `shards` is how often each mapped operation of the run is called, 0 where the answer
    does not say so. `answer` is all of it, for the log.
    """

    outputs: dict[str, str]
    summary: dict[str, Any]
    shards: int
    answer: dict[str, Any]


def function_url(function: str, environment: Mapping[str, str] = os.environ) -> str:
    """Where a function is called.

    `SLUICE_FUNCTIONS` is a JSON mapping from function to URL, or an object whose `functions` is
    one, as `./sluice status --json` prints it. Without it, functions lie below
    `SLUICE_FUNCTION_BASE`, which is `https://<region>-<project>.cloudfunctions.net`.
    """
    known = environment.get("SLUICE_FUNCTIONS")
    if known:
        try:
            urls = json.loads(known)
        except json.JSONDecodeError as e:
            raise Permanent(f"SLUICE_FUNCTIONS is not JSON: {e}") from e
        if isinstance(urls, dict) and isinstance(urls.get("functions"), dict):
            urls = urls["functions"]
        if not isinstance(urls, dict) or not isinstance(urls.get(function), str):
            raise Permanent(f"SLUICE_FUNCTIONS names no URL of function {function}")
        return urls[function]
    base = environment.get("SLUICE_FUNCTION_BASE")
    if not base:
        raise Permanent(
            "nobody told where the functions are: set SLUICE_FUNCTION_BASE to"
            " https://<region>-<project>.cloudfunctions.net, or SLUICE_FUNCTIONS to a JSON mapping"
            " from function to URL"
        )
    return f"{base.rstrip('/')}/{function}"


def call(function: str, url: str, request: Mapping[str, Any], seconds: float) -> Result:
    """Calls a function and waits at most `seconds` for its answer.

    Raises Permanent or Passing, whose text is for people.
    """
    headers = {
        "Content-Type": "application/json",
        "Accept": "application/json, application/problem+json",
    }
    target = urlsplit(url)
    if target.scheme == "https":
        headers["Authorization"] = f"Bearer {_id_token(function, url)}"
    elif target.scheme != "http" or not _is_loopback(target.hostname):
        raise Permanent(
            f"function {function} is at {url}; it must be https, or http on this machine"
        )
    secure = target.scheme == "https"
    connect = http.client.HTTPSConnection if secure else http.client.HTTPConnection
    connection = connect(target.hostname, target.port, timeout=CONNECT_SECONDS)
    try:
        connection.connect()
        _keep_alive(connection.sock)
        connection.sock.settimeout(seconds)
        path = (target.path or "/") + (f"?{target.query}" if target.query else "")
        connection.request("POST", path, json.dumps(request).encode(), headers)
        response = connection.getresponse()
        body = response.read(ANSWER_BYTES).decode("utf-8", "replace")
        content_type = response.getheader("Content-Type", "")
    except TimeoutError as e:
        raise Passing(f"function {function} gave no answer within {seconds:g} s") from e
    except (OSError, http.client.HTTPException) as e:
        raise Passing(f"the connection to function {function} at {url} was lost: {e!r}") from e
    finally:
        connection.close()
    return _meaning(function, response.status, content_type, body)


def _meaning(function: str, status: int, content_type: str, body: str) -> Result:
    said = f"function {function} answered {status}: "
    if 200 <= status < 300:
        try:
            return _result(json.loads(body))
        except ValueError as e:
            raise Passing(f"{said}not a stage result ({e}): {_shown(body)}") from e
    ours = content_type.lower().startswith("application/problem+json")
    error = _problem(body) if ours else said + _shown(body)
    if ours and 400 <= status < 500 and status not in (408, 429):
        raise Permanent(error)
    raise Passing(error)


def _result(answer: Any) -> Result:
    outputs = answer.get("outputs") if isinstance(answer, dict) else None
    if not isinstance(outputs, dict) or not all(isinstance(v, str) for v in outputs.values()):
        raise ValueError("it has no outputs, a mapping from name to uri")
    summary = answer.get("summary")
    return Result(outputs, summary if isinstance(summary, dict) else {}, _shards(answer), answer)


def _shards(answer: dict[str, Any]) -> int:
    expand = answer.get("expand") or {}
    shards = expand.get("shard", 0) if isinstance(expand, dict) else None
    if type(shards) is not int or not 0 <= shards <= MOST_CALLS:
        raise ValueError(f"expand is {expand}; shard must be from 0 to {MOST_CALLS}")
    return shards


def _problem(body: str) -> str:
    """The sentence in a problem (RFC 9457): its detail, else its title, else all of it."""
    try:
        problem = json.loads(body)
    except ValueError:
        return _shown(body)
    if isinstance(problem, dict):
        for member in ("detail", "title"):
            if isinstance(problem.get(member), str):
                return problem[member]
    return _shown(body)


def _shown(body: str) -> str:
    text = body.strip() or "(an empty body)"
    return text if len(text) <= SHOWN_CHARACTERS else text[:SHOWN_CHARACTERS] + "..."


def _is_loopback(host: str | None) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host or "").is_loopback
    except ValueError:
        return False


def _keep_alive(connection: socket.socket) -> None:
    """Google's firewalls forget a connection on which nothing passed for ten minutes, and a stage
    may think longer than that before its first byte."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    for option in ("TCP_KEEPIDLE", "TCP_KEEPINTVL"):
        if hasattr(socket, option):
            connection.setsockopt(socket.IPPROTO_TCP, getattr(socket, option), 60)


def _id_token(function: str, audience: str) -> str:
    """Imported on the first call: google-auth has no place in the parsing of a DAG file, and the
    local cloud asks for no token."""
    try:
        import google.auth.exceptions
        import google.auth.transport.requests
        import google.oauth2.id_token
    except ImportError as e:
        raise Permanent(
            f"function {function} at {audience} wants an ID token; install google-auth and requests"
        ) from e
    try:
        return google.oauth2.id_token.fetch_id_token(
            google.auth.transport.requests.Request(), audience
        )
    except google.auth.exceptions.GoogleAuthError as e:
        raise Passing(f"no ID token for function {function} at {audience}: {e}") from e
