//! `ichor check` and `ichor init`: every rule fires where it should, and what `init` writes is clean.

use std::ops::Deref;

use ichor::base::code::{Code, Severity};
use ichor::base::diagnostic::Diagnostic;
use ichor::edge::fetch::{Credentials, Event, Progress, Settings};
use ichor::ops;
use ichor::ops::lock::Request;
use ichor::workspace::fetching::Fetching;
use jiff::Timestamp;

use crate::support::workspace::Workspace;

/// A workspace with a small chart that is called `cilium`.
pub(crate) struct Checked(Workspace);

const SPEC: &str = "bundle: b
talos: \"1.13\"
kubernetes: \"1.34.1\"
recipients: [RECIPIENT]
parts:
  - name: cilium
    chart: ./chart
    namespace: kube-system
    values: [values.yaml]
  - name: extra
    manifest: extra.yaml
";

const DEFAULTS: &str =
    "securityContext: {capabilities: {ciliumAgent: [NET_ADMIN, SYS_ADMIN], cleanCiliumState: [NET_ADMIN, SYS_ADMIN]}}
cgroup: {autoMount: {enabled: false}, hostRoot: /sys/fs/cgroup}
kubeProxyReplacement: false
k8sServiceHost: \"\"
k8sServicePort: \"\"
bpf: {masquerade: false, hostLegacyRouting: ~}
ipam: {mode: cluster-pool, operator: {clusterPoolIPv4PodCIDRList: [10.0.0.0/8]}}
gatewayAPI: {enabled: false, gatewayClass: {create: auto}}
egressGateway: {enabled: false}
loadBalancer: {mode: snat, dsrDispatch: opt}
routingMode: \"\"
tunnelProtocol: \"\"
ipv4NativeRoutingCIDR: \"\"
hubble: {relay: {enabled: false}, ui: {enabled: false}}
nodeSelector: {kubernetes.io/os: linux}
l2announcements: {enabled: false}
";

