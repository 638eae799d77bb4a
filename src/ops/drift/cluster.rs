//! A cluster beside the lock, and what Talos would do to it.

use std::collections::{BTreeMap, BTreeSet};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;
use serde_json::Value as Json;

use crate::base::code::Code;
use crate::base::secret::Secret;
use crate::base::shell::quoted;
use crate::edge::kubectl::{Kubectl, Served};
use crate::edge::random;
use crate::gitops::BUNDLE_VERSION;
use crate::object::document::documents;
use crate::ops::Error;
use crate::review::drift::{Drift, Field, Finding, Object, added, differences, is_label_of_flux, live};
use crate::review::rehearse::{self, Boot, Fate, Manner, Refusal, Remedy, Rule, Stage, Upgrade};
use crate::review::rules::cilium::older;
use crate::stage::lock::Lock;
use crate::stage::pack;
use crate::stage::vendored::Vendored;
use crate::workspace::Workspace;
use helm_engine::helm;
use helm_engine::pki;

const INVENTORY: &str = "talos-bootstrap-manifests-inventory";
/// What Talos itself brings, whatever a bundle holds.
const OF_TALOS: [&str; 9] = [
    "coredns",
    "kube-dns",
    "kube-proxy",
    "kube-flannel",
    "flannel",
    "kubeconfig-in-cluster",
    "system-bootstrap",
    "system:",
    "bootstrap-token",
];

/// An object of the bundle, opened with two stand-ins for each secret.
struct Wanted {
    part: String,
    one: Json,
    other: Json,
}

impl Wanted {
    fn text(&self, path: &[&str]) -> &str {
        path.iter().fold(&self.one, |it, key| &it[*key]).as_str().unwrap_or_default()
    }

    fn kind(&self) -> (String, String) {
        (self.text(&["apiVersion"]).to_owned(), self.text(&["kind"]).to_owned())
    }

    fn namespace(&self, served: Option<&Served>) -> String {
        match (self.text(&["metadata", "namespace"]), served) {
            (_, Some(served)) if !served.namespaced => String::new(),
            ("", Some(_)) => "default".into(),
            (namespace, _) => namespace.to_owned(),
        }
    }

    fn shown(&self, namespace: &str) -> String {
        let (kind, name) = (self.text(&["kind"]), self.text(&["metadata", "name"]));
        if namespace.is_empty() { format!("{kind} {name}") } else { format!("{kind} {namespace}/{name}") }
    }
}

/// Compares every object of the bundle with the cluster's.
pub(super) fn compare(
    workspace: &Workspace,
    lock: &Lock,
    vendored: &Vendored,
    kubectl: &Kubectl,
    all: bool,
    drift: &mut Drift,
) -> Result<(), Error> {
    let wanted = wanted(workspace, lock, vendored)?;
    let versions: BTreeSet<String> = wanted.iter().map(|it| it.kind().0).collect();
    let served = kubectl.served(&versions.into_iter().collect::<Vec<_>>())?;
    let mut asked: BTreeMap<((String, String), String), Vec<&Wanted>> = BTreeMap::new();
    for it in &wanted {
        let namespace = it.namespace(served.get(&it.kind()));
        asked.entry((it.kind(), namespace)).or_default().push(it);
    }
    let stage = Stage {
        talos: Some(workspace.spec.talos),
        kubernetes: workspace.spec.kubernetes.as_ref().and_then(|it| it.as_str().split('.').nth(1)?.parse().ok()),
        levels: rehearse::levels(wanted.iter().map(|it| &it.one)),
        definitions: rehearse::definitions(wanted.iter().map(|it| &it.one)),
    };
    let mut known: BTreeMap<String, Object> = BTreeMap::new();
    let mut order: Vec<(String, Option<Json>, &Wanted)> = Vec::new();
    for (((version, kind), namespace), objects) in &asked {
        let Some(served) = served.get(&(version.clone(), kind.clone())) else {
            for it in objects {
                let shown = it.shown(namespace);
                let refusal = Refusal {
                    rule: Rule::Missing,
                    path: "kind".into(),
                    why: format!("the cluster does not serve {version} {kind}"),
                    remedy: Remedy::Rewrite,
                };
                let message = format!("the cluster does not serve {version} {kind}");
                drift.findings.push(Finding::new(Code::W012, message).of(&it.part).at(&shown));
                let fate = Fate { boot: Boot::Refused, upgrade: Upgrade::Refused, refusals: vec![refusal] };
                known.insert(shown.clone(), Object { part: it.part.clone(), object: shown, fate, flags: Vec::new() });
            }
            continue;
        };
        let names: Vec<&str> = objects.iter().map(|it| it.text(&["metadata", "name"])).collect();
        let found = kubectl.get(version, served, namespace, &names)?;
        for it in objects {
            let name = it.text(&["metadata", "name"]);
            let live = found.iter().find(|live| live["metadata"]["name"] == name).cloned();
            order.push((it.shown(namespace), live, it));
        }
    }
    for (shown, live, it) in order {
        let object = judged(lock, &shown, live.as_ref(), it, &stage, drift);
        known.insert(shown, object);
    }
    import_together(drift);
    let manner = Manner::of(Some(workspace.spec.talos));
    if manner.prunes {
        pruned(kubectl, &wanted, &served, drift, &mut known)?;
    }
    if manner.merges && known.values().any(|it| it.fate.upgrade == Upgrade::Refused) {
        let why = "`upgrade-k8s` asks the API server for all objects first, and applies none where one is refused";
        drift.notes.push(why.into());
    }
    drift.objects.extend(known.into_values().filter(|it| all || it.fate.upgrade != Upgrade::LeavesAlone));
    Ok(())
}

