"""Which events each level of the log lets through."""

import typing

import pytest
import structlog

from hyperlane.logs import configure_logging
from hyperlane.settings import LogSettings

pytestmark = pytest.mark.quick

LEVELS = typing.get_args(LogSettings.model_fields["level"].annotation)
SHOWN = {"trace": 4, "debug": 4, "info": 3, "warn": 2, "error": 1, "off": 0}
"""Events out of debug, info, warning and error."""


@pytest.fixture(autouse=True)
def restored():
    before = structlog.get_config()
    yield
    structlog.configure(**before)


@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize("format", ["json", "full"])
def test_a_level_shows_its_events_and_those_above(level, format, capsys):
    configure_logging(LogSettings(level=level, format=format))
    log = structlog.get_logger()
    for method in (log.debug, log.info, log.warning, log.error):
        method("something.happened")
    assert len(capsys.readouterr().out.splitlines()) == SHOWN[level]
