"""Merkle trees: the tree of RFC 6962, and paths that show what they say and nothing else."""

from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consent.rules import merkle

# Leaves and roots of the first n inputs, as the authors of RFC 6962 publish them with their implementations.
INPUTS = ["", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f"]
ROOTS = [
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]


def leaves(count: int) -> list[bytes]:
    return [merkle.leaf(str(number).encode()) for number in range(count)]


def test_the_roots_are_those_of_the_standard() -> None:
    known = [merkle.leaf(bytes.fromhex(text)) for text in INPUTS]
    assert [merkle.root(known[:count]).hex() for count in range(1, 9)] == ROOTS
    assert merkle.root([]) == sha256(b"").digest()


@given(st.integers(1, 200), st.data())
def test_a_path_shows_its_leaf_at_its_place_and_no_other(size: int, data: st.DataObject) -> None:
    known = leaves(size)
    root = merkle.root(known)
    index, other = data.draw(st.integers(0, size - 1)), data.draw(st.integers(0, size - 1))
    path = merkle.path(known, index)
    assert merkle.is_under(root, leaf=known[index], index=index, size=size, path=path)
    if other != index:
        assert not merkle.is_under(root, leaf=known[other], index=index, size=size, path=path)
        assert not merkle.is_under(root, leaf=known[index], index=other, size=size, path=path)
    for wrong in (path[:-1], [*path, path[0] if path else root], [merkle.leaf(b"x"), *path[1:]]):
        if list(wrong) != path:
            assert not merkle.is_under(root, leaf=known[index], index=index, size=size, path=wrong)


@pytest.mark.parametrize("index", [-1, 3, 99])
def test_there_is_no_leaf_outside_the_tree(index: int) -> None:
    known = leaves(3)
    with pytest.raises(IndexError):
        merkle.path(known, index)
    assert not merkle.is_under(merkle.root(known), leaf=known[0], index=index, size=3, path=[])


def test_a_node_does_not_pass_for_a_leaf() -> None:
    known = leaves(4)
    node = merkle.node(known[0], known[1])
    assert merkle.leaf(known[0] + known[1]) != node
    assert merkle.root([node, merkle.node(known[2], known[3])]) == merkle.root(known)
    assert not merkle.is_under(merkle.root(known), leaf=node, index=0, size=4, path=merkle.path(known, 0)[1:])
