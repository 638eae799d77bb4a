//! `.Capabilities`: the Kubernetes version, the API versions and Helm's own version that templates see.

use std::any::Any;
use std::rc::Rc;

use crate::strconv;
use crate::value::{Failure, Kind, List, Map, Object, Type, Value};

/// The Kubernetes version Helm 4.2 assumes without a cluster.
pub const DEFAULT_KUBE_VERSION: &str = "v1.36.0";
/// What Helm 4.2 says of itself: version, Go version, Kubernetes client version.
const HELM_VERSION: [&str; 3] = ["v4.2", "go1.26.6", "v1.36"];

/// A Kubernetes version as given and as constraints see it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KubeVersion {
    /// As given, with a `v` in front: `v1.33.4-gke.1245000`.
    pub version: String,
    /// Digits and dots only: `v1.33.4`.
    pub normalized: String,
    pub major: String,
    pub minor: String,
}

/// Why a text is no Kubernetes version.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KubeVersionError {
    #[error("could not parse {} as version", strconv::quote(.0.as_bytes()))]
    Unparsable(String),
    #[error("illegal version string {}", strconv::quote(.0.as_bytes()))]
    Illegal(String),
    #[error("illegal zero-prefixed version component {} in {}", strconv::quote(.component.as_bytes()), strconv::quote(.text.as_bytes()))]
    ZeroPrefixed { component: String, text: String },
    #[error("illegal non-numeric version component {} in {}: {cause}", strconv::quote(.component.as_bytes()), strconv::quote(.text.as_bytes()))]
    NotNumeric { component: String, text: String, cause: String },
}

impl KubeVersion {
    /// Mirrors Helm's `ParseKubeVersion`, which rests on `k8s.io/apimachinery/pkg/util/version.ParseGeneric`.
    pub fn parse(text: &str) -> Result<Self, KubeVersionError> {
        let trimmed = text.trim_start_matches([' ', '\t', '\n', '\r', '\u{c}']);
        let trimmed = trimmed.strip_prefix('v').unwrap_or(trimmed);
        let digits = |from: &str| from.bytes().take_while(u8::is_ascii_digit).count();
        let mut end = digits(trimmed);
        if end == 0 || trimmed.trim_end_matches('\n').contains('\n') {
            return Err(KubeVersionError::Unparsable(text.into()));
        }
        while let Some(rest) = trimmed.get(end..).and_then(|it| it.strip_prefix('.')) {
            match digits(rest) {
                0 => break,
                count => end += count + 1,
            }
        }
        let components: Vec<&str> = trimmed.get(..end).unwrap_or_default().split('.').collect();
        if components.len() < 2 {
            return Err(KubeVersionError::Illegal(text.into()));
        }
        let mut numbers = Vec::with_capacity(components.len());
        for (index, component) in components.iter().enumerate() {
            if index == 0 && *component != "0" && component.starts_with('0') {
                return Err(KubeVersionError::ZeroPrefixed { component: (*component).into(), text: text.into() });
            }
            let number = strconv::parse_uint(component, 10, 64).map_err(|cause| KubeVersionError::NotNumeric {
                component: (*component).into(),
                text: text.into(),
                cause,
            })?;
            numbers.push(number.to_string());
        }
        Ok(KubeVersion {
            version: if text.starts_with('v') { text.into() } else { format!("v{text}") },
            normalized: format!("v{}", numbers.join(".")),
            major: numbers.first().cloned().unwrap_or_default(),
            minor: numbers.get(1).cloned().unwrap_or_default(),
        })
    }
}

impl Default for KubeVersion {
    fn default() -> Self {
        KubeVersion {
            version: DEFAULT_KUBE_VERSION.into(),
            normalized: DEFAULT_KUBE_VERSION.into(),
            major: "1".into(),
            minor: "36".into(),
        }
    }
}

/// What a template may know of the cluster.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Capabilities {
    pub kube_version: KubeVersion,
    /// In Helm's order, given ones after the known ones.
    pub api_versions: Vec<String>,
}

impl Default for Capabilities {
    fn default() -> Self {
        Capabilities {
            kube_version: KubeVersion::default(),
            api_versions: KNOWN_API_VERSIONS.iter().map(|it| (*it).to_owned()).collect(),
        }
    }
}

impl Capabilities {
    /// The value templates see as `.Capabilities`.
    pub fn to_value(&self) -> Value {
        Value::Object(Rc::new(self.clone()))
    }
}

const STRINGS: Type = Type::STRINGS;
const CAPABILITIES: Type = Type::Named { name: "*common.Capabilities", kind: Kind::Ptr, underlying: None };
const KUBE_VERSION: Type = Type::Named { name: "common.KubeVersion", kind: Kind::Struct, underlying: None };
pub(super) const VERSION_SET: Type =
    Type::Named { name: "common.VersionSet", kind: Kind::Slice, underlying: Some(&STRINGS) };
const BUILD_INFO: Type = Type::Named { name: "version.BuildInfo", kind: Kind::Struct, underlying: None };

impl Object for Capabilities {
    fn object_type(&self) -> Type {
        CAPABILITIES
    }

