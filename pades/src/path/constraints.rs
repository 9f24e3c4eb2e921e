//! Name constraints (RFC 5280 §4.2.1.10, §6.1.3 (b)-(c), §6.1.4 (g)).

use super::Reason;
use crate::x509::asn1::{Element, Malformed, SEQUENCE, single};
use crate::x509::certificate::Certificate;
use crate::x509::name::{self, GeneralName, Relative};

/// Comparisons of a name with a constraint in one path.
const COMPARISONS: usize = 65_536;
/// Subtrees of one extension.
const SUBTREES: usize = 4096;

/// One `GeneralSubtree`, checked for its form.
#[derive(Debug)]
enum Base {
    Mail(String),
    Dns(String),
    Directory(Vec<Relative>),
    Uri(String),
    /// Address and mask.
    Address(Vec<u8>, Vec<u8>),
    Other(u8),
}

/// A name as it is compared.
#[derive(Debug)]
enum Name {
    /// Local part, and host in small letters.
    Mail(String, String),
    Dns(String),
    Directory(Vec<Relative>),
    /// Host in small letters.
    Uri(String),
    Address(Vec<u8>),
}

/// What all CAs so far allow and forbid.
#[derive(Debug)]
pub(super) struct Constraints {
    /// One list for each CA: the intersection is what matches in all of them.
    permitted: Vec<Vec<Base>>,
    excluded: Vec<Base>,
    comparisons: usize,
}

impl Constraints {
    pub(super) const fn new() -> Self {
        Self { permitted: Vec::new(), excluded: Vec::new(), comparisons: COMPARISONS }
    }

    /// Takes in the constraints of a CA.
    pub(super) fn add(&mut self, value: &[u8]) -> Result<(), Reason> {
        let malformed = |Malformed| Reason::NameMalformed;
        let mut inside = single(value, SEQUENCE).map_err(malformed)?.inside();
        let permitted = inside.optional(0xa0).map_err(malformed)?;
        let excluded = inside.optional(0xa1).map_err(malformed)?;
        inside.finish().map_err(malformed)?;
        if permitted.is_none() && excluded.is_none() {
            return Err(Reason::NameMalformed);
        }
        if let Some(list) = permitted {
            self.permitted.push(subtrees(list)?);
        }
        if let Some(list) = excluded {
            self.excluded.extend(subtrees(list)?);
        }
        Ok(())
    }

    /// Checks the names of a certificate below.
    pub(super) fn check(&mut self, certificate: &Certificate<'_>) -> Result<(), Reason> {
        if self.permitted.is_empty() && self.excluded.is_empty() {
            return Ok(());
        }
        let alternative = certificate.extensions.alternative_names.map(GeneralName::list).transpose();
        let alternative = alternative.map_err(|Malformed| Reason::NameMalformed)?.unwrap_or_default();
        if !name::is_empty(certificate.subject) {
            self.one(GeneralName::Directory(certificate.subject))?;
        }
        // Only where no mail address stands in subjectAltName, the subject's own counts.
        if !alternative.iter().any(|n| matches!(n, GeneralName::Mail(_))) {
            for mail in name::mail_addresses(certificate.subject).map_err(|Malformed| Reason::NameMalformed)? {
                self.one(GeneralName::Mail(mail))?;
            }
        }
        alternative.into_iter().try_for_each(|name| self.one(name))
    }

    fn one(&mut self, name: GeneralName<'_>) -> Result<(), Reason> {
        // A name of an unconstrained kind needs no form.
        let lists = self.permitted.iter().map(Vec::as_slice).chain([self.excluded.as_slice()]);
        if !lists.into_iter().flatten().any(|base| base.kind() == kind(name)) {
            return Ok(());
        }
        let name = Name::parse(name)?;
        let mut left = self.comparisons;
        let mut compare = |base: &Base, forbids: bool| {
            left = left.checked_sub(1).ok_or(Reason::Budget)?;
            Ok::<_, Reason>(name.is_within(base, forbids))
        };
        for list in &self.permitted {
            let (mut constrained, mut allowed) = (false, false);
            for base in list.iter().filter(|b| b.kind() == name.kind()) {
                constrained = true;
                allowed |= compare(base, false)?;
            }
            if constrained && !allowed {
                return Err(Reason::NameConstraint);
            }
        }
        for base in self.excluded.iter().filter(|b| b.kind() == name.kind()) {
            if compare(base, true)? {
                return Err(Reason::NameConstraint);
            }
        }
        self.comparisons = left;
        Ok(())
    }
}

