"""Open censorship challenges of one chain: neither answered nor resolved yet."""

from dataclasses import dataclass, field

from hyperlane.agents.runtime.chain import Chain
from hyperlane.chain.abi import CensorshipChallenges, StakingManager
from hyperlane.protocol.typecasts import Address

_AGAIN = 16
"""Number of the last challenges that are read again, as a reorg may replace them."""
_NOBODY = bytes(20)


@dataclass(frozen=True, slots=True)
class Challenge:
    """A demand that an operator sign a leaf."""

    number: int
    challenger: Address
    deadline: int
    """Unix seconds of the chain: the last one that an answer counts in; then it can be resolved."""
    index: int
    operator: Address
    bond: int


@dataclass(slots=True)
class OpenChallenges:
    """Reader of open challenges; asks for new ones, and whether known ones are still open."""

    chain: Chain
    manager: Address
    _address: Address | None = None
    _read: int = 0
    """Number of challenges at the last look."""
    _open: set[int] = field(default_factory=set)

    @property
    def count(self) -> int:
        """Number of all challenges at the last look."""
        return self._read

    async def contract(self) -> Address:
        """Address of the manager's CensorshipChallenges, which never changes."""
        if self._address is None:
            self._address = await self.chain.client.call(self.manager, StakingManager.challenges)
        return self._address

    async def read(self) -> list[Challenge]:
        """Challenges that are open at the latest block, oldest first."""
        contract, client = await self.contract(), self.chain.client
        count = await client.call(contract, CensorshipChallenges.challenge_count)
        new = range(max(0, min(self._read, count) - _AGAIN), count)
        numbers = sorted({*(number for number in self._open if number < count), *new})
        rows = await client.call_each(contract, CensorshipChallenges.challenges, numbers, "latest")
        found = [
            Challenge(number, *row)
            for number, row in zip(numbers, rows, strict=True)
            if row[3] != _NOBODY
        ]
        self._read, self._open = count, {item.number for item in found}
        return found
