"""A call that waits in the triggerer, so that a long stage holds no worker."""

import asyncio
import json
import time
from collections.abc import AsyncIterator
from typing import Any

import httpx
from airflow.triggers.base import BaseTrigger, TriggerEvent

from sluice.calls import (
    ANSWER_BYTES,
    CONNECT_SECONDS,
    KEEP_ALIVE,
    Passing,
    Permanent,
    Result,
    headers,
    meaning,
)

FIRST_PAUSE = 1.0
LONGEST_PAUSE = 60.0


class CallTrigger(BaseTrigger):
    """Calls a function and waits for its answer without a thread.

    A connection that is lost, as when the triggerer restarts or a network in between forgets it, is
    made anew with backoff until the time is over: a stage repeats nothing that it has made, so the
    answer comes from the artifact. What the function itself says, an error too, is the answer.

    The event is `{"outputs", "batch"?, "expand"}`, `{"permanent": text}` or `{"passing": text}`.
    """

    def __init__(
        self,
        function: str,
        url: str,
        request: dict[str, Any],
        seconds: float,
        until: float | None = None,
    ):
        """`until` is when the time is over, in seconds of the epoch; by default `seconds` from now."""
        super().__init__()
        self.function = function
        self.url = url
        self.request = request
        self.seconds = seconds
        self.until = time.time() + seconds if until is None else until

    def serialize(self) -> tuple[str, dict[str, Any]]:
        return (
            f"{CallTrigger.__module__}.{CallTrigger.__qualname__}",
            {
                "function": self.function,
                "url": self.url,
                "request": self.request,
                "seconds": self.seconds,
                "until": self.until,
            },
        )

    async def run(self) -> AsyncIterator[TriggerEvent]:
        try:
            yield TriggerEvent(_event(await self._result()))
        except Permanent as e:
            yield TriggerEvent({"permanent": str(e)})
        except Passing as e:
            yield TriggerEvent({"passing": str(e)})

    async def _result(self) -> Result:
        pause = FIRST_PAUSE
        while True:
            left = self.until - time.time()
            if left <= 0:
                raise Passing(f"function {self.function} gave no answer within {self.seconds:g} s")
            # The token is fetched by a library that blocks.
            sent = await asyncio.to_thread(headers, self.function, self.url)
            try:
                return await self._call(sent, left)
            except httpx.ReadTimeout:
                continue
            except httpx.TransportError as e:
                self.log.warning(
                    "the connection to function %s at %s was lost: %r; calling again",
                    self.function,
                    self.url,
                    e,
                )
            await asyncio.sleep(max(0.0, min(pause, self.until - time.time())))
            pause = min(2 * pause, LONGEST_PAUSE)

    async def _call(self, sent: dict[str, str], left: float) -> Result:
        timeout = httpx.Timeout(left, connect=min(CONNECT_SECONDS, left))
        transport = httpx.AsyncHTTPTransport(socket_options=KEEP_ALIVE)
        async with (
            httpx.AsyncClient(transport=transport, timeout=timeout, trust_env=False) as client,
            client.stream(
                "POST", self.url, content=json.dumps(self.request).encode(), headers=sent
            ) as response,
        ):
            body = b""
            async for chunk in response.aiter_bytes():
                body += chunk
                if len(body) > ANSWER_BYTES:
                    break
            return meaning(
                self.function,
                response.status_code,
                response.headers.get("Content-Type", ""),
                body[:ANSWER_BYTES].decode("utf-8", "replace"),
            )


def _event(result: Result) -> dict[str, Any]:
    """No more than the task needs: the event is kept in Airflow's database."""
    event: dict[str, Any] = {"outputs": result.outputs, "expand": result.expand}
    for figure in ("batch", "version", "released"):
        if figure in result.summary:
            event.setdefault("summary", {})[figure] = result.summary[figure]
    return event
