//! Fields of pods, containers and the workloads around them that Kubernetes does not know. Charts err most in these, and
//! server-side apply, which Talos uses from 1.13 on, refuses the object.
//!
//! The names are those of `k8s.io/api` up to Kubernetes 1.36.

use super::object::Object;
use crate::base::code::Code;
use crate::base::diagnostic::Diagnostic;
use helm_engine::value::{Map, Value};

const CONTAINER: &str = "name image command args workingDir ports envFrom env resources resizePolicy restartPolicy \
    restartPolicyRules volumeMounts volumeDevices livenessProbe readinessProbe startupProbe lifecycle \
    terminationMessagePath terminationMessagePolicy imagePullPolicy securityContext stdin stdinOnce tty \
    targetContainerName";
const POD: &str = "volumes initContainers containers ephemeralContainers restartPolicy terminationGracePeriodSeconds \
    activeDeadlineSeconds dnsPolicy nodeSelector serviceAccountName serviceAccount automountServiceAccountToken nodeName \
    hostNetwork hostPID hostIPC shareProcessNamespace securityContext imagePullSecrets hostname subdomain affinity \
    schedulerName tolerations hostAliases priorityClassName priority dnsConfig readinessGates runtimeClassName \
    enableServiceLinks preemptionPolicy overhead topologySpreadConstraints setHostnameAsFQDN os hostUsers schedulingGates \
    resourceClaims resources hostnameOverride workloadRef schedulingGroup";
const RESOURCES: &str = "limits requests claims";
const PROBE: &str = "exec httpGet tcpSocket grpc initialDelaySeconds timeoutSeconds periodSeconds successThreshold \
    failureThreshold terminationGracePeriodSeconds";
const CONTAINER_SECURITY: &str = "capabilities privileged seLinuxOptions windowsOptions runAsUser runAsGroup runAsNonRoot \
    readOnlyRootFilesystem allowPrivilegeEscalation procMount seccompProfile appArmorProfile";
const POD_SECURITY: &str = "seLinuxOptions windowsOptions runAsUser runAsGroup runAsNonRoot supplementalGroups \
    supplementalGroupsPolicy fsGroup sysctls fsGroupChangePolicy seccompProfile appArmorProfile seLinuxChangePolicy";
const DEPLOYMENT: &str = "replicas selector template strategy minReadySeconds revisionHistoryLimit paused \
    progressDeadlineSeconds";
const DAEMON_SET: &str = "selector template updateStrategy minReadySeconds revisionHistoryLimit";
const STATEFUL_SET: &str = "replicas selector template volumeClaimTemplates serviceName podManagementPolicy updateStrategy \
    revisionHistoryLimit minReadySeconds persistentVolumeClaimRetentionPolicy ordinals";
const REPLICA_SET: &str = "replicas minReadySeconds selector template";
const JOB: &str = "parallelism completions activeDeadlineSeconds podFailurePolicy successPolicy backoffLimit \
    backoffLimitPerIndex maxFailedIndexes selector manualSelector template ttlSecondsAfterFinished completionMode suspend \
    podReplacementPolicy managedBy scheduling";
const CRON_JOB: &str = "schedule timeZone startingDeadlineSeconds concurrencyPolicy suspend jobTemplate \
    successfulJobsHistoryLimit failedJobsHistoryLimit";
const SERVICE: &str = "ports selector clusterIP clusterIPs type externalIPs sessionAffinity loadBalancerIP \
    loadBalancerSourceRanges externalName externalTrafficPolicy healthCheckNodePort publishNotReadyAddresses \
    sessionAffinityConfig ipFamilies ipFamilyPolicy allocateLoadBalancerNodePorts loadBalancerClass internalTrafficPolicy \
    trafficDistribution";

pub(super) fn check(object: &Object<'_>, found: &mut Vec<Diagnostic>) {
    let Some(known) = spec_fields(object) else { return };
    let Some(Value::Map(spec)) = object.content.get("spec") else { return };
    let mut walk = Walk { object, found };
    if object.head.kind == "Pod" {
        return walk.pod(&spec, "spec");
    }
    walk.compare(&spec, "spec", known);
    if let Some((path, template)) = template(&spec) {
        if path != "spec" {
            let job = map(&spec, "jobTemplate").and_then(|it| map(&it, "spec"));
            job.inspect(|it| walk.compare(it, "spec.jobTemplate.spec", JOB));
        }
        map(&template, "spec").inspect(|pod| walk.pod(pod, &format!("{path}.template.spec")));
    }
}

