import json
import re
from pathlib import Path

import pytest

from hyperlane.chain.signer import open_account
from hyperlane.errors import ConfigError
from hyperlane.settings import (
    KathySettings,
    RelayerSettings,
    ValidatorSettings,
    WatchtowerSettings,
    load_settings,
)

pytestmark = pytest.mark.quick

ADDRESS = "0x5FbDB2315678afecb367f032d93F642f64180aa3"
SECRET = "0x" + "ab" * 32


def chain(**changes):
    return {
        "name": "alpha",
        "chainId": 1337,
        "protocol": "ethereum",
        "rpcUrls": [{"http": "http://127.0.0.1:8545"}],
        "mailbox": ADDRESS,
        "merkleTreeHook": ADDRESS,
        "validatorAnnounce": ADDRESS,
        **changes,
    }


def config(**changes):
    return {
        "chains": {"alpha": chain(), "beta": chain(name="beta")},
        "relayChains": "alpha,beta",
        "defaultSigner": {"key": SECRET},
        **changes,
    }


@pytest.fixture
def load(tmp_path):
    def read(content, *overrides, model=RelayerSettings, **environment):
        path = tmp_path / "config.json"
        path.write_text(content if isinstance(content, str) else json.dumps(content))
        return load_settings(model, [path], environment, overrides)

    return read


def test_defaults_are_the_references(load):
    settings = load(config())
    alpha = settings.chains["alpha"]
    assert (alpha.domain_id, alpha.blocks.reorg_period, alpha.index.chunk) == (1337, None, 1999)
    assert (settings.metrics_port, settings.max_message_retries) == (9090, 66)
    assert settings.db == "hyperlane_db"
    assert settings.relay_chains == ("alpha", "beta")


def test_later_sources_win_and_keys_are_matched_loosely(load, tmp_path):
    shared = tmp_path / "shared.json"
    shared.write_text(json.dumps({"metrics_port": 1, "db": "shared", "log": {"LEVEL": "warn"}}))
    settings = load(
        config(metricsPort=2),
        "--chains.alpha.index.from=7",
        "--db",
        "line",
        CONFIG_FILES=str(shared),
        HYP_METRICSPORT="3",
        HYP_CHAINS_ALPHA_BLOCKS_REORGPERIOD="finalized",
        HYP_RELAYCHAINS='["alpha"]',
    )
    assert (settings.metrics_port, settings.db, settings.log.level) == (3, "line", "warn")
    alpha = settings.chains["alpha"]
    assert (alpha.blocks.reorg_period, alpha.index.first_block) == ("finalized", 7)
    assert settings.relay_chains == ("alpha",)


def test_chains_that_are_not_used_may_be_of_any_kind(load):
    chains = {"alpha": chain(), "sol": {"protocol": "sealevel"}}
    assert set(load(config(chains=chains, relayChains="alpha")).chains) == {"alpha"}


def test_custom_rpc_urls_replace_the_registrys(load):
    alpha = chain(customRpcUrls="http://127.0.0.1:1,http://127.0.0.1:2")
    settings = load(config(chains={"alpha": alpha}, relayChains="alpha"))
    assert settings.chains["alpha"].urls == ("http://127.0.0.1:1", "http://127.0.0.1:2")


def test_a_validator_has_a_database_of_its_own(load):
    syncer = {"type": "localStorage", "path": "checkpoints"}
    settings = load(
        config(originChainName="alpha", validator={"key": SECRET}, checkpointSyncer=syncer),
        model=ValidatorSettings,
    )
    assert (settings.db, settings.interval) == ("validator_db_alpha", 2)
    assert set(settings.chains) == {"alpha"}


def alpha_with(**changes):
    return {"chains": {"alpha": chain(**changes), "beta": chain(name="beta")}}


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"relayChains": "alpha,gamma"}, "chains.gamma: missing; the configuration has alpha, b"),
        ({"relayChains": ""}, "relayChains: .*at least 1"),
        ({"metricsPort": "many"}, "metricsPort: 'many': .*integer"),
        ({"maxMessageRetrys": 3}, "maxMessageRetrys: .*; did you mean maxMessageRetries"),
        (alpha_with(mailbox="0x12"), "chains.alpha.mailbox: '0x12': "),
        (alpha_with(name="alpine"), "chains.alpha.name: 'alpine' must be 'alpha'"),
        (
            alpha_with(blocks={"reorgPeriod": "final"}),
            "chains.alpha.blocks.reorgPeriod: 'final': not a number of blocks or one of finalized",
        ),
        (
            alpha_with(rpcUrls=[{"http": "ws://x"}]),
            "chains.alpha.rpcUrls.0.http: ws://x is a WebSocket URL",
        ),
        (alpha_with(rpcUrls=[]), "chains.alpha: needs rpcUrls"),
        ({"defaultSigner": {"type": "ledger"}}, "defaultSigner.type: "),
        ({"defaultSigner": {"id": "x"}}, "defaultSigner: a signer of type aws needs id and region"),
        ({"defaultSigner": {"path": "key.json"}}, "defaultSigner: a signer of type keystore needs"),
        ({"chains": []}, "chains: missing; expected an object"),
        ({"relayChains": "[alpha"}, r"relayChains: '\[alpha': "),
        (alpha_with(index={"interval": "inf"}), "alpha.index.interval: 'inf': .*finite number"),
        *(
            (alpha_with(rpcUrls=[{"http": url}]), r"alpha\.rpcUrls\.0\.http: .* is not a URL with")
            for url in ("http://", "http://[::1", "http://a..b", "http://a:x", "http://a:99999")
        ),
        (alpha_with(customRpcUrls="http://[::1"), r"chains\.alpha: … is not a URL with a host"),
        (alpha_with(customAdditionalQuorumRpcUrls="ws://x"), "chains.alpha: ws://x is a WebSocket"),
    ],
)
def test_a_wrong_setting_is_named(change, message, load):
    with pytest.raises(ConfigError, match=message) as error:
        load(config(**change))
    assert "\n" not in str(error.value)


