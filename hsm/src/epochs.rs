//! Epochs: a wrapping key for the doctors' keys of each year. What it wrapped cannot be wrapped
//! again, so a key is not carried from one epoch to the next; an epoch ends with its last certificate.

use crate::session::Half;
use crate::{Error, Purpose, Token};
use cryptoki::object::{Attribute, AttributeType, ObjectClass};

impl Token {
    /// The epochs whose wrapping key the token has, in ascending order.
    ///
    /// # Errors
    /// Only those of the token itself.
    pub fn epochs(&self) -> Result<Vec<u32>, Error> {
        self.ask(|open| {
            let secrets = [Attribute::Class(ObjectClass::SECRET_KEY), Attribute::Token(true)];
            let mut epochs = Vec::new();
            for handle in open.session.find_objects(&secrets)? {
                for attribute in open.session.get_attributes(handle, &[AttributeType::Label])? {
                    let Attribute::Label(label) = attribute else { continue };
                    let purpose = str::from_utf8(&label).ok().and_then(Purpose::from_label);
                    if let Some(Purpose::DoctorWrap(epoch)) = purpose {
                        epochs.push(epoch);
                    }
                }
            }
            epochs.sort_unstable();
            epochs.dedup();
            Ok(epochs)
        })
    }

    /// Destroys the wrapping key of an epoch, and with it every doctor's key wrapped under it,
    /// those in old backups of the journal included. There is no way back but the epoch's own
    /// [`BackupBlob`](crate::BackupBlob) (or a copy of the token's files, where it has any): to
    /// end an epoch, destroy those too.
    ///
    /// # Errors
    /// [`Error::KeyAbsent`]; [`Error::KeyAmbiguous`] if the token has several, and none is destroyed.
    pub fn destroy_wrapping_key(&self, epoch: u32) -> Result<(), Error> {
        let purpose = Purpose::DoctorWrap(epoch);
        self.ask(move |open| {
            open.forget_keys();
            let key = open.key(purpose, Half::Secret)?;
            open.session.destroy_object(key)?;
            open.forget_keys();
            match open.find(purpose, Half::Secret)? {
                None => Ok(()),
                Some(_) => Err(Error::Malformed("a destroyed key is still there")),
            }
        })
    }
}
