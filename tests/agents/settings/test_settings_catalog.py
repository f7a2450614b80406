"""Every documented setting: applied, named at start, or refused; none ignored in silence."""

import json
from pathlib import Path

import pytest

from hyperlane.errors import ConfigError
from hyperlane.registry import ChainAddresses
from hyperlane.settings import (
    KathySettings,
    RelayerSettings,
    ScraperSettings,
    ValidatorSettings,
    WatchtowerSettings,
    load_settings,
)
from hyperlane.settings.catalog import UNREAD, Effect, applied

pytestmark = pytest.mark.quick

ADDRESS = "0x5FbDB2315678afecb367f032d93F642f64180aa3"
OTHER = "0xe7f1725E7734CE288F8367e1Bb143E90bb3F0512"
KEY, OTHER_KEY = "0x" + "ab" * 32, "0x" + "cd" * 32
DOCS = Path(__file__).parents[3] / "docs" / "operate" / "settings.md"

RELAYER, VALIDATOR, WATCHTOWER = RelayerSettings, ValidatorSettings, WatchtowerSettings
KATHY, SCRAPER = KathySettings, ScraperSettings
AGENTS = (RELAYER, VALIDATOR, WATCHTOWER, KATHY, SCRAPER)


CANARIES = {"testRecipient": ADDRESS, "dailyBudget": "0.5"}


def configuration():
    return {
        "chains": {
            "alpha": {
                **CANARIES,
                "name": "alpha",
                "chainId": 1337,
                "protocol": "ethereum",
                "rpcUrls": [{"http": "http://127.0.0.1:8545"}],
                "mailbox": ADDRESS,
                "merkleTreeHook": ADDRESS,
                "validatorAnnounce": ADDRESS,
            },
            "beta": {
                **CANARIES,
                "chainId": 1338,
                "rpcUrls": [{"http": "http://127.0.0.1:8546"}],
                "mailbox": ADDRESS,
                "merkleTreeHook": ADDRESS,
                "validatorAnnounce": ADDRESS,
            },
        },
        "relayChains": "alpha",
        "watchChains": "alpha",
        "watchDeliveries": "alpha",
        "kathyChains": "alpha,beta",
        "chainsToScrape": "alpha",
        "originChainName": "alpha",
        "validator": {"key": KEY},
        "checkpointSyncer": {"type": "localStorage", "path": "checkpoints"},
    }


SIGNER = {"type": "hexKey", "key": KEY}
AWS = {"type": "aws", "id": "alias/a", "region": "eu-west-1"}
VERSION = "projects/p/locations/l/keyRings/r/cryptoKeys/k/cryptoKeyVersions/1"
GCP = {"type": "gcp", "keyVersionName": VERSION}
KEYSTORE = {"type": "keystore", "path": "a", "passwordFile": "b"}
STOP = {"chain": "alpha", "contract": ADDRESS, "signer": {"type": "hexKey", "key": KEY}}
GCS = {"type": "gcs", "bucket": "b"}
S3 = {"type": "s3", "bucket": "b", "region": "eu-west-1"}


def multiplier_changes(name):
    factor = {f"{name}Numerator": 3, f"{name}Denominator": 2}
    prefix = "chains.*.transactionOverrides."
    return {
        f"{prefix}{name}Numerator": (factor, factor | {f"{name}Numerator": 5}),
        f"{prefix}{name}Denominator": (factor, factor | {f"{name}Denominator": 1}),
    }


def signer_changes(prefix):
    return {
        f"{prefix}.type": (SIGNER, AWS | {"key": KEY}),
        f"{prefix}.key": (SIGNER, SIGNER | {"key": OTHER_KEY}),
        f"{prefix}.path": (KEYSTORE, KEYSTORE | {"path": "c"}),
        f"{prefix}.passwordFile": (KEYSTORE, KEYSTORE | {"passwordFile": "c"}),
        f"{prefix}.id": (AWS, AWS | {"id": "alias/b"}),
        f"{prefix}.region": (AWS, AWS | {"region": "eu-west-2"}),
        f"{prefix}.keyVersionName": (GCP, GCP | {"keyVersionName": f"{VERSION}2"}),
    }


