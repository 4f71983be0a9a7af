"""The operators: a task is a call of a function, and keeps nothing but its small outputs."""

from collections.abc import Mapping
from typing import Any

from airflow.sdk import BaseOperator
from airflow.sdk.exceptions import AirflowException, AirflowFailException, AirflowSkipException

from sluice.calls import Passing, Permanent, Result, call, function_url
from sluice.operations import Operation, Operations

BATCH = "batch"
ERROR = "error"


class StageOperator(BaseOperator):
    """Calls the function of an operation with what its givers gave.

    Its XComs are the outputs (name to uri), `batch` where the answer's summary names one, and
    `error`, the sentence of a failed try. It is skipped where a required input was not given, and
    fails for good on an error that a retry cannot help.
    """

    def __init__(
        self, *, operation: Operation, operations: Operations, call_seconds: float, **kwargs: Any
    ):
        super().__init__(task_id=operation.name, **kwargs)
        self.operation = operation
        self.operations = operations
        self.call_seconds = call_seconds

    def execute(self, context: Mapping[str, Any]) -> dict[str, str]:
        task = context["ti"]
        given = {
            giver: task.xcom_pull(task_ids=giver, map_indexes=-1) or {}
            for giver in self.operations.upstream(self.operation)
        }
        inputs, missing = self.operations.inputs(self.operation, given)
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
        return result.outputs

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

    def execute(self, context: Mapping[str, Any]) -> dict[str, str]:
        outputs = super().execute(context)
        failed = [name for name, state in self._states(context).items() if state in _BAD]
        if failed:
            raise AirflowFailException(f"The run failed, because these did: {', '.join(failed)}")
        return outputs

    def request(self, context: Mapping[str, Any], inputs: dict[str, str]) -> dict[str, Any]:
        request = super().request(context, inputs)
        tasks: dict[str, dict[str, str]] = {}
        for name, state in self._states(context).items():
            tasks[name] = {"state": state}
            error = (
                context["ti"].xcom_pull(task_ids=name, key=ERROR, map_indexes=-1)
                if state == "failed"
                else None
            )
            if error:
                tasks[name]["error"] = error
        request["parameters"]["tasks"] = tasks
        return request

    def _states(self, context: Mapping[str, Any]) -> dict[str, str]:
        run = context["dag_run"].run_id
        states = context["ti"].get_task_states(dag_id=self.dag_id, run_ids=[run]).get(run, {})
        # What has no state yet waits behind a task that failed and never begins.
        return {
            operation.name: str(states.get(operation.name) or "upstream_failed")
            for operation in self.operations.in_order()
            if not operation.teardown
        }


_BAD = ("failed", "upstream_failed")
