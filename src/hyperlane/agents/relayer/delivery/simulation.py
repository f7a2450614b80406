"""Simulating deliveries before they are sent and paid for."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

import structlog

from hyperlane.chain import answers
from hyperlane.chain.client import ChainClient, RpcError, Unreachable
from hyperlane.protocol.typecasts import Address, to_hex

log = structlog.get_logger()


@dataclass(slots=True)
class Simulator:
    """Simulates deliveries at one chain's node."""

    client: ChainClient
    mailbox: Address
    _in_one_request: bool = True
    """True while `eth_simulateV1` is tried: until the node fails to answer it once."""

    async def alone(self, calls: Sequence[bytes], sender: Address) -> list[int | RpcError]:
        """Estimate the gas of deliveries, by the data of each transaction; why one fails."""
        return await self._in_parts(calls, lambda part: self._alone(part, sender))

    async def _in_parts(
        self,
        calls: Sequence[bytes],
        simulate: Callable[[Sequence[bytes]], Awaitable[list[int | RpcError]]],
    ) -> list[int | RpcError]:
        """Simulate deliveries; in ever smaller parts where a node that is well does not answer.

        Strangers' contracts can take longer than a node allows, which must not keep others waiting.
        """
        try:
            return await simulate(calls)
        except Unreachable as error:
            await self.client.block()
            if len(calls) == 1:
                return [RpcError(self.client.name, answers.ESTIMATE_GAS.name, str(error))]
        middle = len(calls) // 2
        first = await self._in_parts(calls[:middle], simulate)
        return first + await self._in_parts(calls[middle:], simulate)

    async def _alone(self, calls: Sequence[bytes], sender: Address) -> list[int | RpcError]:
        to, caller = to_hex(self.mailbox), to_hex(sender)
        transactions = [{"to": to, "data": to_hex(data), "from": caller} for data in calls]
        return await self.client.request_many(
            answers.ESTIMATE_GAS, [(item,) for item in transactions]
        )

    async def together(self, calls: Sequence[bytes], caller: Address, gas: int) -> list[int | None]:
        """Estimate the gas of each delivery, made in this order with at most `gas` each.

        None for a delivery that fails. It may succeed alone: `caller` is not always the relayer's
        own address, and a delivery before it may have changed the state.
        """
        simulated = await self._in_parts(calls, lambda part: self._together(part, caller, gas))
        return [None if isinstance(item, RpcError) else item for item in simulated]

    async def _together(
        self, calls: Sequence[bytes], caller: Address, gas: int
    ) -> list[int | RpcError]:
        if self._in_one_request:
            try:
                simulated = await self._simulate(calls, caller, gas)
            except RpcError as error:
                simulated, why = None, str(error)
            else:
                why = "an answer of another shape"
            if simulated is not None:
                failed = RpcError(self.client.name, "eth_simulateV1", "the delivery fails")
                return [failed if item is None else item for item in simulated]
            log.info("rpc.no_simulation", chain=self.client.name, error=why)
            self._in_one_request = False
        return await self.client.request_many(
            answers.ESTIMATE_GAS, [(self._call(item, caller, gas),) for item in calls]
        )

    async def _simulate(
        self, calls: Sequence[bytes], caller: Address, gas: int
    ) -> list[int | None] | None:
        block = {
            "blockOverrides": {"gasLimit": hex(gas * len(calls))},
            "calls": [self._call(item, caller, gas) for item in calls],
        }
        return await self.client.request(
            answers.simulation_of(len(calls)),
            {"blockStateCalls": [block], "validation": False},
            "latest",
        )

    def _call(self, data: bytes, caller: Address, gas: int) -> dict[str, str]:
        return {
            "from": to_hex(caller),
            "to": to_hex(self.mailbox),
            "data": to_hex(data),
            "gas": hex(gas),
        }