/// Every object of the bundle.
fn wanted(workspace: &Workspace, lock: &Lock, vendored: &Vendored) -> Result<Vec<Wanted>, Error> {
    let bundle = workspace.bundle(lock, vendored)?;
    let functions = helm::functions();
    let open = |letter: char| {
        let stand_in = |text: usize| letter.to_string().repeat(text.max(1));
        let secrets = bundle
            .envelopes()
            .iter()
            .map(|(name, it)| (name.clone(), Secret::new(stand_in(it.secret_len()))))
            .collect();
        bundle.open(&secrets, &functions, random::seed())
    };
    let (one, other) = (open('x')?, open('y')?);
    let mut wanted = Vec::new();
    for (one, other) in one.manifests().iter().zip(other.manifests()) {
        let part = pack::stem(&one.name).to_owned();
        for (one, other) in documents(&one.contents).iter().zip(documents(&other.contents)) {
            if let (Some(one), Some(other)) = (one.json(), other.json())
                && one["kind"].is_string()
            {
                wanted.push(Wanted { part: part.clone(), one, other });
            }
        }
    }
    Ok(wanted)
}

/// Tells how an object differs, and what becomes of it.
fn judged(lock: &Lock, shown: &str, live: Option<&Json>, wanted: &Wanted, stage: &Stage, drift: &mut Drift) -> Object {
    let none = Json::Null;
    let new = live::unsealed(&live::coded(&wanted.one), &live::coded(&wanted.other), live.unwrap_or(&none));
    let mut say = |code: Code, message: String, fields: Vec<Field>, fix: &str| {
        let finding = Finding { fields, ..Finding::new(code, message).of(&wanted.part).at(shown) };
        drift.findings.push(if fix.is_empty() { finding } else { finding.fix(fix) });
    };
    let Some(live) = live else {
        say(Code::W008, "it is in the bundle, and not in the cluster".into(), Vec::new(), UPGRADE);
        let fate = rehearse::fate(&none, &live::tidied(&new), stage);
        return object(wanted, shown, fate);
    };
    let kept = live::restricted(live, &new);
    let fields = differences(&kept, &new, live);
    let added = added(live, &new, &fields);
    let mut fate = rehearse::fate(&live::tidied(&kept), &live::tidied(&new), stage);
    let merges = Manner::of(stage.talos).merges;
    if fate.refusals.is_empty() {
        let stays = fields.is_empty() && (merges || added.is_empty());
        fate.upgrade = if stays { Upgrade::LeavesAlone } else { Upgrade::Updates };
    }
    let owner = live["metadata"]["annotations"][live::OWNER].as_str().filter(|it| *it != INVENTORY);
    if let Some(owner) = owner {
        let message =
            format!("it belongs to the inventory {owner}: `upgrade-k8s` refuses it, and a boot leaves it alone");
        say(Code::W013, message, Vec::new(), ADOPT);
    }
    let new_version = new["metadata"]["annotations"][BUNDLE_VERSION].as_str();
    let live_version = live["metadata"]["annotations"][BUNDLE_VERSION].as_str();
    let is_older = match (new_version, live_version) {
        (Some(new), Some(live)) => older(new, live),
        _ => wanted.text(&["kind"]) == "CustomResourceDefinition" && lacks_versions(&new, live),
    };
    let certificates = certificates(lock, &new, live);
    for (_, message) in &certificates {
        say(Code::W010, message.clone(), Vec::new(), "");
    }
    let is_told = |it: &Field| certificates.iter().any(|(key, _)| it.path.strip_prefix("data.") == Some(key));
    let manifest = lock.parts.get(&wanted.part).and_then(|it| it.manifest);
    let fields = fields.into_iter().filter(|it| !is_told(it) && !is_label_of_flux(it, manifest));
    let fields: Vec<Field> = fields.collect();
    if is_older {
        let (new, live) = (new_version.unwrap_or("fewer versions"), live_version.unwrap_or("more"));
        let message =
            format!("the cluster's definition is newer ({live}) than the bundle's ({new}): Talos would take it back");
        say(Code::W011, message, brief(fields), "");
    } else if !fields.is_empty() {
        say(Code::W009, "the cluster's object is another than the bundle's".into(), fields, UPGRADE);
    }
    if !added.is_empty() {
        let what = if merges { "`upgrade-k8s` leaves it there" } else { "`upgrade-k8s` takes it away" };
        let message = format!("somebody put there what the bundle does not have: {what}");
        say(Code::W015, message, added, KEEP);
    }
    object(wanted, shown, fate)
}

