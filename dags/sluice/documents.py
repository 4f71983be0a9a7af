"""YAML that cannot cost more than its length: what the Java reader (`dev.sluice.contracts.Yaml`)
refuses is refused here too, before anything is built.

The DAG processor reads every spec again and again, so that one hostile file would hold up the DAGs
of all pipelines.
"""

from typing import Any

import yaml

MOST_CHARACTERS = 1 << 20
MOST_VALUES = 100_000
"""Keys and mappings count too."""
DEEPEST = 50


def load(text: str) -> Any:
    """The document. Raises `yaml.YAMLError` with the line where it is wrong, repeats a key, holds an
    alias, or is too large, too deep or too long."""
    if len(text) > MOST_CHARACTERS:
        raise yaml.YAMLError(f"it has {len(text)} characters; {MOST_CHARACTERS} are taken")
    return yaml.load(text, Loader=_Careful)


class _Careful(yaml.SafeLoader):
    """PyYAML in Python: it takes no tag but the standard ones."""

    def __init__(self, text: str):
        super().__init__(text)
        self._depth = 0
        self._values = 0

    def compose_node(self, parent, index):
        event = self.peek_event()
        self._values += 1
        if isinstance(event, yaml.AliasEvent):
            raise _refused("aliases are not taken; write the value out", event)
        if self._values > MOST_VALUES:
            raise _refused(f"there are more than {MOST_VALUES} values", event)
        if self._depth >= DEEPEST and isinstance(event, yaml.CollectionStartEvent):
            raise _refused(f"values are nested deeper than {DEEPEST}", event)
        self._depth += 1
        node = super().compose_node(parent, index)
        self._depth -= 1
        return node

    def construct_mapping(self, node, deep=False):
        """PyYAML keeps the last of two equal keys; what stood under the first would vanish without
        a word. A merge (`<<`) is an alias, or a value written in two places."""
        seen = set()
        for key_node, _ in node.value:
            key = self.construct_object(key_node, deep=True)
            if not isinstance(key, (str, int, float, bool, type(None))):
                raise _refused("a key must be plain text", key_node)
            if key in seen:
                raise _refused(f"'{key}' stands here a second time", key_node)
            seen.add(key)
        return super().construct_mapping(node, deep)


def _refused(problem: str, where: yaml.Event | yaml.Node) -> yaml.MarkedYAMLError:
    return yaml.constructor.ConstructorError(None, None, problem, where.start_mark)
