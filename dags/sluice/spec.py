"""What the DAG of a pipeline takes from its spec. The functions alone validate the rest."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import yaml
from airflow.sdk import CronTriggerTimetable
from airflow.sdk.exceptions import AirflowTimetableInvalid

from sluice import documents
from sluice.operations import NAME

PRESETS = {
    "@hourly": "0 * * * *",
    "@daily": "0 0 * * *",
    "@weekly": "0 0 * * 0",
    "@monthly": "0 0 1 * *",
    "@quarterly": "0 0 1 */3 *",
    "@yearly": "0 0 1 1 *",
}
SOURCES = ("files", "objects", "bigquery", "stream")
TAG_CHARACTERS = 100
"""The longest tag that Airflow keeps."""


@dataclass(frozen=True)
class Spec:
    """A spec as far as Airflow needs it.

    `schedule` is a cron expression in UTC or None; `span_format` tells the span of a run's date, None
    where the spec does not say it; `after` are the pipelines after whose releases a run starts;
    `tags` say what it works on and what it learns. `error` is what is wrong with the file, None where
    all can be read; the others are then as if they were absent.
    """

    text: str
    schedule: str | None = None
    span_format: str | None = None
    after: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    error: str | None = None

    @classmethod
    def read(cls, path: Path) -> "Spec":
        """Raises nothing: what is wrong with one spec must not cost the other pipelines theirs."""
        text = path.read_text(encoding="utf-8", errors="replace")
        try:
            return cls(text, **_values(path.stem, text))
        except ValueError as e:
            return cls(text, error=str(e))


def without_circles(specs: Mapping[str, Spec]) -> dict[str, Spec]:
    """The same, but that pipelines which would start each other for ever start after none and say
    so."""
    kept: dict[str, Spec] = {}
    for pipeline, spec in specs.items():
        reached: set[str] = set()
        left = list(spec.after)
        while left:
            other = left.pop()
            if other not in reached:
                reached.add(other)
                left += specs[other].after if other in specs else ()
        circle = pipeline in reached
        kept[pipeline] = spec
        if circle:
            names = ", ".join(spec.after)
            kept[pipeline] = replace(
                spec,
                after=(),
                error=f"after names {names}, which in turn starts after {pipeline}: they would start"
                " each other for ever",
            )
    return kept


def _values(pipeline: str, text: str) -> dict[str, Any]:
    try:
        spec = documents.load(text)
    except yaml.YAMLError as e:
        raise ValueError(f"not YAML: {e}") from e
    if not isinstance(spec, dict):
        raise ValueError("must be a mapping")
    schedule, span_format = spec.get("schedule"), spec.get("span_format")
    if schedule is not None and not isinstance(schedule, str):
        raise ValueError(
            f"schedule is {schedule!r}; it must be text, such as '0 5 * * *' or '@daily'"
        )
    if span_format is not None and not isinstance(span_format, str):
        raise ValueError(f"span_format is {span_format!r}; it must be text, such as '%Y-%m-%d'")
    if schedule is not None:
        schedule = PRESETS.get(schedule, schedule)
        try:
            CronTriggerTimetable(schedule, timezone="UTC").validate()
        except AirflowTimetableInvalid as e:
            raise ValueError(f"schedule is {spec['schedule']!r}: {e}") from e
    return {
        "schedule": schedule,
        "span_format": span_format,
        "after": _after(pipeline, spec),
        "tags": _tags(spec),
    }


def _after(pipeline: str, spec: Mapping[str, Any]) -> tuple[str, ...]:
    after = spec.get("after") or []
    if not isinstance(after, list) or not all(
        isinstance(name, str) and NAME.fullmatch(name) for name in after
    ):
        raise ValueError(f"after is {after!r}; it must be a list of pipelines, such as [prices]")
    if pipeline in after:
        raise ValueError("after names the pipeline itself, which would start itself for ever")
    if after and spec.get("schedule") is not None:
        raise ValueError("after stands beside schedule; a pipeline is started by one of them")
    return tuple(dict.fromkeys(after))


def _tags(spec: Mapping[str, Any]) -> tuple[str, ...]:
    """The kind of the source and the name of the label, as far as they can be told."""
    source, label = spec.get("source"), spec.get("label")
    given = source if isinstance(source, dict) else {}
    kind = next((name for name in SOURCES if name in given), SOURCES[0])
    if isinstance(label, dict):
        label = label.get("name") or label.get("column")
    return (kind, f"label:{label}"[:TAG_CHARACTERS]) if isinstance(label, str) else (kind,)
