//! Capabilities: those that Talos does not grant, and those without which Cilium's containers do not do their work.
//!
//! What each is for stands in the chart's `values.yaml` under `securityContext.capabilities`, alike from 1.16 to 1.20. SYSLOG,
//! which the agent has from 1.19 on, is not asked for here: Talos' own guide leaves it out.

use super::Rules;
use crate::base::code::Code;
use crate::deliver::flux::at;
use crate::review::rules::object::word;
use helm_engine::value::Value;

/// A list of capabilities, what Talos' guide writes in it, and which of them it cannot be without, each by one of these.
struct List {
    path: &'static [&'static str],
    guide: &'static str,
    must: &'static [&'static [&'static str]],
}

const LISTS: &[List] = &[
    List {
        path: &["securityContext", "capabilities", "ciliumAgent"],
        guide: "[CHOWN, KILL, NET_ADMIN, NET_RAW, IPC_LOCK, SYS_ADMIN, SYS_RESOURCE, DAC_OVERRIDE, FOWNER, SETGID, SETUID]",
        must: &[&["NET_ADMIN"], &["SYS_ADMIN", "BPF"]],
    },
    List {
        path: &["securityContext", "capabilities", "cleanCiliumState"],
        guide: "[NET_ADMIN, SYS_ADMIN, SYS_RESOURCE]",
        must: &[&["NET_ADMIN"], &["SYS_ADMIN", "BPF"]],
    },
    List {
        path: &["envoy", "securityContext", "capabilities", "envoy"],
        guide: "[NET_ADMIN, SYS_ADMIN]",
        must: &[&["NET_ADMIN"], &["SYS_ADMIN", "BPF"]],
    },
];

impl Rules<'_> {
    pub(super) fn capabilities(&mut self) {
        let module = "SYS_MODULE".to_owned();
        let mut refused = Vec::new();
        for List { path, guide, must } in LISTS {
            // The chart writes no list for a privileged container.
            let owner = path.iter().take_while(|it| **it != "capabilities").copied().chain(["privileged"]);
            if self.on(&owner.collect::<Vec<_>>()) {
                continue;
            }
            let Some(Value::List(items)) = at(self.all, path) else { continue };
            let items: Vec<String> = items.items().iter().filter_map(|it| word(Some(it.clone()))).collect();
            let items: Vec<String> = items.iter().map(|it| it.trim_start_matches("CAP_").to_owned()).collect();
            if items.contains(&module) {
                refused.push((path.join("."), *guide));
            }
            let lacks = must.iter().find(|any| !any.iter().any(|it| items.iter().any(|have| have == it)));
            if let Some(lacks) = lacks {
                let message = format!(
                    "`{}` lacks {}, without which the container does not start",
                    path.join("."),
                    lacks.join(" or ")
                );
                self.tell(Code::C026, message, &format!("set it to {guide}"));
            }
        }
        let Some((first, _)) = refused.first() else { return };
        let rest = if refused.len() > 1 { format!(" and {} more", refused.len() - 1) } else { String::new() };
        let message = format!("Talos grants no pod SYS_MODULE, which `{first}`{rest} has");
        let help = refused.iter().map(|(path, guide)| format!("`{path}: {guide}`")).collect::<Vec<_>>().join(" and ");
        self.tell(Code::C001, message, &format!("set {help}"));
    }

    /// Envoy on the ports of its host below 1024.
    pub(super) fn low_ports(&mut self) {
        let path = ["envoy", "securityContext", "capabilities"];
        let keeps = self.on(&[path.as_slice(), &["keepCapNetBindService"]].concat());
        let Some(Value::List(items)) = at(self.all, &[path.as_slice(), &["envoy"]].concat()) else { return };
        let has = items.items().iter().any(|it| word(Some(it.clone())).as_deref() == Some("NET_BIND_SERVICE"));
        if keeps
            && !has
            && !self.on(&["envoy", "securityContext", "privileged"])
            && self.text(&["envoy", "enabled"]) != "false"
        {
            let message =
                "`envoy.securityContext.capabilities.keepCapNetBindService` keeps a capability that Envoy is not given";
            self.tell(Code::C026, message, "add NET_BIND_SERVICE to `envoy.securityContext.capabilities.envoy`");
        }
    }
}
