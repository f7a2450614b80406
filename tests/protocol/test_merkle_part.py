"""A tree in parts says what the whole one says, and nothing about parts that it does not have."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hyperlane.errors import TreeError
from hyperlane.protocol.merkle import IncrementalMerkle, MerkleTree
from hyperlane.protocol.merkle_part import PART_LEAVES, PartedTree, part_root

from .vectors import numbered_leaves

LEAVES = numbered_leaves(3 * PART_LEAVES + 77)
WHOLE = MerkleTree(LEAVES)
COUNTS = [1, PART_LEAVES - 1, PART_LEAVES, PART_LEAVES + 1, 2 * PART_LEAVES, len(LEAVES)]


def part(number: int) -> list[bytes]:
    return LEAVES[number * PART_LEAVES : (number + 1) * PART_LEAVES]


ROOTS = [part_root(part(number)) for number in range(3)]


def resumed(count: int) -> PartedTree:
    """Of the complete parts, only the roots are known."""
    tree, parts = PartedTree(), count // PART_LEAVES
    for number in range(parts):
        tree.append_part(ROOTS[number])
    for leaf in LEAVES[parts * PART_LEAVES : count]:
        tree.append(leaf)
    return tree


def load(tree: PartedTree, *leaves: int) -> None:
    while (missing := tree.missing_part(leaves)) is not None:
        tree.load_part(missing, part(missing))


@pytest.mark.parametrize("count", COUNTS)
def test_grown_and_resumed_trees_have_the_root_and_grow_on(count):
    grown = PartedTree()
    for leaf in LEAVES[:count]:
        grown.append(leaf)
    for tree in (grown, resumed(count)):
        assert len(tree) == count
        assert tree.root() == WHOLE.root(count - 1)
        for leaf in LEAVES[count:]:
            tree.append(leaf)
        assert tree.root() == WHOLE.root()


@settings(max_examples=200)
@given(st.data())
def test_proofs_equal_those_of_the_whole_tree(data):
    count = data.draw(st.sampled_from(COUNTS) | st.integers(1, len(LEAVES)))
    root = data.draw(st.integers(0, count - 1))
    leaf = data.draw(st.integers(0, root))
    tree = resumed(count)
    load(tree, leaf, root)

    assert tree.leaf(leaf) == LEAVES[leaf]
    assert tree.root(root) == WHOLE.root(root)
    assert tree.proof(leaf, root) == WHOLE.proof(leaf, root)


@pytest.mark.parametrize("count", COUNTS)
def test_the_frontier_is_the_contracts_tree(count):
    expected = IncrementalMerkle()
    for leaf in LEAVES[:count]:
        expected.insert(leaf)
    frontier = resumed(count).frontier()

    assert (frontier.count, frontier.root()) == (count, expected.root())
    for leaf in LEAVES[count:]:
        frontier.insert(leaf)
    assert frontier.root() == WHOLE.root()


def test_a_part_that_is_not_loaded_is_an_error():
    tree = resumed(len(LEAVES))
    for ask in (lambda: tree.leaf(5), lambda: tree.root(5), lambda: tree.proof(5, 3000)):
        with pytest.raises(TreeError, match="part 0 of the tree is not loaded"):
            ask()


def test_other_leaves_than_the_roots_are_refused():
    tree = resumed(len(LEAVES))
    for leaves in (part(1), part(0)[:-1], []):
        with pytest.raises(TreeError, match="part 0: these leaves do not give its root"):
            tree.load_part(0, leaves)
    assert tree.missing_part([0]) == 0


def test_a_root_is_appended_between_parts_only():
    tree = resumed(PART_LEAVES + 1)
    with pytest.raises(TreeError, match="leaf 1025 does not begin one"):
        tree.append_part(WHOLE.root())


def test_leaves_that_are_in_memory_or_in_no_tree_need_no_part():
    tree = resumed(PART_LEAVES + 5)

    assert tree.missing_part([PART_LEAVES, PART_LEAVES + 4, PART_LEAVES + 5, -1]) is None
    assert tree.missing_part([PART_LEAVES, PART_LEAVES - 1]) == 0


def test_memory_has_a_bounded_number_of_parts():
    tree, count = PartedTree(), 70
    for number in range(count):
        tree.append_part(ROOTS[number % 3])
    for number in range(count):
        tree.load_part(number, part(number % 3))

    missing = [n for n in range(count) if tree.missing_part([n * PART_LEAVES]) is not None]
    assert missing == list(range(6))
