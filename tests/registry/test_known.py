"""Registries as they are: hundreds of chains, of all protocols, of which a plan names a few."""

import pytest
import yaml

from hyperlane.errors import ConfigError
from hyperlane.registry import known as known_module
from hyperlane.registry.known import Contracts, Domains

MAILBOX = "0xc005dc82818d67AF737725bD4bf75435d065D239"
FOREIGN = {
    "sealevel": "E588QtVUvresuXq2KoNEwAmoifCzYGpRBdHByN9KQMbi",
    "cosmos": "neutron1sjzzd4gwkggy6hrrs8kxxatexzcuz3jecsxm3wqgregkulzj8r7qlnuef4",
    "starknet": "0x03fe4e4b2b2b6f8a7b3f3f7c6a4e1d5b8c9a0e2f4d6b8a0c2e4f6a8b0c2d4e6f",
    "aleo": "hyp_mailbox.aleo/aleo1qqqqqq",
    "radix": "component_rdx1cqqqqqq",
}


@pytest.fixture
def public(registry, write):
    """A chain of each protocol; the EVM one is `evm`."""

    def chain(name, protocol, domain, mailbox):
        metadata = {
            "blocks": {"confirmations": 1},
            "chainId": domain if protocol == "ethereum" else f"{protocol}-1",
            "domainId": domain,
            "name": name,
            "protocol": protocol,
            "rpcUrls": [{"http": f"https://{name}.example"}] if protocol == "ethereum" else [],
        }
        write(f"chains/{name}/metadata.yaml", yaml.safe_dump(metadata))
        write(f"chains/{name}/addresses.yaml", yaml.safe_dump({"mailbox": mailbox}))

    chain("evm", "ethereum", 5, MAILBOX)
    for number, (protocol, mailbox) in enumerate(FOREIGN.items(), 100):
        chain(protocol, protocol, number, mailbox)
    return registry


def test_chains_of_all_protocols_are_known_by_name_and_domain(public):
    domains = Domains(public)
    assert dict(domains.items()) == {
        "evm": 5,
        **{protocol: 100 + number for number, protocol in enumerate(FOREIGN)},
    }
    assert {name: domains[name] for name in domains} == dict(domains.items())
    assert "nowhere" not in domains
    assert "No Name" not in domains


def test_contracts_of_an_evm_chain_are_read_and_others_left_alone(public):
    assert Contracts(public)["evm"].mailbox == MAILBOX
    for protocol in FOREIGN:
        with pytest.raises(ConfigError, match=f"protocol: '{protocol}'; this needs a chain of"):
            Contracts(public)[protocol]
        with pytest.raises(ConfigError, match=f"protocol: '{protocol}'; this needs a chain of"):
            public.metadata(protocol)


def test_a_chain_that_nobody_names_may_be_broken(public, write):
    write("chains/broken/metadata.yaml", "{")
    write("chains/broken/addresses.yaml", "{")
    assert Domains(public)["evm"] == 5
    assert Contracts(public)["evm"].mailbox == MAILBOX


def test_domains_of_a_large_registry_are_found_without_parsing_it(public, write, monkeypatch):
    text = (public.folder / "chains/evm/metadata.yaml").read_text()
    for number in range(346):
        lines = text.replace("domainId: 5", f"domainId: {1000 + number}  # as deployed")
        write(f"chains/chain{number}/metadata.yaml", lines.replace("name: evm", "name: other"))
    monkeypatch.setattr(known_module.Registry, "identity", None)  # type: ignore[attr-defined]
    assert Domains(public)._all["chain345"] == 1345
    assert len(Domains(public).values()) == 346 + 1 + len(FOREIGN)
