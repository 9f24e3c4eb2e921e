//! How much work one question may cause, and what it has found out about signatures so far.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;

use crate::x509::algorithm::{self, SignatureFault};
use crate::x509::asn1::Algorithm;
use crate::x509::certificate::PublicKey;

/// Work for one question, counted in bytes hashed: about two seconds of it.
const BYTES: usize = 1 << 30;
/// What checking one signature costs.
const SIGNATURE: usize = 256 * 1024;

/// What is left of the work for one question. Once it is spent nothing is checked any more: whoever asked must say that
/// the answer is not known.
#[derive(Debug)]
pub(crate) struct Effort {
    left: Cell<usize>,
    is_spent: Cell<bool>,
    /// Signatures checked before, by the digest of all that goes into the check.
    checked: RefCell<HashMap<[u8; 32], Result<(), SignatureFault>>>,
}

impl Default for Effort {
    fn default() -> Self {
        Self { left: Cell::new(BYTES), is_spent: Cell::new(false), checked: RefCell::default() }
    }
}

impl Effort {
    /// Takes `bytes` of work. `false` when that much is not left: then and for ever after.
    pub(crate) fn spend(&self, bytes: usize) -> bool {
        match self.left.get().checked_sub(bytes) {
            Some(left) if !self.is_spent.get() => {
                self.left.set(left);
                true
            }
            _ => {
                self.is_spent.set(true);
                false
            }
        }
    }

    /// Whether something was left unchecked.
    pub(crate) fn is_spent(&self) -> bool {
        self.is_spent.get()
    }

    /// Verifies `value` over `message`, each signature once.
    pub(crate) fn verify(
        &self,
        key: &PublicKey<'_>,
        algorithm: Algorithm<'_>,
        message: &[u8],
        value: &[u8],
    ) -> Result<(), SignatureFault> {
        let identity = identity(key, algorithm, message, value);
        if let Some(known) = self.checked.borrow().get(&identity) {
            return if self.spend(message.len()) { *known } else { Err(SignatureFault::Unsupported) };
        }
        if !self.spend(SIGNATURE.saturating_add(2 * message.len())) {
            return Err(SignatureFault::Unsupported);
        }
        let result = algorithm::verify(key, algorithm, None, message, value);
        self.checked.borrow_mut().insert(identity, result);
        result
    }
}

fn identity(key: &PublicKey<'_>, algorithm: Algorithm<'_>, message: &[u8], value: &[u8]) -> [u8; 32] {
    let parameters = |of: Algorithm<'_>| of.parameters.map(|p| p.raw.to_vec()).unwrap_or_default();
    let (of_key, of_signature) = (parameters(key.algorithm), parameters(algorithm));
    let fields: [&[u8]; 7] = [key.algorithm.oid, &of_key, key.bits, algorithm.oid, &of_signature, value, message];
    let lengths = fields.map(|field| (field.len() as u64).to_be_bytes());
    let parts: Vec<&[u8]> = lengths.iter().map(<[u8; 8]>::as_slice).chain(fields).collect();
    algorithm::sha256_of(&parts)
}

#[cfg(test)]
mod tests {
    use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair as _};

    use super::*;
    use crate::x509::oid;

    #[test]
    fn what_was_found_of_one_signature_is_not_said_of_another() {
        let ed25519 = Algorithm { oid: oid::ED25519, parameters: None };
        let pairs = [(); 2].map(|()| Ed25519KeyPair::generate().unwrap());
        let [one, other] = pairs.each_ref().map(|pair| pair.public_key().as_ref());
        let value = pairs[0].sign(b"message").as_ref().to_vec();
        let effort = Effort::default();
        let verified = |bits, message: &[u8], value: &[u8]| {
            effort.verify(&PublicKey { algorithm: ed25519, bits }, ed25519, message, value)
        };
        // Twice each: checked, then known.
        for _ in 0..2 {
            assert_eq!(verified(one, b"message", &value), Ok(()));
            assert_eq!(verified(one, b"another", &value), Err(SignatureFault::Wrong));
            assert_eq!(verified(other, b"message", &value), Err(SignatureFault::Wrong));
            assert_eq!(verified(one, b"message", &value[1..]), Err(SignatureFault::Wrong));
        }
        assert_eq!(effort.checked.borrow().len(), 4);
    }

    #[test]
    fn what_is_spent_stays_spent() {
        let effort = Effort::default();
        assert!(effort.spend(BYTES - 1));
        assert!(effort.spend(1));
        assert!(!effort.is_spent());
        assert!(!effort.spend(1));
        assert!(effort.is_spent());
        let small = Effort::default();
        assert!(!small.spend(BYTES + 1));
        assert!(!small.spend(1), "nothing is checked after something was not");
    }
}