/// One command for all Secrets of a namespace: a CA alone would have what rests on it issued anew.
fn import_together(drift: &mut Drift) {
    let mut secrets: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    let place = |it: &Finding| {
        let (namespace, name) = it.object.as_deref()?.strip_prefix("Secret ")?.split_once('/')?;
        (it.code == Code::W010).then(|| (namespace.to_owned(), name.to_owned()))
    };
    for (namespace, name) in drift.findings.iter().filter_map(place) {
        secrets.entry(namespace).or_default().insert(name);
    }
    for finding in &mut drift.findings {
        let Some((namespace, _)) = place(finding) else { continue };
        let names: Vec<String> = secrets.get(&namespace).into_iter().flatten().map(|it| quoted(it)).collect();
        finding.fix = vec![format!(
            "kubectl get secret -o yaml -n {} {} | ichor lock --import-secret --replace -i KEY",
            quoted(&namespace),
            names.join(" ")
        )];
    }
}

const UPGRADE: &str = "talosctl upgrade-k8s --to VERSION   # brings the bundle's state back";
const KEEP: &str = "# write it into the spec, or take it out of the cluster by hand";
const ADOPT: &str = "talosctl upgrade-k8s --to VERSION --manifests-inventory-policy AdoptAll   # takes it over";

fn object(wanted: &Wanted, shown: &str, fate: Fate) -> Object {
    let mut flags: Vec<&'static str> = Vec::new();
    for refusal in &fate.refusals {
        match refusal.remedy {
            Remedy::Adopt => flags.push("--manifests-inventory-policy AdoptAll"),
            Remedy::Recreate => flags.push("--manifests-force"),
            Remedy::Migrate | Remedy::Rewrite => {}
        }
    }
    flags.dedup();
    Object { part: wanted.part.clone(), object: shown.to_owned(), fate, flags }
}

/// The first few fields: a definition's schema has hundreds.
fn brief(mut fields: Vec<Field>) -> Vec<Field> {
    fields.truncate(5);
    fields
}

