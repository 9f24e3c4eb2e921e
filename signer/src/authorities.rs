//! The installation's CAs, and what follows from them: the root, the generations of the issuing
//! CA (the newest issues, all answer for what they issued), and the time-stamping CA.

use std::num::{NonZeroU8, NonZeroU16};

use ca::{DEFAULT_ARC, Installation, Issuer, IssuerName, Policies, Serial, Urls};
use hsm::{Purpose, Token};
use store::Journal;
use store::journal::Tx;

use crate::core::{Configuration, Core, OpenError};
use crate::keys::AuthorityKey;
use crate::protocol::{Refusal, Response};

/// A CA that issues on line.
#[derive(Debug, Clone)]
pub(crate) struct Authority {
    name: String,
    /// Its certificate's serial number, lower-case hexadecimal.
    serial: String,
    issuer: Issuer,
    /// None once the key of an ended generation is destroyed.
    key: Option<AuthorityKey>,
}

impl Authority {
    /// `issuing-<generation>` or `tsa-ca`: its name in the journal and below `/ca/`.
    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// Its certificate's serial number, lower-case hexadecimal.
    pub(crate) fn serial(&self) -> &str {
        &self.serial
    }

    /// First octet of its serial numbers.
    pub(crate) const fn number(&self) -> NonZeroU8 {
        self.issuer.published_name().serial_octet()
    }

    /// Its name and public key, as certificates name it.
    pub(crate) const fn issuer(&self) -> &Issuer {
        &self.issuer
    }

    /// Its key.
    ///
    /// # Errors
    /// [`Refusal::TokenUnavailable`] if this generation has ended and its key is gone.
    pub(crate) fn key(&self) -> Result<&AuthorityKey, Refusal> {
        self.key.as_ref().ok_or(Refusal::TokenUnavailable)
    }

    /// The CRL shard a certificate of this issuing CA is listed in, out of `shards`.
    pub(crate) fn shard(&self, serial: Serial, shards: NonZeroU16) -> u16 {
        self.shards(shards).start.saturating_add(serial.shard(shards))
    }

    /// The shards of this CA; an issuing one has some.
    pub(crate) fn shards(&self, shards: NonZeroU16) -> std::ops::Range<u16> {
        self.issuer.published_name().shards(shards).unwrap_or_default()
    }
}

/// Root, issuing CA and time-stamping CA.
#[derive(Debug, Clone)]
pub(crate) struct Authorities {
    root: Issuer,
    /// The newest generation.
    issuing: Authority,
    /// The generations before it, oldest first.
    earlier: Vec<Authority>,
    time_stamping: Option<Authority>,
    shards: NonZeroU16,
    installation: Installation,
}

impl Authorities {
    pub(crate) async fn load(
        journal: &Journal,
        configuration: &Configuration,
        token: &Token,
    ) -> Result<Self, OpenError> {
        let mut tx = journal.begin().await.map_err(OpenError::Journal)?;
        let root = newest(certificates(&mut tx, "root").await?)?;
        let mut generations = Vec::new();
        for (generation, der) in (1_u8..).zip(certificates(&mut tx, "issuing").await?) {
            let purpose = Purpose::Issuing(u32::from(generation));
            generations.push(authority(format!("issuing-{generation}"), &der, token, purpose).await?);
        }
        let issuing = generations.pop().ok_or(OpenError::NotInitialised)?;
        let time_stamping = match certificates(&mut tx, "tsa_ca").await?.pop() {
            Some(der) => Some(authority("tsa-ca".to_owned(), &der, token, Purpose::TsaCa).await?),
            None => None,
        };
        let shards = tx.setting("shards").await.map_err(OpenError::Journal)?;
        let shards = shards.map_or(Ok(NonZeroU16::MIN), |text| text.parse()).map_err(|_| OpenError::Mismatch)?;
        let current = [Some(&issuing), time_stamping.as_ref()];
        if issuing.shards(shards).is_empty() || current.into_iter().flatten().any(|ca| ca.key.is_none()) {
            return Err(OpenError::Mismatch);
        }
        let installation = installation(configuration).map_err(|_| OpenError::Mismatch)?;
        Ok(Self { root, issuing, earlier: generations, time_stamping, shards, installation })
    }

