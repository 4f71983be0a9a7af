"""Builds one DAG a pipeline; its edges are exactly what takes and gives imply.

Read on every parse, so it opens two kinds of small files and no connection.
"""

import logging
from collections.abc import Mapping
from datetime import datetime, timedelta, timezone
from pathlib import Path

from airflow.sdk import DAG, Asset, AssetAlias, TaskGroup, TriggerRule
from airflow.sdk.definitions.mappedoperator import MappedOperator

from sluice.conf import params
from sluice.deployment import Deployment
from sluice.docs import operation_doc, pipeline_doc
from sluice.operations import NAME, Operation, Operations
from sluice.operator import StageOperator, TeardownOperator
from sluice.spec import Spec, without_circles

LOG = logging.getLogger(__name__)

OWNER = "sluice"
RETRIES = 2
FIRST_RETRY = timedelta(seconds=10)
LONGEST_RETRY = timedelta(minutes=5)
ACTIVE_RUNS = 4
MARGIN = timedelta(minutes=5)
VERSION = "version"
"""The output of the operation that puts something into service."""


def build_dags(folder: Path, first_retry: timedelta = FIRST_RETRY) -> dict[str, DAG]:
    """The DAGs of `<folder>/pipelines/*.yaml` by pipeline, each the file's name."""
    operations = Operations.read(folder / "operations.yaml")
    deployment = Deployment.read(folder)
    deployment.check(operations)
    specs: dict[str, Spec] = {}
    for path in sorted((folder / "pipelines").glob("*.yaml")):
        if NAME.fullmatch(path.stem):
            specs[path.stem] = Spec.read(path)
        else:
            LOG.warning("%s is no pipeline: its name must match %s", path.name, NAME.pattern)
    return {
        pipeline: build_dag(pipeline, spec, operations, deployment, folder, first_retry)
        for pipeline, spec in without_circles(specs).items()
    }


def released(pipeline: str) -> Asset:
    """What a pipeline puts into service; an event a version."""
    return Asset(name=f"{pipeline}/model", uri=f"sluice://{pipeline}/model")


def build_dag(
    pipeline: str,
    spec: Spec,
    operations: Operations,
    deployment: Deployment,
    folder: Path,
    first_retry: timedelta = FIRST_RETRY,
) -> DAG:
    """The DAG of one pipeline.

    A spec that cannot be read still has its DAG, tagged `spec-error`, whose first task fails with
    what the functions, which alone validate specs, say of it. The other pipelines stay untouched.
    """
    if spec.error:
        LOG.warning("%s.yaml: %s", pipeline, spec.error)
    with DAG(
        dag_id=pipeline,
        description=f"Batches of {pipeline}: measured, checked, learned from, judged, released",
        schedule=[released(other) for other in spec.after] or spec.schedule,
        start_date=datetime(2026, 1, 1, tzinfo=timezone.utc),
        catchup=False,
        is_paused_upon_creation=False,  # a run that a function triggers must not wait for a person
        # A backfill of many spans goes on without holding what arrives meanwhile.
        max_active_runs=ACTIVE_RUNS,
        tags=["sluice", *spec.tags, *(["spec-error"] if spec.error else [])],
        params=params(),
        default_args={
            "owner": OWNER,
            "retries": RETRIES,
            "retry_delay": first_retry,
            "retry_exponential_backoff": 2.0,
            "max_retry_delay": LONGEST_RETRY,
            # A giver that failed stops its takers; one that was skipped may have been optional.
            "trigger_rule": TriggerRule.NONE_FAILED,
        },
        doc_md=pipeline_doc(pipeline, operations, spec),
    ) as dag:
        # A task's id stays the operation's name.
        groups = {
            name: TaskGroup(name, prefix_group_id=False)
            for name in dict.fromkeys(o.group for o in operations.in_order())
            if name
        }
        tasks: dict[str, StageOperator | MappedOperator] = {}
        for operation in operations.in_order():
            group = groups.get(operation.group)
            tasks[operation.name] = _task(
                pipeline, operation, operations, spec, deployment, folder, tasks, group
            )
        for giver, taker in operations.edges():
            tasks[giver] >> tasks[taker]
        for operation in operations:
            if operation.teardown:
                for name in operations.before_teardown():
                    tasks[name] >> tasks[operation.name]
                tasks[operation.name].as_teardown(on_failure_fail_dagrun=True)
    return dag


def _task(
    pipeline: str,
    operation: Operation,
    operations: Operations,
    spec: Spec,
    deployment: Deployment,
    folder: Path,
    before: Mapping[str, StageOperator | MappedOperator],
    group: TaskGroup | None,
) -> StageOperator | MappedOperator:
    kind = TeardownOperator if operation.teardown else StageOperator
    seconds = deployment.call_seconds(operation)
    arguments = {
        "task_id": operation.name,
        "operation": operation,
        "operations": operations,
        "call_seconds": seconds,
        "folder": str(folder),
        "span_format": spec.span_format,
        "deferred": deployment.defers(operation),
        # The call ends first, and says better why.
        "execution_timeout": timedelta(seconds=seconds) + MARGIN,
        "doc_md": operation_doc(operation, operations),
    }
    if group:
        arguments["task_group"] = group
    if operation.name in deployment.pools:
        arguments["pool"] = deployment.pools[operation.name]
    if VERSION in operation.gives:
        asset = released(pipeline)
        # An alias, as an outlet itself has an event whatever the task did.
        arguments |= {"released": asset, "outlets": [AssetAlias(asset.name)]}
    expander = operations.expander(operation)
    if expander:
        # One task a shard; none where there is no shard, which skips it as a whole.
        return kind.partial(**arguments).expand(shard=before[expander].output)
    return kind(**arguments)
