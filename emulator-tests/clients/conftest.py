"""Google's own Python clients against a running local cloud.

`./sluice up` writes the addresses to `<state>/local.env`; a module whose address is not in the
environment is skipped.
"""

import os
import uuid

import pytest


def require_environment(*names):
    """Skips the calling module unless every variable is set."""
    missing = [name for name in names if not os.environ.get(name)]
    if missing:
        pytest.skip(
            f"{' and '.join(missing)} not set: source local.env of a running `./sluice up`",
            allow_module_level=True,
        )


@pytest.fixture(scope="session")
def project():
    return os.environ.get("GOOGLE_CLOUD_PROJECT", "sluice-local")


@pytest.fixture
def unique():
    """A name no earlier run used, as the local cloud keeps its state."""
    return f"t{uuid.uuid4().hex[:16]}"
