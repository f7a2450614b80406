"""What a deployment has done so far, on disk before and after each transaction.

`deployment.json` beside the chain's metadata. An entry is written, with the nonce, before its
transaction is sent, and completed when it is mined: whenever the process ends, the next run knows
what may be on its way.
"""

import json
from dataclasses import asdict, dataclass
from pathlib import Path

from hyperlane.bounded_json import parse_json
from hyperlane.errors import ConfigError
from hyperlane.files import write_atomic
from hyperlane.registry import Registry


@dataclass(frozen=True, slots=True)
class Entry:
    """One step."""

    what: str
    """The step, spelled out with its arguments."""
    sender: str
    nonce: int
    """Of the sender, for the step's transaction."""
    address: str | None = None
    """What the transaction creates."""
    transaction: str | None = None
    """Its hash, once it is mined; None when a later run found its effect."""
    done: bool = False


def journal_path(registry: Registry, chain: str, route: str) -> Path:
    """Of a route's end."""
    return registry.chain_folder(chain) / f"warp-{route.replace('/', '-')}.json"


class Journal:
    """The entries of one chain's deployment."""

    def __init__(
        self, path: Path, chain_id: int | str, deployer: str, route: str | None = None
    ) -> None:
        self.path = path
        self.route = route
        """The id of the route that this is an end of."""
        self.chain_id = chain_id
        self.deployer = deployer
        """The account of the first run."""
        self._entries: dict[str, Entry] = {}
        if path.exists():
            self._load()

    def entry(self, step: str) -> Entry | None:
        return self._entries.get(step)

    def record(self, step: str, entry: Entry) -> None:
        self._entries[step] = entry
        content = {
            "chainId": self.chain_id,
            "deployer": self.deployer,
            **({} if self.route is None else {"route": self.route}),
            "steps": {name: asdict(each) for name, each in self._entries.items()},
        }
        write_atomic(self.path, json.dumps(content, indent=2) + "\n", private=True)

    def restart(self, deployer: str) -> None:
        """Forget everything; the file follows with the next entry."""
        self.deployer = deployer
        self._entries = {}

    def _load(self) -> None:
        try:
            content = parse_json(self.path.read_bytes())
            chain_id, self.deployer = content["chainId"], content["deployer"]
            self.route = content.get("route", self.route)
            self._entries = {name: Entry(**each) for name, each in content["steps"].items()}
        except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
            raise ConfigError(
                f"{self.path}: not a deployment journal ({error!r}); restore it, or move it away to"
                " deploy anew"
            ) from error
        if chain_id != self.chain_id:
            raise ConfigError(
                f"{self.path}: chainId is {chain_id}, but the node answers {self.chain_id}"
            )
