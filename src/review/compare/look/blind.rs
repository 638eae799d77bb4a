//! What can be said of a resource whose content is not at hand: from its kind, what its change may mean at worst.

use serde_json::{Value as Json, json};

use super::network::routes;
use super::{Around, Pair, Readers};
use crate::review::compare::model::{Area, Finding, Risk, Status};

pub(in crate::review::compare) fn blind(part: &str, id: &str, status: Status, found: &mut Vec<Finding>) {
    let mut words = id.splitn(3, ' ');
    let (version, kind) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
    if status == Status::Removed {
        // That it is gone is known, whatever was in it.
        let old = json!({"apiVersion": version, "kind": kind});
        return super::look(
            &Pair { part, id, old: &old, new: &Json::Null, renamed: false, around: &Around::default(), fate: None },
            &Readers::default(),
            found,
        );
    }
    let new = status == Status::Added;
    let group = version.split_once('/').map_or("", |(group, _)| group);
    let (risk, area, worst) = match kind {
        "ClusterRole" | "ClusterRoleBinding" | "Role" | "RoleBinding" => {
            (Risk::Gains, Area::Permission, "may grant more")
        }
        "CronJob" | "DaemonSet" | "Deployment" | "Job" | "Pod" | "StatefulSet" if new => {
            (Risk::Gains, Area::Privilege, "may run privileged pods")
        }
        "DaemonSet" => (Risk::Traffic, Area::Workload, "its pods may restart on every node, and do more than before"),
        "Deployment" | "StatefulSet" => {
            (Risk::Restart, Area::Workload, "its pods may restart, and do more than before")
        }
        "CronJob" | "Job" | "Pod" => (Risk::Restart, Area::Workload, "it may do more than before"),
        "CustomResourceDefinition" if !new => (Risk::Loss, Area::Crd, "it may lose versions or fields"),
        "ConfigMap" if !new => (Risk::Traffic, Area::Setting, "it may steer traffic, and may need a restart"),
        "Service" if group.is_empty() && new => {
            (Risk::Gains, Area::Exposure, "it may be reached from outside the cluster")
        }
        "Service" if group.is_empty() => (Risk::Traffic, Area::Network, "it may lead traffic otherwise"),
        _ if group == "admissionregistration.k8s.io" => {
            (Risk::Gains, Area::Permission, "it may change or refuse what is written")
        }
        _ if routes(group, kind) => (Risk::Traffic, Area::Network, "it may decide on traffic"),
        _ => return,
    };
    let what = if new { "is new" } else { "differs" };
    let text = format!("{what}, and its content is not at hand: {worst}");
    found.push(Finding { risk, area, part: part.into(), resource: Some(id.into()), text, ..Finding::default() });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn says_the_worst_that_a_kind_can_mean() {
        let said = |id: &str, status| -> Vec<String> {
            let mut found = Vec::new();
            blind("p", id, status, &mut found);
            found.into_iter().map(|it| format!("{:?}: {}", it.risk, it.text)).collect()
        };
        let role = "rbac.authorization.k8s.io/v1 Role n/x";
        assert_eq!(said(role, Status::Added), ["Gains: is new, and its content is not at hand: may grant more"]);
        let daemon = "apps/v1 DaemonSet n/x";
        assert!(said(daemon, Status::Changed)[0].starts_with("Traffic: differs, and its content is not at hand"));
        assert_eq!(said(daemon, Status::Removed), ["Traffic: is gone from every node"]);
        assert_eq!(
            said("v1 Service n/x", Status::Removed)[0],
            "Traffic: is gone: its address and name no longer lead anywhere"
        );
        assert!(said("v1 ServiceAccount n/x", Status::Changed).is_empty());
        assert!(said("v1 Service n/x", Status::Added)[0].starts_with("Gains: "));
        assert!(said("networking.k8s.io/v1 NetworkPolicy n/x", Status::Changed)[0].starts_with("Traffic: "));
        assert!(
            said("example.net/v1 Dashboard n/x", Status::Changed).is_empty(),
            "of what is not known, nothing is made up"
        );
    }
}
