import pytest
from eth_hash.auto import keccak
from hypothesis import given, settings
from hypothesis import strategies as st

from hyperlane.errors import DecodeError, TreeError
from hyperlane.protocol.merkle import (
    DEPTH,
    EMPTY_ROOT,
    MAX_LEAVES,
    ZERO_HASHES,
    IncrementalMerkle,
    MerkleTree,
    branch_root,
    reconstruct_root,
)

from .strategies import uints, words
from .vectors import load, numbered_leaves, unhex

VECTORS = load("merkle_incremental")
PROOFS = [
    pytest.param(case["leaf_count"], proof, id=f"{case['leaf_count']} leaves, {proof['index']}")
    for case in VECTORS["cases"]
    for proof in case["proofs"]
]


def incremental(leaves: list[bytes]) -> IncrementalMerkle:
    tree = IncrementalMerkle()
    for leaf in leaves:
        tree.insert(leaf)
    return tree


def eip191_text_hash(text: str) -> bytes:
    return keccak(f"\x19Ethereum Signed Message:\n{len(text)}{text}".encode())


def test_constants_equal_the_vector():
    assert VECTORS["depth"] == DEPTH
    assert VECTORS["max_leaves"] == MAX_LEAVES
    assert [unhex(text) for text in VECTORS["zero_hashes"]] == list(ZERO_HASHES)
    assert unhex(VECTORS["empty_root"]) == EMPTY_ROOT


@pytest.mark.parametrize("case", VECTORS["cases"], ids=lambda case: case["leaf_count"])
def test_roots_equal_the_vector(case):
    leaves = numbered_leaves(case["leaf_count"])

    assert incremental(leaves).root() == unhex(case["root"])
    assert MerkleTree(leaves).root() == unhex(case["root"])


@pytest.mark.parametrize("case", VECTORS["cases"], ids=lambda case: case["leaf_count"])
def test_each_insertion_leaves_the_count_root_and_branch_of_the_vector(case):
    tree = IncrementalMerkle()
    for leaf, step in zip(numbered_leaves(case["leaf_count"]), case["steps"], strict=False):
        tree.insert(leaf)

        assert tree.count == step["count"]
        assert tree.root() == unhex(step["root"])
        used = [unhex(text) for text in step["branch_used"]]
        assert tree.branch[: len(used)] == used
        assert set(tree.branch[len(used) :]) <= {bytes(32)}


@pytest.mark.parametrize(("leaf_count", "proof"), PROOFS)
def test_proofs_and_reconstructed_roots_equal_the_vector(leaf_count, proof):
    leaf, path = unhex(proof["leaf"]), tuple(map(unhex, proof["path"]))
    index = proof["index"]
    tree = MerkleTree(numbered_leaves(leaf_count))

    assert tree.leaf(index) == leaf
    assert tree.proof(index, leaf_count - 1) == path
    assert branch_root(leaf, path, index) == unhex(proof["root"])
    assert reconstruct_root(leaf, path, index) == unhex(proof["reconstructed_root_at_index"])
    assert tree.root(index) == unhex(proof["reconstructed_root_at_index"])


@pytest.mark.parametrize("case", load("official_merkle"), ids=lambda case: case["testName"])
def test_roots_and_proofs_equal_the_official_vector(case):
    leaves = [eip191_text_hash(text) for text in case["leaves"]]
    tree = MerkleTree(leaves)

    assert incremental(leaves).root() == tree.root() == unhex(case["expectedRoot"])
    for proof in case["proofs"]:
        path = tuple(map(unhex, proof["path"]))
        assert tree.leaf(proof["index"]) == unhex(proof["leaf"])
        assert tree.proof(proof["index"], len(leaves) - 1) == path
        assert branch_root(unhex(proof["leaf"]), path, proof["index"]) == tree.root()


def test_the_official_proof_gives_its_root():
    vector = load("official_proof")
    proof = vector["proof"]

    path = [unhex(text) for text in proof["path"]]
    assert branch_root(unhex(proof["leaf"]), path, proof["index"]) == unhex(vector["root"])


@settings(max_examples=60)
@given(st.data(), st.lists(words(), min_size=1, max_size=70))
def test_any_leaf_is_proven_against_any_later_root(data, leaves):
    root_index = data.draw(st.integers(0, len(leaves) - 1))
    leaf_index = data.draw(st.integers(0, root_index))
    tree = MerkleTree(leaves)

    path = tree.proof(leaf_index, root_index)

    then = incremental(leaves[: root_index + 1]).root()
    assert tree.root(root_index) == then
    assert branch_root(leaves[leaf_index], path, leaf_index) == then
    at_insertion = incremental(leaves[: leaf_index + 1]).root()
    assert reconstruct_root(leaves[leaf_index], path, leaf_index) == at_insertion


