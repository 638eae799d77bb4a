//! Sides of a comparison: what lies behind a spec and its lock, part by part, as far as it is at hand.

use std::collections::BTreeMap;

use crate::edge::random;
use crate::review::compare::{BEHIND, Content, Part, Reads, Side, Values, values_json};
use crate::stage::lock::{Lock, LockedPart};
use crate::stage::pack::{self, talos};
use crate::stage::render;
use crate::stage::resolve::{self, ResolvedContent, Sources};
use crate::stage::seal::{self, Found};
use crate::stage::spec::{self, Spec};
use crate::stage::vendored::Vendored;
use helm_engine::helm::values::default_values;

/// A spec with its lock. `known` may have a part's text already, by the digest of that text.
pub(crate) fn of_workspace(name: &str, spec: &Spec, lock: &Lock, sources: &dyn Sources, known: Option<&Side>) -> Side {
    let mut side = Side::of_lock(name, lock, "the spec does not name it");
    // What charts were told of is the lock's to say, where it says it.
    side.kubernetes = side.kubernetes.or_else(|| spec.kubernetes.as_ref().map(|it| it.as_str().to_owned()));
    side.talos = Some(spec.talos.to_string());
    for part in &spec.parts {
        let Some(locked) = lock.parts.get(&part.name) else {
            side.remarks.push(format!("part {} is in the spec, but not in the lock", part.name));
            continue;
        };
        let same = |it: &&Part| {
            (it.output, it.digest, it.values) == (locked.output, locked.digest, locked.values) && it.content.is_ok()
        };
        let content = match known.and_then(|it| it.parts.get(&part.name)).filter(same) {
            Some(known) => {
                let found = Found { images: known.images.clone(), digests: known.resources.clone() };
                known.content.clone().map(|it| (it, found)).map_err(Absent::Away)
            }
            None => content(spec, part, lock, locked, sources),
        };
        let fails = match &content {
            Err(Absent::Fails(message)) => Some(message.clone()),
            _ => None,
        };
        let content = content.map_err(Absent::text);
        if let Some(entry) = side.parts.get_mut(&part.name) {
            entry.fails = fails;
            entry.content = content.map(|(content, found)| {
                if (&found.images, &found.digests) != (&entry.images, &entry.resources) {
                    let what = "the lock names other images or resources than it renders, which `build` refuses";
                    side.remarks.push(format!("part {}: {what}; what it renders is compared", part.name));
                }
                entry.images = found.images.into_iter().chain(locked.more_images.clone()).collect();
                entry.resources = found.digests;
                content
            });
        }
    }
    side.size = size(spec, &side.parts);
    side
}

/// Where there is no lock: everything is new.
pub(crate) fn nothing(name: &str, remark: String) -> Side {
    Side {
        name: name.into(),
        bundle: String::new(),
        clock: None,
        helm: None,
        kubernetes: None,
        talos: None,
        recipients: Vec::new(),
        parts: Default::default(),
        sealed: Vec::new(),
        size: Some(0),
        remarks: vec![remark],
    }
}

/// How large the patch is, where all manifests are at hand.
pub(crate) fn size(spec: &Spec, parts: &BTreeMap<String, Part>) -> Option<u64> {
    let mut texts = Vec::new();
    let mut namespaces = Vec::new();
    for part in &spec.parts {
        texts.push((part.name.as_str(), parts.get(&part.name)?.content.as_ref().ok()?.text.as_str()));
        if let spec::Content::Chart(chart) = &part.content {
            namespaces.push(chart.namespace.as_str());
        }
    }
    let (manifests, _) = pack::lay_out(&texts, namespaces.into_iter());
    Some(talos::control_plane(&manifests, spec.talos).len() as u64)
}

/// A chart's values in their two layers.
pub(crate) fn values(content: &ResolvedContent) -> Option<Values> {
    match content {
        ResolvedContent::Chart { chart, values, .. } => {
            let defaults = default_values(chart).ok()?;
            Some(Values { defaults: values_json(&defaults), user: values_json(values), reads: Reads::of(chart) })
        }
        ResolvedContent::Manifest(_) => None,
    }
}

/// What a part renders, and what is in it: from a spec and a lock of that part alone, so that one that is not at hand does
/// not hide the others.
fn content(
    spec: &Spec,
    part: &spec::Part,
    lock: &Lock,
    locked: &LockedPart,
    sources: &dyn Sources,
) -> Result<(Content, Found), Absent> {
    let spec = Spec {
        bundle: lock.bundle.clone(),
        recipients: lock.recipients.clone(),
        parts: vec![part.clone()],
        ..spec.clone()
    };
    let lock = Lock { parts: [(part.name.clone(), locked.clone())].into(), ..lock.clone() };
    let resolved = resolve::resolve(&spec, lock.helm(), sources).map_err(|faults| Absent::Away(first(&faults)))?;
    let values = resolved.parts().first().and_then(|it| values(&it.content));
    let chart = resolved.parts().first().and_then(|it| match &it.content {
        ResolvedContent::Chart { chart, .. } => Some(chart.metadata()),
        ResolvedContent::Manifest(_) => None,
    });
    let sources = chart.map(|it| [it.sources.clone(), vec![it.home.clone()]].concat()).unwrap_or_default();
    let app_version = chart.map(|it| it.app_version.clone());
    let behind = |stale: &str| {
        let named = format!("part `{}`: ", part.name);
        format!("{BEHIND}: {}", stale.strip_prefix(&named).unwrap_or(stale))
    };
    let vendored = Vendored::locked(&spec, resolved, &lock).map_err(|stale| Absent::Away(behind(&first(&stale))))?;
    let rendered = render::render(&vendored, &random::seed(), None).map_err(|it| Absent::Fails(it.to_string()))?;
    let notes = rendered.parts().first().and_then(|it| it.notes.clone());
    let sealed = seal::seal(&rendered).map_err(|it| Absent::Fails(it.to_string()))?;
    match sealed.parts().first() {
        Some(it) if it.output == locked.output => {
            let found = Found { images: it.images.clone(), digests: it.resources.clone() };
            Ok((Content { text: it.text.clone(), values, notes, sources, app_version }, found))
        }
        _ => Err(Absent::Away("it renders otherwise than its lock says".into())),
    }
}

/// Why a part's contents are not at hand.
enum Absent {
    /// Its source is not here, or the lock is not of it.
    Away(String),
    /// The chart does not render.
    Fails(String),
}

impl Absent {
    fn text(self) -> String {
        match self {
            Absent::Away(text) | Absent::Fails(text) => text,
        }
    }
}

fn first<T: ToString>(faults: &[T]) -> String {
    faults.first().map(ToString::to_string).unwrap_or_default()
}