/// Whether the cluster's definition has versions that the bundle's lacks.
fn lacks_versions(new: &Json, live: &Json) -> bool {
    let names = |it: &Json| -> BTreeSet<String> {
        let versions = it["spec"]["versions"].as_array().into_iter().flatten();
        versions.filter_map(|it| it["name"].as_str().map(str::to_owned)).collect()
    };
    !names(live).is_subset(&names(new))
}

/// The certificates of a Secret that are not the lock's: their keys, and a sentence on each.
fn certificates(lock: &Lock, new: &Json, live: &Json) -> Vec<(String, String)> {
    let mut found = Vec::new();
    if new["kind"] != "Secret" {
        return found;
    }
    for (key, wanted) in new["data"].as_object().into_iter().flatten() {
        let inspect = |it: &Json| {
            let pem = STANDARD.decode(it.as_str()?).ok()?;
            pki::inspect(&pem).ok()
        };
        let (Some(own), Some(theirs)) = (inspect(wanted), inspect(&live["data"][key])) else { continue };
        if own.fingerprint == theirs.fingerprint {
            continue;
        }
        let day =
            |seconds: i64| Timestamp::from_second(seconds).map(|it| it.strftime("%F").to_string()).unwrap_or_default();
        let hex = |it: &[u8; 32]| hex::encode(it).get(..16).unwrap_or_default().to_owned();
        let pin = lock.certificates().find(|it| it.certificate.fingerprint == hex::encode(own.fingerprint));
        let pin = pin.map(|it| format!(" ({}/{})", it.part, it.name)).unwrap_or_default();
        let message = format!(
            "the certificate in {key}, {}, is sha256:{} until {}, and the lock's{pin} is sha256:{} until {}: `upgrade-k8s` puts the lock's back",
            theirs.subject,
            hex(&theirs.fingerprint),
            day(theirs.not_after),
            hex(&own.fingerprint),
            day(own.not_after)
        );
        found.push((key.clone(), message));
    }
    found
}

/// What Talos has in its inventory, and the bundle has not.
fn pruned(
    kubectl: &Kubectl,
    wanted: &[Wanted],
    served: &BTreeMap<(String, String), Served>,
    drift: &mut Drift,
    known: &mut BTreeMap<String, Object>,
) -> Result<(), Error> {
    let maps = Served { plural: "configmaps".into(), namespaced: true };
    let inventory = kubectl.get("v1", &maps, "kube-system", &[INVENTORY])?;
    let Some(entries) = inventory.first().and_then(|it| it["data"].as_object().cloned()) else { return Ok(()) };
    let own: BTreeSet<String> = wanted
        .iter()
        .map(|it| {
            let (version, kind) = it.kind();
            let group = version.split_once('/').map_or("", |(group, _)| group).to_owned();
            let namespace = it.namespace(served.get(&(version, kind.clone())));
            format!("{namespace}_{}_{group}_{kind}", it.text(&["metadata", "name"]).replace(':', "__"))
        })
        .collect();
    for entry in entries.keys().filter(|it| !own.contains(*it)) {
        let mut parts = entry.rsplitn(3, '_');
        let (Some(kind), Some(group), Some(rest)) = (parts.next(), parts.next(), parts.next()) else { continue };
        let Some((namespace, name)) = rest.split_once('_') else { continue };
        let name = name.replace("__", ":");
        let is_of_talos = OF_TALOS.iter().any(|it| name.starts_with(it));
        if is_of_talos || !kubectl.has(kind, group, namespace, &name)? {
            continue;
        }
        let shown = if namespace.is_empty() { format!("{kind} {name}") } else { format!("{kind} {namespace}/{name}") };
        let message = "Talos put it there, and the bundle has it no more: `upgrade-k8s` deletes it";
        drift.findings.push(
            Finding::new(Code::W014, message)
                .at(&shown)
                .fix("talosctl upgrade-k8s --to VERSION --manifests-no-prune   # keeps it"),
        );
        let fate = Fate { boot: Boot::LeavesAlone, upgrade: Upgrade::Prunes, refusals: Vec::new() };
        known.insert(shown.clone(), Object { part: String::new(), object: shown, fate, flags: Vec::new() });
    }
    Ok(())
}
