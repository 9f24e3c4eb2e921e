//! The Merkle tree of RFC 9162 §2.1, with SHA-256.

use sha2::{Digest, Sha256};

/// A node of the tree.
pub type Hash = [u8; 32];

/// RFC 9162 §2.1.1: `HASH(0x00 || d[0])`.
pub fn leaf_hash(data: &[u8]) -> Hash {
    let mut hasher = Sha256::new();
    hasher.update([0x00]);
    hasher.update(data);
    hasher.finalize().into()
}

/// RFC 9162 §2.1.1: `HASH(0x01 || left || right)`.
fn node_hash(left: &Hash, right: &Hash) -> Hash {
    let mut hasher = Sha256::new();
    hasher.update([0x01]);
    hasher.update(left);
    hasher.update(right);
    hasher.finalize().into()
}

/// The largest power of two smaller than `size` (`size` ≥ 2).
fn split(size: usize) -> usize {
    1 << (usize::BITS - 1 - (size - 1).leading_zeros())
}

/// The root over leaf hashes, in order; of none: SHA-256 of nothing.
pub fn root(leaves: &[Hash]) -> Hash {
    let mut tree = Tree::default();
    for leaf in leaves {
        tree.push(*leaf);
    }
    tree.root()
}

/// A tree that grows by one leaf at a time and keeps only the roots of its complete subtrees.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Tree {
    size: u64,
    // One root per set bit of `size`, the largest subtree first.
    peaks: Vec<Hash>,
}

impl Tree {
    /// Adds a leaf hash.
    pub fn push(&mut self, leaf: Hash) {
        let mut node = leaf;
        // Every trailing one of the old size is a complete subtree to merge with.
        for _ in 0..self.size.trailing_ones() {
            if let Some(left) = self.peaks.pop() {
                node = node_hash(&left, &node);
            }
        }
        self.peaks.push(node);
        self.size += 1;
    }

    /// Number of leaves.
    pub fn size(&self) -> u64 {
        self.size
    }

    /// The root over the leaves so far.
    pub fn root(&self) -> Hash {
        let mut peaks = self.peaks.iter().rev();
        match peaks.next() {
            None => Sha256::digest([]).into(),
            Some(last) => peaks.fold(*last, |right, left| node_hash(left, &right)),
        }
    }
}

/// The inclusion proof of the leaf at `index` (RFC 9162 §2.1.3.1); none if it is not there.
pub fn inclusion_proof(leaves: &[Hash], index: usize) -> Option<Vec<Hash>> {
    leaves.get(index)?;
    let (mut rest, mut index, mut proof) = (leaves, index, Vec::new());
    while rest.len() > 1 {
        let (left, right) = rest.split_at_checked(split(rest.len()))?;
        if index < left.len() {
            proof.push(root(right));
            rest = left;
        } else {
            proof.push(root(left));
            index -= left.len();
            rest = right;
        }
    }
    proof.reverse();
    Some(proof)
}

/// Whether the leaf is at `index` of the tree of that size and root (RFC 9162 §2.1.3.2).
pub fn verify_inclusion(leaf: &Hash, index: u64, size: u64, proof: &[Hash], root: &Hash) -> bool {
    if index >= size {
        return false;
    }
    let (mut fn_, mut sn, mut r) = (index, size - 1, *leaf);
    for p in proof {
        if sn == 0 {
            return false;
        }
        if fn_ & 1 == 1 || fn_ == sn {
            r = node_hash(p, &r);
            while fn_ & 1 == 0 && fn_ != 0 {
                fn_ >>= 1;
                sn >>= 1;
            }
        } else {
            r = node_hash(&r, p);
        }
        fn_ >>= 1;
        sn >>= 1;
    }
    sn == 0 && r == *root
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The definition, word for word (RFC 9162 §2.1.1), to judge the incremental tree.
    fn by_definition(leaves: &[Hash]) -> Hash {
        match leaves {
            [] => Sha256::digest([]).into(),
            [leaf] => *leaf,
            _ => {
                let (left, right) = leaves.split_at(split(leaves.len()));
                node_hash(&by_definition(left), &by_definition(right))
            }
        }
    }

    fn leaves(n: usize) -> Vec<Hash> {
        (0..n).map(|i| leaf_hash(&i.to_be_bytes())).collect()
    }

    #[test]
    fn the_root_is_the_one_of_the_definition() {
        let leaves = leaves(300);
        let mut growing = Tree::default();
        for n in 0..=leaves.len() {
            let expected = by_definition(&leaves[..n]);
            assert_eq!((growing.size(), growing.root()), (n as u64, expected), "{n} leaves, one by one");
            assert_eq!(root(&leaves[..n]), expected, "{n} leaves");
            assert_eq!(growing.peaks.len(), n.count_ones() as usize, "{n} leaves");
            if let Some(leaf) = leaves.get(n) {
                growing.push(*leaf);
            }
        }
    }

    /// The test inputs of Google's certificate-transparency repository.
    #[test]
    fn known_roots_come_out() {
        let inputs =
            ["", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f"];
        let leaves: Vec<Hash> = inputs.iter().map(|i| leaf_hash(&hex::decode(i).unwrap())).collect();
        assert_eq!(hex::encode(root(&leaves[..1])), "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d");
        assert_eq!(hex::encode(root(&leaves)), "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328");
    }

    #[test]
    fn every_leaf_is_proven_and_nothing_else() {
        for n in 1..40 {
            let leaves = leaves(n);
            let root = root(&leaves);
            for (i, leaf) in leaves.iter().enumerate() {
                let proof = inclusion_proof(&leaves, i).unwrap();
                let (index, size) = (i as u64, n as u64);
                assert!(verify_inclusion(leaf, index, size, &proof, &root));
                assert!(!verify_inclusion(&[9; 32], index, size, &proof, &root));
                assert!(n == 1 || !verify_inclusion(leaf, (index + 1) % size, size, &proof, &root));
                assert!(!verify_inclusion(leaf, size, size, &proof, &root));
            }
        }
        assert_eq!(inclusion_proof(&leaves(3), 3), None);
    }
}
