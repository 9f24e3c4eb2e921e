//! Decoding of the streams that carry structure: plain or `FlateDecode`, with PNG predictors.

use std::io::Read;

use super::{Budget, Dictionary, Object, ReadError, Stream};

/// The decoded data of a stream.
///
/// # Errors
/// [`ReadError::Filter`] for filters that structure never needs; [`ReadError::Budget`].
pub(crate) fn decode(file: &[u8], stream: &Stream, budget: &Budget) -> Result<Vec<u8>, ReadError> {
    let raw = file.get(stream.data.clone()).ok_or(ReadError::Filter("data outside the file"))?;
    budget.spend(raw.len() / 16)?;
    let only = |value: &Object| match value {
        Object::Array(items) if items.len() <= 1 => Ok(items.first().cloned()),
        Object::Array(_) => Err(ReadError::Filter("several filters")),
        other => Ok(Some(other.clone())),
    };
    let filter = stream.dictionary.value(b"Filter").map_or(Ok(None), only)?;
    let parameters = stream.dictionary.value(b"DecodeParms").map_or(Ok(None), only)?;
    match filter.as_ref().map(Object::as_name) {
        None => {
            budget.inflate(raw.len())?;
            Ok(raw.to_vec())
        }
        Some(Some(b"FlateDecode")) => {
            let limit = budget.inflatable();
            let mut out = Vec::new();
            let read = flate2::read::ZlibDecoder::new(raw).take(limit as u64 + 1).read_to_end(&mut out);
            read.map_err(|_| ReadError::Filter("zlib data"))?;
            budget.inflate(out.len())?;
            match parameters {
                None | Some(Object::Null) => Ok(out),
                Some(Object::Dictionary(parameters)) => predicted(out, &parameters),
                Some(_) => Err(ReadError::Filter("/DecodeParms")),
            }
        }
        Some(_) => Err(ReadError::Filter("filter")),
    }
}

fn predicted(data: Vec<u8>, parameters: &Dictionary) -> Result<Vec<u8>, ReadError> {
    let number = |key: &[u8], default: i64| match parameters.value(key) {
        None => Ok(default),
        Some(Object::Integer(value)) if (1..=100_000).contains(value) => Ok(*value),
        Some(_) => Err(ReadError::Filter("/DecodeParms")),
    };
    let predictor = number(b"Predictor", 1)?;
    if predictor == 1 {
        return Ok(data);
    }
    let (colours, bits, columns) = (number(b"Colors", 1)?, number(b"BitsPerComponent", 8)?, number(b"Columns", 1)?);
    if !(10..=15).contains(&predictor) || colours != 1 || bits != 8 {
        return Err(ReadError::Filter("predictor"));
    }
    let columns = usize::try_from(columns).map_err(|_| ReadError::Filter("/Columns"))?;
    let mut above = vec![0u8; columns];
    let mut out = Vec::with_capacity(data.len());
    for row in data.chunks(columns + 1) {
        let Some((kind, row)) = row.split_first().filter(|(_, row)| row.len() == columns) else {
            return Err(ReadError::Filter("predictor rows"));
        };
        let mut line = Vec::with_capacity(columns);
        let (mut left, mut corner) = (0u8, 0u8);
        for (byte, up) in row.iter().zip(&above) {
            let guess = match kind {
                0 => 0,
                1 => left,
                2 => *up,
                3 => ((u16::from(left) + u16::from(*up)) / 2) as u8,
                4 => paeth(left, *up, corner),
                _ => return Err(ReadError::Filter("predictor row type")),
            };
            left = byte.wrapping_add(guess);
            corner = *up;
            line.push(left);
        }
        out.extend_from_slice(&line);
        above = line;
    }
    Ok(out)
}

/// PNG specification §9.4.
fn paeth(left: u8, up: u8, corner: u8) -> u8 {
    let estimate = i16::from(left) + i16::from(up) - i16::from(corner);
    let distance = |byte: u8| (estimate - i16::from(byte)).abs();
    if distance(left) <= distance(up) && distance(left) <= distance(corner) {
        left
    } else if distance(up) <= distance(corner) {
        up
    } else {
        corner
    }
}
