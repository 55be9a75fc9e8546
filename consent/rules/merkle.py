"""Merkle trees: many leaves under one root, and the short path that shows one of them to be under it.

The tree is that of RFC 6962, section 2.1: a leaf is hashed with 0x00 before it and a node with 0x01, so that no node
passes for a leaf. All hashes are the 32 bytes of SHA-256.
"""

from collections.abc import Sequence
from hashlib import sha256


def leaf(content: bytes) -> bytes:
    """Return the leaf of some bytes."""
    return sha256(b"\x00" + content).digest()


def node(left: bytes, right: bytes) -> bytes:
    """Return the node over two nodes or leaves."""
    return sha256(b"\x01" + left + right).digest()


def root(leaves: Sequence[bytes]) -> bytes:
    """Return the root over leaves in order; of none it is the hash of nothing."""
    return _levels(leaves)[-1][0] if leaves else sha256().digest()


def path(leaves: Sequence[bytes], index: int) -> list[bytes]:
    """Return the audit path of the leaf at `index`, from its sibling up. Raises IndexError."""
    if not 0 <= index < len(leaves):
        raise IndexError(index)
    found = []
    for level in _levels(leaves)[:-1]:
        if (sibling := index ^ 1) < len(level):
            found.append(level[sibling])
        index >>= 1
    return found


def is_under(root: bytes, *, leaf: bytes, index: int, size: int, path: Sequence[bytes]) -> bool:
    """Whether the path shows that `leaf` stands at `index` of the `size` leaves under `root` (RFC 9162, 2.1.3.2)."""
    if not 0 <= index < size:
        return False
    at, last, found = index, size - 1, leaf
    for sibling in path:
        if last == 0:
            return False
        if at & 1 or at == last:
            found = node(sibling, found)
            while not at & 1 and at:
                at, last = at >> 1, last >> 1
        else:
            found = node(found, sibling)
        at, last = at >> 1, last >> 1
    return last == 0 and found == root


def _levels(leaves: Sequence[bytes]) -> list[Sequence[bytes]]:
    """Return the tree from the leaves up; a node without a sibling stands on the next level as it is."""
    levels = [leaves]
    while len(level := levels[-1]) > 1:
        pairs = zip(level[::2], level[1::2], strict=False)
        above = [sha256(b"\x01" + left + right).digest() for left, right in pairs]
        levels.append([*above, level[-1]] if len(level) % 2 else above)
    return levels