/// The pod template of a workload, whose metadata are labels and annotations too, with the path of its `metadata`.
pub(super) fn pod_metadata(object: &Object<'_>) -> Option<(String, Map)> {
    spec_fields(object)?;
    let Some(Value::Map(spec)) = object.content.get("spec") else { return None };
    let (path, template) = template(&spec)?;
    Some((format!("{path}.template.metadata"), template))
}

/// What the `spec` of a kind may hold; `None` for kinds that are not looked into.
fn spec_fields(object: &Object<'_>) -> Option<&'static str> {
    Some(match (object.head.api_version.as_str(), object.head.kind.as_str()) {
        ("v1", "Pod") => POD,
        ("v1", "Service") => SERVICE,
        ("apps/v1", "Deployment") => DEPLOYMENT,
        ("apps/v1", "DaemonSet") => DAEMON_SET,
        ("apps/v1", "StatefulSet") => STATEFUL_SET,
        ("apps/v1", "ReplicaSet") => REPLICA_SET,
        ("batch/v1", "Job") => JOB,
        ("batch/v1", "CronJob") => CRON_JOB,
        _ => return None,
    })
}

/// The pod template below a spec, and the path of what holds it.
fn template(spec: &Map) -> Option<(&'static str, Map)> {
    let job = map(spec, "jobTemplate").and_then(|it| map(&it, "spec"));
    match job {
        Some(job) => Some(("spec.jobTemplate.spec", map(&job, "template")?)),
        None => Some(("spec", map(spec, "template")?)),
    }
}

fn map(of: &Map, key: &str) -> Option<Map> {
    match of.get(key) {
        Some(Value::Map(map)) => Some(map),
        _ => None,
    }
}

struct Walk<'a, 'o> {
    object: &'a Object<'o>,
    found: &'a mut Vec<Diagnostic>,
}

impl Walk<'_, '_> {
    fn pod(&mut self, pod: &Map, path: &str) {
        self.compare(pod, path, POD);
        self.below(pod, path, "securityContext", POD_SECURITY);
        for list in ["initContainers", "containers", "ephemeralContainers"] {
            let Some(Value::List(containers)) = pod.get(list) else { continue };
            for (index, container) in containers.items().iter().enumerate() {
                let Value::Map(container) = container else { continue };
                let path = format!("{path}.{list}[{index}]");
                self.compare(container, &path, CONTAINER);
                self.below(container, &path, "resources", RESOURCES);
                self.below(container, &path, "securityContext", CONTAINER_SECURITY);
                for probe in ["livenessProbe", "readinessProbe", "startupProbe"] {
                    self.below(container, &path, probe, PROBE);
                }
            }
        }
    }

    fn below(&mut self, of: &Map, path: &str, key: &str, known: &str) {
        if let Some(inner) = map(of, key) {
            self.compare(&inner, &format!("{path}.{key}"), known);
        }
    }

    fn compare(&mut self, of: &Map, path: &str, known: &str) {
        for (key, _) in of.to_vec() {
            let key = key.to_text();
            if known.split_whitespace().any(|field| field == key) {
                continue;
            }
            let at = format!("{}: {}", self.object.manifest, self.object.head);
            let far = |field: &&str| strsim::damerau_levenshtein(field, &key);
            let near = known.split_whitespace().min_by_key(far).filter(|field| far(field) <= 2);
            let help = match near {
                Some(near) => format!(
                    "did you mean `{near}`? Server-side apply, which Talos uses from 1.13 on, refuses the object"
                ),
                None => {
                    "server-side apply, which Talos uses from 1.13 on, refuses the object; older ways drop the field"
                        .into()
                }
            };
            let message = format!("{at}: Kubernetes knows no field `{path}.{key}`");
            self.found.push(Diagnostic::new(Code::K006, message).help(help));
        }
    }
}
