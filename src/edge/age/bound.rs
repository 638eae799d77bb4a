//! The stanza that binds an envelope to its place.

use age_core::format::{FileKey, Stanza};

use crate::stage::lock::SealedFor;

/// A recipient whose stanzas are followed by the one that names the place: bundle, part and pin. It has the labels of the
/// recipient, since age seals only to recipients of equal labels.
pub(super) struct Bound<'a> {
    pub(super) recipient: &'a dyn age::Recipient,
    pub(super) names: [&'a str; 3],
}

impl age::Recipient for Bound<'_> {
    #[allow(clippy::disallowed_types)] // The trait is age's.
    fn wrap_file_key(
        &self,
        key: &FileKey,
    ) -> Result<(Vec<Stanza>, std::collections::HashSet<String>), age::EncryptError> {
        let (mut stanzas, labels) = self.recipient.wrap_file_key(key)?;
        let args = self.names.map(str::to_owned).to_vec();
        stanzas.push(Stanza { tag: SealedFor::TAG.into(), args, body: Vec::new() });
        Ok((stanzas, labels))
    }
}
