//! `.Capabilities`: the Kubernetes version, the API versions and Helm's own version that templates see.

use std::any::Any;
use std::rc::Rc;

use super::behaviour::{Behaviour, KubeVersionForm};
use super::build_info::BuildInfo;
use super::helm_version::HelmVersion;
use crate::sprig::semver::{Version, VersionError};
use crate::strconv::{self, NumberError};
use crate::value::{Failure, Kind, List, Object, Type, Value};

/// A Kubernetes version as given and as constraints see it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KubeVersion {
    /// As templates see it: `v1.33.4-gke.1245000`.
    pub version: String,
    /// As constraints see it: `v1.33.4`.
    pub normalized: String,
    /// The first number, as `.Capabilities.KubeVersion.Major` gives it: `1`.
    pub major: String,
    /// The second number: `33`.
    pub minor: String,
}

/// Why a text is no Kubernetes version.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KubeVersionError {
    /// This Helm takes semantic versions alone, and it is none.
    #[error("{0}")]
    Semantic(#[from] VersionError),
    /// It does not begin with a number, or goes on in a second line. All that was given.
    #[error("could not parse {} as version", strconv::quote(.0.as_bytes()))]
    Unparsable(String),
    /// It has one number, where two are the least. All that was given.
    #[error("illegal version string {}", strconv::quote(.0.as_bytes()))]
    Illegal(String),
    /// The first number begins with a zero and is not zero.
    #[error("illegal zero-prefixed version component {} in {}", strconv::quote(.component.as_bytes()), strconv::quote(.text.as_bytes()))]
    ZeroPrefixed {
        /// The number as written.
        component: String,
        /// All that was given.
        text: String,
    },
    /// A number does not fit into 64 bits.
    #[error("illegal non-numeric version component {} in {}: {cause}", strconv::quote(.component.as_bytes()), strconv::quote(.text.as_bytes()))]
    NotNumeric {
        /// The number as written.
        component: String,
        /// All that was given.
        text: String,
        /// Why it is none.
        cause: NumberError,
    },
}

impl KubeVersion {
    /// Mirrors `ParseKubeVersion` of this Helm.
    pub fn parse(text: &str, helm: HelmVersion) -> Result<Self, KubeVersionError> {
        let form = helm.behaviour().kube_version;
        if form == KubeVersionForm::Semantic {
            let parsed = Version::parse(text)?;
            let version = format!("v{parsed}");
            let [major, minor] = [parsed.major, parsed.minor].map(|it| it.to_string());
            return Ok(KubeVersion { normalized: version.clone(), version, major, minor });
        }
        let generic = KubeVersion::parse_generic(text)?;
        Ok(match form {
            KubeVersionForm::Given => generic,
            _ => KubeVersion { version: generic.normalized.clone(), ..generic },
        })
    }

    /// What Helm assumes without a cluster.
    fn default_of(behaviour: &Behaviour) -> Self {
        let version = format!("v1.{}.0", behaviour.kubernetes);
        KubeVersion { normalized: version.clone(), version, major: "1".into(), minor: behaviour.kubernetes.to_string() }
    }

    /// Mirrors `k8s.io/apimachinery/pkg/util/version.ParseGeneric`.
    fn parse_generic(text: &str) -> Result<Self, KubeVersionError> {
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

/// What a template may know of the cluster.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Capabilities {
    /// The Helm that says so.
    pub helm: HelmVersion,
    /// What templates see as `.Capabilities.KubeVersion`, and what the `kubeVersion` of a chart is compared with.
    pub kube_version: KubeVersion,
    /// In Helm's order, given ones after the known ones.
    pub api_versions: Vec<String>,
}

impl Capabilities {
    /// What this Helm says without being told of a cluster.
    pub fn of(helm: HelmVersion) -> Self {
        let behaviour = helm.behaviour();
        Capabilities {
            helm,
            kube_version: KubeVersion::default_of(behaviour),
            api_versions: behaviour.api_versions().map(str::to_owned).collect(),
        }
    }

    fn build_info(&self) -> BuildInfo {
        BuildInfo { helm: self.helm }
    }

