"""The journal of a deployment: a file that is written before and after each transaction.

For a core it is `deployment.json` beside the chain's metadata. An entry is written before its
transaction is sent, with the nonce, and completed when it is mined. So the next run knows which
transaction may be pending, whenever the process ends.
"""

import json
from dataclasses import asdict, dataclass
from pathlib import Path

from hyperlane.bounded_json import parse_json
from hyperlane.errors import ConfigError
from hyperlane.files import write_atomic
from hyperlane.protocol.typecasts import Bytes32, bytes_from_hex, to_hex
from hyperlane.registry import Registry


@dataclass(frozen=True, slots=True)
class Entry:
    """The journal entry of a step."""

    what: str
    """Description of the step with resolved arguments."""
    sender: str
    nonce: int
    """The sender's nonce for the step's transaction."""
    address: str | None = None
    """Address of the contract that the transaction creates."""
    transaction: str | None = None
    """Hash of the mined transaction; None if a later run found its effect instead."""
    done: bool = False


def journal_path(registry: Registry, chain: str, route: str) -> Path:
    """Path of the journal of a route's end on a chain."""
    return registry.chain_folder(chain) / f"warp-{route.replace('/', '-')}.json"


class Journal:
    """Journal of one deployment on one chain."""

    def __init__(
        self, path: Path, chain_id: int | str, deployer: str, route: str | None = None
    ) -> None:
        self.path = path
        self.route = route
        """Id of the route; None for a core."""
        self.chain_id = chain_id
        self.deployer = deployer
        """Account of the first run."""
        self.salt: Bytes32 | None = None
        """Salt of the reserved addresses; None if there are none."""
        self._entries: dict[str, Entry] = {}
        if path.exists():
            self._load()

    def entry(self, step: str) -> Entry | None:
        return self._entries.get(step)

    @property
    def begun(self) -> bool:
        """True if a run has recorded a step."""
        return bool(self._entries)

    def choose_salt(self, salt: Bytes32 | None) -> None:
        """Sets the salt; None for that of the run before, if there was one. ConfigError if that
        had another, or none."""
        if self.begun and salt is not None and salt != self.salt:
            before = to_hex(self.salt) if self.salt else "none"
            raise ConfigError(
                f"--salt: it stands for {to_hex(salt)}, but {self.path} was begun with {before},"
                " and contracts do not move; leave --salt out to go on with that"
            )
        self.salt = salt or self.salt

    def record(self, step: str, entry: Entry) -> None:
        """Sets the entry of a step and replaces the file."""
        self._entries[step] = entry
        content = {
            "chainId": self.chain_id,
            "deployer": self.deployer,
            **({} if self.salt is None else {"salt": to_hex(self.salt)}),
            **({} if self.route is None else {"route": self.route}),
            "steps": {name: asdict(entry) for name, entry in self._entries.items()},
        }
        write_atomic(self.path, json.dumps(content, indent=2) + "\n", private=True)

    def restart(self, deployer: str) -> None:
        """Forgets all entries. The file is replaced when the next entry is recorded."""
        self.deployer = deployer
        self._entries = {}

    def _load(self) -> None:
        try:
            content = parse_json(self.path.read_bytes())
            chain_id, self.deployer = content["chainId"], content["deployer"]
            self.route = content.get("route", self.route)
            if "salt" in content:
                self.salt = Bytes32(bytes_from_hex(content["salt"], "salt", 32))
            self._entries = {name: Entry(**entry) for name, entry in content["steps"].items()}
        except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
            raise ConfigError(
                f"{self.path}: not a deployment journal ({error!r}); restore it, or move it away to"
                " deploy anew"
            ) from error
        if chain_id != self.chain_id:
            raise ConfigError(
                f"{self.path}: chainId is {chain_id}, but the node answers {self.chain_id}"
            )
