//! CRLs of the root and of CAs: numbered and committed, then signed, each held against the one
//! before it. Whoever owns the journal's database must not bring a revoked CA back.

use ca::crl::{self, CrlView, EncodedEntry, Parameters};
use ca::profile::Kind;
use ca::{Issuer, Serial};
use sha2::{Digest, Sha256};
use store::ids::micros;
use store::journal::{Crl, RevocationKind, Tx};
use time::OffsetDateTime;

use super::CeremonyError;
use super::office::{Office, ROOT};
use crate::keys::RootKey;
use crate::protocol::Refusal;

/// A list of an issuer, as the journal calls it.
#[derive(Debug, Clone, Copy)]
pub(super) struct List<'a> {
    pub(super) name: &'a str,
    pub(super) issuer: &'a Issuer,
    /// The newest one as people kept it, apart from the journal.
    pub(super) kept: Option<&'a [u8]>,
}

impl<'a> List<'a> {
    pub(super) const fn new(name: &'a str, issuer: &'a Issuer) -> Self {
        Self { name, issuer, kept: None }
    }
}

impl Office {
    /// The newest CRL of a list that the journal has, if its issuer signed it and it is what its
    /// row says.
    pub(super) async fn newest_crl(&self, list: List<'_>) -> Result<Option<(Crl, CrlView)>, CeremonyError> {
        let mut tx = self.journal.begin().await?;
        let Some(row) = tx.newest_crl(list.name).await? else { return Ok(None) };
        drop(tx);
        let view = crl::parse(&row.der)?;
        view.verify(list.issuer)?;
        let same = u64::try_from(row.number) == Ok(view.number) && row.next_update == micros(view.next_update);
        same.then_some(Some((row, view))).ok_or_else(|| CeremonyError::ForeignCrl(list.name.to_owned()))
    }

    /// Signs the root's next CRL: the CAs that were revoked, and nobody else, for the root certified
    /// nobody else.
    pub(super) async fn sign_root_crl(
        &self,
        key: &RootKey,
        root: &Issuer,
        next_update: OffsetDateTime,
        kept: Option<&[u8]>,
    ) -> Result<Crl, CeremonyError> {
        let mut entries = Vec::new();
        let mut tx = self.journal.begin().await?;
        for kind in [Kind::Issuing, Kind::TsaCa] {
            for row in tx.certificates_of_kind(kind.code()).await? {
                if let Some(event) = tx.revocation(&row.serial).await? {
                    entries.push(super::termination::entry(&event)?);
                }
            }
        }
        drop(tx);
        let parameters = Parameters {
            number: 0,
            this_update: whole(self.clock.now()),
            next_update: whole(next_update),
            scope: crl::Scope::Everything,
            expired_kept_since: None,
            entries: &entries,
        };
        let list = List { name: ROOT, issuer: root, kept };
        self.publish(list, parameters, |prepared| key.sign_crl(prepared)).await
    }

    /// Gives a CRL its number, commits that, has the CRL signed and stores it. An entry of the one
    /// before leaves only if the journal lifted a suspension; the root's never leave.
    pub(super) async fn publish<F: Future<Output = Result<Vec<u8>, Refusal>>>(
        &self,
        list: List<'_>,
        mut parameters: Parameters<'_>,
        sign: impl FnOnce(crl::PreparedCrl) -> F,
    ) -> Result<Crl, CeremonyError> {
        let kept = list.kept.map(crl::parse).transpose()?;
        let mut previous: Vec<(Vec<u8>, CrlView)> = Vec::new();
        previous.extend(self.newest_crl(list).await?.map(|(row, view)| (row.der, view)));
        previous.extend(list.kept.map(<[u8]>::to_vec).zip(kept));
        let after = previous.iter().map(|(_, view)| view.number).max().unwrap_or_default().saturating_add(1);

        let mut tx = self.journal.begin_write().await?;
        parameters.this_update = parameters.this_update.max(whole(self.now_on_record(&mut tx).await?));
        let counted = tx.next_crl_number(list.name).await?;
        let number = counted.max(i64::try_from(after).map_err(|_| CeremonyError::Refused(Refusal::Internal))?);
        self.log(&mut tx, "crl.numbered", list.name, &serde_json::json!({ "number": number })).await?;
        let lifted = lifted(&mut tx, list, &previous, parameters.entries).await?;
        tx.commit().await?;

        parameters.number = u64::try_from(number).map_err(|_| CeremonyError::Refused(Refusal::Internal))?;
        for (der, _) in &previous {
            crl::compare(der, list.issuer, &parameters, |serial| lifted.contains(&serial))
                .map_err(CeremonyError::NoSuccessor)?;
        }
        let der = sign(crl::prepare(list.issuer, &parameters)?).await?;
        let row = Crl {
            shard: list.name.to_owned(),
            number,
            der,
            this_update: micros(parameters.this_update),
            next_update: micros(parameters.next_update),
        };
        let mut tx = self.journal.begin_write().await?;
        tx.insert_crl(&row).await?;
        let digest = hex::encode(Sha256::digest(&row.der));
        self.log(&mut tx, "crl.signed", list.name, &serde_json::json!({ "number": number, "sha256": digest })).await?;
        tx.commit().await?;
        Ok(row)
    }
}

/// Of the entries that would leave, those whose suspension is on record as lifted.
async fn lifted(
    tx: &mut Tx,
    list: List<'_>,
    previous: &[(Vec<u8>, CrlView)],
    next: &[EncodedEntry],
) -> Result<Vec<Serial>, CeremonyError> {
    let mut lifted = Vec::new();
    // CAs are never suspended.
    if list.name == ROOT {
        return Ok(lifted);
    }
    let staying: std::collections::BTreeSet<Serial> = next.iter().map(EncodedEntry::serial).collect();
    for (_, view) in previous {
        for entry in view.entries.iter().filter(|entry| !staying.contains(&entry.serial)) {
            let history = tx.revocation_history(&entry.serial.to_string()).await?;
            if history.last().is_some_and(|event| event.kind == RevocationKind::Lift) {
                lifted.push(entry.serial);
            }
        }
    }
    Ok(lifted)
}

/// As CRLs say times, in whole seconds: a row is compared with its CRL whenever it is published.
pub(super) fn whole(at: OffsetDateTime) -> OffsetDateTime {
    at.replace_nanosecond(0).unwrap_or(at)
}