def test_proofs_equal_those_of_a_tree_that_ends_at_the_root_for_every_pair_of_indices():
    leaves = numbered_leaves(33)
    tree = MerkleTree(leaves)

    for root_index in range(len(leaves)):
        then = MerkleTree(leaves[: root_index + 1])
        for leaf_index in range(root_index + 1):
            path = tree.proof(leaf_index, root_index)
            assert path == then.proof(leaf_index, root_index)
            assert branch_root(leaves[leaf_index], path, leaf_index) == then.root()


@settings(max_examples=60)
@given(st.lists(words(), max_size=40), st.lists(words(), max_size=40))
def test_a_tree_continued_from_a_snapshot_equals_one_built_from_the_start(before, after):
    snapshot = incremental(before)

    resumed = IncrementalMerkle.from_branch(snapshot.branch, snapshot.count)
    for leaf in after:
        resumed.insert(leaf)

    assert resumed == incremental(before + after)
    assert snapshot == incremental(before)
    assert resumed.root() == MerkleTree(before + after).root()


@given(words(), st.lists(words(), min_size=32, max_size=32), uints(32), st.integers(0, 31))
def test_a_changed_sibling_changes_the_root(leaf, path, index, level):
    changed = list(path)
    changed[level] = keccak(changed[level])

    assert branch_root(leaf, path, index) != branch_root(leaf, changed, index)


def test_the_empty_tree_has_the_empty_root_and_no_leaf():
    tree = MerkleTree()

    assert tree.root() == IncrementalMerkle().root() == EMPTY_ROOT
    assert len(tree) == 0
    assert list(tree) == []
    with pytest.raises(TreeError, match="index: 0 is not a leaf of a tree of 0 leaves"):
        tree.leaf(0)


def test_a_tree_yields_its_leaves_in_order():
    leaves = numbered_leaves(11)

    assert list(MerkleTree(leaves)) == leaves


@pytest.mark.parametrize(
    ("leaf_index", "root_index", "field"),
    [(0, 3, "root"), (-1, 2, "leaf"), (2, 1, "leaf"), (0, -1, "root")],
)
def test_proof_fails_when_an_index_is_outside_the_tree(leaf_index, root_index, field):
    with pytest.raises(TreeError, match=f"{field}_index: "):
        MerkleTree(numbered_leaves(3)).proof(leaf_index, root_index)


def test_root_fails_when_the_index_is_outside_the_tree():
    with pytest.raises(TreeError, match="root_index: 3 is not a leaf of a tree of 3 leaves"):
        MerkleTree(numbered_leaves(3)).root(3)


def test_insert_fails_when_the_tree_is_full():
    tree = IncrementalMerkle.from_branch([bytes(32)] * DEPTH, MAX_LEAVES)

    with pytest.raises(TreeError, match="full"):
        tree.insert(bytes(32))


def test_the_last_leaf_that_fits_is_inserted():
    tree = IncrementalMerkle.from_branch([keccak(b"branch")] * DEPTH, MAX_LEAVES - 1)
    before = tree.root()

    tree.insert(keccak(b"last"))

    assert tree.count == MAX_LEAVES
    assert tree.root() != before


@pytest.mark.parametrize("bad", [bytes(31), bytes(33), "0x" + "00" * 15], ids=repr)
def test_leaves_that_are_not_32_bytes_are_refused(bad):
    for insert in (IncrementalMerkle().insert, MerkleTree().append):
        with pytest.raises(DecodeError, match="leaf: "):
            insert(bad)


@pytest.mark.parametrize("fold", [branch_root, reconstruct_root])
@pytest.mark.parametrize(
    ("leaf", "path", "index", "field"),
    [
        (bytes(31), [bytes(32)] * 32, 0, "leaf"),
        (bytes(32), [bytes(32)] * 31, 0, "path"),
        (bytes(32), [bytes(32)] * 33, 0, "path"),
        (bytes(32), [*[bytes(32)] * 31, bytes(31)], 0, r"path\[31\]"),
        (bytes(32), [bytes(32)] * 32, 2**32, "index"),
    ],
)
def test_folding_a_proof_fails_when_an_argument_is_malformed(fold, leaf, path, index, field):
    with pytest.raises(DecodeError, match=f"^{field}: "):
        fold(leaf, path, index)


@pytest.mark.parametrize(
    ("branch", "count"), [([bytes(32)] * 31, 0), ([bytes(31)] * 32, 0), ([bytes(32)] * 32, 2**32)]
)
def test_a_snapshot_that_is_no_tree_is_refused(branch, count):
    with pytest.raises(DecodeError, match=r"^(branch|count)\b"):
        IncrementalMerkle.from_branch(branch, count)
