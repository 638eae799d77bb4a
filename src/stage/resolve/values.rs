//! The values that a chart is given.

use super::{Error, Sources};
use crate::base::sops::is_sops;
use crate::stage::spec::Values;
use helm_engine::helm::HelmVersion;
use helm_engine::helm::values::{merge_maps, read_documents};
use helm_engine::value::Map;
use helm_engine::yaml;

/// The layers of user values merged as Helm merges `-f` after `-f`.
pub(super) fn merged(layers: &[Values], helm: HelmVersion, sources: &dyn Sources) -> Result<Map, Error> {
    let mut merged = Map::any();
    for layer in layers {
        let (text, path, place) = match layer {
            Values::File { path, place } => {
                let text = sources
                    .file(path)
                    .map_err(|source| Error::Source { source: Box::new(source), place: place.clone() })?;
                if is_sops(&text) {
                    return Err(Error::Sops { path: path.clone(), place: place.clone() });
                }
                (text, path.as_str(), place)
            }
            // Written out and read again, so that numbers are what they are in a file.
            Values::Inline(value, place) => {
                let text = yaml::write(value);
                let text = text.map_err(|message| Error::Unwritable { message, place: place.clone() })?;
                (text.as_bytes().to_vec(), "values", place)
            }
        };
        let fault = |message: String| Error::Values { path: path.into(), message, place: place.clone() };
        merged = merge_maps(&merged, &read_documents(&text, helm).map_err(fault)?);
    }
    Ok(merged)
}
