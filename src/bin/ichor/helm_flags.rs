//! Flags of `helm template` that are more than their name: the many a render here has no use for, and Go's way to write
//! switches.

use clap::{Arg, ArgAction, ArgMatches, Command, Error};

/// Without a cluster, a repository, notes or a release to keep, these change nothing.
const IDLE_SWITCHES: &[&str] = &[
    "atomic",
    "create-namespace",
    "disable-openapi-validation",
    "force",
    "force-conflicts",
    "force-replace",
    "hide-notes",
    "kube-insecure-skip-tls-verify",
    "render-subchart-notes",
    "replace",
    "rollback-on-failure",
    "skip-crds",
    "take-ownership",
    "wait-for-jobs",
];
const IDLE_VALUES: &[&str] = &[
    "burst-limit",
    "color",
    "colour",
    "content-cache",
    "description",
    "kube-apiserver",
    "kube-as-group",
    "kube-as-user",
    "kube-ca-file",
    "kube-context",
    "kube-tls-server-name",
    "kube-token",
    "kubeconfig",
    "labels",
    "qps",
    "registry-config",
    "repository-cache",
    "repository-config",
    "server-side",
];
/// A value is given with `=` or not at all.
const IDLE_CHOICES: &[&str] = &["wait"];
const REACH: &str = "how hosts are reached stands in ~/.config/ichor/config.yaml";
const LOGIN: &str = "credentials are those of `helm registry login`, podman and docker";
const SIGNATURES: &str = "signatures of charts are not checked";
const REFUSED: &[(&str, &str)] = &[
    ("ca-file", REACH),
    ("cert-file", REACH),
    ("enable-dns", "a render asks no name server"),
    ("insecure-skip-tls-verify", REACH),
    ("key-file", REACH),
    ("keyring", SIGNATURES),
    ("pass-credentials", LOGIN),
    ("password", LOGIN),
    ("plain-http", REACH),
    ("post-renderer", "a render runs no other program"),
    ("post-renderer-args", "a render runs no other program"),
    ("username", LOGIN),
    ("verify", SIGNATURES),
];
/// Switches that `template` declares itself.
const SWITCHES: &[&str] = &[
    "include_crds",
    "no_hooks",
    "skip_tests",
    "is_upgrade",
    "generate_name",
    "release_name",
    "skip_schema_validation",
    "dependency_update",
    "validate",
    "debug",
    "devel",
];

/// What is left to say of them once they are parsed.
pub struct HelmFlags {
    /// Why the render cannot be had as asked for.
    pub refused: Option<String>,
}

impl clap::Args for HelmFlags {
    fn augment_args(command: Command) -> Command {
        let hidden = |name: &&'static str| Arg::new(*name).long(*name).hide(true).action(ArgAction::Append);
        let short = |it: Arg| if it.get_id() == "labels" { it.short('l') } else { it };
        let mut command = command
            .args(IDLE_SWITCHES.iter().map(|name| as_switch(hidden(name))))
            .args(IDLE_VALUES.iter().map(|name| short(hidden(name)).allow_hyphen_values(true)))
            .args(IDLE_CHOICES.iter().map(|name| hidden(name).num_args(0..=1).require_equals(true)))
            .args(REFUSED.iter().map(|(name, _)| hidden(name).num_args(0..=1).require_equals(true)));
        for name in SWITCHES {
            command = command.mut_arg(name, |it| as_switch(it).action(ArgAction::Set).default_value("false"));
        }
        command
    }

    fn augment_args_for_update(command: Command) -> Command {
        Self::augment_args(command)
    }
}

/// As Go has them: alone, or as `--no-hooks=false`.
fn as_switch(arg: Arg) -> Arg {
    arg.num_args(0..=1)
        .require_equals(true)
        .default_missing_value("true")
        .hide_default_value(true)
        .value_name("BOOL")
        .value_parser(parse_bool)
}

/// Mirrors `strconv.ParseBool`.
fn parse_bool(text: &str) -> Result<bool, String> {
    match text {
        "1" | "t" | "T" | "TRUE" | "true" | "True" => Ok(true),
        "0" | "f" | "F" | "FALSE" | "false" | "False" => Ok(false),
        _ => Err(format!("strconv.ParseBool: parsing {text:?}: invalid syntax")),
    }
}

impl clap::FromArgMatches for HelmFlags {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, Error> {
        let refused = REFUSED.iter().find(|(name, _)| matches.contains_id(name));
        Ok(HelmFlags { refused: refused.map(|(name, why)| format!("--{name}: {why}")) })
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), Error> {
        *self = Self::from_arg_matches(matches)?;
        Ok(())
    }
}
