"""The operators: a task is a call of a function, and keeps nothing but its small outputs."""

from collections.abc import Mapping
from typing import Any

from airflow.sdk import BaseOperator
from airflow.sdk.exceptions import AirflowException, AirflowFailException, AirflowSkipException

from sluice.calls import Passing, Permanent, Result, call, function_url
from sluice.operations import Incomplete, Operation, Operations

BATCH = "batch"
ERROR = "error"
OUTPUTS = "outputs"
RETURNED = "return_value"


class StageOperator(BaseOperator):
    """Calls the function of an operation with what its givers gave.

    Its XComs are the outputs (name to uri), `batch` where the answer's summary names one, and
    `error`, the sentence of a failed try. It is skipped where a required input was not given, and
    fails for good on an error that a retry cannot help.

    Airflow maps over what a task returns and over nothing else. So the operation that says how many
    shards there are returns their numbers, from 0, and its outputs are the XCom `outputs`. A mapped
    task is given one of the numbers as `shard`.
    """

    def __init__(
        self,
        *,
        operation: Operation,
        operations: Operations,
        call_seconds: float,
        shard: int | None = None,
        **kwargs: Any,
    ):
        super().__init__(**kwargs)
        self.operation = operation
        self.operations = operations
        self.call_seconds = call_seconds
        self.shard = shard

    def execute(self, context: Mapping[str, Any]) -> dict[str, str] | list[int]:
        task = context["ti"]
        given = {
            giver: self._given(task, giver) for giver in self.operations.upstream(self.operation)
        }
        try:
            inputs, missing = self.operations.inputs(self.operation, given)
        except Incomplete as e:
            task.xcom_push(ERROR, str(e))
            raise AirflowFailException(str(e)) from None
        if missing:
            names = ", ".join(f"{name} (by {self.operations.giver(name)})" for name in missing)
            raise AirflowSkipException(f"Skipped, because these were not given: {names}")
        try:
            result = self.perform(self.request(context, inputs))
        except (Permanent, Passing) as e:
            self.log.error("%s", e)
            task.xcom_push(ERROR, str(e))
            permanent = isinstance(e, Permanent)
            raise (AirflowFailException if permanent else AirflowException)(str(e)) from None
        if isinstance(result.summary.get(BATCH), str):
            task.xcom_push(BATCH, result.summary[BATCH])
        if self.operation.name == self.operations.first:
            task.xcom_push(OUTPUTS, result.outputs)
            return list(range(result.shards))
        return result.outputs

    def _given(self, task: Any, giver: str) -> dict[str, str] | list[dict[str, str]]:
        """What the giver gave, or each of its shards where the inputs are joined."""
        if self.operations.is_joined(self.operation, giver):
            shards = range(self._shards(task))
            return [task.xcom_pull(task_ids=giver, map_indexes=k) or {} for k in shards]
        key = OUTPUTS if giver == self.operations.first else RETURNED
        own = self.operations[giver].map_over is not None
        shard = self.shard if own else -1
        return task.xcom_pull(task_ids=giver, key=key, map_indexes=shard) or {}

    def _shards(self, task: Any) -> int:
        first = self.operations.first
        return len(task.xcom_pull(task_ids=first, map_indexes=-1) or ()) if first else 0

    def request(self, context: Mapping[str, Any], inputs: dict[str, str]) -> dict[str, Any]:
        """The stage request: options of the run's conf that were set go along as parameters."""
        run, task = context["dag_run"], context["ti"]
        conf = {name: value for name, value in (run.conf or {}).items() if value is not None}
        batch = conf.pop(BATCH, None) or self._resolved(task)
        request = {
            "pipeline": self.dag_id,
            "run": run.run_id,
            "operation": self.operation.name,
            "attempt": task.try_number,
            "inputs": inputs,
            "parameters": conf,
        }
        if self.shard is not None:
            request |= {"shard": self.shard, "shards": self._shards(task)}
        return {**request, "batch": batch} if batch else request

    def perform(self, request: dict[str, Any]) -> Result:
        """Raises Permanent or Passing."""
        function = self.operation.function
        url = function_url(function)
        self.log.info("Calling function %s at %s", function, url)
        result = call(function, url, request, self.call_seconds)
        self.log.info("Answered %s", result.answer)
        return result

    def _resolved(self, task: Any) -> str | None:
        """The batch that the run's first operations found, for a run that was given none."""
        for other in self.operations:
            if not other.takes and not other.teardown and other != self.operation:
                batch = task.xcom_pull(task_ids=other.name, key=BATCH, map_indexes=-1)
                if batch:
                    return batch
        return None


class TeardownOperator(StageOperator):
    """Calls its function when all else has ended, however, with how each task did; then fails where
    one failed, as the state of a run is that of its teardown."""

    def execute(self, context: Mapping[str, Any]) -> dict[str, str] | list[int]:
        outputs = super().execute(context)
        ends = self._ends(context)
        failed = [name for name, end in ends.items() if end["state"] in _BAD]
        if failed:
            raise AirflowFailException(f"The run failed, because these did: {', '.join(failed)}")
        return outputs

    def request(self, context: Mapping[str, Any], inputs: dict[str, str]) -> dict[str, Any]:
        request = super().request(context, inputs)
        request["parameters"]["tasks"] = self._ends(context)
        return request

    def _ends(self, context: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
        """How each task ended. A mapped one is told of once: its worst end, how many shards it has,
        which of them failed, and the first one's error."""
        task, run = context["ti"], context["dag_run"].run_id
        states = task.get_task_states(dag_id=self.dag_id, run_ids=[run]).get(run, {})
        shards = self._shards(task)
        ends: dict[str, dict[str, Any]] = {}
        for operation in self.operations.in_order():
            if operation.teardown:
                continue
            name = operation.name
            # Airflow names the instance of a shard so.
            each = [states.get(f"{name}_{k}") for k in range(shards)] if operation.map_over else []
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
                ends[name] |= {"shards": shards} | ({"failed": failed} if failed else {})
        return ends


_WORST_FIRST = ("failed", "upstream_failed", "success", "skipped")
_BAD = ("failed", "upstream_failed")
