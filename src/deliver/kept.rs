//! Objects that leave a release and stay in the cluster: Helm deletes what leaves, but for what bears its mark.

use helm_engine::value::Value;
use helm_engine::yaml;

/// The annotation by which Helm lets an object stay that leaves its release.
pub const POLICY: (&str, &str) = ("helm.sh/resource-policy", "keep");

/// An object that leaves a release.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Kept {
    pub api_version: String,
    pub kind: String,
    /// Empty for an object that is in none.
    pub namespace: String,
    pub name: String,
    /// The `type` of a Secret; empty elsewhere.
    pub kind_of_secret: String,
}

impl Kept {
    /// Whether it is told to stay. What else leaves a release was taken out by its values, and Helm may delete it.
    pub fn stays(&self) -> bool {
        matches!(self.kind.as_str(), "Secret" | "ConfigMap" | "CustomResourceDefinition")
    }

    /// `Secret kube-system/cilium-ca`.
    pub fn shown(&self) -> String {
        if self.namespace.is_empty() {
            return format!("{} {}", self.kind, self.name);
        }
        format!("{} {}/{}", self.kind, self.namespace, self.name)
    }

    /// The command that puts an annotation on it.
    pub fn annotate(&self, annotation: &str) -> String {
        let namespace =
            if self.namespace.is_empty() { String::new() } else { format!(" --namespace {}", self.namespace) };
        let kind = self.kind.to_lowercase();
        format!("kubectl annotate --overwrite{namespace} {kind} {} {annotation}", self.name)
    }

    /// The object with nothing but the mark, for Flux to apply: all other fields stay those of their owners.
    fn marked(&self) -> String {
        let text = |it: &str| Value::from(it);
        let annotations = [
            (POLICY.0, text(POLICY.1)),
            ("kustomize.toolkit.fluxcd.io/prune", text("disabled")),
            // Else Flux takes away what kubectl has put there.
            ("kustomize.toolkit.fluxcd.io/ssa", text("Merge")),
        ];
        let mut metadata = vec![("name", text(&self.name)), ("annotations", Value::map(annotations))];
        if !self.namespace.is_empty() {
            metadata.push(("namespace", text(&self.namespace)));
        }
        let mut object = vec![
            ("apiVersion", text(&self.api_version)),
            ("kind", text(&self.kind)),
            ("metadata", Value::map(metadata)),
        ];
        if !self.kind_of_secret.is_empty() {
            object.push(("type", text(&self.kind_of_secret)));
        }
        yaml::write(&Value::map(object)).map(|it| it.to_text().into_owned()).unwrap_or_default()
    }
}

/// The file that tells Helm to let objects stay; `None` where none leaves. A definition is told by a command alone: without
/// the rest of it, the API server takes none.
pub fn file(kept: &[Kept]) -> Option<String> {
    let told = kept.iter().filter(|it| it.stays() && it.kind != "CustomResourceDefinition");
    let objects: Vec<String> = told.map(Kept::marked).collect();
    if objects.is_empty() {
        return None;
    }
    let note = "# These leave the release, and the cluster goes on with them. Helm deletes what leaves a release, but for what bears this\n\
                # mark. Only the mark is applied: what they hold stays as it is.\n";
    Some(format!("{note}{}", objects.join("---\n")))
}
