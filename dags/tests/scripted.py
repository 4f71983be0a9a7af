"""Functions that say what a test wants."""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Reply:
    """What a scripted function answers; a status of 0 cuts the connection."""

    status: int
    content_type: str = ""
    body: str = ""

    @staticmethod
    def gives(
        *outputs: str,
        summary: dict[str, Any] | None = None,
        shard: int | None = None,
        expand: object = None,
    ) -> "Reply":
        """`shard` tells the outputs of one from those of another; `expand` is how many there are."""
        suffix = "" if shard is None else f"/{shard}"
        answer = {
            "outputs": {name: f"gs://artifacts/{name}{suffix}" for name in outputs},
            "cached": False,
            "summary": summary or {},
        }
        if expand is not None:
            answer["expand"] = expand
        return Reply(200, "application/json", json.dumps(answer))

    @staticmethod
    def problem(status: int, detail: str) -> "Reply":
        body = json.dumps({"title": "a title", "status": status, "detail": detail})
        return Reply(status, "application/problem+json; charset=utf-8", body)

    @staticmethod
    def page(status: int) -> "Reply":
        return Reply(status, "text/html", "<h1>the platform's own page</h1>")

    @staticmethod
    def cut() -> "Reply":
        return Reply(0)


@dataclass
class FunctionServer:
    """Every function behind one loopback port: gives all that its operation gives, unless told."""

    gives: dict[str, tuple[str, ...]]
    expands: dict[str, str] = field(default_factory=dict)
    calls: dict[str, int | None] = field(default_factory=dict)
    url: str = ""
    requests: list[dict[str, Any]] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)
    scripts: dict[str, Callable[[dict[str, Any]], Reply]] = field(default_factory=dict)

    def on(self, operation: str, *replies: Reply) -> None:
        """Answers one after the other, then as if nothing had been said."""
        left = list(replies)

        def script(request: dict[str, Any]) -> Reply:
            return left.pop(0) if left else self.everything(request)

        self.scripts[operation] = script

    def everything(self, request: dict[str, Any]) -> Reply:
        first = request["operation"] == "resolve"
        kind = self.expands.get(request["operation"])
        calls = self.calls.get(kind)
        return Reply.gives(
            *self.gives.get(request["operation"], ()),
            summary={"batch": "b-found"} if first else {},
            shard=request.get("shard"),
            expand=None if calls is None else {kind: calls},
        )

    def called(self) -> list[str]:
        """Operations in the order they were called; `part[2]` for the call of a shard."""
        return [
            request["operation"] + (f"[{request['shard']}]" if "shard" in request else "")
            for request in self.requests
        ]

    def call(self, operation: str) -> dict[str, Any]:
        """The only request of this operation."""
        found = [request for request in self.requests if request["operation"] == operation]
        assert len(found) == 1, f"{operation} was called {len(found)} times"
        return found[0]

    def answer(self, request: dict[str, Any], headers: dict[str, str]) -> Reply:
        self.requests.append(request)
        self.headers.append(headers)
        return self.scripts.get(request["operation"], self.everything)(request)
