"""The error of the test kit."""

from hyperlane.errors import HyperlaneError


class TestKitError(HyperlaneError):
    """A demand that the kit cannot meet. The text names the value, what was expected and the
    remedy."""

    __test__ = False  # pytest collects classes with such names