    pub(crate) const fn root(&self) -> &Issuer {
        &self.root
    }

    /// The generation of the issuing CA that issues now.
    pub(crate) const fn issuing(&self) -> &Authority {
        &self.issuing
    }

    /// The time-stamping CA; none in an installation whose ceremony made none.
    pub(crate) const fn time_stamping(&self) -> Option<&Authority> {
        self.time_stamping.as_ref()
    }

    /// Every generation of the issuing CA, oldest first.
    pub(crate) fn generations(&self) -> impl Iterator<Item = &Authority> {
        self.earlier.iter().chain([&self.issuing])
    }

    /// Every CA on line.
    pub(crate) fn all(&self) -> impl Iterator<Item = &Authority> {
        self.generations().chain(&self.time_stamping)
    }

    /// The CA of this name.
    pub(crate) fn named(&self, name: &str) -> Option<&Authority> {
        self.all().find(|authority| authority.name == name)
    }

    /// The CA that gave this serial number, by its first octet: where to look, not a proof.
    pub(crate) fn issuer_of(&self, serial: Serial) -> Option<&Authority> {
        let [number, ..] = *serial.as_bytes();
        self.all().find(|authority| authority.number().get() == number)
    }

    /// The number of CRL shards of each generation.
    pub(crate) const fn shards(&self) -> NonZeroU16 {
        self.shards
    }

    pub(crate) const fn installation(&self) -> &Installation {
        &self.installation
    }
}

/// The certificates of one kind, oldest first.
async fn certificates(tx: &mut Tx, kind: &str) -> Result<Vec<Vec<u8>>, OpenError> {
    let rows = tx.certificates_of_kind(kind).await.map_err(OpenError::Journal)?;
    Ok(rows.into_iter().rev().filter_map(|row| row.der).collect())
}

fn newest(mut certificates: Vec<Vec<u8>>) -> Result<Issuer, OpenError> {
    let der = certificates.pop().ok_or(OpenError::NotInitialised)?;
    Issuer::from_certificate(&der, IssuerName::Root).map_err(|_| OpenError::Mismatch)
}

async fn authority(name: String, der: &[u8], token: &Token, purpose: Purpose) -> Result<Authority, OpenError> {
    let published: IssuerName = name.parse().map_err(|_| OpenError::Mismatch)?;
    let issuer = Issuer::from_certificate(der, published).map_err(|_| OpenError::Mismatch)?;
    let serial = ca::parse(der).map_err(|_| OpenError::Mismatch)?.serial;
    let key = match AuthorityKey::open(token, purpose).await {
        Ok(key) if key.public_key() == issuer.public_key() => Some(key),
        Ok(_) => return Err(OpenError::Mismatch),
        Err(hsm::Error::KeyAbsent(_)) => None,
        Err(error) => return Err(OpenError::Token(error)),
    };
    Ok(Authority { name, serial, issuer, key })
}

/// URLs and policies that certificates of this installation carry.
pub(crate) fn installation(configuration: &Configuration) -> Result<Installation, ca::Error> {
    Ok(Installation {
        urls: Urls::new(&configuration.public_url)?,
        policies: Policies::new(DEFAULT_ARC, !configuration.demo)?,
    })
}

impl Core {
    pub(crate) fn ca_certificate(&self, name: &str) -> Result<Response, Refusal> {
        let issuer = match name {
            "root" => Some(self.authorities.root()),
            "issuing" => Some(self.authorities.issuing().issuer()),
            "tsa" => {
                let unit = self.time_stamping.certificate(self.now()).ok_or(Refusal::NotFound)?;
                return Ok(Response::Der { bytes: hex::encode(unit.as_slice()) });
            }
            name => self.authorities.named(name).map(Authority::issuer),
        };
        let issuer = issuer.ok_or(Refusal::NotFound)?;
        Ok(Response::Der { bytes: hex::encode(issuer.certificate_der()) })
    }
}