def with_canaries(**changes):
    chains = {
        name: chain(name=name, testRecipient=ADDRESS, dailyBudget="0.05", **changes.pop(name, {}))
        for name in ("alpha", "beta")
    }
    return config(chains=chains, kathyChains="alpha,beta", **changes)


def test_defaults_of_kathy(load):
    settings = load(with_canaries(), model=KathySettings)
    assert settings.kathy_chains == ("alpha", "beta")
    assert (settings.db, settings.interval, settings.late_after) == ("kathy_db", 600, 1800)
    assert settings.max_in_flight == 1
    assert settings.chains["alpha"].daily_budget == 5 * 10**16


def test_the_configuration_in_the_documentation_is_one(tmp_path):
    page = (Path(__file__).parents[3] / "docs" / "operate" / "kathy.md").read_text()
    shared, own = tmp_path / "agent-config.json", tmp_path / "kathy.json"
    shared.write_text(json.dumps(config()))
    (example,) = re.findall(r"```json\n(.*?)```", page, re.DOTALL)
    own.write_text(example.replace("0x…", ADDRESS))
    settings = load_settings(KathySettings, [shared, own], {})
    assert settings.ineffective == ()
    assert settings.chains["beta"].daily_budget == 5 * 10**16


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"kathyChains": "alpha"}, "kathyChains: .*at least 2"),
        ({"kathyChains": "alpha,beta,alpha"}, "kathyChains: alpha stands twice: name each chain"),
        ({"kathyChains": "alpha,gamma"}, "chains.gamma: missing; the configuration has alpha, b"),
        ({"interval": 0}, "interval: 0: .*greater than 0"),
        ({"lateAfter": "soon"}, "lateAfter: 'soon': .*valid number"),
        ({"lateAfter": -1}, "lateAfter: -1: .*greater than 0"),
        ({"maxInFlight": 0}, "maxInFlight: 0: .*greater than 0"),
        ({"maxInFlight": 1.5}, "maxInFlight: 1.5: .*integer"),
        ({"alertWebhook": "nowhere"}, "alertWebhook: .*not an http:// or https:// URL"),
        ({"kathyChain": "alpha"}, "kathyChain: no such setting; did you mean kathyChains"),
        ({"lateAfters": 3}, "lateAfters: no such setting; did you mean lateAfter"),
    ],
)
def test_a_wrong_setting_of_kathy_is_named(change, message, load):
    content = with_canaries() | change
    if "kathyChain" in change:
        del content["kathyChains"]
    with pytest.raises(ConfigError, match=message) as error:
        load(content, model=KathySettings)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    ("key", "value", "message"),
    [
        ("testRecipient", None, "chains.beta.testRecipient: missing; expected the address of"),
        ("testRecipient", "0x12", "chains.beta.testRecipient: '0x12': "),
        ("dailyBudget", None, 'chains.beta.dailyBudget: missing; expected .* such as "0.05"'),
        ("dailyBudget", "0", "chains.beta.dailyBudget: '0': not an amount of the chain's coin"),
        ("dailyBudget", "1e-19", "chains.beta.dailyBudget: '1e-19': not an amount .* whole wei"),
        ("dailyBudget", "lots", "chains.beta.dailyBudget: 'lots': not an amount"),
    ],
)
def test_a_wrong_setting_of_a_chain_with_canaries_is_named(key, value, message, load):
    content = with_canaries()
    if value is None:
        del content["chains"]["beta"][key]
    else:
        content["chains"]["beta"][key] = value
    with pytest.raises(ConfigError, match=message) as error:
        load(content, model=KathySettings)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("second", ["relayChains", "relay_chains", "RELAYCHAINS"])
