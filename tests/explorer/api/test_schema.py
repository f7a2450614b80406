"""The API does what its OpenAPI document says, whatever it is asked."""

import asyncio
import threading
from collections.abc import Iterator
from contextlib import suppress

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from tests.support.explorer import explorer, opened
from tests.support.explorer_rows import busy

NOW = 1_796_000_000
EXAMPLES = 12

pytestmark = pytest.mark.quick


@pytest.fixture(scope="module")
def served(tmp_path_factory) -> Iterator[str]:
    """An explorer in a thread: schemathesis asks without a loop."""
    ready, stop = threading.Event(), asyncio.Event()
    found: list[str] = []
    loops: list[asyncio.AbstractEventLoop] = []

    async def serve() -> None:
        loops.append(asyncio.get_running_loop())
        async with opened(tmp_path_factory.mktemp("explorer")) as database:
            async with database.together():
                await busy(database, NOW, 8)
            async with explorer(database) as url:
                found.append(url)
                ready.set()
                await stop.wait()

    thread = threading.Thread(target=lambda: asyncio.run(serve()))
    thread.start()
    assert ready.wait(120)
    yield found[0]
    with suppress(RuntimeError):
        loops[0].call_soon_threadsafe(stop.set)
    thread.join()


@pytest.fixture(scope="module")
def schema(served):
    return schemathesis.openapi.from_url(f"{served}/api/v1/openapi.json")


def operations(schema) -> list:
    return [each.ok() for each in schema.get_all_operations()]


def test_everything_is_asked(schema):
    assert len(operations(schema)) == 16


@pytest.mark.parametrize(
    "mode", [schemathesis.GenerationMode.POSITIVE, schemathesis.GenerationMode.NEGATIVE]
)
def test_answers_are_as_described(schema, mode):
    for operation in operations(schema):
        if operation.path.endswith("/stream"):
            continue  # has no end; tests/explorer/api/test_stream.py
        if mode is schemathesis.GenerationMode.NEGATIVE and not list(operation.iter_parameters()):
            continue

        @settings(
            max_examples=EXAMPLES,
            deadline=None,
            derandomize=True,
            database=None,
            phases=[Phase.explicit, Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
        def ask(case) -> None:
            case.call_and_validate()

        given(operation.as_strategy(generation_mode=mode))(ask)()
