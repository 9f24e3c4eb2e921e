//! Root → issuing CA → signer, all P-256, made by the openssl command.

use super::Folder;

/// A signer with its certificates; the files lie in the folder it was made in.
pub(crate) struct Pki {
    pub(crate) root: Vec<u8>,
    pub(crate) issuing: Vec<u8>,
    pub(crate) signer: Vec<u8>,
}

impl Pki {
    /// Makes the PKI in `folder`: `root.pem`, `issuing.pem`, `signer.pem` and their `.key`.
    pub(crate) fn new(folder: &Folder) -> Self {
        folder.write(
            "x509.cnf",
            b"[req]\ndistinguished_name=dn\nprompt=no\n[dn]\n\
              [ca]\nbasicConstraints=critical,CA:TRUE\nkeyUsage=critical,keyCertSign,cRLSign\n\
              subjectKeyIdentifier=hash\nauthorityKeyIdentifier=keyid\n\
              [root]\nbasicConstraints=critical,CA:TRUE\nkeyUsage=critical,keyCertSign,cRLSign\nsubjectKeyIdentifier=hash\n\
              [signer]\nbasicConstraints=critical,CA:FALSE\nkeyUsage=critical,nonRepudiation\n\
              extendedKeyUsage=1.3.6.1.5.5.7.3.36\nsubjectKeyIdentifier=hash\nauthorityKeyIdentifier=keyid\n",
        );
        for name in ["root", "issuing", "signer"] {
            openssl(folder, &format!("genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out {name}.key"));
        }
        openssl(
            folder,
            "req -x509 -new -key root.key -subj /C=TH/CN=Root -days 3650 -config x509.cnf -extensions root -out root.pem",
        );
        for (name, above, section) in [("issuing", "root", "ca"), ("signer", "issuing", "signer")] {
            openssl(
                folder,
                &format!("req -new -key {name}.key -subj /C=TH/CN={name} -config x509.cnf -out {name}.csr"),
            );
            openssl(
                folder,
                &format!(
                    "x509 -req -in {name}.csr -CA {above}.pem -CAkey {above}.key -CAcreateserial -days 365 \
                     -extfile x509.cnf -extensions {section} -out {name}.pem"
                ),
            );
        }
        let der = |name: &str| {
            openssl(folder, &format!("x509 -in {name}.pem -outform DER -out {name}.der"));
            std::fs::read(folder.path(&format!("{name}.der"))).unwrap()
        };
        Self { root: der("root"), issuing: der("issuing"), signer: der("signer") }
    }
}

/// Signs a digest as a token would, with the key of that name; DER.
pub(crate) fn sign_digest(folder: &Folder, key: &str, digest: &[u8]) -> Vec<u8> {
    folder.write("digest", digest);
    openssl(folder, &format!("pkeyutl -sign -inkey {key}.key -in digest -out signature"));
    std::fs::read(folder.path("signature")).unwrap()
}

/// Runs openssl, which must succeed.
pub(crate) fn openssl(folder: &Folder, arguments: &str) {
    folder.judge("openssl", arguments).expect("openssl is needed for these tests");
}
