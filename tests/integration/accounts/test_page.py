"""What the page docs/interchain-accounts.md shows."""

import subprocess

from tests.support.account_chains import ACCOUNT, COIN, HUB, RECEIVER, SPOKES, Page, run_as

from ape_hyperlane import ica


def test_the_commands_of_the_page(chains, owner, account, token):
    page = Page(
        {
            "0x5FbDB2315678afecb367f032d93F642f64180aa3": token.address,
            "--account me": f"--account {ACCOUNT}",
        }
    )
    folder = chains.net.folder
    (file,) = page.blocks("json")
    (folder / "calls.json").write_text(file)
    before = chains.balances(token, RECEIVER)[0]
    said = []
    for block in page.blocks("console"):
        line = block.removeprefix("$ ").replace("\\\n", "")
        made = subprocess.run(
            line, shell=True, cwd=folder, capture_output=True, text=True, check=False
        )
        assert made.returncode == 0, made.stdout + made.stderr
        said.append(made.stdout)

    assert said[1].splitlines()[0] == account
    assert chains.balances(token, account, RECEIVER) == [9 * COIN, before + COIN]
    with chains.net.connect(SPOKES[0]):
        assert token.allowance(account, RECEIVER) == COIN


def test_the_script_of_the_page(chains, owner, account, token, project, monkeypatch, capsys):
    page = Page({"0x5FbDB2315678afecb367f032d93F642f64180aa3": token.address})
    before = chains.balances(token, RECEIVER)[0]

    run_as(owner, chains, {"Token": project.TestERC20}, page.blocks("python")[:1], monkeypatch)

    assert chains.balances(token, account, RECEIVER) == [5 * COIN, before + 5 * COIN]
    assert capsys.readouterr().out.startswith("0x")


def test_the_vote_of_the_page_is_executed_on_three_chains(chains, owner, project, monkeypatch):
    net = chains.net
    timelock = chains.deploy(HUB, project.TestTimelock, 0, [owner.address])
    tokens = {
        name: chains.deploy(name, project.TestERC20, "Treasury", "TRS", 5 * COIN, 18)
        for name in SPOKES
    }
    accounts = {}
    for name, token in tokens.items():
        with ica.propose(
            name, origin=HUB, owner=timelock.address, registry=chains.registry
        ) as remote:
            token.transfer(remote.address, 2 * COIN, sender=net.deployer)
        accounts[name] = remote.address
    page = Page(
        {
            "0xe7f1725E7734CE288F8367e1Bb143E90bb3F0512": timelock.address,
            "0x9fE46736679d2D9a65F0992F2272dE9f3c7fa6e0": tokens["arbitrum"].address,
            "0xCf7Ed3AccA5a467e9e704C703E8D87F634fB0Fc9": tokens["base"].address,
            "0xDc64a140Aa3E981100a9becA4E685f962f0cF6C9": tokens["optimism"].address,
        }
    )
    known = {"Token": project.TestERC20, "Timelock": project.TestTimelock}

    with net.connect(HUB):
        run_as(owner, chains, known, page.blocks("python")[1:3], monkeypatch)

    for name, token in tokens.items():
        with net.connect(name):
            net.processes.wait_until(
                lambda token=token: token.balanceOf(RECEIVER) == COIN,
                f"the vote is executed on {name}",
                seconds=300,
            )
            assert token.balanceOf(accounts[name]) == COIN
