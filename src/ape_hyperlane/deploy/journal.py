"""What a deployment has done so far, on disk before and after each transaction.

`deployment.json` beside the chain's metadata. An entry is written with sender nonce before its
transaction is sent, and completed when it is mined: whenever the process ends, the next run knows
what may be on its way.
"""

import json
from dataclasses import asdict, dataclass
from pathlib import Path

from hyperlane.errors import ConfigError
from hyperlane.files import write_atomic


@dataclass(frozen=True, slots=True)
class Entry:
    """One step."""

    what: str
    """The step, spelled out with its arguments; it must not change between runs."""
    nonce: int | None = None
    """Nonce of its transaction; None when none was needed."""
    address: str | None = None
    """What it made."""
    done: bool = False


class Journal:
    """The entries of one chain's deployment by one account."""

    def __init__(self, path: Path, chain_id: int, deployer: str) -> None:
        self.path = path
        self.chain_id = chain_id
        self.deployer = deployer
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
            "steps": {name: asdict(each) for name, each in self._entries.items()},
        }
        write_atomic(self.path, json.dumps(content, indent=2) + "\n")

    def _load(self) -> None:
        try:
            content = json.loads(self.path.read_text())
            found = (content["chainId"], content["deployer"])
            self._entries = {name: Entry(**each) for name, each in content["steps"].items()}
        except (ValueError, KeyError, TypeError) as error:
            raise ConfigError(
                f"{self.path}: is not a deployment journal ({error}); restore it, or move it away "
                "to deploy anew"
            ) from error
        wanted = (self.chain_id, self.deployer)
        for key, was, now in zip(("chainId", "deployer"), found, wanted, strict=True):
            if was != now:
                raise ConfigError(
                    f"{self.path}: {key} is {was}, but this run has {now}; resume with the same "
                    "one, or choose another registry folder"
                )
