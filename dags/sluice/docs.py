"""The texts that Airflow's UI shows of a DAG and of its tasks.

Where lines lie close, in lists and tables, names are not set as code: the frame that the UI draws
around code covers what hangs below the line before, and every underscore with it.
"""

from sluice.operations import Operation, Operations
from sluice.spec import Spec


def operation_doc(operation: Operation, operations: Operations) -> str:
    """What the operation calls, takes and gives, in Markdown."""
    lines = [f"Calls function `{operation.function}`."]
    if operation.teardown:
        lines.append(
            "Ends every run, whatever happened: records how each task ended, and fails the run"
            " where one failed."
        )
    if operation.map_over:
        lines.append(
            f"Mapped: called once a {operation.map_over}, side by side, as often as"
            f" `{operations.expander(operation)}` says; skipped where it says of none."
        )
    takes = _takes(operation, operations, "**")
    if takes:
        lines.append("Takes:\n" + "\n".join(f"- {take}" for take in takes))
    if operation.gives:
        lines.append("Gives:\n" + "\n".join(f"- **{name}**" for name in operation.gives))
    if operation.expands:
        lines.append(f"Says how often what is mapped over a {operation.expands} is called.")
    if operation.reads:
        keys = ", ".join(f"**{key}**" for key in operation.reads)
        lines.append(f"Repeated where its inputs or these keys of the spec change: {keys}.")
    return "\n\n".join(lines)


def pipeline_doc(pipeline: str, operations: Operations, spec: Spec) -> str:
    """What a run does, what starts one, the operations as a table and the spec, in Markdown."""
    rows = [
        f"| **{o.name}**{f', a {o.map_over} each' if o.map_over else ''}"
        f" | {'; '.join(_takes(o, operations, '')) or '-'}"
        f" | {', '.join(o.gives) or '-'} |"
        for o in operations.in_order()
    ]
    return "\n".join(
        [
            *([f"**The spec is wrong: {spec.error}**", ""] if spec.error else []),
            f"One run takes one batch of `{pipeline}` to a live model, or stops at a gate with a",
            "reason: a blessing withheld skips all that needs it, and the live model stays.",
            "",
            f"A run starts {_start(spec)}, or by hand: **Trigger** asks for a batch, a span, `force`",
            "(take nothing that other runs made) and options; all may stay empty.",
            "",
            "| operation | takes | gives |",
            "|---|---|---|",
            *rows,
            "",
            f"`pipelines/{pipeline}.yaml`:",
            "",
            *(f"    {line}" for line in spec.text.splitlines()),
        ]
    )


def _start(spec: Spec) -> str:
    if spec.after:
        names = ", ".join(f"`{name}`" for name in spec.after)
        return f"when data arrive and once each of {names} has released a version since the last time"
    if spec.schedule is None:
        return "when data arrive"
    of = "the span of its date" if spec.span_format else "the newest batch that has not passed"
    return (
        f"when data arrive and by the schedule `{spec.schedule}` (UTC), which is of {of}; a backfill"
        " is of the spans of its dates"
    )


def _takes(operation: Operation, operations: Operations, mark: str) -> list[str]:
    takes = []
    for name, optional in operation.takes.items():
        giver = operations.giver(name)
        which = ""
        if operations.is_joined(operation, giver):
            which = f"every {operations[giver].map_over} of "
        elif operations[giver].map_over:
            which = f"the same {operations[giver].map_over} of "
        takes.append(f"{mark}{name}{mark} from {which}{giver}" + (", if given" if optional else ""))
    return takes
