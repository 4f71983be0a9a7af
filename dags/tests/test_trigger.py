"""The call that waits in the triggerer, against scripted functions."""

import asyncio
import json
import threading

import pytest
from scripted import Reply

pytest.importorskip("airflow")

REQUEST = {"pipeline": "taxi", "run": "r-1", "operation": "train", "inputs": {}, "parameters": {}}


@pytest.fixture(autouse=True)
def no_pause(monkeypatch):
    """Pauses are asked for and not waited for."""
    import sluice.trigger

    asked = []
    sleep = asyncio.sleep

    async def quick(seconds):
        asked.append(seconds)
        await sleep(0)

    monkeypatch.setattr(sluice.trigger.asyncio, "sleep", quick)
    return asked


def trigger(functions, seconds=30.0, **changes):
    from sluice.trigger import CallTrigger

    return CallTrigger("train", f"{functions.url}/train", REQUEST | changes, seconds)


async def first(made):
    events = made.run()
    try:
        return (await anext(events)).payload
    finally:
        await events.aclose()


def event(made):
    return asyncio.run(first(made))


def test_gives_what_the_task_needs_of_the_answer_and_no_more(functions):
    functions.on(
        "train", Reply.gives("model", summary={"batch": "b-7", "auc": 0.8}, expand={"slice": 2})
    )
    assert event(trigger(functions)) == {
        "outputs": {"model": "gs://artifacts/model"},
        "summary": {"batch": "b-7"},
        "expand": {"slice": 2},
    }
    assert functions.requests == [REQUEST]


def test_a_connection_that_is_cut_twice_is_made_anew_and_then_answered(functions, no_pause):
    functions.on("train", Reply.cut(), Reply.cut())
    assert event(trigger(functions))["outputs"] == {"model": "gs://artifacts/model"}
    assert functions.requests == [REQUEST] * 3
    assert no_pause == [1.0, 2.0]


def test_pauses_grow_to_a_minute_and_end_with_the_time(functions, no_pause, monkeypatch):
    import sluice.trigger

    now = [1_000.0]
    monkeypatch.setattr(sluice.trigger.time, "time", lambda: now[0])

    def cut(request):
        now[0] += 20.0
        return Reply.cut()

    functions.scripts["train"] = cut
    made = trigger(functions, seconds=200.0)
    assert event(made) == {"passing": "function train gave no answer within 200 s"}
    assert no_pause == [1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 60.0, 40.0, 20.0, 0.0]


def test_what_the_function_says_is_the_answer_also_where_it_is_an_error(functions):
    functions.on("train", Reply.problem(422, "no label"), Reply.page(503))
    assert event(trigger(functions)) == {"permanent": "no label"}
    assert event(trigger(functions)) == {
        "passing": "function train answered 503: <h1>the platform's own page</h1>"
    }
    assert len(functions.requests) == 2


def test_an_answer_that_does_not_come_in_time_is_given_up(functions):
    answered = threading.Event()
    functions.scripts["train"] = lambda request: answered.wait(20) and Reply.gives()
    try:
        assert event(trigger(functions, seconds=0.3)) == {
            "passing": "function train gave no answer within 0.3 s"
        }
    finally:
        answered.set()
    assert len(functions.requests) == 1


def test_a_cancelled_call_gives_no_event(functions):
    called, answered = threading.Event(), threading.Event()

    def slow(request):
        called.set()
        answered.wait(20)
        return Reply.gives()

    functions.scripts["train"] = slow

    async def cancelled():
        waiting = asyncio.create_task(first(trigger(functions)))
        await asyncio.to_thread(called.wait, 20)
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting

    try:
        asyncio.run(cancelled())
    finally:
        answered.set()


def test_a_restarted_triggerer_goes_on_with_what_is_left_of_the_time(functions):
    from airflow.sdk._shared.module_loading import import_string

    made = trigger(functions, seconds=600.0)
    path, arguments = made.serialize()
    # Kept in Airflow's database, and read by another process.
    again = import_string(path)(**json.loads(json.dumps(arguments)))
    assert (again.until, again.request, again.url) == (made.until, made.request, made.url)
    assert len(json.dumps(arguments)) < 400


def test_an_address_that_is_neither_https_nor_of_this_machine_is_refused():
    from sluice.trigger import CallTrigger

    assert "it must be https" in event(CallTrigger("train", "http://example.com", {}, 9))["permanent"]
