//! What travels over the socket beside the JSON lines of [`crate::protocol`]: questions that come
//! from anybody by the thousand, as octets.
//!
//! ```text
//! question   kind (1 octet)   length (4 octets, big-endian)   DER
//! answer     0                length                          octets, by the kind of question
//!            1                length                          JSON of the refusal
//! ```
//!
//! A line begins with none of the kinds, so both share one connection. Questions follow one
//! another; each waits for the answer to the one before.

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};

use crate::protocol::Refusal;

/// The longest question: well beyond what an OCSP or time-stamp request may have, so that what
/// is too large is said in their own words.
#[cfg(feature = "service")]
pub(crate) const MAX_QUESTION: usize = 64 * 1024;

/// The longest answer: an OCSP answer about as many certificates as may be asked about at once.
const MAX_ANSWER: usize = 1024 * 1024;

/// What kind of question.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// DER of an `OCSPRequest`; the answer is an [`OcspAnswer`].
    Ocsp = 1,
    /// DER of a `TimeStampReq`; the answer is the DER of a `TimeStampResp`.
    TimeStamp = 2,
}

impl Kind {
    #[cfg(feature = "service")]
    /// The kind a first octet announces; none for the beginning of a line.
    pub(crate) const fn of(octet: u8) -> Option<Self> {
        match octet {
            1 => Some(Self::Ocsp),
            2 => Some(Self::TimeStamp),
            _ => None,
        }
    }
}

/// An answer to an OCSP request, and how long whoever asks may give it again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OcspAnswer {
    /// DER of the `OCSPResponse`.
    pub der: Vec<u8>,
    /// What it rests on; none if it must not be given again.
    pub keep: Option<Keep>,
}

/// What an OCSP answer that may be given again rests on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Keep {
    /// The revocation sequence: with another one it is over.
    pub sequence: i64,
    /// Its thisUpdate, in Unix seconds.
    pub this_update: i64,
    /// Its nextUpdate, in Unix seconds.
    pub next_update: i64,
}

impl OcspAnswer {
    /// Flag and three numbers before the DER.
    #[cfg(feature = "service")]
    const HEAD: usize = 25;

    #[cfg(feature = "service")]
    pub(crate) fn to_octets(&self) -> Vec<u8> {
        let keep = self.keep.unwrap_or(Keep { sequence: 0, this_update: 0, next_update: 0 });
        let mut octets = Vec::with_capacity(Self::HEAD.saturating_add(self.der.len()));
        octets.push(u8::from(self.keep.is_some()));
        for number in [keep.sequence, keep.this_update, keep.next_update] {
            octets.extend(number.to_be_bytes());
        }
        octets.extend(&self.der);
        octets
    }

    pub(crate) fn from_octets(octets: &[u8]) -> Option<Self> {
        let (flag, rest) = octets.split_first()?;
        let (sequence, rest) = rest.split_first_chunk()?;
        let (this_update, rest) = rest.split_first_chunk()?;
        let (next_update, der) = rest.split_first_chunk()?;
        let keep = Keep {
            sequence: i64::from_be_bytes(*sequence),
            this_update: i64::from_be_bytes(*this_update),
            next_update: i64::from_be_bytes(*next_update),
        };
        Some(Self { der: der.to_vec(), keep: (*flag == 1).then_some(keep) })
    }
}

/// Asks.
pub(crate) async fn put_question(
    stream: &mut (impl AsyncWrite + Unpin),
    kind: Kind,
    der: &[u8],
) -> std::io::Result<()> {
    put(stream, kind as u8, der).await
}

/// Answers.
#[cfg(feature = "service")]
pub(crate) async fn put_answer(
    stream: &mut (impl AsyncWrite + Unpin),
    answer: Result<Vec<u8>, Refusal>,
) -> std::io::Result<()> {
    match answer {
        Ok(octets) => put(stream, 0, &octets).await,
        Err(refusal) => put(stream, 1, &serde_json::to_vec(&refusal).unwrap_or_default()).await,
    }
}

/// Reads the rest of a question whose kind is read.
#[cfg(feature = "service")]
pub(crate) async fn take_question(stream: &mut (impl AsyncRead + Unpin)) -> std::io::Result<Vec<u8>> {
    take(stream, MAX_QUESTION).await
}

/// Reads an answer: octets, or a refusal.
pub(crate) async fn take_answer(stream: &mut (impl AsyncRead + Unpin)) -> std::io::Result<Result<Vec<u8>, Refusal>> {
    let flag = stream.read_u8().await?;
    let octets = take(stream, MAX_ANSWER).await?;
    match flag {
        0 => Ok(Ok(octets)),
        _ => Ok(Err(serde_json::from_slice(&octets)?)),
    }
}

async fn put(stream: &mut (impl AsyncWrite + Unpin), first: u8, octets: &[u8]) -> std::io::Result<()> {
    let length = u32::try_from(octets.len()).map_err(|_| std::io::ErrorKind::InvalidInput)?;
    // One write: the other side wakes once.
    let mut whole = Vec::with_capacity(octets.len().saturating_add(5));
    whole.push(first);
    whole.extend(length.to_be_bytes());
    whole.extend(octets);
    stream.write_all(&whole).await
}

async fn take(stream: &mut (impl AsyncRead + Unpin), most: usize) -> std::io::Result<Vec<u8>> {
    let length = usize::try_from(stream.read_u32().await?).unwrap_or(usize::MAX);
    if length > most {
        return Err(std::io::ErrorKind::InvalidData.into());
    }
    let mut octets = vec![0; length];
    stream.read_exact(&mut octets).await?;
    Ok(octets)
}

#[cfg(all(test, feature = "service"))]
mod tests {
    use super::*;

    #[tokio::test]
    async fn answers_come_back_as_they_were_given() {
        let keep = Keep { sequence: 7, this_update: 1_700_000_000, next_update: 1_700_003_600 };
        for answer in [OcspAnswer { der: vec![0x30, 0], keep: Some(keep) }, OcspAnswer { der: vec![1; 5], keep: None }]
        {
            let (mut near, mut far) = tokio::io::duplex(1024);
            put_answer(&mut near, Ok(answer.to_octets())).await.unwrap();
            let octets = take_answer(&mut far).await.unwrap().unwrap();
            assert_eq!(OcspAnswer::from_octets(&octets), Some(answer));
        }
        assert_eq!(OcspAnswer::from_octets(&[1; 24]), None);
        let (mut near, mut far) = tokio::io::duplex(1024);
        put_answer(&mut near, Err(Refusal::JournalUnavailable)).await.unwrap();
        assert_eq!(take_answer(&mut far).await.unwrap(), Err(Refusal::JournalUnavailable));
    }

    #[tokio::test]
    async fn a_length_beyond_the_limit_is_refused_before_anything_is_read() {
        let (mut near, mut far) = tokio::io::duplex(64);
        near.write_all(&u32::MAX.to_be_bytes()).await.unwrap();
        assert_eq!(take_question(&mut far).await.unwrap_err().kind(), std::io::ErrorKind::InvalidData);
    }
}
