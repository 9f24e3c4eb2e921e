//! What cryptoki has no safe words for: the number of the AES key wrap of RFC 5649, and the
//! template a wrapping key imposes on whatever it unwraps.
#![allow(unsafe_code, reason = "cryptoki cannot name mechanism 0x210B; the only unsafe code of the workspace")]

use crate::Error;
use cryptoki::context::Pkcs11;
use cryptoki::mechanism::vendor_defined::VendorDefinedMechanism;
use cryptoki::mechanism::{Mechanism, MechanismType};
use cryptoki::object::{Attribute, AttributeType};
use cryptoki::slot::Slot;
use std::ffi::c_ulong;
use std::fmt;
use std::mem::{align_of, size_of};
use std::ptr;

/// `CKM_AES_KEY_WRAP_KWP` (PKCS#11 v3.0 §2.14): RFC 5649.
const AES_KEY_WRAP_KWP: c_ulong = 0x210B;

/// `CKA_UNWRAP_TEMPLATE` (PKCS#11 v2.40 §4.10): an array of attributes.
const CKA_UNWRAP_TEMPLATE: c_ulong = 0x4000_0212;
const CKA_TOKEN: c_ulong = 0x0001;
const CKA_SENSITIVE: c_ulong = 0x0103;
const CKA_EXTRACTABLE: c_ulong = 0x0162;

/// The `CK_BBOOL`s the template points to: statics, so the pointers in it never dangle.
static CK_FALSE: u8 = 0;
static CK_TRUE: u8 = 1;

/// `CKM_AES_KEY_WRAP_PAD` (PKCS#11 v2.40 §2.14): RFC 5649 in SoftHSM, PKCS#7 padding elsewhere.
const AES_KEY_WRAP_PAD: c_ulong = 0x210A;

/// The mechanism number by which a token wraps keys of any length with AES (RFC 5649).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyWrapNumber {
    /// By its standard number, 0x210B.
    Standard,
    /// By the number SoftHSM gives it, 0x210A (`CKM_AES_KEY_WRAP_PAD`).
    SoftHsm,
}

impl KeyWrapNumber {
    /// Asks the token which number it knows. The standard one wins where both are offered,
    /// for there 0x210A is the deprecated padding of PKCS#11 v2.40.
    pub(crate) fn probe(pkcs11: &Pkcs11, slot: Slot) -> Result<Self, Error> {
        for candidate in [Self::Standard, Self::SoftHsm] {
            if pkcs11
                .get_mechanism_info(slot, candidate.mechanism_type())
                .is_ok_and(|info| info.wrap() && info.unwrap())
            {
                return Ok(candidate);
            }
        }
        Err(Error::MechanismAbsent("AES key wrap with padding (RFC 5649)".into()))
    }

    /// The mechanism to wrap and unwrap with.
    pub fn mechanism(self) -> Mechanism<'static> {
        match self {
            Self::SoftHsm => Mechanism::AesKeyWrapPad,
            Self::Standard => Mechanism::VendorDefined(VendorDefinedMechanism::new::<()>(self.mechanism_type(), None)),
        }
    }

    /// `CKM_…`, as PKCS#11 writes it.
    pub fn number(self) -> u64 {
        match self {
            Self::Standard => AES_KEY_WRAP_KWP,
            Self::SoftHsm => AES_KEY_WRAP_PAD,
        }
    }

    fn mechanism_type(self) -> MechanismType {
        match self {
            Self::SoftHsm => MechanismType::AES_KEY_WRAP_PAD,
            // SAFETY: `MechanismType` is `repr(transparent)` over `CK_MECHANISM_TYPE`, which is
            // `c_ulong`; every value of it is valid (`new_vendor_defined` stores any number from
            // 0x8000_0000 on, and only checks that bound). A change of size fails to compile.
            Self::Standard => unsafe { std::mem::transmute::<c_ulong, MechanismType>(AES_KEY_WRAP_KWP) },
        }
    }
}

/// From the mechanism's number as configured.
impl TryFrom<u64> for KeyWrapNumber {
    type Error = Error;

    /// # Errors
    /// [`Error::MechanismAbsent`] for any number but 0x210A and 0x210B.
    fn try_from(number: u64) -> Result<Self, Error> {
        [Self::Standard, Self::SoftHsm]
            .into_iter()
            .find(|known| known.number() == number)
            .ok_or_else(|| Error::MechanismAbsent(format!("{number:#06x} is no AES key wrap with padding (RFC 5649)")))
    }
}

impl fmt::Display for KeyWrapNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:#06x}", self.number())
    }
}

/// `CKA_UNWRAP_TEMPLATE {EXTRACTABLE=false, SENSITIVE=true, TOKEN=false}` for a wrapping key.
/// Without it, PIN and blob are enough to unwrap a doctor's key as extractable and carry it off.
pub(crate) fn unwrap_template() -> Result<Attribute, Error> {
    let entries = [(CKA_EXTRACTABLE, &CK_FALSE), (CKA_SENSITIVE, &CK_TRUE), (CKA_TOKEN, &CK_FALSE)];
    // `CK_ATTRIBUTE {type, pValue, ulValueLen}`: three words without padding between them.
    let mut bytes = Vec::with_capacity(entries.len() * (2 * size_of::<c_ulong>() + size_of::<usize>()));
    for (attribute_type, value) in entries {
        bytes.extend_from_slice(&attribute_type.to_ne_bytes());
        bytes.extend_from_slice(&ptr::from_ref(value).expose_provenance().to_ne_bytes());
        bytes.extend_from_slice(&(size_of::<u8>() as c_ulong).to_ne_bytes());
    }
    // The module reads the bytes as an array of structures; allocators align by 16, yet none promises it.
    if bytes.as_ptr().align_offset(align_of::<c_ulong>()) != 0 {
        return Err(Error::Malformed("the unwrap template is not aligned"));
    }
    Ok(Attribute::VendorDefined((AttributeType::VendorDefined(CKA_UNWRAP_TEMPLATE), bytes)))
}
