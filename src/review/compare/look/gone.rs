//! What it means that a resource is gone.

use super::Pair;
use super::network::routes;
use crate::review::compare::model::{Area, Finding, Risk};

pub(super) fn look(pair: &Pair<'_>, found: &mut Vec<Finding>) {
    if pair.is_gone()
        && let Some((risk, area, text)) = meaning(pair.id)
    {
        pair.say(found, risk, area, text.into());
    }
}

/// More than that it is gone, by its kind alone: its content makes no difference.
pub(in crate::review::compare) fn meaning(id: &str) -> Option<(Risk, Area, &'static str)> {
    let mut words = id.splitn(3, ' ');
    let (version, kind) = (words.next()?, words.next()?);
    let group = version.split_once('/').map_or("", |(group, _)| group);
    Some(match kind {
        "DaemonSet" => (Risk::Traffic, Area::Removal, "is gone from every node"),
        "Deployment" | "StatefulSet" => {
            (Risk::Traffic, Area::Removal, "is gone, and its pods with it once it is deleted")
        }
        "Namespace" => (Risk::Traffic, Area::Removal, "is gone: deleting it deletes everything in it"),
        "PersistentVolumeClaim" => (Risk::Loss, Area::Removal, "is gone, and perhaps its data with it"),
        "Secret" => (Risk::Loss, Area::Removal, "is gone: who mounts it does not start"),
        "Service" if group.is_empty() => {
            (Risk::Traffic, Area::Network, "is gone: its address and name no longer lead anywhere")
        }
        "CustomResourceDefinition" => (Risk::Loss, Area::Crd, "is gone: deleting it deletes every object of this kind"),
        kind if routes(group, kind) => (Risk::Traffic, Area::Network, "is gone: traffic no longer goes by it"),
        _ => return None,
    })
}