# Pattern of a setting: two values that must load into different settings. For what lies in a
# signer or a syncer the values are of the whole object.
CHANGES = {
    "chains.*.name": ("alpha", "alpine"),
    "chains.*.chainId": (1, 2),
    "chains.*.domainId": (1, 2),
    "chains.*.protocol": ("ethereum", "sealevel"),
    "chains.*.rpcUrls.*.http": ("http://127.0.0.1:1", "http://127.0.0.1:2"),
    "chains.*.rpcUrls.*.public": (False, True),
    "chains.*.customRpcUrls": ("http://127.0.0.1:1", "http://127.0.0.1:2"),
    "chains.*.rpcConsensusType": ("single", "majority"),
    "chains.*.additionalQuorumRpcUrls.*.http": ("http://127.0.0.1:1", "http://127.0.0.1:2"),
    "chains.*.additionalQuorumRpcUrls.*.public": (False, True),
    "chains.*.customAdditionalQuorumRpcUrls": ("http://127.0.0.1:1", "http://127.0.0.1:2"),
    "chains.*.ignoreReorgReports": (False, True),
    "chains.*.blocks.reorgPeriod": (1, "finalized"),
    "chains.*.blocks.estimateBlockTime": (1, 2),
    "chains.*.index.from": (1, 2),
    "chains.*.index.chunk": (1, 2),
    "chains.*.index.interval": (1, 2),
    "chains.*.index.idleInterval": (1, 2),
    "chains.*.transactionOverrides.gasPrice": (1, 2),
    "chains.*.transactionOverrides.gasLimit": (1, 2),
    "chains.*.transactionOverrides.minGasPrice": (1, 2),
    "chains.*.transactionOverrides.maxFeePerGas": (1, 2),
    "chains.*.transactionOverrides.minFeePerGas": (1, 2),
    "chains.*.transactionOverrides.maxPriorityFeePerGas": (1, 2),
    "chains.*.transactionOverrides.minPriorityFeePerGas": (1, 2),
    **multiplier_changes("gasPriceMultiplier"),
    **multiplier_changes("gasLimitMultiplier"),
    "chains.*.transactionOverrides.gasPriceCapMultiplier": (1, 2),
    "chains.*.transactionOverrides.gasPriceCap": (1, 2),
    "chains.*.transactionOverrides.gasLimitCap": (1, 2),
    **signer_changes("chains.*.signer"),
    **{
        pattern: ([first], [second])
        for pattern, (first, second) in signer_changes("chains.*.additionalSigners.*").items()
    },
    "chains.*.mailbox": (ADDRESS, OTHER),
    "chains.*.merkleTreeHook": (ADDRESS, OTHER),
    "chains.*.validatorAnnounce": (ADDRESS, OTHER),
    "chains.*.interchainGasPaymaster": (ADDRESS, OTHER),
    "chains.*.stakingManager": (ADDRESS, OTHER),
    "chains.*.challengeBudget": (1, 2),
    "chains.*.watchedRecipients": (ADDRESS, f"{ADDRESS},{OTHER}"),
    "chains.*.testRecipient": (ADDRESS, OTHER),
    "chains.*.dailyBudget": ("1", "2"),
    "chains.*.maxBatchSize": (1, 2),
    "chains.*.maxInFlight": (1, 2),
    "chains.*.maxTransactionCost": ("1", "2"),
    "db": ("a", "b"),
    **signer_changes("defaultSigner"),
    "metricsPort": (1, 2),
    "metricsAllowedHosts": ("a", "b"),
    "metricsHost": ("127.0.0.1", "::1"),
    "log.format": ("full", "json"),
    "log.level": ("info", "off"),
    "relayChains": ("alpha", "alpha,beta"),
    "allowLocalCheckpointSyncers": (False, True),
    "ignoreReorgReports": (False, True),
    "allowPrivateLookups": (False, True),
    "maxMessageRetries": (1, 2),
    "whitelist": ('[{"originDomain": 1}]', '[{"originDomain": 2}]'),
    "blacklist": ('[{"originDomain": 1}]', '[{"originDomain": 2}]'),
    "addressBlacklist": (ADDRESS, OTHER),
    "gasPaymentEnforcement": ('[{"type": "none"}]', '[{"type": "minimum", "payment": "1"}]'),
    "igpIndexingEnabled": (True, False),
    "transactionGasLimit": (1, 2),
    "maxFailedGas": (1, 2),
    "commitmentsPort": (None, 1),
    "commitmentsHost": ("127.0.0.1", "::1"),
    "commitmentsUrl": ("https://a.example", "https://b.example"),
    "commitmentsMaxSize": (1, 2),
    "commitmentsMaxCount": (1, 2),
    "commitmentsRetention": (1, 2),
    "skipTransactionGasLimitFor": ("alpha", "1337"),
    "metricAppContexts": ("[]", '[{"name": "a", "matchingList": []}]'),
    "originChainName": ("alpha", "beta"),
    **signer_changes("validator"),
    "checkpointSyncer.type": (S3 | {"path": "a"}, S3 | {"path": "a", "type": "localStorage"}),
    "checkpointSyncer.path": (
        {"type": "localStorage", "path": "a"},
        {"type": "localStorage", "path": "b"},
    ),
    "checkpointSyncer.bucket": (S3, S3 | {"bucket": "c"}),
    "checkpointSyncer.region": (S3, S3 | {"region": "eu-west-2"}),
    "checkpointSyncer.folder": (S3, S3 | {"folder": "f"}),
    "checkpointSyncer.serviceAccountKey": (
        GCS | {"serviceAccountKey": "a"},
        GCS | {"serviceAccountKey": "b"},
    ),
    "checkpointSyncer.userSecrets": (GCS | {"userSecrets": "a"}, GCS | {"userSecrets": "b"}),
    "checkpointSyncer.useApplicationDefault": (GCS, GCS | {"useApplicationDefault": True}),
    "checkpointSyncer.endpoint": (S3, S3 | {"endpoint": "http://127.0.0.1:1"}),
    "interval": (1, 2),
    "maxSignConcurrency": (1, 2),
    "skipAnnounce": (False, True),
    "allowPublicRpcs": (False, True),
    "additionalQuorumRpcUrls.*.http": ("http://127.0.0.1:1", "http://127.0.0.1:2"),
    "additionalQuorumRpcUrls.*.public": (False, True),
    "customAdditionalQuorumRpcUrls": ("http://127.0.0.1:1", "http://127.0.0.1:2"),
    "watchChains": ("alpha", "alpha,beta"),
    "alertWebhook": ("http://127.0.0.1:1", "http://127.0.0.1:2"),
    "censorshipMargin": (1, 2),
    "watchDeliveries": ("alpha", "alpha,beta"),
    "deliveryInterval": (1, 2),
    "validatorRpcHosts": ("a.example", "b.example"),
    "stops.*.chain": ([STOP], [STOP | {"chain": "beta"}]),
    "stops.*.kind": ([STOP], [STOP | {"kind": "blacklist"}]),
    "stops.*.contract": ([STOP], [STOP | {"contract": OTHER}]),
    "stops.*.origins": ([STOP], [STOP | {"origins": "alpha"}]),
    "stops.*.recipients": ([STOP], [STOP | {"recipients": OTHER}]),
    **{
        name.replace("signer", "stops.*.signer", 1): tuple([STOP | {"signer": one}] for one in both)
        for name, both in signer_changes("signer").items()
    },
    "kathyChains": ("alpha,beta", "beta,alpha"),
    "lateAfter": (1, 2),
    "maxInFlight": (1, 2),
    "chains.*.nativeToken": ({"symbol": "A"}, {"symbol": "B"}),
    "chains.*.isTestnet": (False, True),
    "chains.*.blockExplorers": ([], [{"name": "Scan", "url": "https://scan.example"}]),
    "chainsToScrape": ("alpha", "alpha,beta"),
    "explorerPort": (1, "none"),
    "explorerHost": ("127.0.0.1", "127.0.0.2"),
    "explorerAllowedHosts": ("explorer.example.org", "a.example.org,b.example.org"),
    "explorerProxies": ("127.0.0.1", "127.0.0.1,10.0.0.1"),
    "explorerRate": (1, 2),
    "relayers": ("http://127.0.0.1:1", "http://127.0.0.1:2"),
    "registry": ("a", "b"),
}
WHOLE = ("signer", "additionalSigners", "defaultSigner", "validator", "checkpointSyncer", "stops")
FACTORS = ("gasPriceMultiplier", "gasLimitMultiplier")
"""Objects whose keys depend on each other."""


