"""Prometheus metrics under the reference agents' names, and the page that shows them."""

from collections.abc import Iterable, Set
from contextlib import suppress

from aiohttp import web
from prometheus_client import (
    CONTENT_TYPE_LATEST,
    CollectorRegistry,
    Gauge,
    Histogram,
    generate_latest,
)

from hyperlane.errors import ConfigError
from hyperlane.pages import json_errors, with_index
from hyperlane.visitors import only_for

_MAX_BODY = 64 * 1024


class Metrics:
    """All metrics of one agent. What only counts up is a gauge too, because the client library
    would put `_total` behind the reference's names."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.block_height = self._gauge("block_height", "Final block", "chain")
        self.critical_error = self._gauge(
            "critical_error", "1 when the agent stopped for good", "chain"
        )
        self.sync_height = self._gauge(
            "contract_sync_block_height", "Block up to which logs are stored", "data_type", "chain"
        )
        self.stored_events = self._gauge(
            "contract_sync_stored_events", "Events stored since start", "data_type", "chain"
        )
        self.latest_insertion = self._gauge(
            "latest_tree_insertion_index", "Last stored leaf index", "origin"
        )
        self.latest_checkpoint = self._gauge(
            "latest_checkpoint", "Leaf index that a validator observed or processed",
            "phase", "chain",
        )  # fmt: skip
        self.announced = self._gauge("announced", "1 when the validator is announced", "chain")
        self.backfill_complete = self._gauge(
            "backfill_complete", "1 when every leaf seen at start is signed", "chain"
        )
        self.initial_consistency = self._gauge(
            "reached_initial_consistency", "1 once the local tree equalled the chain's", "chain"
        )
        self.root_mismatch = self._gauge(
            "merkle_root_mismatch", "1 when the chain contradicts the local tree", "origin"
        )
        self.undecided = self._gauge(
            "validator_undecided",
            "1 while nothing is signed because too few RPCs answer, agree or confirm", "chain",
        )  # fmt: skip
        self.last_nonce = self._gauge(
            "last_known_message_nonce", "Highest message nonce per phase", "phase", "origin"
        )
        self.messages_processed = self._gauge(
            "messages_processed_count", "Messages delivered, finally", "origin", "remote"
        )
        self.operations_processed = self._gauge(
            "operations_processed_count", "Operations that passed a phase",
            "app_context", "phase", "chain",
        )  # fmt: skip
        self.queue_length = self._gauge(
            "submitter_queue_length", "Operations that wait",
            "remote", "queue_name", "operation_status", "app_context",
        )  # fmt: skip
        self.metadata_builds = self._gauge(
            "metadata_build_count", "Attempts to build metadata",
            "app_context", "origin", "remote", "status",
        )  # fmt: skip
        self.faults = self._gauge(
            "watchtower_faults", "Signatures that must not exist", "chain", "validator", "fault"
        )
        self.validator_lag = self._gauge(
            "watchtower_validator_lag", "Final leaves that a validator has not signed",
            "chain", "validator", "location",
        )  # fmt: skip
        self.censorships = self._gauge(
            "watchtower_censorships", "Operators that leave leaves out", "chain", "operator"
        )
        self.guardian_block = self._gauge(
            "guardian_block", "Block up to which deliveries are read, at the tip", "chain"
        )
        self.guardian_deliveries = self._gauge(
            "guardian_deliveries", "Verdicts on deliveries since start",
            "chain", "origin", "verdict",
        )  # fmt: skip
        self.guardian_undecided = self._gauge(
            "guardian_undecided_seconds", "Age of the oldest delivery that has no verdict", "chain"
        )
        self.guardian_stops = self._gauge(
            "guardian_stops", "Outcomes of stops since start", "chain", "contract", "outcome"
        )
        self.guardian_stop_ready = self._gauge(
            "guardian_stop_ready", "1 while a stop would succeed, or is in force",
            "chain", "contract", "key",
        )  # fmt: skip
        self.spare_signers = self._gauge(
            "watchtower_spare_signers",
            "Live signers of a module above its threshold; negative if some are missing",
            "origin", "remote", "recipient",
        )  # fmt: skip
        self.redundancy_unknown = self._gauge(
            "watchtower_redundancy_unknown", "1 while it is unknown which signers are live",
            "origin", "remote", "recipient",
        )  # fmt: skip
        self.signature_age = self._gauge(
            "watchtower_signature_age_seconds",
            "By how much the last leaf that a validator signed is older than the chain's last",
            "chain", "validator",
        )  # fmt: skip
        self.shared_rpcs = self._gauge(
            "watchtower_shared_rpcs", "Hosts of our RPCs that a validator uses, too", "chain"
        )
        self.open_challenges = self._gauge(
            "validator_open_challenges", "Demands to sign a leaf, not answered yet", "chain"
        )
        self.canaries_sent = self._gauge(
            "kathy_sent", "Canaries dispatched since start", "origin", "remote"
        )
        self.canaries_delivered = self._gauge(
            "kathy_delivered", "Canaries delivered since start", "origin", "remote"
        )
        self.canaries_late = self._gauge(
            "kathy_late", "Canaries found late since start", "origin", "remote"
        )
        self.canaries_unsent = self._gauge(
            "kathy_unsent", "Canaries that could not be sent, since start", "origin", "remote"
        )
        self.canaries_in_flight = self._gauge(
            "kathy_in_flight", "Canaries sent and not delivered", "origin", "remote"
        )
        self.canaries_overdue = self._gauge(
            "kathy_overdue", "Canaries late and not delivered", "origin", "remote"
        )
        self.canary_success = self._gauge(
            "kathy_last_success", "Unix time of the last delivery of a canary", "origin", "remote"
        )
        self.canary_seconds = Histogram(
            "hyperlane_kathy_seconds",
            "Time of a canary from sending to dispatch, from dispatch to signatures or delivery",
            ("origin", "remote", "stage"),
            buckets=(1, 2, 3, 5, 10, 30, 60, 300, 900, 1800, 7200),
            registry=self.registry,
        )
        self.canary_spent = self._gauge("kathy_spent", "Wei spent or reserved today", "chain")
        self.canary_budget = self._gauge("kathy_budget", "Wei that a day may cost", "chain")
        self.budget_exhausted = self._gauge(
            "kathy_budget_exhausted", "1 while the next canary does not fit in the budget", "chain"
        )
        self.metadata_seconds = self._gauge(
            "metadata_build_duration", "Seconds spent on building metadata",
            "app_context", "origin", "remote", "status",
        )  # fmt: skip
        self.requests = self._gauge("request_count", "RPC calls", "chain", "method")
        self.gas_price = self._gauge("gas_price", "Wei per gas offered", "chain")
        self.wallet_balance = self._gauge(
            "wallet_balance", "Native tokens of a key",
            "chain", "wallet_address", "wallet_name",
            "token_address", "token_symbol", "token_name",
        )  # fmt: skip
        self.commitments_stored = self._gauge(
            "commitments_stored", "Sets of calls that the commitment server keeps"
        )
        self.commitment_requests = self._gauge(
            "commitment_requests", "Requests to the commitment server since start", "page", "status"
        )
        self.delivery_seconds = Histogram(
            "hyperlane_message_delivery_seconds",
            "From seeing a message to its final delivery",
            ("origin", "remote"),
            buckets=(1, 2, 3, 5, 10, 30, 60, 300, 1800, 7200),
            registry=self.registry,
        )

    def show_balance(self, chain: str, name: str, address: str, wei: int) -> None:
        """Set the balance of a key, under the labels that the reference has."""
        labels = (chain, address, name, "none", "Native", "Native")
        self.wallet_balance.labels(*labels).set(wei / 10**18)

    def _gauge(self, name: str, text: str, *labels: str) -> Gauge:
        return Gauge(f"hyperlane_{name}", text, labels, registry=self.registry)


def set_or_remove(gauge: Gauge, labels: tuple[str, ...], value: float | None) -> None:
    """Export a value; None removes the one that was exported before."""
    if value is not None:
        gauge.labels(*labels).set(value)
        return
    with suppress(KeyError):
        gauge.remove(*labels)


async def serve(
    metrics: Metrics,
    waiting: Set[str],
    routes: Iterable[web.RouteDef],
    host: str,
    port: int,
    allowed_hosts: Iterable[str] = (),
) -> tuple[web.AppRunner, int]:
    """Serve `/metrics`, `/health`, `/ready` (once `waiting` is empty), what is given and an index.

    Port 0 takes a free one. Returns what to clean up, and the port. All of it is only for those
    whom `hyperlane.visitors` lets in; `allowed_hosts` are names of this agent, besides `host`.

    ConfigError when the port cannot be had.
    """

    async def show(_request: web.Request) -> web.Response:
        """Metrics for Prometheus."""
        return web.Response(
            body=generate_latest(metrics.registry), headers={"Content-Type": CONTENT_TYPE_LATEST}
        )

    async def health(_request: web.Request) -> web.Response:
        """Answer 200 while the program runs."""
        return web.json_response({"status": "alive"})

    async def ready(_request: web.Request) -> web.Response:
        """Answer 200 once nothing is waited for; before, 503 and what is."""
        status = {"status": "waiting" if waiting else "ready", "waiting_for": sorted(waiting)}
        return web.json_response(status, status=503 if waiting else 200)

    application = web.Application(
        middlewares=[json_errors, only_for([host, *allowed_hosts])], client_max_size=_MAX_BODY
    )
    application.add_routes(
        with_index(
            [
                web.get("/metrics", show),
                web.get("/health", health),
                web.get("/ready", ready),
                *routes,
            ]
        )
    )
    runner = web.AppRunner(application, access_log=None)
    await runner.setup()
    site = web.TCPSite(runner, host, port)
    try:
        await site.start()
    except OSError as error:
        await runner.cleanup()
        raise ConfigError(
            f"metricsPort: {port}: cannot listen on {host}: {error}; set another port, 0 for any"
            " that is free: each agent on a machine needs its own"
        ) from None
    address = runner.addresses[0]
    return runner, int(address[1])
