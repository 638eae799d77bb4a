//! In what the versions of Helm differ: one table, asked wherever they do.
//!
//! A version belongs to the class that begins at it or last before it in its series. The classes were found by reading
//! Helm's history and by running its programs; `tests/README.md` says how to compare with them.

use crate::value::Type;

/// The versions of one minor version, and how they behave.
pub(super) struct Series {
    pub major: u32,
    pub minor: u32,
    /// The first patch version that is known.
    pub oldest: u32,
    /// The last patch version that is known.
    pub newest: u32,
    /// Each class with its first patch version.
    pub classes: &'static [(u32, Behaviour)],
}

/// How a version of Helm behaves where versions differ.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Behaviour {
    /// The minor version of the Kubernetes client it is built with, 36 for 1.36: the Kubernetes that templates are told
    /// of without `--kube-version`, and the API versions that it knows.
    pub kubernetes: u32,
    /// What it says in `.Capabilities.HelmVersion`.
    pub says: Says,
    /// Whether a null in a chart's own `values.yaml` is dropped before templates see it, where no chart below reads it.
    pub drops_own_nulls: bool,
    pub nulls_given: NullsGiven,
    pub separator: Separator,
    pub kube_version: KubeVersionForm,
    pub values: ValuesDocuments,
    /// Functions that later versions have and this one lacks.
    pub lacks: &'static [&'static str],
    /// Whether it is of Helm 4. Before, `.Chart` was a Go structure and not a plain map, types had other names in Go, errors
    /// were told in other words, and copies of a chart under aliases had more in common.
    pub is_4: bool,
    /// What is said of a chart whose dependencies are not there.
    pub on_missing: &'static str,
    /// Whether `.Files.Lines` of an empty file is an empty list and no fault.
    pub takes_lines_of_nothing: bool,
}

/// What becomes of a null that a user or a parent chart gives for a key inside a table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NullsGiven {
    /// It takes away the key that the chart's own values hold, and stays where they hold none.
    Stay,
    /// It takes the key away everywhere.
    TakeAway,
    /// As [`NullsGiven::Stay`], but where the chart's own value is null, too, it stays.
    StayOverNull,
}

/// Where a text is cut into documents, and what becomes of the white space there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Separator {
    /// White space around documents goes.
    TrimsBoth,
    /// White space before a separator and before a document goes; the last document keeps its end.
    TrimsBefore,
    /// Only white space before a document goes, so that blank lines before a separator stay.
    KeepsBefore,
}

/// How a version of Kubernetes is read, and in what form templates see it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KubeVersionForm {
    /// As a semantic version, filled up to three numbers: `1.20` is `v1.20.0`.
    Semantic,
    /// Its numbers alone: `1.33.4-gke.1` is `v1.33.4`.
    Numbers,
    /// As given; constraints see the numbers.
    Given,
}

/// How many documents of a values file are read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ValuesDocuments {
    First,
    /// All, but a last line without a line end is lost where its length is a multiple of 4096 bytes.
    AllButFullLastLine,
    All,
}

/// What a version says of itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Says {
    /// Its version as it is, as the program does that Helm releases.
    Version { go: &'static str },
    /// Other words than its version, as a program does that is built in another way.
    Words { version: &'static str, go: &'static str },
}

const DURATIONS: [&str; 11] = [
    "mustToDuration",
    "durationSeconds",
    "durationMilliseconds",
    "durationMicroseconds",
    "durationNanoseconds",
    "durationMinutes",
    "durationHours",
    "durationDays",
    "durationWeeks",
    "durationRoundTo",
    "durationTruncateTo",
];

const LACKED_BY_4_2: &[&str] = &DURATIONS;
const LACKED_BY_4_0: &[&str] = &lacking::<1, 12>(["mustToToml"], DURATIONS);
const LACKED_BY_3: &[&str] = &lacking::<2, 13>(["mustToToml", "mustToYaml"], DURATIONS);

const MISSING_IN_3: &str = "An error occurred while checking for chart dependencies. You may need to run \
                            `helm dependency build` to fetch missing dependencies";
const MISSING_BEFORE_4_2: &str = "an error occurred while checking for chart dependencies. You may need to run \
                                  `helm dependency build` to fetch missing dependencies";
const MISSING_FROM_4_2: &str = "an error occurred while checking for chart dependencies. You may need to run \
                                'helm dependency build' to fetch missing dependencies";

