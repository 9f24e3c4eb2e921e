//! The shape of a document security store (ISO 32000-2 §12.8.4.3).

use std::collections::HashMap;

use super::{Dictionary, Object, ReadError, View};

/// The objects of a DSS and how often it refers to each.
#[derive(Debug, Default)]
pub(crate) struct DssWalk {
    pub(crate) counts: HashMap<u32, u32>,
}

/// Certificates, CRLs and OCSP answers of a DSS, DER.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ValidationMaterial {
    /// Certificates.
    pub certificates: Vec<Vec<u8>>,
    /// CRLs.
    pub crls: Vec<Vec<u8>>,
    /// OCSP answers.
    pub ocsp_responses: Vec<Vec<u8>>,
}

impl DssWalk {
    /// `None` if there is no DSS or it holds what a DSS does not.
    pub(crate) fn of(view: View<'_, '_>, value: Option<&Object>) -> Result<Option<Self>, ReadError> {
        let Some(value) = value else { return Ok(None) };
        let mut walk = Self::default();
        Ok(walk.dss(view, value)?.map(|()| walk))
    }

    fn enter(&mut self, view: View<'_, '_>, value: &Object) -> Result<Object, ReadError> {
        if let Some(reference) = value.as_reference() {
            *self.counts.entry(reference.number).or_insert(0) += 1;
        }
        Ok((*view.resolve(value)?).clone())
    }

    fn dss(&mut self, view: View<'_, '_>, value: &Object) -> Result<Option<()>, ReadError> {
        let Object::Dictionary(dss) = self.enter(view, value)? else { return Ok(None) };
        for (key, value) in dss.iter() {
            let shaped = match key {
                b"Type" => Some(()).filter(|()| value.as_name() == Some(b"DSS")),
                b"Certs" | b"CRLs" | b"OCSPs" => self.streams(view, value)?,
                b"VRI" => self.vri(view, value)?,
                _ => None,
            };
            if shaped.is_none() {
                return Ok(None);
            }
        }
        Ok(Some(()))
    }

    fn streams(&mut self, view: View<'_, '_>, value: &Object) -> Result<Option<()>, ReadError> {
        let Object::Array(items) = self.enter(view, value)? else { return Ok(None) };
        for item in &items {
            if item.as_reference().is_none() || !is_material(&self.enter(view, item)?) {
                return Ok(None);
            }
        }
        Ok(Some(()))
    }

    fn vri(&mut self, view: View<'_, '_>, value: &Object) -> Result<Option<()>, ReadError> {
        let Object::Dictionary(all) = self.enter(view, value)? else { return Ok(None) };
        for (key, one) in all.iter() {
            if key == b"Type" {
                continue;
            }
            let Object::Dictionary(one) = self.enter(view, one)? else { return Ok(None) };
            for (key, value) in one.iter() {
                let shaped = match key {
                    b"Type" => Some(()),
                    b"TU" => value.as_string().map(|_| ()),
                    b"Cert" | b"CRL" | b"OCSP" => self.streams(view, value)?,
                    b"TS" => Some(()).filter(|()| value.as_reference().is_some()).and(self.stamp(view, value)?),
                    _ => None,
                };
                if shaped.is_none() {
                    return Ok(None);
                }
            }
        }
        Ok(Some(()))
    }

    fn stamp(&mut self, view: View<'_, '_>, value: &Object) -> Result<Option<()>, ReadError> {
        Ok(is_material(&self.enter(view, value)?).then_some(()))
    }
}

/// A stream that can be nothing but data: no form, no image, no font.
fn is_material(value: &Object) -> bool {
    let Object::Stream(stream) = value else { return false };
    stream.dictionary.iter().all(|(key, _)| matches!(key, b"Length" | b"Filter" | b"DecodeParms" | b"DL"))
}

impl View<'_, '_> {
    /// What the DSS of this view holds; empty without one.
    ///
    /// # Errors
    /// [`ReadError`] if a stream cannot be read.
    pub fn validation_material(&self) -> Result<ValidationMaterial, ReadError> {
        let catalog = self.catalog()?;
        let Some(value) = catalog.value(b"DSS") else { return Ok(ValidationMaterial::default()) };
        let resolved = self.resolve(value)?;
        let Some(dss) = resolved.as_dictionary() else { return Ok(ValidationMaterial::default()) };
        Ok(ValidationMaterial {
            certificates: self.material(dss, b"Certs")?,
            crls: self.material(dss, b"CRLs")?,
            ocsp_responses: self.material(dss, b"OCSPs")?,
        })
    }

    fn material(&self, dss: &Dictionary, key: &[u8]) -> Result<Vec<Vec<u8>>, ReadError> {
        let Some(value) = dss.value(key) else { return Ok(Vec::new()) };
        let value = self.resolve(value)?;
        let items = value.as_array().ok_or(ReadError::Missing("DSS"))?;
        if items.len() > 256 {
            return Err(ReadError::Budget("validation material"));
        }
        let mut material = Vec::new();
        for item in items {
            if let Object::Stream(stream) = &*self.resolve(item)? {
                material.push(self.decode(stream)?);
            }
        }
        Ok(material)
    }
}
