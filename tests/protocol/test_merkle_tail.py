"""The end of a tree proves its leaves as the whole tree does."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hyperlane.errors import DecodeError, TreeError
from hyperlane.protocol.hashing import keccak
from hyperlane.protocol.merkle import IncrementalMerkle, MerkleTree
from hyperlane.protocol.merkle_tail import MerkleTail

pytestmark = pytest.mark.quick


def leaves(count):
    return [keccak(number.to_bytes(4)) for number in range(count)]


def tail(first, count):
    contract = IncrementalMerkle()
    for leaf in leaves(first):
        contract.insert(leaf)
    made = MerkleTail(contract.branch, first)
    for leaf in leaves(count)[first:]:
        made.append(leaf)
    return made


@given(st.integers(0, 70), st.integers(1, 40), st.data())
def test_roots_and_proofs_are_those_of_the_whole_tree(first, more, data):
    count = first + more
    whole, end = MerkleTree(leaves(count)), tail(first, count)
    root_index = data.draw(st.integers(first, count - 1))
    leaf = data.draw(st.integers(first, root_index))
    assert len(end) == count
    assert list(end) == leaves(count)[first:]
    assert end.leaf(leaf) == whole.leaf(leaf)
    assert end.root() == whole.root()
    assert end.root(root_index) == whole.root(root_index)
    assert end.proof(leaf, root_index) == whole.proof(leaf, root_index)


@pytest.mark.parametrize(
    "ask", [lambda end: end.leaf(4), lambda end: end.root(4), lambda end: end.proof(2, 6)]
)
def test_leaves_before_the_end_are_not_known(ask):
    with pytest.raises(TreeError, match=r"5|known"):
        ask(tail(5, 8))


def test_what_is_no_branch_is_refused():
    with pytest.raises(DecodeError, match="branch"):
        MerkleTail([], 1)
