//! `.Capabilities.HelmVersion`: what Helm says of itself.

use std::any::Any;

use super::behaviour::Says;
use super::helm_version::HelmVersion;
use crate::value::{Kind, Object, Type, Value};

const BUILD_INFO: Type = Type::Named { name: "version.BuildInfo", kind: Kind::Struct, underlying: None };

/// `.Capabilities.HelmVersion`. Of which commit a program was built is not known here.
#[derive(Clone, Debug)]
pub(super) struct BuildInfo {
    pub helm: HelmVersion,
}

impl BuildInfo {
    /// The fields of the Go structure, and their names in JSON.
    fn texts(&self) -> impl Iterator<Item = (&'static str, &'static str, String)> {
        let behaviour = self.helm.behaviour();
        let (version, go) = match behaviour.says {
            Says::Version { go } => (format!("v{}", self.helm), go),
            Says::Words { version, go } => (version.into(), go),
        };
        let texts = [
            ("Version", "version", version),
            ("GitCommit", "git_commit", String::new()),
            ("GitTreeState", "git_tree_state", String::new()),
            ("GoVersion", "go_version", go.into()),
            ("KubeClientVersion", "kube_client_version", format!("v1.{}", behaviour.kubernetes)),
        ];
        texts.into_iter().take(if behaviour.is_4 { 5 } else { 4 })
    }
}

impl Object for BuildInfo {
    fn object_type(&self) -> Type {
        BUILD_INFO
    }

    fn field(&self, name: &str) -> Option<Value> {
        self.texts().find(|(field, ..)| *field == name).map(|(.., text)| Value::from(text))
    }

    fn has_string_method(&self) -> bool {
        false
    }

    fn fields(&self) -> Option<Vec<(&'static str, Value)>> {
        Some(self.texts().map(|(name, _, text)| (name, Value::from(text))).collect())
    }

    fn print(&self) -> String {
        let texts: Vec<String> = self.texts().map(|(.., text)| text).collect();
        format!("{{{}}}", texts.join(" "))
    }

    fn plain(&self) -> Value {
        // Empty fields are left out, as their JSON tags say.
        Value::map(self.texts().filter(|(.., text)| !text.is_empty()).map(|(_, key, text)| (key, Value::from(text))))
    }

    fn equals(&self, other: &dyn Object) -> bool {
        other.as_any().downcast_ref::<Self>().is_some_and(|it| it.helm == self.helm)
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}