const fn lacking<const N: usize, const ALL: usize>(
    more: [&'static str; N],
    durations: [&'static str; 11],
) -> [&'static str; ALL] {
    let mut all = [""; ALL];
    let mut at = 0;
    while at < ALL {
        all[at] = if at < N { more[at] } else { durations[at - N] };
        at += 1;
    }
    all
}

const H3_17: Behaviour = Behaviour {
    kubernetes: 32,
    says: Says::Version { go: "go1.23" },
    drops_own_nulls: false,
    nulls_given: NullsGiven::Stay,
    separator: Separator::TrimsBoth,
    kube_version: KubeVersionForm::Semantic,
    values: ValuesDocuments::First,
    lacks: LACKED_BY_3,
    is_4: false,
    on_missing: MISSING_IN_3,
    takes_lines_of_nothing: false,
};
const H3_18: Behaviour = Behaviour { kubernetes: 33, says: Says::Version { go: "go1.24" }, ..H3_17 };
const H3_19: Behaviour = Behaviour { kubernetes: 34, kube_version: KubeVersionForm::Numbers, ..H3_18 };
const H3_19_5: Behaviour = Behaviour { nulls_given: NullsGiven::TakeAway, ..H3_19 };
const H3_20: Behaviour = Behaviour { kubernetes: 35, says: Says::Version { go: "go1.25" }, ..H3_19_5 };
const H3_20_1: Behaviour = Behaviour { nulls_given: NullsGiven::StayOverNull, ..H3_20 };
const H3_21: Behaviour = Behaviour { kubernetes: 36, says: Says::Version { go: "go1.26" }, ..H3_20_1 };
const H3_21_4: Behaviour = Behaviour { takes_lines_of_nothing: true, ..H3_21 };
const H3_22: Behaviour = Behaviour { kubernetes: 37, ..H3_21_4 };
const H4_0: Behaviour = Behaviour {
    values: ValuesDocuments::AllButFullLastLine,
    lacks: LACKED_BY_4_0,
    is_4: true,
    on_missing: MISSING_BEFORE_4_2,
    ..H3_19_5
};
const H4_1: Behaviour =
    Behaviour { kubernetes: 35, says: Says::Version { go: "go1.25" }, kube_version: KubeVersionForm::Given, ..H4_0 };
const H4_1_3: Behaviour = Behaviour { nulls_given: NullsGiven::StayOverNull, ..H4_1 };
const H4_2: Behaviour = Behaviour {
    kubernetes: 36,
    says: Says::Version { go: "go1.26" },
    drops_own_nulls: true,
    separator: Separator::TrimsBefore,
    on_missing: MISSING_FROM_4_2,
    lacks: LACKED_BY_4_2,
    ..H4_1_3
};
/// The first that locks were made with. What it says of itself stands in them.
const H4_2_3: Behaviour = Behaviour { says: Says::Words { version: "v4.2", go: "go1.26.6" }, ..H4_2 };
const H4_2_4: Behaviour = Behaviour { separator: Separator::KeepsBefore, ..H4_2 };
const H4_3: Behaviour =
    Behaviour { kubernetes: 37, values: ValuesDocuments::All, lacks: &[], takes_lines_of_nothing: true, ..H4_2_4 };

/// Every series that is known, oldest first. 3.18.0 read numbers in a way of its own, which was taken back, and is not
/// known.
pub(super) const SERIES: &[Series] = &[
    series(3, 17, 0..=4, &[(0, H3_17)]),
    series(3, 18, 1..=6, &[(1, H3_18)]),
    series(3, 19, 0..=5, &[(0, H3_19), (5, H3_19_5)]),
    series(3, 20, 0..=2, &[(0, H3_20), (1, H3_20_1)]),
    series(3, 21, 0..=4, &[(0, H3_21), (4, H3_21_4)]),
    series(3, 22, 0..=0, &[(0, H3_22)]),
    series(4, 0, 0..=5, &[(0, H4_0)]),
    series(4, 1, 0..=4, &[(0, H4_1), (3, H4_1_3)]),
    series(4, 2, 0..=4, &[(0, H4_2), (3, H4_2_3), (4, H4_2_4)]),
    series(4, 3, 0..=1, &[(0, H4_3)]),
];

const fn series(
    major: u32,
    minor: u32,
    patches: std::ops::RangeInclusive<u32>,
    classes: &'static [(u32, Behaviour)],
) -> Series {
    Series { major, minor, oldest: *patches.start(), newest: *patches.end(), classes }
}

/// Later than every client.
const NOW: u32 = u32::MAX;

impl Behaviour {
    /// The Go type of `.Values`.
    pub(super) fn values_type(&self) -> Type {
        if self.is_4 { Type::VALUES } else { Type::VALUES_OF_HELM_3 }
    }

    /// The API versions that its Kubernetes client knows, in the order in which Helm lists them.
    pub(super) fn api_versions(&self) -> impl Iterator<Item = &'static str> {
        let client = self.kubernetes;
        API_VERSIONS.iter().filter(move |(_, from, to)| (*from..=*to).contains(&client)).map(|(name, ..)| *name)
    }
}

/// Every API version that a client of Kubernetes knows, with the first and the last client that does, by their minor
/// versions.
const API_VERSIONS: &[(&str, u32, u32)] = &[
    ("v1", 0, NOW),
    ("admissionregistration.k8s.io/v1", 0, NOW),
    ("admissionregistration.k8s.io/v1alpha1", 0, NOW),
    ("admissionregistration.k8s.io/v1beta1", 0, NOW),
    ("internal.apiserver.k8s.io/v1alpha1", 0, NOW),
    ("apps/v1", 0, NOW),
    ("apps/v1beta1", 0, NOW),
    ("apps/v1beta2", 0, NOW),
    ("authentication.k8s.io/v1", 0, NOW),
    ("authentication.k8s.io/v1alpha1", 0, NOW),
    ("authentication.k8s.io/v1beta1", 0, NOW),
    ("authorization.k8s.io/v1", 0, NOW),
    ("authorization.k8s.io/v1beta1", 0, NOW),
    ("autoscaling/v1", 0, NOW),
    ("autoscaling/v2", 0, NOW),
    ("autoscaling/v2beta1", 0, 35),
    ("autoscaling/v2beta2", 0, 35),
    ("batch/v1", 0, NOW),
    ("batch/v1beta1", 0, NOW),
    ("certificates.k8s.io/v1", 0, NOW),
    ("certificates.k8s.io/v1beta1", 0, NOW),
    ("certificates.k8s.io/v1alpha1", 0, NOW),
    ("coordination.k8s.io/v1alpha2", 0, NOW),
    ("coordination.k8s.io/v1beta1", 0, NOW),
    ("coordination.k8s.io/v1", 0, NOW),
    ("discovery.k8s.io/v1", 0, NOW),
    ("discovery.k8s.io/v1beta1", 0, NOW),
    ("events.k8s.io/v1", 0, NOW),
    ("events.k8s.io/v1beta1", 0, NOW),
    ("extensions/v1beta1", 0, NOW),
    ("flowcontrol.apiserver.k8s.io/v1", 0, NOW),
    ("flowcontrol.apiserver.k8s.io/v1beta1", 0, NOW),
    ("flowcontrol.apiserver.k8s.io/v1beta2", 0, NOW),
    ("flowcontrol.apiserver.k8s.io/v1beta3", 0, NOW),
    ("lifecycle.k8s.io/v1alpha1", 37, NOW),
    ("networking.k8s.io/v1", 0, NOW),
    ("networking.k8s.io/v1alpha1", 0, 33),
    ("networking.k8s.io/v1beta1", 0, NOW),
    ("node.k8s.io/v1", 0, NOW),
    ("node.k8s.io/v1alpha1", 0, NOW),
    ("node.k8s.io/v1beta1", 0, NOW),
    ("policy/v1", 0, NOW),
    ("policy/v1beta1", 0, NOW),
    ("rbac.authorization.k8s.io/v1", 0, NOW),
    ("rbac.authorization.k8s.io/v1beta1", 0, NOW),
    ("rbac.authorization.k8s.io/v1alpha1", 0, NOW),
    ("resource.k8s.io/v1", 34, NOW),
    ("resource.k8s.io/v1beta2", 33, NOW),
    ("resource.k8s.io/v1beta1", 0, NOW),
    ("resource.k8s.io/v1alpha3", 0, NOW),
    ("scheduling.k8s.io/v1alpha3", 37, NOW),
    ("scheduling.k8s.io/v1alpha2", 36, 36),
    ("scheduling.k8s.io/v1alpha1", 0, 35),
    ("scheduling.k8s.io/v1beta1", 0, NOW),
    ("scheduling.k8s.io/v1", 0, NOW),
    ("storage.k8s.io/v1beta1", 0, NOW),
    ("storage.k8s.io/v1", 0, NOW),
    ("storage.k8s.io/v1alpha1", 0, NOW),
    ("storagemigration.k8s.io/v1", 37, NOW),
    ("storagemigration.k8s.io/v1beta1", 35, NOW),
    ("storagemigration.k8s.io/v1alpha1", 0, 34),
    ("apiextensions.k8s.io/v1beta1", 0, NOW),
    ("apiextensions.k8s.io/v1", 0, NOW),
];