fn subtrees(list: Element<'_>) -> Result<Vec<Base>, Reason> {
    let subtrees = list.inside().all(SUBTREES).map_err(|Malformed| Reason::Budget)?;
    if subtrees.is_empty() {
        return Err(Reason::NameMalformed);
    }
    subtrees.into_iter().map(|subtree| base(subtree).ok_or(Reason::NameMalformed)).collect()
}

/// minimum is zero, which DER leaves out, and maximum is absent.
fn base(subtree: Element<'_>) -> Option<Base> {
    let mut inside = subtree.inside();
    let base = GeneralName::parse(inside.any().ok()?).ok()?;
    if let Some(minimum) = inside.optional(0x80).ok()?
        && minimum.value != [0]
    {
        return None;
    }
    inside.finish().ok()?;
    Some(match base {
        GeneralName::Mail(text) => {
            let text = std::str::from_utf8(text).ok()?;
            match text.rsplit_once('@') {
                Some((local, host)) if !local.is_empty() => {
                    is_host(host).then(|| Base::Mail(format!("{local}@{}", host.to_ascii_lowercase())))?
                }
                Some(_) => return None,
                None => {
                    is_host(text.strip_prefix('.').unwrap_or(text)).then(|| Base::Mail(text.to_ascii_lowercase()))?
                }
            }
        }
        GeneralName::Dns([]) => Base::Dns(String::new()),
        GeneralName::Dns(text) => {
            let text = std::str::from_utf8(text).ok()?;
            is_host(text).then(|| Base::Dns(text.to_ascii_lowercase()))?
        }
        GeneralName::Directory(der) => Base::Directory(name::comparable(der).ok()?),
        GeneralName::Uri(text) => {
            let text = std::str::from_utf8(text).ok()?;
            is_host(text.strip_prefix('.').unwrap_or(text)).then(|| Base::Uri(text.to_ascii_lowercase()))?
        }
        GeneralName::Address(octets) => {
            let (address, mask) = octets.split_at(octets.len() / 2);
            // RFC 4632 §3.1: ones, then zeros.
            let bits: Vec<bool> = mask.iter().flat_map(|o| (0..8).map(move |i| o & (0x80 >> i) != 0)).collect();
            let whole = bits.iter().skip_while(|b| **b).all(|b| !b);
            if !matches!(octets.len(), 8 | 32) || !whole {
                return None;
            }
            Base::Address(address.to_vec(), mask.to_vec())
        }
        GeneralName::Other(tag) => Base::Other(tag),
    })
}

const fn kind(name: GeneralName<'_>) -> u8 {
    match name {
        GeneralName::Mail(_) => 0x81,
        GeneralName::Dns(_) => 0x82,
        GeneralName::Directory(_) => 0xa4,
        GeneralName::Uri(_) => 0x86,
        GeneralName::Address(_) => 0x87,
        GeneralName::Other(tag) => tag,
    }
}

impl Base {
    const fn kind(&self) -> u8 {
        match self {
            Self::Mail(_) => 0x81,
            Self::Dns(_) => 0x82,
            Self::Directory(_) => 0xa4,
            Self::Uri(_) => 0x86,
            Self::Address(..) => 0x87,
            Self::Other(tag) => *tag,
        }
    }
}

