//! Why nothing is handed over to GitOps.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use crate::base::code::Code;
use crate::base::diagnostic::Diagnostic;
use crate::base::number::some;
use crate::workspace::error::NAMED;

#[derive(Clone, Debug, thiserror::Error)]
pub enum HandoffError {
    #[error("{}", no_such_chart(named))]
    NoSuchChart { named: Option<String>, charts: Vec<String> },
    #[error("part `{part}` is the archive {address}, and {tool} takes no chart from an address")]
    NotFromAddress { tool: &'static str, part: String, address: String },
    #[error("part `{part}` has sealed values, and Argo CD brings none to a chart")]
    SealedValues { part: String },
    #[error("part `{part}` has sealed values that its release brings")]
    SealedRelease { part: String },
    #[error("Argo CD decrypts no Secrets of SOPS")]
    NoSops,
    #[error("nothing says where Argo CD finds the files that are written here")]
    NoRepository,
    #[error("{}", remade(parts))]
    Remade { parts: BTreeMap<String, Remade> },
    #[error("values file `{}` cannot be read: {message}", path.display())]
    LaterValues { path: PathBuf, message: String },
}

impl HandoffError {
    pub(super) fn diagnostic(&self) -> Diagnostic {
        let of = |code| Diagnostic::new(code, self.to_string());
        match self {
            HandoffError::NoSuchChart { charts, .. } => {
                let help = format!("write `--values PART=FILE`; the spec's charts are {}", charts.join(", "));
                of(Code::D009).help(help)
            }
            HandoffError::SealedValues { .. } => of(Code::D019).help(
                "have the chart read a Secret that is in the cluster, and take `secretValues` out; `ichor handoff flux --sops` hands them over",
            ),
            HandoffError::SealedRelease { .. } => of(Code::D021).help("hand them over as well: `--sops -i KEY`"),
            HandoffError::NoSops => of(Code::D016)
                .help("leave `--sops` out: Argo CD goes on with the Secrets that the bootstrap has made"),
            HandoffError::NoRepository => of(Code::D020).help("say where they will lie: `--repository URL`"),
            HandoffError::NotFromAddress { .. } => of(Code::D010)
                .help("push the archive to a registry (`helm push`) or unpack it here, and name that in the spec"),
            HandoffError::Remade { parts } => {
                let part = parts.keys().next().map_or("PART", String::as_str);
                let settings: Vec<&str> =
                    parts.values().flat_map(|it| &it.settings).take(8).map(String::as_str).collect();
                let known = if settings.is_empty() {
                    "values under which the chart takes Secrets that are there".to_owned()
                } else {
                    format!("names of the Secrets that are there ({})", settings.join(", "))
                };
                let beside: Vec<&str> = parts.values().flat_map(|it| &it.beside).map(String::as_str).collect();
                let others = match beside.as_slice() {
                    [] => ", hand them over with `--sops -i KEY`".to_owned(),
                    beside => {
                        format!(" (`--sops` cannot keep what stands in other objects too: {})", some(beside, NAMED))
                    }
                };
                of(Code::D012).help(format!(
                    "give it {known} by `--values {part}=FILE`{others}, or accept new keys with `--new-keys`"
                ))
            }
            HandoffError::LaterValues { .. } => of(Code::V005),
        }
    }
}

fn no_such_chart(named: &Option<String>) -> String {
    match named {
        Some(part) => format!("the spec has no chart part `{part}`"),
        None => "the spec has not just one chart that these values could be for".into(),
    }
}

/// What a release would make anew, by part.
fn remade(parts: &BTreeMap<String, Remade>) -> String {
    let of = |(part, it): (&String, &Remade)| {
        let secrets: Vec<&str> = it.secrets.keys().map(String::as_str).collect();
        format!("{} of part `{part}`", secrets.join(", "))
    };
    let all: Vec<String> = parts.iter().map(of).collect();
    format!("a release would make anew what the bootstrap has made: {}", all.join("; "))
}

/// Keys that a release makes anew.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Remade {
    /// The Secrets, with the pins each rests on.
    pub secrets: BTreeMap<String, BTreeSet<String>>,
    /// Values of the chart that name Secrets which are there already.
    pub settings: Vec<String>,
    /// Where Secrets could be handed over: the other objects that hold their certificates.
    pub beside: Vec<String>,
}
