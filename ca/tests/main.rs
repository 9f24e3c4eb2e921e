//! The certificates, CRLs and OCSP answers made here, judged by others.

mod certificates;
mod crls;
mod judges;
mod ocsp;
mod pki;