    /// The value templates see as `.Capabilities`.
    pub fn to_value(&self) -> Value {
        Value::Object(Rc::new(self.clone()))
    }
}

/// The Go types of one major version of Helm.
struct Types {
    capabilities: Type,
    kube_version: Type,
    version_set: Type,
}

const STRINGS: Type = Type::STRINGS;
const TYPES_OF_4: Types = Types {
    capabilities: Type::Named { name: "*common.Capabilities", kind: Kind::Ptr, underlying: None },
    kube_version: Type::Named { name: "common.KubeVersion", kind: Kind::Struct, underlying: None },
    version_set: VERSION_SET,
};
const TYPES_OF_3: Types = Types {
    capabilities: Type::Named { name: "*chartutil.Capabilities", kind: Kind::Ptr, underlying: None },
    kube_version: Type::Named { name: "chartutil.KubeVersion", kind: Kind::Struct, underlying: None },
    version_set: VERSION_SET_OF_3,
};
pub(super) const VERSION_SET: Type =
    Type::Named { name: "common.VersionSet", kind: Kind::Slice, underlying: Some(&STRINGS) };
pub(super) const VERSION_SET_OF_3: Type =
    Type::Named { name: "chartutil.VersionSet", kind: Kind::Slice, underlying: Some(&STRINGS) };

fn types(helm: HelmVersion) -> &'static Types {
    if helm.behaviour().is_4 { &TYPES_OF_4 } else { &TYPES_OF_3 }
}

impl Object for Capabilities {
    fn object_type(&self) -> Type {
        types(self.helm).capabilities
    }

    fn field(&self, name: &str) -> Option<Value> {
        Some(match name {
            "KubeVersion" => Held::value(&self.kube_version, self.helm, true),
            "APIVersions" => version_set(&self.api_versions, self.helm),
            "HelmVersion" => Value::Object(Rc::new(self.build_info())),
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
        format!("&{{{} [{versions}] {}}}", self.kube_version.print_struct(self.helm), self.build_info().print())
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
            ("KubeVersion", Held::value(&self.kube_version, self.helm, false)),
            ("APIVersions", version_set(&self.api_versions, self.helm)),
            ("HelmVersion", Value::Object(Rc::new(self.build_info()))),
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
    fn print_struct(&self, helm: HelmVersion) -> String {
        let texts: Vec<&str> = self.fields(helm).map(|(_, text)| text).collect();
        format!("{{{}}}", texts.join(" "))
    }

    /// The fields of the Go structure. Only some Helms keep what constraints see.
    fn fields(&self, helm: HelmVersion) -> impl Iterator<Item = (&'static str, &str)> {
        let kept = helm.behaviour().kube_version == KubeVersionForm::Given;
        let fields = [
            ("Version", &self.version),
            ("normalizedVersion", &self.normalized),
            ("Major", &self.major),
            ("Minor", &self.minor),
        ];
        let fields = fields.into_iter().filter(move |(name, _)| kept || *name != "normalizedVersion");
        fields.map(|(name, text)| (name, text.as_str()))
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
    helm: HelmVersion,
    /// Whether it is the field of `.Capabilities` itself, whose address Go's executor can take, and no copy.
    in_place: bool,
}

impl Held {
    fn value(version: &KubeVersion, helm: HelmVersion, in_place: bool) -> Value {
        Value::Object(Rc::new(Held { version: version.clone(), helm, in_place }))
    }
}

impl Object for Held {
    fn object_type(&self) -> Type {
        types(self.helm).kube_version
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
        self.in_place.then(|| Held::value(&self.version, self.helm, false))
    }

    fn deep_copied(&self) -> Option<Value> {
        Some(Held::value(&self.version.deep_copied(), self.helm, false))
    }

    fn has_string_method(&self) -> bool {
        false
    }

    fn fields(&self) -> Option<Vec<(&'static str, Value)>> {
        Some(self.version.fields(self.helm).map(|(name, text)| (name, text.into())).collect())
    }

    fn print(&self) -> String {
        self.version.print_struct(self.helm)
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
fn version_set(versions: &[String], helm: HelmVersion) -> Value {
    Value::List(List::strings(versions.iter().map(String::as_str)).with_type(types(helm).version_set))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kube_versions_are_parsed_as_kubernetes_parses_them() {
        let parsed = |text: &str| {
            KubeVersion::parse(text, HelmVersion::UNNAMED)
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
