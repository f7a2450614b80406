"""Reads a core: from the address of a Mailbox to the config that makes it."""

from dataclasses import dataclass
from typing import Any

from ape import networks

from ape_hyperlane.core.accounts import KEY
from ape_hyperlane.core.defaults import spelled_out
from ape_hyperlane.plans.chain import has_code
from ape_hyperlane.plans.views import ask
from ape_hyperlane.reading.accounts import read_router
from ape_hyperlane.reading.hooks import read_hook
from ape_hyperlane.reading.isms import read_ism
from ape_hyperlane.reading.proxies import read_proxy
from ape_hyperlane.reading.source import Source
from hyperlane.errors import ConfigError
from hyperlane.registry import CoreConfig
from hyperlane.registry.models import parse

MODULES = ("defaultIsm", "defaultHook", "requiredHook")


@dataclass(frozen=True, slots=True)
class ReadCore:
    """A core as it is on its chain."""

    mailbox: str
    domain: int
    content: dict[str, Any]
    """Content of `core-config.yaml`."""


def read_core(source: Source, mailbox: str) -> ReadCore:
    """Reads the core of a Mailbox on the connected chain. ConfigError for another contract."""
    domain = ask(mailbox, "localDomain()", "uint32")
    settings = {key: ask(mailbox, f"{key}()", "address") for key in MODULES}
    if domain is None or None in settings.values():
        what = "a contract" if has_code(mailbox) else "no contract"
        raise ConfigError(
            f"--mailbox: {mailbox} is {what} on chain {networks.provider.chain_id}, expected a"
            " Mailbox, as `mailbox` in addresses.yaml of the chain; look at --network, too"
        )
    source.chain = source.names.get(domain, "")
    owner = source.owner(mailbox)
    source.core_owner = owner.get("owner", "")
    content: dict[str, Any] = {**owner, **read_proxy(source, mailbox)}
    for key, address in settings.items():
        content[key] = (read_ism if key == "defaultIsm" else read_hook)(source, address)
    content[KEY] = read_router(source, mailbox)
    if source.clones:
        content["staticSets"] = "clones"
    _note_version(source, mailbox)
    return ReadCore(mailbox, domain, _as_written(source, content))


def _note_version(source: Source, mailbox: str) -> None:
    version = ask(mailbox, "PACKAGE_VERSION()", "string")
    if version is not None:
        source.note(f"{mailbox}: the Mailbox, of contract version {version}")


def _as_written(source: Source, content: dict[str, Any]) -> dict[str, Any]:
    """The content in the spelling of `core-config.yaml`. As it is, with a note, if `deploy` would
    refuse it or make something else of it."""
    try:
        config = parse(CoreConfig, content, "what is on the chain")
    except ConfigError as error:
        source.note(f"deploy refuses this config: {error}")
        return content
    written = spelled_out(config, source.core_owner, source.decimals).as_file()
    if _kind(written["requiredHook"]) != _kind(content["requiredHook"]):
        source.note("deploy would add a merkleTreeHook to this requiredHook")
        return {**written, "requiredHook": content["requiredHook"]}
    return written


def _kind(hook: Any) -> Any:
    return hook.get("type") if isinstance(hook, dict) else hook