    fn field(&self, name: &str) -> Option<Value> {
        Some(match name {
            "KubeVersion" => Held::value(&self.kube_version, true),
            "APIVersions" => version_set(&self.api_versions),
            "HelmVersion" => Value::Object(Rc::new(BuildInfo)),
            _ => return None,
        })
    }

    fn has_string_method(&self) -> bool {
        false
    }

    fn fields(&self) -> Option<Vec<(&'static str, Value)>> {
        Some(
            ["KubeVersion", "APIVersions", "HelmVersion"]
                .into_iter()
                .filter_map(|it| Some((it, self.field(it)?)))
                .collect(),
        )
    }

    fn print(&self) -> String {
        let versions = self.api_versions.join(" ");
        format!("&{{{} [{versions}] {}}}", self.kube_version.print_struct(), BuildInfo.print())
    }

    /// Go's executor follows the pointer.
    fn output(&self) -> String {
        self.print().trim_start_matches('&').to_owned()
    }

    fn deep_copied(&self) -> Option<Value> {
        let kube_version = self.kube_version.deep_copied();
        Some(Value::Object(Rc::new(Capabilities { kube_version, ..self.clone() })))
    }

    fn plain(&self) -> Value {
        Value::map([
            // An object, whose fields JSON writes in Go's order.
            ("KubeVersion", Held::value(&self.kube_version, false)),
            ("APIVersions", version_set(&self.api_versions)),
            ("HelmVersion", Value::Object(Rc::new(BuildInfo))),
        ])
    }

    /// Pointers are equal where they point to the same thing.
    fn equals(&self, other: &dyn Object) -> bool {
        other.as_any().downcast_ref::<Self>().is_some_and(|it| std::ptr::eq(it, self))
    }

    fn deep_equals(&self, other: &dyn Object) -> bool {
        other.as_any().downcast_ref::<Self>() == Some(self)
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}

impl KubeVersion {
    fn print_struct(&self) -> String {
        format!("{{{} {} {} {}}}", self.version, self.normalized, self.major, self.minor)
    }

    /// Mirrors its `String` method.
    fn text(&self) -> &str {
        if self.normalized.is_empty() { &self.version } else { &self.normalized }
    }

    /// Without the field that is not exported, which `copystructure` does not see.
    fn deep_copied(&self) -> Self {
        KubeVersion { normalized: String::new(), ..self.clone() }
    }
}

/// A `common.KubeVersion` as templates hold it. Its methods are those of a pointer to it.
#[derive(Debug)]
struct Held {
    version: KubeVersion,
    /// Whether it is the field of `.Capabilities` itself, whose address Go's executor can take, and no copy.
    in_place: bool,
}

impl Held {
    fn value(version: &KubeVersion, in_place: bool) -> Value {
        Value::Object(Rc::new(Held { version: version.clone(), in_place }))
    }
}

impl Object for Held {
    fn object_type(&self) -> Type {
        KUBE_VERSION
    }

    fn field(&self, name: &str) -> Option<Value> {
        Some(Value::from(match name {
            "Version" => self.version.version.as_str(),
            "Major" => self.version.major.as_str(),
            "Minor" => self.version.minor.as_str(),
            _ => return None,
        }))
    }

    fn method(&self, name: &str) -> Option<(&'static [Type], bool)> {
        (self.in_place && matches!(name, "String" | "GitVersion")).then_some((&[], false))
    }

    fn call(&self, name: &str, _args: &[Value]) -> Result<Value, Failure> {
        Ok(Value::from(if name == "String" { self.version.text() } else { &self.version.version }))
    }

    fn copied(&self) -> Option<Value> {
        self.in_place.then(|| Held::value(&self.version, false))
    }

    fn deep_copied(&self) -> Option<Value> {
        Some(Held::value(&self.version.deep_copied(), false))
    }

    fn has_string_method(&self) -> bool {
        false
    }

    fn fields(&self) -> Option<Vec<(&'static str, Value)>> {
        let it = &self.version;
        let names = ["Version", "normalizedVersion", "Major", "Minor"];
        let texts = [&it.version, &it.normalized, &it.major, &it.minor];
        Some(names.into_iter().zip(texts.map(|it| it.as_str().into())).collect())
    }

    fn print(&self) -> String {
        self.version.print_struct()
    }

    fn output(&self) -> String {
        if self.in_place { self.version.text().to_owned() } else { self.print() }
    }

    fn plain(&self) -> Value {
        Value::map(["Version", "Major", "Minor"].into_iter().filter_map(|it| Some((it, self.field(it)?))))
    }

    fn equals(&self, other: &dyn Object) -> bool {
        other.as_any().downcast_ref::<Self>().is_some_and(|it| it.version == self.version)
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}

/// `.Capabilities.APIVersions`, a named list whose method `Has` is a function of ours.
fn version_set(versions: &[String]) -> Value {
    Value::List(List::strings(versions.iter().map(String::as_str)).with_type(VERSION_SET))
}

/// `.Capabilities.HelmVersion`.
#[derive(Clone, Debug)]
struct BuildInfo;

impl Object for BuildInfo {
    fn object_type(&self) -> Type {
        BUILD_INFO
    }