@pytest.fixture
def load(tmp_path):
    def read(content, model=RELAYER, **environment):
        path = tmp_path / "config.json"
        path.write_text(json.dumps(content))
        return load_settings(model, [path], environment)

    return read


def with_setting(pattern, value):
    """A configuration with one setting at a pattern, chain names and positions filled in."""
    content = configuration()
    parts = pattern.replace("chains.*", "chains.alpha").replace(".*", ".0").split(".")
    for at, part in enumerate(parts):
        if part in WHOLE or part.startswith(FACTORS):
            parts = parts[: at + (part in WHOLE)]
            break
    node = content
    for part, following in zip(parts, [*parts[1:], None], strict=True):
        if following is None:
            node[part] = value
        elif following == "0":
            node = node.setdefault(part, [{"http": "http://127.0.0.1:9"}])
        else:
            node = node[0] if part == "0" else node.setdefault(part, {})
    return content


def outcome(load, pattern, value):
    """What each agent makes of a setting: comparable, or the error."""
    seen = []
    for model in AGENTS:
        try:
            settings = load(with_setting(pattern, value), model)
        except ConfigError as error:
            seen.append(str(error))
            continue
        shown = settings.model_dump()
        shown["keys"] = [
            None if item is None or item.key is None else item.key.get_secret_value()
            for item in (
                settings.default_signer,
                settings.chains[next(iter(settings.chains))].signer,
                *settings.chains[next(iter(settings.chains))].additional_signers,
                getattr(settings, "validator", None),
                *(stop.signer for stop in getattr(settings, "stops", ())),
            )
        ]
        seen.append(shown)
    return seen


