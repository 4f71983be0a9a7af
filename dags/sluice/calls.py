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
KEEP_ALIVE = [
    (socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1),
    *(
        (socket.IPPROTO_TCP, getattr(socket, name), 60)
        for name in ("TCP_KEEPIDLE", "TCP_KEEPINTVL")
        if hasattr(socket, name)
    ),
]
"""Google's firewalls forget a connection on which nothing passed for ten minutes, and a stage may
think longer than that before its first byte."""


class Permanent(Exception):
    """The same call fails again until somebody changes something."""


class Passing(Exception):
    """The same call may succeed later."""


@dataclass(frozen=True)
class Result:
    """What a stage answered.

    `outputs` maps names to uris; a name in gives that is absent was not given. `summary` holds a
    few figures. `expand` is how often the operations are called that are mapped over a kind, such as
    {"shard": 16}. `answer` is all of it, for the log.
    """

    outputs: dict[str, str]
    summary: dict[str, Any]
    expand: dict[str, int]
    answer: dict[str, Any]


def function_url(
    function: str,
    deployed: Mapping[str, str] | None = None,
    environment: Mapping[str, str] = os.environ,
) -> str:
    """Where a function is called.

    `SLUICE_FUNCTIONS` is a JSON mapping from function to URL, or an object whose `functions` is
    one, as `./sluice status --json` prints it. Without it the URL is what `deployed`, the functions of
    `deployment.json`, says; without that, functions lie below `SLUICE_FUNCTION_BASE`, which is
    `https://<region>-<project>.cloudfunctions.net`.
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
    if deployed:
        if function not in deployed:
            raise Permanent(f"deployment.json names no URL of function {function}; deploy it")
        return deployed[function]
    base = environment.get("SLUICE_FUNCTION_BASE")
    if not base:
        raise Permanent(
            "nobody told where the functions are: put deployment.json beside operations.yaml, set"
            " SLUICE_FUNCTIONS to a JSON mapping from function to URL, or SLUICE_FUNCTION_BASE to"
            " https://<region>-<project>.cloudfunctions.net"
        )
    return f"{base.rstrip('/')}/{function}"


def call(function: str, url: str, request: Mapping[str, Any], seconds: float) -> Result:
    """Calls a function and waits at most `seconds` for its answer.

    Raises Permanent or Passing, whose text is for people.
    """
    sent = headers(function, url)
    target = urlsplit(url)
    secure = target.scheme == "https"
    connect = http.client.HTTPSConnection if secure else http.client.HTTPConnection
    connection = connect(target.hostname, target.port, timeout=CONNECT_SECONDS)
    try:
        connection.connect()
        for option in KEEP_ALIVE:
            connection.sock.setsockopt(*option)
        connection.sock.settimeout(seconds)
        path = (target.path or "/") + (f"?{target.query}" if target.query else "")
        connection.request("POST", path, json.dumps(request).encode(), sent)
        response = connection.getresponse()
        body = response.read(ANSWER_BYTES).decode("utf-8", "replace")
        content_type = response.getheader("Content-Type", "")
    except TimeoutError as e:
        raise Passing(f"function {function} gave no answer within {seconds:g} s") from e
    except (OSError, http.client.HTTPException) as e:
        raise Passing(f"the connection to function {function} at {url} was lost: {e!r}") from e
    finally:
        connection.close()
    return meaning(function, response.status, content_type, body)


def headers(function: str, url: str) -> dict[str, str]:
    """What a call of the function carries: an ID token for its URL, none on this machine.

    Raises Permanent where the URL is neither https nor of this machine.
    """
    sent = {
        "Content-Type": "application/json",
        "Accept": "application/json, application/problem+json",
    }
    target = urlsplit(url)
    if target.scheme == "https":
        sent["Authorization"] = f"Bearer {_id_token(function, url)}"
    elif target.scheme != "http" or not _is_loopback(target.hostname):
        raise Permanent(
            f"function {function} is at {url}; it must be https, or http on this machine"
        )
    return sent


def meaning(function: str, status: int, content_type: str, body: str) -> Result:
    """What an answer says.

    Raises Permanent or Passing, whose text is for people.
    """
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
    return Result(outputs, summary if isinstance(summary, dict) else {}, _expand(answer), answer)


def _expand(answer: dict[str, Any]) -> dict[str, int]:
    expand = answer.get("expand") or {}
    counts = expand.values() if isinstance(expand, dict) else [None]
    if not all(type(calls) is int and 0 <= calls <= MOST_CALLS for calls in counts):
        raise ValueError(
            f"expand is {expand}; it must map what is mapped over to a number from 0 to {MOST_CALLS}"
        )
    return expand


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