    fn field(&self, name: &str) -> Option<Value> {
        let [version, go, client] = HELM_VERSION;
        Some(Value::from(match name {
            "Version" => version,
            "GitCommit" | "GitTreeState" => "",
            "GoVersion" => go,
            "KubeClientVersion" => client,
            _ => return None,
        }))
    }

    fn has_string_method(&self) -> bool {
        false
    }

    fn fields(&self) -> Option<Vec<(&'static str, Value)>> {
        Some(
            ["Version", "GitCommit", "GitTreeState", "GoVersion", "KubeClientVersion"]
                .into_iter()
                .filter_map(|it| Some((it, self.field(it)?)))
                .collect(),
        )
    }

    fn print(&self) -> String {
        let [version, go, client] = HELM_VERSION;
        format!("{{{version}   {go} {client}}}")
    }

    fn plain(&self) -> Value {
        // Empty fields are left out, as their JSON tags say.
        let [version, go, client] = HELM_VERSION;
        Value::Map(Map::from_entries([
            ("version".into(), Value::from(version)),
            ("go_version".into(), Value::from(go)),
            ("kube_client_version".into(), Value::from(client)),
        ]))
    }

    fn equals(&self, other: &dyn Object) -> bool {
        other.as_any().is::<Self>()
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}

/// Every API version Kubernetes 1.36's client knows, in the order Helm lists them.
const KNOWN_API_VERSIONS: &[&str] = &[
    "v1",
    "admissionregistration.k8s.io/v1",
    "admissionregistration.k8s.io/v1alpha1",
    "admissionregistration.k8s.io/v1beta1",
    "internal.apiserver.k8s.io/v1alpha1",
    "apps/v1",
    "apps/v1beta1",
    "apps/v1beta2",
    "authentication.k8s.io/v1",
    "authentication.k8s.io/v1alpha1",
    "authentication.k8s.io/v1beta1",
    "authorization.k8s.io/v1",
    "authorization.k8s.io/v1beta1",
    "autoscaling/v1",
    "autoscaling/v2",
    "batch/v1",
    "batch/v1beta1",
    "certificates.k8s.io/v1",
    "certificates.k8s.io/v1beta1",
    "certificates.k8s.io/v1alpha1",
    "coordination.k8s.io/v1alpha2",
    "coordination.k8s.io/v1beta1",
    "coordination.k8s.io/v1",
    "discovery.k8s.io/v1",
    "discovery.k8s.io/v1beta1",
    "events.k8s.io/v1",
    "events.k8s.io/v1beta1",
    "extensions/v1beta1",
    "flowcontrol.apiserver.k8s.io/v1",
    "flowcontrol.apiserver.k8s.io/v1beta1",
    "flowcontrol.apiserver.k8s.io/v1beta2",
    "flowcontrol.apiserver.k8s.io/v1beta3",
    "networking.k8s.io/v1",
    "networking.k8s.io/v1beta1",
    "node.k8s.io/v1",
    "node.k8s.io/v1alpha1",
    "node.k8s.io/v1beta1",
    "policy/v1",
    "policy/v1beta1",
    "rbac.authorization.k8s.io/v1",
    "rbac.authorization.k8s.io/v1beta1",
    "rbac.authorization.k8s.io/v1alpha1",
    "resource.k8s.io/v1",
    "resource.k8s.io/v1beta2",
    "resource.k8s.io/v1beta1",
    "resource.k8s.io/v1alpha3",
    "scheduling.k8s.io/v1alpha2",
    "scheduling.k8s.io/v1beta1",
    "scheduling.k8s.io/v1",
    "storage.k8s.io/v1beta1",
    "storage.k8s.io/v1",
    "storage.k8s.io/v1alpha1",
    "storagemigration.k8s.io/v1beta1",
    "apiextensions.k8s.io/v1beta1",
    "apiextensions.k8s.io/v1",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kube_versions_are_parsed_as_kubernetes_parses_them() {
        let parsed = |text: &str| {
            KubeVersion::parse(text)
                .map(|it| (it.normalized, it.version, it.major, it.minor))
                .map_err(|it| it.to_string())
        };
        let version = |normalized: &str, full: &str, major: &str, minor: &str| {
            Ok((normalized.to_owned(), full.to_owned(), major.to_owned(), minor.to_owned()))
        };
        assert_eq!(parsed("1.20"), version("v1.20", "v1.20", "1", "20"));
        assert_eq!(parsed("v1.33.4-gke.1245000"), version("v1.33.4", "v1.33.4-gke.1245000", "1", "33"));
        assert_eq!(parsed("1.2.3.4"), version("v1.2.3.4", "v1.2.3.4", "1", "2"));
        assert_eq!(parsed("1.02.3"), version("v1.2.3", "v1.02.3", "1", "2"));
        assert_eq!(parsed("1.20.x"), version("v1.20", "v1.20.x", "1", "20"));
        assert_eq!(parsed("1"), Err("illegal version string \"1\"".into()));
        assert_eq!(parsed("foo"), Err("could not parse \"foo\" as version".into()));
    }
}
