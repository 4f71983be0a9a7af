"""The operators: a task is a call of a function, and keeps nothing but its small outputs."""

from collections.abc import Mapping
from datetime import timedelta, timezone
from pathlib import Path
from typing import Any, NoReturn

from airflow.sdk import Asset, AssetAlias, BaseOperator
from airflow.sdk.exceptions import AirflowException, AirflowFailException, AirflowSkipException

from sluice.calls import Passing, Permanent, Result, call, function_url
from sluice.conf import Conf
from sluice.deployment import Deployment
from sluice.operations import Incomplete, Operation, Operations

BATCH = "batch"
ERROR = "error"
OUTPUTS = "outputs"
RETURNED = "return_value"
SPAN_FORMAT = "%Y-%m-%d"
"""What names the span of a date where the spec does not say it."""

Returned = dict[str, str] | list[int]


class StageOperator(BaseOperator):
    """Calls the function of an operation with what its givers gave.

    Its XComs are the outputs (name to uri), `batch` where the answer's summary names one, and
    `error`, the sentence of a failed try. It is skipped where a required input was not given, and
    fails for good on an error that a retry cannot help.

    Airflow maps over what a task returns and over nothing else. So an operation that says how many
    shards (or slices, or trials) there are returns their numbers, from 0, and its outputs are the
    XCom `outputs`. A mapped task is given one of the numbers as `shard`.

    `folder` is where deployment.json lies. `deferred` has the call wait in the triggerer. `released`
    names the asset of what the operation puts into service: its event is given where the answer says
    that this run did so, and only then.
    """

    def __init__(
        self,
        *,
        operation: Operation,
        operations: Operations,
        call_seconds: float,
        folder: str,
        span_format: str | None = None,
        deferred: bool = False,
        released: Asset | None = None,
        shard: int | None = None,
        **kwargs: Any,
    ):
        super().__init__(**kwargs)
        self.operation = operation
        self.operations = operations
        self.call_seconds = call_seconds
        self.folder = folder
        self.span_format = span_format
        self.deferred = deferred
        self.released = released
        self.shard = shard

    def execute(self, context: Mapping[str, Any]) -> Returned:
        task = context["ti"]
        try:
            inputs, missing = self._inputs(task, self.operation, self.shard)
        except Incomplete as e:
            task.xcom_push(ERROR, str(e))
            raise AirflowFailException(str(e)) from None
        if missing:
            names = ", ".join(f"{name} (by {self.operations.giver(name)})" for name in missing)
            raise AirflowSkipException(f"Skipped, because these were not given: {names}")
        try:
            return self._taken(context, self.perform(self.request(context, inputs)))
        except (Permanent, Passing) as e:
            self._failed(context, e)

    def resume(self, context: Mapping[str, Any], event: Mapping[str, Any]) -> Returned:
        """Goes on with what the trigger was answered."""
        if "permanent" in event:
            self._failed(context, Permanent(event["permanent"]))
        if "passing" in event:
            self._failed(context, Passing(event["passing"]))
        summary = event.get("summary", {})
        self.log.info("Answered %s", event)
        result = Result(event["outputs"], summary, event["expand"], dict(event))
        return self._taken(context, result)

    def _failed(self, context: Mapping[str, Any], error: Permanent | Passing) -> NoReturn:
        self.log.error("%s", error)
        context["ti"].xcom_push(ERROR, str(error))
        permanent = isinstance(error, Permanent)
        raise (AirflowFailException if permanent else AirflowException)(str(error)) from None

    def _taken(self, context: Mapping[str, Any], result: Result) -> Returned:
        """Keeps of an answer what others need."""
        task = context["ti"]
        if isinstance(result.summary.get(BATCH), str):
            task.xcom_push(BATCH, result.summary[BATCH])
        if self.released and result.summary.get("released") is True:
            extra = {
                "batch": self._batch(context),
                "version": result.summary.get("version"),
                "run": context["dag_run"].run_id,
            }
            context["outlet_events"][AssetAlias(self.released.name)].add(self.released, extra=extra)
        if self.operation.expands:
            task.xcom_push(OUTPUTS, result.outputs)
            return list(range(result.expand.get(self.operation.expands, 0)))
        return result.outputs

    def _inputs(
        self, task: Any, operation: Operation, shard: int | None
    ) -> tuple[dict[str, str], list[str]]:
        """The inputs of a call of the operation, and the required ones that were not given. Raises
        Incomplete."""
        upstream = self.operations.upstream(operation)
        given = {giver: self._given(task, operation, giver, shard) for giver in upstream}
        return self.operations.inputs(operation, given)

    def _given(
        self, task: Any, operation: Operation, giver: str, shard: int | None
    ) -> dict[str, str] | list[dict[str, str]]:
        """What the giver gave, or each of its calls where the inputs are joined."""
        other = self.operations[giver]
        if self.operations.is_joined(operation, giver):
            calls = range(self._calls(task, other))
            return [task.xcom_pull(task_ids=giver, map_indexes=k) or {} for k in calls]
        key = OUTPUTS if other.expands else RETURNED
        index = shard if other.map_over is not None else -1
        return task.xcom_pull(task_ids=giver, key=key, map_indexes=index) or {}

    def _calls(self, task: Any, operation: Operation) -> int:
        """How often a mapped operation is called; 0 for one that is not mapped."""
        expander = self.operations.expander(operation)
        return len(task.xcom_pull(task_ids=expander, map_indexes=-1) or ()) if expander else 0

    def request(self, context: Mapping[str, Any], inputs: dict[str, str]) -> dict[str, Any]:
        """The stage request of a call in this run."""
        run, task = context["dag_run"], context["ti"]
        conf = Conf.of(run.conf, lenient=self.operation.teardown)
        request = {
            "pipeline": self.dag_id,
            "run": run.run_id,
            "operation": self.operation.name,
            "attempt": task.try_number,
            "inputs": inputs,
            "parameters": dict(conf.options),
        }
        if self.shard is not None:
            request |= {"shard": self.shard, "shards": self._calls(task, self.operation)}
        if conf.force:
            request["force"] = True
        if batch := self._batch(context):
            request["batch"] = batch
        # Only who finds the batch asks of which span; what comes after depends on the batch alone.
        if not self.operation.takes and not self.operation.teardown:
            if span := conf.span or self._span(run):
                request["span"] = span
        return request

    def _span(self, run: Any) -> str | None:
        """The span of the run's date. A backfill is of its dates. A scheduled run is where the spec
        says so; else, as one that a person or another pipeline started, of the newest batch."""
        kind = str(getattr(run.run_type, "value", run.run_type))
        if kind == "backfill" or (kind == "scheduled" and self.span_format):
            date = run.logical_date or run.run_after
            return date.astimezone(timezone.utc).strftime(self.span_format or SPAN_FORMAT)
        return None

    def perform(self, request: dict[str, Any]) -> Result:
        """Raises Permanent or Passing, or hands the call to the triggerer and comes back at `resume`."""
        function = self.operation.function
        url = function_url(function, Deployment.read(Path(self.folder)).functions)
        self.log.info("Calling function %s at %s", function, url)
        if self.deferred:
            # What it is made of has no place in the parsing of a DAG file.
            from sluice.trigger import CallTrigger

            self.defer(
                trigger=CallTrigger(function, url, request, self.call_seconds),
                method_name="resume",
                # The trigger itself ends in time, and says better why.
                timeout=timedelta(seconds=self.call_seconds + 60),
            )
        result = call(function, url, request, self.call_seconds)
        self.log.info("Answered %s", result.answer)
        return result

    def _batch(self, context: Mapping[str, Any]) -> str | None:
        """The batch that the run was given, else the one that its first operations found."""
        task = context["ti"]
        given = Conf.of(context["dag_run"].conf, lenient=True).batch
        if given:
            return given
        for other in self.operations:
            if not other.takes and not other.teardown and other != self.operation:
                batch = task.xcom_pull(task_ids=other.name, key=BATCH, map_indexes=-1)
                if batch:
                    return batch
        return None