def test_a_key_that_stands_twice_is_named(second, load):
    """One of the two would be ignored in silence."""
    content = json.dumps(config())[:-1] + f', "{second}": "alpha"}}'
    with pytest.raises(ConfigError, match=r"config\.json: relayChains stands twice in one object"):
        load(content)


def test_names_that_no_setting_has_may_differ_in_case_alone(load):
    chains = {"alpha": chain(), "BETA": {}, "beta": chain(name="beta")}
    assert set(load(config(chains=chains)).chains) == {"alpha", "beta"}


def test_a_position_that_no_list_has_is_named(load):
    name = "HYP_CHAINS_ALPHA_RPCURLS_" + "9" * 5000
    with pytest.raises(ConfigError, match=r"chains\.alpha\.rpcUrls: "):
        load(config(), **{f"{name}_HTTP": "http://127.0.0.1:1"})


@pytest.mark.parametrize("key", ["rpcUrls", "customRpcUrls"])
def test_a_url_that_stands_twice_has_one_voice(key, load):
    urls = ["http://127.0.0.1:1", "http://127.0.0.1:2", "http://127.0.0.1:1"]
    value = [{"http": url} for url in urls] if key == "rpcUrls" else ",".join(urls)
    assert load(config(**alpha_with(**{key: value}))).chains["alpha"].urls == tuple(urls[:2])


def test_a_misspelled_address_is_named(load):
    alpha = chain()
    alpha["mailbx"] = alpha.pop("mailbox")
    with pytest.raises(ConfigError, match=r"chains\.alpha\.mailbx: .*did you mean mailbox"):
        load(config(chains={"alpha": alpha}, relayChains="alpha"))


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--relayChain", "alpha"], "--relayChain: no such setting; did you mean relayChains"),
        (["--db"], "--db: a value is missing"),
        (["beta"], "argument 1: not a setting"),
    ],
)
def test_a_wrong_option_is_named(options, message, load):
    with pytest.raises(ConfigError, match=message):
        load(config(), *options)


def test_a_file_that_is_not_json_is_named(load, tmp_path):
    with pytest.raises(ConfigError, match=r"config\.json: not JSON"):
        load("{")
    with pytest.raises(ConfigError, match=r"nowhere\.json: No such file"):
        load_settings(RelayerSettings, [tmp_path / "nowhere.json"], {})


def test_keys_are_not_in_what_settings_show(load):
    settings = load(config())
    assert SECRET[2:] not in repr(settings) + str(settings) + repr(settings.signer("alpha"))


@pytest.mark.parametrize("key", [SECRET[:-2], "0x" + "zz" * 32, "0x" + "00" * 32])
def test_an_unusable_key_is_named_and_not_shown(key, load):
    with pytest.raises(ConfigError) as error:
        open_account(*load(config(defaultSigner={"key": key})).signer("alpha"))
    assert str(error.value) == "defaultSigner.key: not a private key (32 bytes of hex)"


def test_a_keystore_opens_with_its_password_file(load, tmp_path):
    from eth_account import Account

    (tmp_path / "key.json").write_text(json.dumps(Account.encrypt(SECRET, "secret", iterations=2)))
    password = tmp_path / "password"
    password.write_text("secret\n")
    signer = {"path": str(tmp_path / "key.json"), "passwordFile": str(password)}
    settings = load(config(defaultSigner=signer))
    assert open_account(*settings.signer("beta")).address == Account.from_key(SECRET).address
    password.write_text("wrong")
    with pytest.raises(ConfigError, match=r"defaultSigner: .*password does not open .*key\.json"):
        open_account(*settings.signer("beta"))


STOP = {"chain": "alpha", "contract": ADDRESS, "signer": {"key": SECRET}}


def guarding(**changes):
    return {**config(), "watchChains": "alpha", "watchDeliveries": "alpha", **changes}


@pytest.mark.parametrize("stops", [SECRET, [SECRET], [{**STOP, "signer": SECRET}]])
def test_a_stop_that_is_no_object_does_not_show_its_key(load, stops):
    with pytest.raises(ConfigError, match=r"^stops") as error:
        load(guarding(stops=stops), model=WatchtowerSettings)
    assert "abab" not in str(error.value)


def test_other_values_of_a_stop_are_shown(load):
    with pytest.raises(ConfigError, match=r"^stops\.0\.kind: 'Pause': "):
        load(guarding(stops=[{**STOP, "kind": "Pause"}]), model=WatchtowerSettings)


@pytest.mark.parametrize(
    "host", ["ws://rpc.example", "rpc.example:port", "rpc.example:99999", "http://[", "x" * 70]
)
def test_hosts_of_validators_are_hosts(load, host):
    with pytest.raises(ConfigError, match=r"^validatorRpcHosts"):
        load(guarding(validatorRpcHosts=[host]), model=WatchtowerSettings)