def test_the_table_has_every_setting_that_is_read():
    assert set(CHANGES) == set(applied())


@pytest.mark.parametrize("pattern", CHANGES)
def test_a_setting_that_is_read_changes_what_the_agent_knows(pattern, load):
    first, second = CHANGES[pattern]
    assert outcome(load, pattern, first) != outcome(load, pattern, second)


@pytest.mark.parametrize("pattern", [item for item in UNREAD if UNREAD[item].effect == "refused"])
def test_a_setting_that_would_change_something_is_refused(pattern, load):
    unread = UNREAD[pattern]
    path = pattern.replace("*", "alpha")
    with pytest.raises(ConfigError, match=f"^{path}: not supported: ") as error:
        load(with_setting(pattern, "another value"))
    assert unread.note in str(error.value)
    for value in unread.harmless:
        load(with_setting(pattern, value))


@pytest.mark.parametrize("pattern", [item for item in UNREAD if UNREAD[item].effect == "nothing"])
def test_a_setting_without_effect_is_named(pattern, load):
    settings = load(with_setting(pattern, "lander"))
    (note,) = settings.ineffective
    assert note.startswith(pattern.replace("*", "alpha") + ": has no effect")
    assert UNREAD[pattern].note in note


@pytest.mark.parametrize(
    "pattern", [item for item in UNREAD if UNREAD[item].effect is Effect.DESCRIPTION]
)
def test_metadata_for_people_is_let_through(pattern, load):
    assert load(with_setting(pattern, "value")).ineffective == ()


def test_contracts_of_a_registry_are_known(load):
    content = configuration()
    keys = [field.alias or name for name, field in ChainAddresses.model_fields.items()]
    for key in [*keys, "ccipHook_beta", "ccipIsm_beta"]:
        content["chains"]["alpha"].setdefault(key, "0x" + "11" * 20)
    unknown = [note for note in load(content).ineffective if "no such setting" in note]
    assert unknown == []


def test_keys_of_other_agents_are_let_through(load):
    content = configuration() | {"interval": 3, "whitelist": [], "censorshipMargin": 3}
    for model in AGENTS:
        assert load(content, model).ineffective == ()


def test_keys_that_no_agent_knows_are_named_once_each(load):
    content = configuration() | {"flavour": "sweet"}
    content["chains"]["alpha"]["blocks"] = {"colour": 1}
    content["chains"]["beta"]["colour"] = 1  # not a chain of this relayer
    assert load(content).ineffective == (
        "chains.alpha.blocks.colour: no such setting",
        "flavour: no such setting",
    )


@pytest.mark.parametrize("key", ["HYP_FLAVOUR", "HYP_RELAYER_WHITELIST", "HYP_BASE_DB"])
def test_a_variable_that_no_agent_reads_is_refused(key, load):
    with pytest.raises(ConfigError):
        load(configuration(), **{key: "value"})


def test_the_documentation_lists_every_setting():
    documented = DOCS.read_text()
    missing = [item for item in (*applied(), *UNREAD) if f"`{item}`" not in documented]
    assert missing == []


@pytest.mark.parametrize("proxies", ["*", "127.0.0.1,proxy.example.org", "10.0.0.0/33"])
def test_only_addresses_are_believed_whom_they_ask_for(load, proxies):
    with pytest.raises(ConfigError, match=r"explorerProxies.*expected addresses"):
        load(with_setting("explorerProxies", proxies), SCRAPER)
    settings = load(with_setting("explorerProxies", "127.0.0.1,fd00::/64"), SCRAPER)
    assert settings.explorer_proxies == ("127.0.0.1", "fd00::/64")
