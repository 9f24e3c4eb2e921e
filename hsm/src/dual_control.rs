//! Two operators, neither of whom can do it alone: the PIN of an offline token, and the key
//! that backups are wrapped under.

use crate::{Error, Token};
use aws_lc_rs::hmac;
use aws_lc_rs::pbkdf2::{PBKDF2_HMAC_SHA256, derive};
use secrecy::{ExposeSecret, SecretString};
use std::fmt;
use std::num::NonZeroU32;
use zeroize::Zeroizing;

/// The shortest secret an operator may choose, in characters.
pub const MIN_SECRET: usize = 12;
/// The longest, in bytes.
const MAX_SECRET: usize = 1024;
/// Bytes of a component and of the backup key.
const KEY: usize = 32;
/// Bytes of a check value.
const CHECK: usize = 4;
/// Bytes of the PIN before it is written in hexadecimal: 32 characters, which every token takes.
const PIN: usize = 16;
/// PBKDF2's work (NIST SP 800-132 §5.2): whoever carries the token's files off can guess without the token.
const ITERATIONS: NonZeroU32 = match NonZeroU32::new(600_000) {
    Some(iterations) => iterations,
    None => NonZeroU32::MAX,
};

const PIN_DOMAIN: &[u8] = b"rabrong dual control: token PIN, 1";
const BACKUP_DOMAIN: &[u8] = b"rabrong dual control: backup key, 1";
const CHECK_DOMAIN: &[u8] = b"rabrong dual control: component check value, 1";
const COMPONENT_HEAD: &str = "rabrong-backup-component";

/// The PIN of a token that two operators open together, from the first one's and the second
/// one's secret. The order matters; neither secret alone says anything about the PIN.
///
/// # Errors
/// [`Error::SecretLength`] under [`MIN_SECRET`] characters or beyond 1024 bytes;
/// [`Error::SecretsEqual`].
pub fn pin(first: &SecretString, second: &SecretString) -> Result<SecretString, Error> {
    let (first, second) = (first.expose_secret(), second.expose_secret());
    for secret in [first, second] {
        if secret.chars().count() < MIN_SECRET || secret.len() > MAX_SECRET {
            return Err(Error::SecretLength);
        }
    }
    if first == second {
        return Err(Error::SecretsEqual);
    }
    // The length in front of each: no two pairs of secrets run together into the same bytes.
    let mut both = Zeroizing::new(Vec::with_capacity(first.len() + second.len() + 16));
    for secret in [first, second] {
        both.extend_from_slice(&(secret.len() as u64).to_be_bytes());
        both.extend_from_slice(secret.as_bytes());
    }
    let mut derived = Zeroizing::new([0; PIN]);
    derive(PBKDF2_HMAC_SHA256, ITERATIONS, PIN_DOMAIN, &both, derived.as_mut_slice());
    Ok(SecretString::from(hex::encode(derived.as_slice())))
}

/// Which of the two operators holds a component.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Operator {
    /// The first.
    First,
    /// The second.
    Second,
}

impl Operator {
    fn number(self) -> &'static str {
        match self {
            Self::First => "1",
            Self::Second => "2",
        }
    }
}

/// One operator's share of the backup key: 32 random bytes. Kept as one line of text, in a
/// place the other operator cannot reach.
#[derive(Clone)]
pub struct Component {
    operator: Operator,
    secret: Zeroizing<[u8; KEY]>,
}

impl Component {
    /// Draws a component from the token's generator.
    ///
    /// # Errors
    /// Only those of the token itself.
    pub fn draw(token: &Token, operator: Operator) -> Result<Self, Error> {
        let random = Zeroizing::new(token.random(KEY)?);
        let secret = random.as_slice().try_into().map_err(|_| Error::Malformed("random bytes of another length"))?;
        Ok(Self { operator, secret: Zeroizing::new(secret) })
    }

    /// Whose it is.
    pub fn operator(&self) -> Operator {
        self.operator
    }

    /// What a transcript may name: tells components apart and gives nothing of them away.
    pub fn check_value(&self) -> String {
        let value = derived(self.secret.as_slice(), CHECK_DOMAIN, self.operator.number().as_bytes(), &[]);
        hex::encode(value.first_chunk::<CHECK>().unwrap_or(&[0; CHECK]))
    }

    /// The line to keep: `rabrong-backup-component 1 <64 hexadecimal digits> <check value>`.
    pub fn to_text(&self) -> SecretString {
        let secret = Zeroizing::new(hex::encode(self.secret.as_slice()));
        let number = self.operator.number();
        SecretString::from(format!("{COMPONENT_HEAD} {number} {} {}", secret.as_str(), self.check_value()))
    }

    /// Reads what [`Component::to_text`] wrote.
    ///
    /// # Errors
    /// [`Error::ComponentMalformed`], also when the check value says that a digit is wrong.
    pub fn parse(text: &SecretString) -> Result<Self, Error> {
        let mut words = text.expose_secret().split_ascii_whitespace();
        let (head, number, secret, check) = (words.next(), words.next(), words.next(), words.next());
        let (Some(COMPONENT_HEAD), Some(number), Some(secret), Some(check), None) =
            (head, number, secret, check, words.next())
        else {
            return Err(Error::ComponentMalformed);
        };
        let operator = [Operator::First, Operator::Second].into_iter().find(|operator| operator.number() == number);
        let operator = operator.ok_or(Error::ComponentMalformed)?;
        let bytes = Zeroizing::new(hex::decode(secret).map_err(|_| Error::ComponentMalformed)?);
        let secret = Zeroizing::new(bytes.as_slice().try_into().map_err(|_| Error::ComponentMalformed)?);
        let component = Self { operator, secret };
        if component.check_value() == check { Ok(component) } else { Err(Error::ComponentMalformed) }
    }
}