const TEMPLATE: &str = "apiVersion: apps/v1
kind: DaemonSet
metadata:
  name: cilium
  {{- if ne (toString .Values.nowhere) \"true\" }}
  namespace: {{ .Release.Namespace }}
  {{- end }}
  annotations:
    lease: {{ .Values.l2announcements.leaseDuration | quote }}
    {{- if .Values.secret }}
    ca: {{ (genCA \"CA\" 100).Cert | b64enc }}
    {{- end }}
spec:
  selector: {matchLabels: {app: cilium}}
  template:
    metadata: {labels: {app: cilium}}
    spec:
      hostNetwork: true
      nodeSelector: {{ toYaml .Values.nodeSelector | nindent 8 }}
      containers: [{name: agent, image: agent}]
";

fn mark(it: &Diagnostic) -> &'static str {
    if it.severity() == Severity::Error { "!" } else { "" }
}

/// A CRD with every kind of field that the API server treats in a way of its own.
const THINGS: &str = "\
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: things.example.org}
spec:
  group: example.org
  names: {kind: Thing, plural: things}
  scope: Namespaced
  versions:
  - {name: v2, served: false, storage: false, schema: {openAPIV3Schema: {type: object}}}
  - name: v1
    served: true
    storage: true
    schema:
      openAPIV3Schema:
        type: object
        required: [spec]
        properties:
          spec:
            type: object
            required: [size]
            properties:
              size: {type: integer, format: int32, minimum: 0, maximum: 10, exclusiveMaximum: true, default: 1}
              note: {type: string, nullable: true}
              port: {x-kubernetes-int-or-string: true}
              role: {type: string, enum: [a, b]}
              any: {type: object, x-kubernetes-preserve-unknown-fields: true}
              part: {type: object, x-kubernetes-embedded-resource: true, x-kubernetes-preserve-unknown-fields: true}
              list:
                type: array
                items: {type: object, required: [name], properties: {name: {type: string}}}
";

struct Silent;

impl Progress for Silent {
    fn event(&self, _: Event<'_>) {}
}

impl Deref for Checked {
    type Target = Workspace;

    fn deref(&self) -> &Workspace {
        &self.0
    }
}

impl Checked {
    pub(crate) fn new(version: &str) -> Checked {
        let workspace = Workspace::new();
        workspace.write("chart/Chart.yaml", format!("apiVersion: v2\nname: cilium\nversion: {version}\n"));
        workspace.write("chart/values.yaml", DEFAULTS);
        workspace.write("chart/templates/agent.yaml", TEMPLATE);
        workspace.write("values.yaml", "{}\n");
        workspace
            .write("extra.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: extra, namespace: kube-system}\n");
        workspace.write("ichor.yaml", SPEC.replace("RECIPIENT", workspace.recipient()));
        Checked(workspace)
    }

    /// With a Kubernetes and a Talos that old releases of Cilium were tested with.
    fn aged(version: &str) -> Checked {
        let workspace = Checked::new(version);
        workspace.edit("ichor.yaml", "1.34.1", "1.30.2").edit("ichor.yaml", "talos: \"1.13\"", "talos: \"1.10\"");
        workspace
    }

    /// Locks, then checks at the present moment.
    fn check(&self) -> Vec<Diagnostic> {
        self.check_with(None, "2026-01-01")
    }

    /// Checks without a lock.
    pub(crate) fn unlocked(&self) -> Vec<Diagnostic> {
        let now: Timestamp = "2026-01-01T00:00:00Z".parse().expect("a time");
        ops::check::check(&self.at("ichor.yaml"), None, now).expect("checked").diagnostics
    }

    /// Locks, then checks on a day, together with a machine config.
    pub(crate) fn check_with(&self, config: Option<&str>, day: &str) -> Vec<Diagnostic> {
        let now: Timestamp = "2026-01-01T00:00:00Z".parse().expect("a time");
        let settings = Settings {
            offline: true,
            jobs: 1,
            patience: std::time::Duration::from_secs(1),
            rate: None,
            proxies: Default::default(),
            credentials: Credentials::of_user(&|_| None),
            user_file: None,
        };
        let fetching = Fetching { settings: &settings, progress: &Silent };
        ops::lock::lock(&self.at("ichor.yaml"), &Request::default(), fetching, now).expect("locked");
        let day: Timestamp = format!("{day}T00:00:00Z").parse().expect("a time");
        let config = config.map(|it| self.at(it));
        ops::check::check(&self.at("ichor.yaml"), config.as_deref(), day).expect("checked").diagnostics
    }

    /// The codes of what is found, with `!` behind errors.
    fn codes(&self) -> Vec<String> {
        self.check().iter().map(|it| format!("{}{}", it.code, mark(it))).collect()
    }

    fn values(&self, text: &str) -> Vec<String> {
        self.write("values.yaml", text);
        self.codes()
    }

    fn extra(&self, text: &str) -> Vec<String> {
        self.write("extra.yaml", text);
        self.codes()
    }
}

#[test]
fn what_is_right_is_not_complained_of() {
    let workspace = Checked::new("1.19.6");
    assert_eq!(workspace.codes(), [""; 0]);
    let values = "nodeSelector: {mine: 'true'}\nl2announcements: {enabled: true, leaseDuration: 3s}\nglobal: {a: 1}\nkubeProxyReplacement: true\nk8sServiceHost: localhost\nk8sServicePort: 7445\nbpf: {masquerade: true, hostLegacyRouting: true}\n";
    assert_eq!(workspace.values(values), [""; 0]);
}

#[test]
fn typos_in_values_are_found_with_their_place() {
    let workspace = Checked::new("1.19.6");
    workspace.write("values.yaml", "hubble:\n  relai:\n    enabled: true\nhostLegacyRouting: true\nnothingLikeIt: 1\n");
    let found = workspace.check();
    let told: Vec<(&str, String, &str)> =
        found.iter().map(|it| (it.code.name(), it.to_string(), it.help.as_deref().unwrap_or_default())).collect();
    assert_eq!(told.len(), 3, "{told:?}");
    assert!(told[0].1.ends_with("values.yaml:2:3: the chart cilium 1.19.6 has no value `hubble.relai`"), "{told:?}");
    assert_eq!((told[0].0, told[0].2), ("H001", "did you mean `hubble.relay`?"));
    assert_eq!((told[1].0, told[1].2), ("H001", "did you mean `bpf.hostLegacyRouting`?"));
    assert!(told[2].2.contains("ichor show values"), "{told:?}");
    // Values written into the spec point into the spec; a key that a template reads somewhere is a warning.
    workspace.write("values.yaml", "{}\n").edit("ichor.yaml", "[values.yaml]", "[{hubble: {leaseDuration: 1}}]");
    let found = workspace.check();
    assert!(found[0].to_string().contains("ichor.yaml:9:24: the chart"), "{}", found[0]);
    assert_eq!((found[0].code, found[0].severity()), (Code::H002, Severity::Warning));
}

#[test]
fn rules_of_cilium() {
    let workspace = Checked::new("1.19.6");
    let nothing: &[&str] = &[];
    // Each rule with values that break it, and values that do not.
    for (values, expected) in [
        ("securityContext: {capabilities: {ciliumAgent: [NET_ADMIN, SYS_ADMIN, SYS_MODULE]}}", &["C001!"][..]),
        ("securityContext: {capabilities: {cleanCiliumState: [NET_ADMIN, SYS_ADMIN, SYS_MODULE]}}", &["C001!"]),
        (
            "securityContext: {capabilities: {ciliumAgent: [NET_ADMIN, BPF], cleanCiliumState: [NET_ADMIN, SYS_ADMIN]}}",
            nothing,
        ),
        ("cgroup: {autoMount: {enabled: true}}", &["C002!"]),
        ("cgroup: {hostRoot: /run/cilium/cgroupv2}", &["C002!"]),
        ("cgroup: {autoMount: {enabled: false}, hostRoot: /sys/fs/cgroup}", nothing),
        ("{kubeProxyReplacement: strict, k8sServiceHost: localhost, k8sServicePort: 7445}", &["C003!"]),
        ("{kubeProxyReplacement: 'true', k8sServiceHost: localhost, k8sServicePort: 7445}", nothing),
        ("{kubeProxyReplacement: false}", nothing),
        ("kubeProxyReplacement: true", &["C004!"]),
        ("k8sServiceHost: auto", &["C004!"]),
        ("{k8sServiceHost: 10.0.0.1, k8sServicePort: 7445}", &["C004!"]),
        ("{k8sServiceHost: 127.0.0.1, k8sServicePort: '7445', kubeProxyReplacement: true}", nothing),
        ("{k8sServiceHost: 10.0.0.1, k8sServicePort: '6443', kubeProxyReplacement: 'true'}", nothing),
        (
            "{bpf: {masquerade: true}, kubeProxyReplacement: true, k8sServiceHost: localhost, k8sServicePort: 7445}",
            &["C005"],
        ),
        ("bpf: {masquerade: true, hostLegacyRouting: true}", nothing),
        ("ipam: {mode: kubernetes, operator: {clusterPoolIPv4PodCIDRList: [10.0.0.0/8]}}", &["C006"]),
        ("ipam: {mode: cluster-pool, operator: {clusterPoolIPv4PodCIDRList: [10.0.0.0/8]}}", nothing),
        ("ipam: {mode: kubernetes}", nothing),
        ("gatewayAPI: {enabled: true}", &["C007", "C008"]),
        ("gatewayAPI: {enabled: true, gatewayClass: {create: 'true'}}", &["C008"]),
        ("gatewayAPI: {enabled: false}", nothing),
    ] {
        assert_eq!(workspace.values(values), expected, "{values}");
    }
}

#[test]
fn the_gateway_api_wants_its_crds() {
    let crds = |version: &str, served: &str| {
        format!(
            "apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nmetadata:\n  name: tlsroutes.gateway.networking.k8s.io\n  annotations:\n    gateway.networking.k8s.io/bundle-version: {version}\nspec:\n  group: gateway.networking.k8s.io\n  names: {{kind: TLSRoute}}\n  versions: [{served}]\n"
        )
    };
    let alpha = "{name: v1alpha2, served: true}";
    let stable = "{name: v1, served: true}";
    for (cilium, version, served, expected) in [
        ("1.19.6", "v1.0.0", alpha, &["C008"][..]),
        ("1.19.6", "v1.4.1", alpha, &[]),
        ("1.19.6", "v1.4.1", stable, &["C008"]),
        ("1.19.6", "v1.4.1", "{name: v1alpha2, served: false}", &["C008"]),
        ("1.20.0", "v1.4.1", alpha, &["C008"]),
        ("1.20.0", "v1.6.1", stable, &[]),
        ("1.20.0", "v1.6.1", alpha, &["C008"]),
        ("1.17.12", "v1.2.0", alpha, &[]),
        ("1.16.19", "v1.0.0", alpha, &["C008"]),
    ] {
        let is_old = ["1.16.19", "1.17.12"].contains(&cilium);
        let workspace = if is_old { Checked::aged(cilium) } else { Checked::new(cilium) };
        let known = "apiVersions: [gateway.networking.k8s.io/v1/GatewayClass]\nrecipients";
        workspace.edit("ichor.yaml", "recipients", known);
        workspace.write("values.yaml", "gatewayAPI: {enabled: true}\n");
        assert_eq!(workspace.extra(&crds(version, served)), expected, "{cilium}, {version}, {served}");
    }
}

#[test]
fn where_cilium_comes_from() {
    let workspace = Checked::new("1.19.6");
    for (chart, version, expected) in [
        ("oci://quay.io/cilium/cilium", "1.19.6", "C012!"),
        ("oci://quay.io/cilium/charts/cilium", "1.18.5", "C013"),
        ("oci://quay.io/cilium/charts/cilium:1.16.5", "1.16.5", "C013"),
        ("oci://quay.io/cilium/charts/cilium", "1.15.19", "C013"),
        ("oci://quay.io/cilium/charts/cilium", "1.18.6", ""),
        ("oci://quay.io/cilium/charts/cilium", "1.19.0", ""),
        ("oci://quay.io/cilium/charts/cilium", "^1.16", ""),
        ("https://helm.cilium.io/cilium", "1.18.5", ""),
    ] {
        // A lock cannot be had of a wrong place: the rules need none.
        workspace.write("ichor.yaml", SPEC);
        workspace.edit(
            "ichor.yaml",
            "    chart: ./chart\n",
            &format!("    chart: {chart}\n    version: \"{version}\"\n"),
        );
        workspace.edit("ichor.yaml", "[RECIPIENT]", "[]");
        let now: Timestamp = "2026-01-01T00:00:00Z".parse().expect("a time");
        let found = ops::check::check(&workspace.at("ichor.yaml"), None, now).expect("checked").diagnostics;
        let codes: Vec<String> = found.iter().map(|it| format!("{}{}", it.code, mark(it))).collect();
        let wanted: Vec<&str> = ["L013", expected].into_iter().filter(|it| !it.is_empty()).collect();
        assert_eq!(codes, wanted, "{chart} {version}");
        assert!(expected.is_empty() || found[1].to_string().contains("ichor.yaml:7:12: "), "{}", found[1]);
    }
}

#[test]
fn rules_on_objects_beside_cilium() {
    let pool = |api: &str, spec: &str| {
        format!("apiVersion: cilium.io/{api}\nkind: CiliumLoadBalancerIPPool\nmetadata: {{name: a}}\nspec: {spec}\n")
    };
    let blocks = "{blocks: [{cidr: 10.0.0.0/24}]}";
    let cidrs = "{cidrs: [{cidr: 10.0.0.0/24}]}";
    let new = Checked::new("1.19.6");
    assert_eq!(new.extra(&pool("v2", blocks)), [""; 0]);
    assert_eq!(new.extra(&pool("v2alpha1", blocks)), ["C014"]);
    assert_eq!(new.extra(&pool("v2", cidrs)), ["C009!"]);
    let old = Checked::aged("1.16.5");
    assert_eq!(old.extra(&pool("v2alpha1", blocks)), [""; 0]);
    assert_eq!(old.extra(&pool("v2", blocks)), ["C009!"]);
    let oldest = Checked::new("1.15.1");
    assert_eq!(oldest.extra(&pool("v2alpha1", cidrs)), ["C014"]);
    let policy = "apiVersion: cilium.io/v2\nkind: CiliumNetworkPolicy\nmetadata: {name: a, namespace: kube-system}\nspec:\n  endpointSelector: {matchLabels: {k8s-app: cilium-hubble-relay}}\n";
    assert_eq!(new.extra(policy), ["C011"]);
    assert_eq!(new.extra(&policy.replace("cilium-hubble-relay", "hubble-relay")), [""; 0]);
}

#[test]
fn the_kubernetes_that_each_talos_supports() {
    let workspace = Checked::new("1.19.6");
    // Talos' own table, pkg/machinery/compatibility.
    for (talos, first, last) in [(10, 28, 33), (11, 29, 34), (12, 30, 35), (13, 31, 36), (14, 33, 37)] {
        for kubernetes in [first - 1, first, last, last + 1] {
            let text = SPEC.replace("RECIPIENT", "").replace("\"1.13\"", &format!("\"1.{talos}\""));
            workspace.write("ichor.yaml", text.replace("1.34.1", &format!("1.{kubernetes}.2")));
            let now: Timestamp = "2026-01-01T00:00:00Z".parse().expect("a time");
            let found = ops::check::check(&workspace.at("ichor.yaml"), None, now).expect("checked").diagnostics;
            let refused = found.iter().any(|it| it.code == Code::T001 && it.severity() == Severity::Error);
            assert_eq!(refused, !(first..=last).contains(&kubernetes), "Talos 1.{talos}, Kubernetes 1.{kubernetes}");
        }
    }
}

#[test]
fn versions_that_do_not_go_together() {
    let workspace = Checked::new("1.20.0");
    assert_eq!(workspace.codes(), [""; 0]);
    workspace.edit("ichor.yaml", "1.34.1", "1.31.0");
    assert_eq!(workspace.codes(), ["C010"]);
    workspace.edit("ichor.yaml", "1.31.0", "1.30.0");
    let found = workspace.check();
    assert_eq!(found.iter().map(|it| it.code).collect::<Vec<_>>(), [Code::T001, Code::C010]);
    assert!(found[0].to_string().contains("ichor.yaml:3:13: Talos 1.13 supports Kubernetes 1.31 to 1.36, not 1.30.0"));
    workspace.edit("ichor.yaml", "\"1.13\"", "\"1.20\"");
    assert_eq!(workspace.codes(), ["T008", "C010"]);
}

#[test]
fn rules_of_talos() {
    let workspace = Checked::new("1.19.6");
    let config =
        |name: &str| format!("apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: {name}, namespace: kube-system}}\n");
    assert_eq!(workspace.extra(&format!("{}---\n{}", config("a"), config("a"))), ["T003"]);
    assert_eq!(workspace.extra(&format!("{}---\n{}", config("a"), config("b"))), [""; 0]);
    for no_object in
        ["metadata: {name: a}\n", "just text\n", "[a, b]\n", "apiVersion: v1\nkind: Secret\nmetadata: {}\n"]
    {
        assert_eq!(workspace.extra(no_object), ["T007!"], "{no_object}");
    }
    // A kind that nothing defines, until a CRD does.
    let monitor =
        "apiVersion: monitoring.coreos.com/v1\nkind: ServiceMonitor\nmetadata: {name: a, namespace: kube-system}\n";
    assert_eq!(workspace.extra(&format!("{monitor}---\n{}", monitor.replace("name: a", "name: b"))), ["T009"]);
    let definition = "apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nmetadata: {name: servicemonitors.monitoring.coreos.com}\nspec: {group: monitoring.coreos.com, names: {kind: ServiceMonitor}}\n";
    assert_eq!(workspace.extra(&format!("{definition}---\n{monitor}")), [""; 0]);
    let large = |size: usize| format!("{}data:\n  a: {}\n", config("a"), "x".repeat(size));
    assert_eq!(workspace.extra(&large(1_600_000)), ["T006!"]);
    assert_eq!(workspace.extra(&large(1_500_000)), [""; 0]);
    let many: Vec<String> =
        (0..12).map(|it| format!("{}data:\n  a: {}\n", config(&format!("a{it}")), "x".repeat(400_000))).collect();
    assert_eq!(workspace.extra(&many.join("---\n")), ["T010"]);
    let more: Vec<String> =
        (0..30).map(|it| format!("{}data:\n  a: {}\n", config(&format!("a{it}")), "x".repeat(400_000))).collect();
    assert_eq!(workspace.extra(&more.join("---\n")), ["T005!"]);
    workspace.write("extra.yaml", config("a"));
    // An object that names no namespace.
    assert_eq!(workspace.values("nowhere: true"), ["T002!", "T004!"]);
    // A namespace of one's own is made with the labels that let privileged pods in, unless a part brings it without.
    workspace.write("values.yaml", "{}\n").edit("ichor.yaml", "namespace: kube-system", "namespace: own");
    assert_eq!(workspace.codes(), [""; 0]);
    let namespace = "apiVersion: v1\nkind: Namespace\nmetadata:\n  name: own\n";
    assert_eq!(workspace.extra(namespace), ["T004!"]);
    let labels = "  labels: {pod-security.kubernetes.io/enforce: privileged}\n";
    assert_eq!(workspace.extra(&format!("{namespace}{labels}")), [""; 0]);
}

#[test]
fn what_an_api_server_refuses() {
    let workspace = Checked::new("1.19.6");
    let object = |api: &str, kind: &str, rest: &str| {
        format!("apiVersion: {api}\nkind: {kind}\nmetadata: {{name: a, namespace: kube-system}}\n{rest}\n")
    };
    let pod = |spec: &str| {
        let template = format!("{{metadata: {{labels: {{a: b}}}}, spec: {{{spec}}}}}");
        object("apps/v1", "Deployment", &format!("spec: {{selector: {{matchLabels: {{a: b}}}}, template: {template}}}"))
    };
    let crd = |name: &str| THINGS.replacen("things.example.org", name, 1);
    let thing = |version: &str, spec: &str| {
        let thing = object(&format!("example.org/{version}"), "Thing", &format!("spec: {spec}"));
        format!("{THINGS}---\n{thing}")
    };
    for (text, expected) in [
        (object("policy/v1", "PodDisruptionBudget", ""), ""),
        (object("policy/v1beta1", "PodDisruptionBudget", ""), "K001!"),
        (object("extensions/v1beta1", "Ingress", ""), "K001!"),
        (object("networking.k8s.io/v1beta1", "IPAddress", "").replace(", namespace: kube-system", ""), ""),
        (object("autoscaling/v2beta2", "HorizontalPodAutoscaler", ""), "K001!"),
        (object("admissionregistration.k8s.io/v1", "MutatingAdmissionPolicy", ""), "T020 K001!"),
        (object("v1", "ConfigMap", "").replace("kube-system", "nobodys"), "K002"),
        (object("v1", "ConfigMap", "").replace("name: a", "name: A_b"), "K003!"),
        (object("v1", "Service", "spec: {clusterIP: None}").replace("name: a", "name: a.b"), "K003!"),
        (object("v1", "ConfigMap", "").replace("name: a", "name: a.b"), ""),
        (object("rbac.authorization.k8s.io/v1", "Role", "").replace("name: a", "name: 'system:A_b'"), ""),
        (object("v1", "ConfigMap", "").replace("name: a", "generateName: a-"), "K003!"),
        (object("v1", "ConfigMap", "data: {port: 8080}"), "K004!"),
        (object("v1", "ConfigMap", "data: {port: '8080', none: }"), ""),
        (object("v1", "Secret", "data: {a: 'not base64!'}"), "K004!"),
        (object("v1", "Secret", "data: {a: bm90}"), ""),
        (object("v1", "Secret", "stringData: {a: true}"), "K004!"),
        (object("v1", "ConfigMap", "").replace("namespace:", "labels: text, namespace:"), "K004!"),
        (object("v1", "ConfigMap", "data: {max: '1.048576e+06'}"), "K005!"),
        (object("v1", "ConfigMap", "data: {max: '1048576', share: '1.5e+00'}"), ""),
        (pod("containers: [{name: a, image: b, limits: {cpu: 1}}]"), "K006!"),
        (pod("containers: [{name: a, image: b, resources: {limits: {cpu: 1}}}]"), ""),
        (pod("initContainers: [{name: a, image: b, livenesProbe: {}}], containers: [{name: c, image: d}]"), "K006!"),
        (object("v1", "ConfigMap", "").replace("namespace:", "labels: {a: b c}, namespace:"), "K003!"),
        (object("v1", "ConfigMap", "").replace("namespace:", "labels: {a: '', b.c/d_e: F.g}, namespace:"), ""),
        (object("v1", "ConfigMap", "").replace("namespace:", "annotations: {'a b': c}, namespace:"), "K003!"),
        (object("v1", "ConfigMap", "").replace("namespace:", "annotations: {a: b c}, namespace:"), ""),
        (object("v1", "ConfigMap", "").replace("namespace:", "labls: {a: b}, namespace:"), "K006!"),
        (object("v1", "ConfigMap", "date: {a: b}"), "K006!"),
        (object("v1", "ConfigMap", "data: {'a b': c}"), "K003!"),
        (object("networking.k8s.io/v1", "NetworkPolicy", "spec: {podSelektor: {}}"), "K006!"),
        (object("v1", "Deployment", ""), "K007!"),
        (object("apps/v1", "Deployement", ""), "K007!"),
        (object("apps/v2", "Deployment", ""), "K007!"),
        (object("app/v1", "Deployment", ""), "K007!"),
        (object("cilium.io/v2", "CilumNetworkPolicy", ""), "K007!"),
        (object("cilium.io/v3", "CiliumNetworkPolicy", ""), "K007!"),
        (object("cilium.io/v2", "CiliumNetworkPolicy", ""), ""),
        (crd("things.example.org"), ""),
        (crd("thing.example.org"), "K003!"),
        (thing("v1", "{size: 1, note: text, port: http, any: {a: 1}}"), ""),
        (thing("v1", "{size: 1, note: null, port: 80, part: {apiVersion: v1, kind: A, metadata: {}, x: 1}}"), ""),
        (thing("v1", "{}"), ""),
        (thing("v2", "{}"), "K008!"),
        (thing("v3", "{}"), "K008!"),
        (thing("v1", "{siez: 1}"), "K008!"),
        (thing("v1", "{size: big}"), "K008!"),
        (thing("v1", "{size: 11}"), "K008!"),
        (thing("v1", "{port: true}"), "K008!"),
        (thing("v1", "{role: king}"), "K008!"),
        (thing("v1", "{list: [{}]}"), "K008!"),
        (thing("v1", "{list: [{name: a, more: b}]}"), "K008!"),
        (thing("v1", "{siez: 1, role: king}"), "K008! K008!"),
        (
            object(
                "batch/v1",
                "CronJob",
                "spec: {schedule: '@daily', jobTemplate: {spec: {template: {spec: {restartPolicy: Never, container: []}}}}}",
            ),
            "K006! K009!",
        ),
    ] {
        let expected: Vec<&str> = expected.split_whitespace().collect();
        assert_eq!(workspace.extra(&text), expected, "{text}");
    }
}

#[test]
fn certificates_are_held_against_the_clock() {
    let workspace = Checked::new("1.19.6");
    workspace.write("values.yaml", "secret: true\n");
    let at = |day: &str| {
        let now: Timestamp = format!("{day}T00:00:00Z").parse().expect("a time");
        let found = ops::check::check(&workspace.at("ichor.yaml"), None, now).expect("checked").diagnostics;
        found.iter().map(|it| format!("{} {}", it.code, it.message)).collect::<Vec<_>>()
    };
    assert_eq!(workspace.codes(), [""; 0]);
    // Minted on 2026-01-01 for a hundred days.
    assert_eq!(at("2026-03-11"), [""; 0]);
    let soon = at("2026-03-20");
    assert!(soon[0].starts_with("X002 the certificate cilium/") && soon[0].ends_with("in 22 days"), "{soon:?}");
    assert!(at("2026-04-12")[0].starts_with("X001 the certificate cilium/"), "{:?}", at("2026-04-12"));
}

#[test]
fn the_exit_code_and_json_say_what_was_found() {
    let workspace = Checked::new("1.19.6");
    let output = workspace.run(&["check"]);
    assert_eq!(output.code(), 0, "without a lock there is a warning alone");
    assert!(output.stderr().contains("warning[L013]"));
    workspace.values("cgroup: {autoMount: {enabled: true}}\n");
    let output = workspace.run(&["check", "--format", "json"]);
    assert_eq!(output.code(), 1);
    let json: serde_json::Value = serde_json::from_str(&output.stdout()).expect("JSON");
    assert_eq!((&json["errors"], &json["warnings"]), (&1.into(), &0.into()));
    let diagnostic = &json["diagnostics"][0];
    assert_eq!(
        (&diagnostic["code"], &diagnostic["severity"], &diagnostic["line"]),
        (&"C002".into(), &"error".into(), &7.into())
    );
    assert!(json["sizes"]["talos"].as_u64().is_some_and(|it| it > 100));
    // A lock that is not the spec's is an error of its own.
    workspace.write("values.yaml", "{}\n");
    let output = workspace.run(&["check", "--format", "json"]);
    let json: serde_json::Value = serde_json::from_str(&output.stdout()).expect("JSON");
    assert_eq!((output.code(), &json["diagnostics"][0]["code"]), (1, &"L006".into()));
}

#[test]
fn what_the_spec_allows_is_told_apart() {
    let workspace = Checked::new("1.19.6");
    workspace.edit(
        "ichor.yaml",
        "parts:",
        "allow:\n  - {code: C002, reason: an old node}\n  - {code: c005, reason: none}\nparts:",
    );
    workspace.write("values.yaml", "cgroup: {autoMount: {enabled: true}}\n");
    let found = workspace.check();
    assert_eq!(found.iter().map(|it| it.code).collect::<Vec<_>>(), [Code::S014], "{found:?}");
    assert!(found[0].to_string().contains("ichor.yaml:7:12: `allow` names C005"), "{}", found[0]);
    let output = workspace.run(&["check"]);
    assert_eq!(output.code(), 0);
    assert!(output.stderr().contains("0 errors, 1 warning; the spec allows 1 more"), "{}", output.stderr());
    let json: serde_json::Value =
        serde_json::from_str(&workspace.run(&["check", "--format", "json"]).stdout()).expect("JSON");
    let allowed = &json["allowed"][0];
    assert_eq!((&allowed["code"], &allowed["reason"]), (&"C002".into(), &"an old node".into()));
    let log: serde_json::Value =
        serde_json::from_str(&workspace.run(&["check", "--format", "sarif"]).stdout()).expect("JSON");
    let kind = &log["runs"][0]["results"][1]["suppressions"][0]["kind"];
    assert_eq!(kind, "external");
    // Only what a rule finds can be allowed, with a reason, and once.
    for wrong in
        ["{code: L003, reason: a}", "{code: Z001, reason: a}", "{code: C002}", "{code: C002, reason: a, to: b}"]
    {
        let spec = workspace.read("ichor.yaml").replace("{code: c005, reason: none}", wrong);
        workspace.write("other.yaml", spec);
        assert_eq!(workspace.run(&["check", "other.yaml"]).code(), 2, "{wrong}");
    }
}

#[test]
fn a_build_refuses_what_check_finds() {
    let workspace = Checked::new("1.19.6");
    workspace.values("cgroup: {autoMount: {enabled: true}}\n");
    let output = workspace.run(&["build"]);
    assert_eq!(output.code(), 1);
    let said = output.stderr();
    assert!(said.contains("error[C002]") && said.contains("error[B007]") && said.contains("--no-check"), "{said}");
    assert!(!workspace.at("result").exists());
    workspace.done(&["build", "--no-check"]);
    // That it was built once does not let it through.
    assert_eq!(workspace.run(&["build"]).code(), 1);
    workspace.edit("ichor.yaml", "parts:", "allow: [{code: C002, reason: an old node}]\nparts:");
    workspace.check();
    workspace.done(&["build"]);
}

#[test]
fn findings_are_told_in_the_forms_of_code_scanning_and_of_workflows() {
    let workspace = Checked::new("1.19.6");
    workspace.values("cgroup: {autoMount: {enabled: true}}\n");
    let output = workspace.run(&["check", "--format", "sarif"]);
    let log: serde_json::Value = serde_json::from_str(&output.stdout()).expect("JSON");
    let result = &log["runs"][0]["results"][0];
    let place = &result["locations"][0]["physicalLocation"];
    assert_eq!((output.code(), &result["ruleId"], &place["region"]["startLine"]), (1, &"C002".into(), &7.into()));
    assert_eq!(place["artifactLocation"]["uri"], "ichor.yaml");
    let output = workspace.run(&["check", "--format", "github"]);
    assert_eq!(output.code(), 1);
    assert!(output.stdout().contains("::error file=ichor.yaml,line=7,col="), "{}", output.stdout());
    workspace.write("ichor.yaml", "bundle: b\nnothing: 1\n");
    let output = workspace.run(&["check", "--format", "github"]);
    assert_eq!(output.code(), 2);
    assert!(output.stdout().contains("::error file=ichor.yaml,line=2,col=1,title=S001::"), "{}", output.stdout());
}

#[test]
fn a_code_is_explained_and_all_are_listed() {
    let workspace = Workspace::new();
    assert!(workspace.done(&["explain", "l003"]).starts_with("L003  error, exit code 2\n\n"));
    assert_eq!(workspace.done(&["explain"]).lines().count(), Code::ALL.len());
    assert_eq!(workspace.run(&["explain", "X999"]).code(), 2);
}