impl Name {
    fn parse(name: GeneralName<'_>) -> Result<Self, Reason> {
        let text = |octets| std::str::from_utf8(octets).map_err(|_| Reason::NameMalformed);
        Ok(match name {
            GeneralName::Mail(octets) => {
                let (local, host) = text(octets)?.rsplit_once('@').ok_or(Reason::NameMalformed)?;
                if local.is_empty()
                    || !octets.is_ascii()
                    || local.contains(|c: char| c.is_whitespace() || c == '@')
                    || !is_host(host)
                {
                    return Err(Reason::NameMalformed);
                }
                Self::Mail(local.to_owned(), host.to_ascii_lowercase())
            }
            GeneralName::Dns(octets) => {
                let text = text(octets)?;
                if !is_host(text.strip_prefix("*.").unwrap_or(text)) {
                    return Err(Reason::NameMalformed);
                }
                Self::Dns(text.to_ascii_lowercase())
            }
            GeneralName::Directory(der) => {
                Self::Directory(name::comparable(der).map_err(|Malformed| Reason::NameMalformed)?)
            }
            GeneralName::Uri(octets) => Self::Uri(host_of(text(octets)?).ok_or(Reason::NameMalformed)?),
            GeneralName::Address(octets) if matches!(octets.len(), 4 | 16) => Self::Address(octets.to_vec()),
            GeneralName::Address(_) => return Err(Reason::NameMalformed),
            GeneralName::Other(_) => return Err(Reason::NameNotProcessed),
        })
    }

    const fn kind(&self) -> u8 {
        match self {
            Self::Mail(..) => 0x81,
            Self::Dns(_) => 0x82,
            Self::Directory(_) => 0xa4,
            Self::Uri(_) => 0x86,
            Self::Address(_) => 0x87,
        }
    }

    /// Whether the name lies in the subtree. `forbids`: whether something that it stands for could do.
    fn is_within(&self, base: &Base, forbids: bool) -> bool {
        match (self, base) {
            (Self::Mail(local, host), Base::Mail(base)) => match base.rsplit_once('@') {
                Some((wanted, at)) => wanted == local && at == host,
                None => host_within(host, base),
            },
            (Self::Dns(name), Base::Dns(base)) => match name.strip_prefix("*.") {
                // One label stands for the asterisk: it may be just the one that is forbidden.
                Some(parent) => {
                    is_under(parent, base)
                        || (forbids && base.split_once('.').is_some_and(|(_, above)| above == parent))
                }
                None => is_under(name, base),
            },
            (Self::Directory(name), Base::Directory(base)) => name.starts_with(base),
            (Self::Uri(host), Base::Uri(base)) => host_within(host, base),
            (Self::Address(address), Base::Address(wanted, mask)) => {
                address.len() == wanted.len() && address.iter().zip(wanted).zip(mask).all(|((a, w), m)| a & m == w & m)
            }
            _ => false,
        }
    }
}

/// A DNS constraint takes in the name itself and everything under it.
fn is_under(name: &str, base: &str) -> bool {
    base.is_empty() || name == base || name.strip_suffix(base).is_some_and(|rest| rest.ends_with('.'))
}

/// Constraints of mail and URI: a host alone, or with a leading full stop those under it.
fn host_within(host: &str, base: &str) -> bool {
    if base.starts_with('.') { host.len() > base.len() && host.ends_with(base) } else { host == base }
}

/// The "preferred name syntax" of RFC 1034 §3.5 with RFC 1123 §2.1.
pub(super) fn is_host(text: &str) -> bool {
    let label = |label: &str| {
        (1..=63).contains(&label.len())
            && label.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    text.len() <= 253 && text.split('.').all(label)
}

/// The host of a URI that has an authority with a name in it (RFC 3986 §3.2).
fn host_of(uri: &str) -> Option<String> {
    let (_, rest) = uri.split_once("://")?;
    let authority = rest.split(['/', '?', '#']).next()?;
    let host = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
    let host = host.split_once(':').map_or(host, |(host, _)| host);
    let is_address = host.split('.').next_back().is_none_or(|last| last.bytes().all(|b| b.is_ascii_digit()));
    (is_host(host) && !is_address).then(|| host.to_ascii_lowercase())
}
