//! Which policy a certificate was issued under, read from the certificate itself: not from a setting of
//! the portal, which may be mistaken about what the signer issued.

use x509_cert::Certificate;
use x509_cert::der::Decode as _;
use x509_cert::der::oid::ObjectIdentifier;
use x509_cert::ext::pkix::CertificatePolicies;

use crate::pages::Policy;

/// The branch of an installation's arc whose certificates prove nothing (CP 1.2: `<arc>.0.<number>`).
const TEST_BRANCH: u32 = 0;

/// The first policy of a certificate (DER); none if it has none or cannot be read.
pub(crate) fn policy_of(certificate: &[u8]) -> Option<Policy> {
    let certificate = Certificate::from_der(certificate).ok()?;
    let (_, policies) = certificate.tbs_certificate().get_extension::<CertificatePolicies>().ok()??;
    let identifier = policies.0.first()?.policy_identifier;
    Some(Policy { identifier: identifier.to_string(), is_test: is_test(&identifier) })
}

fn is_test(policy: &ObjectIdentifier) -> bool {
    let branch = policy.parent().and_then(|parent| parent.arcs().last());
    branch == Some(TEST_BRANCH)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `openssl req -x509 … -addext certificatePolicies=2.25.51469508.0.21`
    const OF_A_DEMONSTRATION: &str = "3082018430820129a003020102021469bcc832d4d44e577c8d8f4cff9eb74b8b478f65300a06082a8648ce3d040302300c31\
        0a300806035504030c0174301e170d3236313132323031343430345a170d3236313132333031343430345a300c310a300806\
        035504030c01743059301306072a8648ce3d020106082a8648ce3d0301070342000437f038153e629be1c9df22eb09922036\
        9addbbe29ee1834aa09cbdc330c18ac9601c49a617b521cdb7d16d14de19359476b39d7a60c4b15b86d46639b083dc61a369\
        3067301d0603551d0e0416041478bd5abfe10dd56fe016828c195552dcd7a37ece301f0603551d2304183016801478bd5abf\
        e10dd56fe016828c195552dcd7a37ece300f0603551d130101ff040530030101ff30140603551d20040d300b300906076998\
        c5b9440015300a06082a8648ce3d04030203490030460221008945b66ecd69cfeeef7c4b5e4e1de9f14ad7c79fc0771f6531\
        862b98cc10327c022100abfb21d9c14a610ca07073e98cabd323bf8dd0a5d94fe474da94b71d3eabcc1c";

    #[test]
    fn the_test_policy_is_read_from_the_certificate() {
        let mut der = hex::decode(OF_A_DEMONSTRATION).unwrap();
        assert_eq!(policy_of(&der), Some(Policy { identifier: "2.25.51469508.0.21".into(), is_test: true }));
        // The same certificate under the branch of production: the last but one octet of the identifier.
        let arc = ObjectIdentifier::new_unwrap("2.25.51469508.0.21");
        let at = der.windows(arc.as_bytes().len()).position(|window| window == arc.as_bytes()).unwrap();
        der[at + arc.as_bytes().len() - 2] = 1;
        assert_eq!(policy_of(&der), Some(Policy { identifier: "2.25.51469508.1.21".into(), is_test: false }));
    }

    #[test]
    fn what_cannot_be_read_has_no_policy() {
        assert_eq!(policy_of(b""), None);
        let der = hex::decode(OF_A_DEMONSTRATION).unwrap();
        for length in 0..der.len() {
            assert_eq!(policy_of(&der[..length]), None, "{length}");
        }
    }
}