impl fmt::Debug for Component {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Component").field("operator", &self.operator).finish_non_exhaustive()
    }
}

/// Both components: what the two operators can do only together.
#[derive(Debug, Clone)]
pub struct BackupKeyComponents {
    first: Component,
    second: Component,
}

impl BackupKeyComponents {
    /// Puts the first operator's and the second operator's component together.
    ///
    /// # Errors
    /// [`Error::ComponentsMixedUp`] if they are swapped, of one operator, or have the same content.
    pub fn new(first: Component, second: Component) -> Result<Self, Error> {
        let in_order = first.operator == Operator::First && second.operator == Operator::Second;
        if !in_order || first.secret == second.secret {
            return Err(Error::ComponentsMixedUp);
        }
        Ok(Self { first, second })
    }

    /// The key one backup is wrapped under. Bound to what the backup says of itself, since RFC 5649
    /// has no associated data: a blob under another label or public key does not open.
    pub(crate) fn key(&self, label: &str, spki: &[u8]) -> Zeroizing<[u8; KEY]> {
        let mut both = Zeroizing::new([0; 2 * KEY]);
        let (left, right) = both.split_at_mut(KEY);
        left.copy_from_slice(self.first.secret.as_slice());
        right.copy_from_slice(self.second.secret.as_slice());
        derived(both.as_slice(), BACKUP_DOMAIN, label.as_bytes(), spki)
    }
}

/// HMAC-SHA256 as a key derivation (NIST SP 800-56C §4.1): the secret is the key, and what is
/// derived, with its length in front, the message.
fn derived(secret: &[u8], domain: &[u8], label: &[u8], rest: &[u8]) -> Zeroizing<[u8; KEY]> {
    let mut context = hmac::Context::with_key(&hmac::Key::new(hmac::HMAC_SHA256, secret));
    for part in [domain, label] {
        context.update(&(part.len() as u64).to_be_bytes());
        context.update(part);
    }
    context.update(rest);
    let mut key = Zeroizing::new([0; KEY]);
    for (byte, tag) in key.iter_mut().zip(context.sign().as_ref()) {
        *byte = *tag;
    }
    key
}

#[cfg(test)]
mod tests {
    use super::*;

    fn secret(text: &str) -> SecretString {
        SecretString::from(text)
    }

    fn component(operator: Operator, fill: u8) -> Component {
        Component { operator, secret: Zeroizing::new([fill; KEY]) }
    }

    #[test]
    fn a_pin_needs_both_secrets_in_their_order() {
        let (a, b) = (secret("the first secret"), secret("the second secret"));
        let both = pin(&a, &b).unwrap();
        assert_eq!(both.expose_secret(), pin(&a, &b).unwrap().expose_secret());
        assert_eq!(both.expose_secret().len(), 32);
        assert_ne!(both.expose_secret(), pin(&b, &a).unwrap().expose_secret());
        assert_ne!(both.expose_secret(), pin(&a, &secret("the second secre7")).unwrap().expose_secret());
        // Moving a letter from one secret to the other makes another PIN.
        let moved = pin(&secret("the first secrett"), &secret("he second secret")).unwrap();
        assert_ne!(both.expose_secret(), moved.expose_secret());
    }

    #[test]
    fn short_and_equal_secrets_are_refused() {
        let good = secret("ความลับของผู้ปฏิบัติงาน");
        for short in ["", "eleven char", "ก่ก่ก่ก่ก่ก"] {
            assert!(matches!(pin(&good, &secret(short)), Err(Error::SecretLength)), "{short}");
            assert!(matches!(pin(&secret(short), &good), Err(Error::SecretLength)), "{short}");
        }
        assert!(matches!(pin(&good, &secret(&"x".repeat(1025))), Err(Error::SecretLength)));
        assert!(matches!(pin(&good, &good.clone()), Err(Error::SecretsEqual)));
    }

    #[test]
    fn a_component_survives_its_line_of_text() {
        let component = component(Operator::Second, 0xa7);
        let line = component.to_text();
        let read = Component::parse(&secret(&format!("{}\n", line.expose_secret()))).unwrap();
        assert_eq!(read.operator(), Operator::Second);
        assert_eq!(read.secret, component.secret);
        assert!(!format!("{component:?}").contains("a7"), "a component is not printed");

        let line = line.expose_secret();
        let wrong_digit = line.replacen("a7a7", "a7b7", 1);
        let other_operator = line.replacen(" 2 ", " 1 ", 1);
        for bad in ["", "x", &wrong_digit, &other_operator, &line[..line.len() - 1], &format!("{line} more")] {
            assert!(matches!(Component::parse(&secret(bad)), Err(Error::ComponentMalformed)), "{bad}");
        }
    }

    #[test]
    fn components_are_not_mixed_up() {
        let (first, second) = (component(Operator::First, 1), component(Operator::Second, 2));
        let both = BackupKeyComponents::new(first.clone(), second.clone()).unwrap();
        for (a, b) in [(second, first.clone()), (first.clone(), first.clone()), (first, component(Operator::Second, 1))]
        {
            assert!(matches!(BackupKeyComponents::new(a, b), Err(Error::ComponentsMixedUp)));
        }
        let key = both.key("rabrong root", b"key");
        assert_eq!(key, both.key("rabrong root", b"key"));
        assert_ne!(key, both.key("rabrong seal", b"key"));
        assert_ne!(key, both.key("rabrong root", b"kez"));
        // What the label ends with is not what the key begins with.
        assert_ne!(key, both.key("rabrong rootk", b"ey"));
    }
}