class TeardownOperator(StageOperator):
    """Calls its function when all else has ended, however, with how each task did; then fails where
    one failed, as the state of a run is that of its teardown."""

    def execute(self, context: Mapping[str, Any]) -> Returned:
        return self._ended(context, super().execute(context))

    def resume(self, context: Mapping[str, Any], event: Mapping[str, Any]) -> Returned:
        return self._ended(context, super().resume(context, event))

    def _ended(self, context: Mapping[str, Any], outputs: Returned) -> Returned:
        ends = self._ends(context)
        failed = [name for name, end in ends.items() if end["state"] in _BAD]
        if failed:
            raise AirflowFailException(f"The run failed, because these did: {', '.join(failed)}")
        idle = next((name for name in ends if self._is_cancelled(context, name, ends[name])), None)
        if idle:
            raise AirflowFailException(f"The run was cancelled before {idle} began")
        return outputs

    def _is_cancelled(self, context: Mapping[str, Any], name: str, end: Mapping[str, Any]) -> bool:
        """True where it was skipped though it was given all that it takes. Airflow skips what has
        not begun of a run that is ended by hand, and of a run without failures tells no more."""
        if end["state"] != "skipped":
            return False
        task, operation = context["ti"], self.operations[name]
        calls = range(self._calls(task, operation)) if operation.map_over else [None]
        try:
            return any(not self._inputs(task, operation, call)[1] for call in calls)
        except Incomplete:
            return False

    def request(self, context: Mapping[str, Any], inputs: dict[str, str]) -> dict[str, Any]:
        request = super().request(context, inputs)
        request["parameters"]["tasks"] = self._ends(context)
        return request

    def _ends(self, context: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
        """How each task ended. A mapped one is told of once: its worst end, how many shards it has,
        which of them failed, and the first one's error."""
        task, run = context["ti"], context["dag_run"].run_id
        states = task.get_task_states(dag_id=self.dag_id, run_ids=[run]).get(run, {})
        ends: dict[str, dict[str, Any]] = {}
        for operation in self.operations.in_order():
            if operation.teardown:
                continue
            name = operation.name
            calls = self._calls(task, operation)
            # Airflow names the instance of a call so.
            each = [states.get(f"{name}_{k}") for k in range(calls)]
            mapped = any(each)
            # What has no state yet waits behind a task that failed and never begins.
            each = [str(s or "upstream_failed") for s in (each if mapped else [states.get(name)])]
            state = next((word for word in _WORST_FIRST if word in each), each[0])
            ends[name] = {"state": state}
            failed = [k for k, word in enumerate(each) if word == "failed"]
            if failed:
                index = failed[0] if mapped else -1
                error = task.xcom_pull(task_ids=name, key=ERROR, map_indexes=index)
                if error:
                    ends[name]["error"] = error
            if mapped:
                ends[name] |= {"shards": calls} | ({"failed": failed} if failed else {})
        return ends


_WORST_FIRST = ("failed", "upstream_failed", "success", "skipped")
_BAD = ("failed", "upstream_failed")
