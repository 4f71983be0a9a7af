"""Builds one DAG a pipeline; its edges are exactly what takes and gives imply.

Read on every parse, so it opens two kinds of small files and no connection.
"""

import logging
from collections.abc import Mapping
from datetime import datetime, timedelta, timezone
from pathlib import Path

import yaml
from airflow.sdk import DAG, Param, TriggerRule
from airflow.sdk.definitions.mappedoperator import MappedOperator

from sluice import documents
from sluice.operations import NAME, Operation, Operations
from sluice.operator import StageOperator, TeardownOperator

LOG = logging.getLogger(__name__)

OWNER = "sluice"
RETRIES = 2
FIRST_RETRY = timedelta(seconds=10)
LONGEST_RETRY = timedelta(minutes=5)
CALL = timedelta(hours=1)
"""The longest that an HTTP function may take."""
BATCH = r"^[A-Za-z0-9][A-Za-z0-9_.~:+-]{0,199}$"


def build_dags(folder: Path, first_retry: timedelta = FIRST_RETRY) -> dict[str, DAG]:
    """The DAGs of `<folder>/pipelines/*.yaml` by pipeline, each the file's name."""
    operations = Operations.read(folder / "operations.yaml")
    dags: dict[str, DAG] = {}
    for spec in sorted((folder / "pipelines").glob("*.yaml")):
        if NAME.fullmatch(spec.stem):
            dags[spec.stem] = build_dag(spec, operations, first_retry)
        else:
            LOG.warning("%s is no pipeline: its name must match %s", spec.name, NAME.pattern)
    return dags


def build_dag(spec: Path, operations: Operations, first_retry: timedelta = FIRST_RETRY) -> DAG:
    """The DAG of one pipeline.

    A spec that cannot be read still has its DAG, tagged `spec-error`, whose first task fails with
    what the functions, which alone validate specs, say of it. The other pipelines stay untouched.
    """
    pipeline = spec.stem
    text = spec.read_text(encoding="utf-8", errors="replace")
    schedule, error = _schedule(text)
    if error:
        LOG.warning("%s: %s", spec.name, error)
    with DAG(
        dag_id=pipeline,
        description=f"Batches of {pipeline}: measured, checked, learned from, judged, released",
        schedule=schedule,
        start_date=datetime(2026, 1, 1, tzinfo=timezone.utc),
        catchup=False,
        is_paused_upon_creation=False,  # a run that a function triggers must not wait for a person
        tags=["sluice", "spec-error"] if error else ["sluice"],
        params={
            "batch": Param(
                None,
                type=["null", "string"],
                pattern=BATCH,
                title="Batch",
                description="A batch's name; empty for the newest that has not passed yet.",
            )
        },
        default_args={
            "owner": OWNER,
            "retries": RETRIES,
            "retry_delay": first_retry,
            "retry_exponential_backoff": 2.0,
            "max_retry_delay": LONGEST_RETRY,
            "execution_timeout": CALL + timedelta(minutes=5),
            # A giver that failed stops its takers; one that was skipped may have been optional.
            "trigger_rule": TriggerRule.NONE_FAILED,
        },
        doc_md=_pipeline_doc(pipeline, operations, text, error),
    ) as dag:
        tasks: dict[str, StageOperator | MappedOperator] = {}
        for operation in operations.in_order():
            tasks[operation.name] = _task(operation, operations, tasks)
        for giver, taker in operations.edges():
            tasks[giver] >> tasks[taker]
        for operation in operations:
            if operation.teardown:
                for name in operations.before_teardown():
                    tasks[name] >> tasks[operation.name]
                tasks[operation.name].as_teardown(on_failure_fail_dagrun=True)
    return dag


def _task(
    operation: Operation,
    operations: Operations,
    before: Mapping[str, StageOperator | MappedOperator],
) -> StageOperator | MappedOperator:
    kind = TeardownOperator if operation.teardown else StageOperator
    arguments = {
        "task_id": operation.name,
        "operation": operation,
        "operations": operations,
        "call_seconds": CALL.total_seconds(),
        "doc_md": _operation_doc(operation, operations),
    }
    if operation.map_over:
        # One task a shard; none where the batch is not cut, which skips it as a whole.
        return kind.partial(**arguments).expand(shard=before[operations.first].output)
    return kind(**arguments)


def _schedule(text: str) -> tuple[str | None, str | None]:
    """The spec's schedule, and what is wrong with it."""
    try:
        spec = documents.load(text)
    except yaml.YAMLError as e:
        return None, f"not YAML: {e}"
    if not isinstance(spec, dict):
        return None, "must be a mapping"
    schedule = spec.get("schedule")
    if schedule is not None and not isinstance(schedule, str):
        return None, f"schedule is {schedule!r}; it must be text, such as '0 5 * * *' or '@daily'"
    return schedule, None


def _takes(operation: Operation, operations: Operations) -> list[str]:
    takes = []
    for name, optional in operation.takes.items():
        giver = operations.giver(name)
        which = ""
        if operations.is_joined(operation, giver):
            which = "every shard of "
        elif operations[giver].map_over:
            which = "the same shard of "
        takes.append(f"`{name}` from {which}`{giver}`" + (", if given" if optional else ""))
    return takes


def _operation_doc(operation: Operation, operations: Operations) -> str:
    lines = [f"Calls function `{operation.function}`."]
    if operation.teardown:
        lines.append(
            "Ends every run, whatever happened: records how each task ended, and fails the run"
            " where one failed."
        )
    if operation.map_over:
        lines.append(
            f"Mapped: called once a shard, side by side, as often as `{operations.first}` says;"
            " skipped where the batch is not cut into shards."
        )
    takes = _takes(operation, operations)
    if takes:
        lines.append("Takes:\n" + "\n".join(f"- {take}" for take in takes))
    if operation.gives:
        lines.append("Gives:\n" + "\n".join(f"- `{name}`" for name in operation.gives))
    if operation.reads:
        keys = ", ".join(f"`{key}`" for key in operation.reads)
        lines.append(f"Repeated where its inputs or these keys of the spec change: {keys}.")
    return "\n\n".join(lines)


def _pipeline_doc(pipeline: str, operations: Operations, spec: str, error: str | None) -> str:
    rows = [
        f"| `{o.name}`{', a shard each' if o.map_over else ''} | {'; '.join(_takes(o, operations)) or '-'}"
        f" | {', '.join(f'`{name}`' for name in o.gives) or '-'} |"
        for o in operations.in_order()
    ]
    return "\n".join(
        [
            *([f"**The spec cannot be read: {error}**", ""] if error else []),
            f"One run takes one batch of `{pipeline}` to a live model, or stops at a gate with a",
            "reason: a blessing withheld skips all that needs it, and the live model stays.",
            "",
            "| operation | takes | gives |",
            "|---|---|---|",
            *rows,
            "",
            f"`pipelines/{pipeline}.yaml`:",
            "",
            *(f"    {line}" for line in spec.splitlines()),
        ]
    )
