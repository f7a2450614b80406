"""What a node says that gas costs: chains without EIP-1559, and nodes that lie or do not know."""

import http.server
import json
import threading
import urllib.request

import pytest

GWEI = 10**9
HISTORY, TIP, PRICE = "eth_feeHistory", "eth_maxPriorityFeePerGas", "eth_gasPrice"
UNKNOWN = {"error": {"code": -32601, "message": "the method does not exist/is not available"}}


@pytest.fixture
def through(node):
    """A node in front of `node`, with answers of its own to some methods; its URL."""
    servers = []

    def through(changes):
        class Proxy(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                asked = self.rfile.read(int(self.headers["Content-Length"]))
                request = urllib.request.Request(
                    node.url, asked, {"Content-Type": "application/json"}
                )
                with urllib.request.urlopen(request) as response:
                    answer = json.loads(response.read())
                change = changes.get(json.loads(asked)["method"])
                if callable(change):
                    change(answer["result"])
                elif change is not None:
                    answer = {"jsonrpc": "2.0", "id": answer["id"], **change}
                body = json.dumps(answer).encode()
                self.send_response(200)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_):
                pass

        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Proxy)
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        servers.append((server, thread))
        return f"http://127.0.0.1:{server.server_address[1]}"

    yield through
    for server, thread in servers:
        server.shutdown()
        thread.join()
        server.server_close()


def kinds(node):
    """Of transactions, by type."""
    eth = node.web3.eth
    blocks = (
        eth.get_block(number, full_transactions=True) for number in range(eth.block_number + 1)
    )
    return {each["type"] for block in blocks for each in block["transactions"]}


def without_base_fee(block):
    block.pop("baseFeePerGas", None)


def test_a_chain_without_eip_1559_gets_legacy_transactions(deploy, node, through, registry):
    url = through({"eth_getBlockByNumber": without_base_fee, HISTORY: UNKNOWN, TIP: UNKNOWN})
    result = deploy(network=url)
    assert result.exit_code == 0, result.stderr
    assert node.web3.eth.get_code(registry.addresses("alpha").mailbox)
    assert kinds(node) == {0}


@pytest.mark.parametrize("unknown", [[TIP], [HISTORY], [TIP, HISTORY]])
def test_a_node_that_lacks_a_method_is_asked_otherwise(unknown, deploy, node, through, registry):
    result = deploy(network=through(dict.fromkeys(unknown, UNKNOWN)))
    assert result.exit_code == 0, result.stderr
    assert node.web3.eth.get_code(registry.addresses("alpha").mailbox)
    assert kinds(node) == {2}


def said(number):
    return {"result": hex(number)}


@pytest.mark.parametrize(
    ("changes", "complaint"),
    [
        ({TIP: said(600 * GWEI)}, "by what recent blocks took"),
        ({TIP: said(10**18), HISTORY: UNKNOWN}, "more than 1,000.000 gwei"),
        (
            {"eth_getBlockByNumber": without_base_fee, PRICE: said(10**18)},
            "the node asks 1,000,000,000.000 gwei for gas",
        ),
    ],
)
def test_a_node_that_names_a_wild_price_has_nothing_signed(
    changes, complaint, deploy, node, through, registry
):
    result = deploy(network=through(changes))
    assert result.exit_code == 1
    assert complaint in result.stderr
    assert "--max-gas-price" in result.stderr
    assert node.nonce(block="pending") == 0
    assert not registry.folder.exists()


def test_a_price_that_the_user_named_is_paid_and_none_above_it(deploy, node, through):
    url = through({TIP: said(600 * GWEI)})
    refused = deploy("--max-gas-price", "600", network=url)
    assert "more than 600.000 gwei; " in refused.stderr
    assert node.nonce() == 0
    paid = deploy("--max-gas-price", "700", network=url)
    assert paid.exit_code == 0, paid.stderr
    offers = [
        each["maxFeePerGas"]
        for number in range(1, node.web3.eth.block_number + 1)
        for each in node.web3.eth.get_block(number, full_transactions=True)["transactions"]
    ]
    assert max(offers) <= 700 * GWEI


@pytest.mark.parametrize("price", ["0", "-1", "nan", "1.0000000001", "much"])
def test_what_is_no_price_is_refused(price, deploy, node):
    result = deploy("--max-gas-price", price)
    assert result.exit_code == 2
    assert "expected more than 0 gwei, with 9 decimals at most" in result.stderr
    assert node.nonce() == 0
