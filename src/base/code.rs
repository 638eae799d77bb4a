//! Every code a diagnostic can bear, with its severity, the exit code it leads to and what it means.
//!
//! A code is stable for ever: a letter for the area and three digits. One code stands for one thing that a user would act on
//! in one way, so that a code has one severity and one exit code. A new code goes behind the last of its letter.

use std::fmt;

/// How bad a thing is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Severity {
    /// What was asked for is not done, or must not be relied on.
    Error,
    /// It is done, and somebody should look at it.
    Warning,
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Severity::Error => "error",
            Severity::Warning => "warning",
        })
    }
}

/// What the process says at its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// All is done.
    Done,
    /// Something differs or does not verify.
    Differs,
    /// The input or the call is wrong.
    Input,
    /// Network, disk or permissions failed.
    Surroundings,
}

impl Exit {
    /// The number that the process ends with.
    pub fn number(self) -> u8 {
        match self {
            Exit::Done => 0,
            Exit::Differs => 1,
            Exit::Input => 2,
            Exit::Surroundings => 3,
        }
    }

    /// The exit of a run that several faults ended: that of all of them where they agree, else that of wrong input.
    pub(crate) fn of_all(exits: impl IntoIterator<Item = Exit>) -> Exit {
        exits.into_iter().reduce(|one, other| if one == other { one } else { Exit::Input }).unwrap_or(Exit::Input)
    }
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

macro_rules! codes {
    ($($name:ident $severity:ident $exit:ident $meaning:literal)*) => {
        /// What a diagnostic is about.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
        pub enum Code {
            $(#[doc = $meaning] $name,)*
        }

        impl Code {
            /// All codes, in order.
            pub const ALL: &'static [Code] = &[$(Code::$name),*];

            /// The code of this name.
            pub fn find(name: &str) -> Option<Code> {
                Code::ALL.iter().copied().find(|it| it.name() == name)
            }

            /// The code as it is printed.
            pub fn name(self) -> &'static str {
                match self {
                    $(Code::$name => stringify!($name),)*
                }
            }

            /// How bad it is, wherever it is told.
            pub fn severity(self) -> Severity {
                match self {
                    $(Code::$name => Severity::$severity,)*
                }
            }

            /// Whether it is told by a rule of `check`, so that a spec may allow what it is about.
            pub fn is_rule(self) -> bool {
                self.name().starts_with(['C', 'H', 'K', 'N', 'T', 'X']) || self == Code::P012
            }

            /// How a run ends that fails with it.
            pub fn exit(self) -> Exit {
                match self {
                    $(Code::$name => Exit::$exit,)*
                }
            }

            /// What it means, in one or two sentences.
            pub fn meaning(self) -> &'static str {
                match self {
                    $(Code::$name => $meaning,)*
                }
            }
        }
    };
}

codes! {
    A001 Error Input "A sealed value cannot be opened: the key is not among its recipients or cannot be read, or the value is damaged."
    A002 Error Input "There are secrets to open, and no age identity or SSH key is named that opens them."

    B001 Error Differs "Building again gives other bytes than the bundle has."
    B002 Error Input "The bundle cannot be put together from this lock."
    B003 Error Input "The file is no bundle, or it was changed since it was built."
    B004 Error Input "A sealed value cannot be put where the bundle has its hole."
    B005 Error Input "There is no bundle at this path."
    B006 Error Differs "The bundle is not that of the lock."
    B007 Error Differs "Nothing was built, for the rules of `check` find errors in it."
    B008 Error Input "The file is no parcel."
    B009 Error Differs "A member of a parcel is not what the parcel says of it."
    B010 Error Input "A parcel holds only what is new, and what it rests on is not at hand."
    B011 Error Input "Something that the bundle is built from cannot be carried in a parcel."
    B012 Error Differs "A signature is missing, or is by nobody who is trusted."
    B013 Error Differs "Fewer people attest the bundle than are asked for."

    C001 Error Differs "Cilium asks for the capability SYS_MODULE, which Talos grants to no pod."
    C002 Error Differs "Cilium would mount the cgroups, which Talos mounts itself."
    C003 Error Differs "The setting `kubeProxyReplacement` has a value that this Cilium does not know."
    C004 Error Differs "Cilium does not find the API server with these settings."
    C005 Warning Done "The way Cilium masquerades breaks the DNS that Talos forwards to the host."
    C006 Warning Done "A range of pod addresses is set that has no effect in this mode."
    C007 Warning Done "The Gateway API is on, and the chart will not render its GatewayClass."
    C008 Warning Done "The Gateway API is on, and the CRDs for it are missing, or are not those that this Cilium works with."
    C009 Error Differs "This Cilium does not take an object of its own in this form."
    C010 Warning Done "This Cilium was not tested with this Kubernetes."
    C011 Warning Done "A network policy selects Hubble Relay by a label that no pod has."
    C012 Error Differs "The address is that of Cilium's image, not of its chart."
    C013 Warning Done "The registry does not have this release of Cilium's chart."
    C014 Warning Done "A later Cilium will not take an object of its own in this form."
    C015 Error Differs "Direct server return does not go with the tunnel between the nodes."
    C016 Error Differs "The egress gateway is on, and what it needs is off."
    C017 Warning Done "Addresses are to be announced, and Cilium does not replace kube-proxy, without which none are."
    C018 Error Differs "Encryption is on with settings by which the agent ends, or encrypts nothing."
    C019 Warning Done "The keys of IPsec are in no part."
    C020 Error Differs "The id of the cluster is none that a mesh takes."
    C021 Error Differs "The method for certificates is none that this Cilium knows, so that it makes none."
    C022 Warning Done "Addresses are to be announced that nobody would announce, or reach."
    C023 Error Differs "Pods are to be routed natively, and the range that is not masqueraded is missing or misses them."
    C024 Error Differs "Direct routes to the nodes do not go with a tunnel between them."
    C025 Warning Done "The chart had a value that is set once, or will have it, and does not know it in this version."
    C026 Warning Done "A container of Cilium lacks a capability that it needs."

    D001 Error Input "A manifest holds a dollar sign, which this target would take for a variable."
    D002 Error Input "There is no target of this name."
    D003 Error Input "The manifests cannot be brought into the form of this target."
    D004 Error Input "The manifests cannot be put into this machine config."
    D005 Error Input "The target needs a machine config, and none is named."
    D006 Error Input "The target is a folder, and none is named."
    D007 Error Input "The target takes one file, so what goes to it cannot be split."
    D008 Error Input "The spec is that of another bundle."
    D009 Error Input "The values are for a chart that the spec does not have."
    D010 Error Input "Neither Flux nor Argo CD takes a chart from a plain address."
    D012 Error Input "A release would make new keys where the bootstrap has made some already."
    D013 Error Input "The machine config is encrypted by SOPS."
    D014 Error Input "SOPS would not give a file of this name back to the byte."
    D015 Error Input "What SOPS encrypts needs the name of a file."
    D016 Error Input "The target gets no secrets that SOPS could encrypt."
    D017 Error Input "What is written for each spec of a fleet needs a folder."
    D018 Error Input "What is printed for each spec of a fleet cannot have this form."
    D019 Error Input "Argo CD brings no sealed values to a chart."
    D020 Error Input "Nothing says where the repository of a hand-over is."
    D021 Error Input "The sealed values of a release go along under SOPS alone."

    E001 Error Input "A file is not there or cannot be taken as it is."
    E002 Error Surroundings "There is no place for the store of bundles."
    E003 Error Surroundings "Another run is writing here."
    E004 Error Surroundings "A file was changed while the command ran, and was left alone."
    E005 Error Surroundings "A file cannot be read or written: the disk or permissions failed."
    E006 Error Surroundings "The cluster cannot be read by kubectl."
    E007 Error Input "A folder that is to be a fleet holds no spec."
    E008 Error Input "Two specs of a fleet have the same name."
    E009 Error Surroundings "The program `ssh-keygen` does not sign or verify."
    E010 Error Surroundings "The program `gpgv` is missing or failed."

    F001 Error Input "A path does not lead to a release of GitOps."
    F002 Error Input "More than one release, Kustomization or object of GitOps is meant."
    F003 Error Input "A release of GitOps names something that is not in its tree."
    F004 Error Input "A release of GitOps says something that cannot be followed."
    F005 Error Surroundings "A tree of GitOps cannot be read, or kustomize is not installed."
    F006 Error Input "Kustomize does not build a folder."

    G001 Error Surroundings "Git is missing or failed."
    G002 Error Input "The name is neither a file nor a revision that this clone has."
    G003 Error Input "The two revisions have no commit in common."

    H001 Error Differs "The chart does not know a value that is set, and no template reads it."
    H002 Warning Done "The chart does not know a value that is set, though a template may read it."
    H003 Warning Done "A value is of another kind than the chart's own."
    H004 Warning Done "A value holds a variable that nothing replaces."

    I001 Error Input "Files would be replaced."
    I002 Error Input "The file holds no public key."
    I003 Error Input "There is no terminal to ask on, and an answer is missing."
    I004 Error Input "The input ended before the last question was answered."
    I005 Error Input "This is no public key that can be sealed to."

    J001 Error Input "The cluster has no such release of Helm."
    J002 Error Input "What Helm keeps of a release cannot be read."
    J003 Error Input "Nothing says where the chart of a release comes from."
    J004 Error Input "The values of a release hold something secret that cannot be sealed."
    J005 Error Input "What Flux has of a release in the cluster cannot be followed."

    K001 Error Differs "This Kubernetes does not serve the API version of an object: not any more, or not yet."
    K002 Warning Done "An object is in a namespace that nothing makes."
    K003 Error Differs "The API server does not take a name: that of an object, or of a label or key in it."
    K004 Error Differs "A field of an object has the wrong type."
    K005 Error Differs "A whole number is written in powers of ten, which the program that reads it may not take."
    K006 Error Differs "An object has a field that Kubernetes does not know."
    K007 Error Differs "An API group does not have the kind or version of an object."
    K008 Error Differs "A custom resource does not fit the CRD that the bundle brings for it."
    K009 Error Differs "An object lacks a field that it must have."
    K010 Error Differs "A field of an object has a value that Kubernetes does not take."
    K011 Error Differs "Two fields of an object do not go together."

    L001 Error Input "There is no lock for the spec."
    L002 Error Input "The lock has a format that is newer than this ichor knows."
    L003 Error Input "The lock is not written as ichor writes it, so somebody edited it."
    L004 Error Input "A pin or a name in the lock is not what it should be."
    L005 Error Input "The lock cannot be read."
    L006 Error Input "The lock and the spec do not agree, so the lock must be brought up to date."
    L007 Error Input "The spec has other recipients than the lock is sealed to."
    L008 Error Input "A part renders otherwise than the lock says."
    L009 Error Input "The spec has no part of this name."
    L011 Error Input "The secrets in the lock are sealed for another bundle."
    L012 Error Input "The lock holds the marks of a merge that is not finished."
    L013 Warning Done "There is no lock yet, so nothing that renders was checked."

    N001 Warning Done "A private key stands in a manifest in the clear."
    N002 Warning Done "A sealed value stands outside of a Secret, where more people can read it."
    N003 Error Differs "A sealed value is part of the reference of an image."
    N004 Warning Done "A Secret stands in a manifest in the clear."

    P001 Error Input "Values that are to be sealed cannot be taken."
    P002 Error Input "Keys or Secrets that are to be imported cannot be taken."
    P003 Error Input "A sealed value does not belong where it stands: it was moved or changed."
    P004 Error Input "There is no pin of this name."
    P005 Error Input "This pin cannot be rotated."
    P006 Error Input "Secrets would be written where git or other people could take them."
    P011 Error Input "A sealed value does not say where it belongs, though the others of its lock do."
    P012 Warning Done "Sealed values do not say where they belong, so they could be moved unnoticed."
    P013 Error Input "A CA that has ended or is not valid yet is asked for a certificate."
    P014 Error Input "This step of a rotation is not the next one, or the step before it is not committed."
    P015 Error Input "The import would replace pins that the lock holds."

    R001 Error Input "A part does not render."
    R002 Error Input "What a part renders cannot be sealed."

    S001 Error Input "The spec or your own settings have a key that is not known there."
    S002 Error Input "Something in the spec or your own settings is of the wrong kind, or stands twice."
    S003 Error Input "The spec lacks something that it must have."
    S004 Error Input "The spec or your own settings are not YAML."
    S005 Error Input "A value in the spec or your own settings is not one that can stand there."
    S006 Error Input "A recipient is no public key of age or SSH."
    S007 Error Input "Two parts have the same name."
    S008 Error Input "A part is a chart and a manifest at once."
    S009 Error Input "A source is written in a form that is not known."
    S010 Error Input "A source holds credentials, which do not belong into a spec."
    S011 Error Input "A digest is given for a source that needs none."
    S012 Error Input "The file holds more than one document."
    S013 Error Input "The `.sops.yaml` names nobody to seal to."
    S014 Warning Done "What the spec allows is nothing that `check` finds."

    T001 Error Differs "This Talos does not support this Kubernetes."
    T002 Error Differs "An object names no namespace, so Talos and Helm would put it into different ones."
    T003 Warning Done "An object stands twice, and Talos creates the first alone."
    T004 Error Differs "The namespace refuses the privileged pods in it."
    T005 Error Differs "The patch is larger than Talos takes."
    T006 Error Differs "An object is larger than the API server takes."
    T007 Error Differs "A document is no Kubernetes object, so Talos drops its whole manifest."
    T008 Warning Done "The rules of this Talos are not known."
    T009 Warning Done "No part brings the CRD of an object."
    T010 Warning Done "The patch is larger than some ways to a node take."
    T011 Warning Done "A Job stands among the manifests, and cannot be changed once it is made."
    T012 Error Differs "The machine config leaves another CNI on beside the one that the bundle brings."
    T013 Warning Done "The machine config leaves kube-proxy on, though Cilium replaces it."
    T014 Error Differs "The machine config turns kube-proxy off, and Cilium does not replace it."
    T015 Error Differs "Talos does not know a key of the machine config, or not in this form."
    T016 Error Differs "Cilium asks the API server where KubePrism does not answer."
    T017 Error Differs "The range that Cilium routes without masquerading does not hold the addresses of pods."
    T018 Error Differs "The machine config has an old key and the document that takes its place, which Talos refuses."
    T019 Error Differs "The machine config has a document that this Talos does not know."
    T020 Warning Done "An object names a namespace, and its kind has none."

    U001 Error Input "The spec cannot be edited as asked."
    U002 Error Input "There is no chart of this version beside the spec."
    U003 Error Input "What is named as the upgrade is no chart."

    V001 Error Input "A path in the spec does not lead to something that can be taken."
    V002 Error Input "A source is no chart."
    V003 Error Input "A chart has another version than the spec asks for."
    V004 Error Input "A version constraint cannot be read."
    V005 Error Input "Values cannot be read, or cannot be given to a chart."
    V006 Error Input "A chart has another name than is asked for."
    V007 Error Input "There are no manifests in a folder."
    V010 Error Surroundings "A server does not answer, or not as it should."
    V011 Error Surroundings "A server does not let you in."
    V012 Error Input "A server does not have what the spec names."
    V013 Error Differs "Content has another digest or size than it should have."
    V014 Error Differs "The name of a source now leads to other content than the lock has."
    V015 Error Input "A server would be spoken to without TLS, and nothing allows that."
    V016 Error Input "Content that the command needs is not on this machine."
    V017 Error Input "A server gives something else than a source of this kind."
    V018 Error Input "No version satisfies the constraint."
    V019 Error Input "The folder `vendor` is damaged."
    V020 Error Input "A file under `authorities` holds no certificate."
    V021 Error Input "This is no address."
    V022 Error Input "What is named on the command line is not complete, or two words of it disagree."
    V023 Error Input "A source is larger than is taken."
    V024 Error Input "A file of the spec is not in git at that revision."
    V025 Error Input "An image does not run on a platform that is asked for."
    V026 Error Input "A registry takes no index of an image that lacks platforms."
    V027 Error Differs "A chart or an image lacks a signature that the spec asks for, or somebody else signed it."
    V028 Error Input "A key, a keyring or a file of roots that signatures are judged with cannot be used."
    V030 Error Input "A manifest is encrypted by SOPS and would be packed like that."

    W001 Error Differs "A release of GitOps, or something else the lock was made of, is not as it was when it was locked."
    W002 Error Differs "The bundle has an older chart than GitOps, which a rebuild or `upgrade-k8s` would bring back."
    W003 Error Differs "The bundle has a newer chart than GitOps."
    W004 Error Differs "GitOps gives a chart other values than the bundle."
    W005 Error Differs "A release of GitOps makes a Secret anew on each render."
    W006 Error Differs "Cilium and the CRDs of the Gateway API do not go together across bundle and GitOps."
    W007 Error Differs "A step from one version to another skips a minor that must not be skipped."
    W008 Error Differs "The cluster lacks an object of the bundle."
    W009 Error Differs "An object in the cluster is another than the bundle's."
    W010 Error Differs "A certificate in the cluster is not the lock's."
    W011 Error Differs "The cluster has a newer definition of a kind than the bundle."
    W012 Error Differs "The cluster does not serve the kind of an object."
    W013 Error Differs "An object in the cluster belongs to another inventory than that of Talos."
    W014 Error Differs "Talos would delete an object that the bundle has no more."
    W015 Error Differs "Somebody put something into an object of the cluster that the bundle does not have, and that stays there."

    X001 Error Differs "A certificate has ended."
    X002 Warning Done "A certificate ends soon."
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_in_order_and_explained() {
        assert!(Code::ALL.is_sorted_by_key(|it| it.name()), "sort the list");
        for code in Code::ALL {
            let (name, meaning) = (code.name(), code.meaning());
            let (letter, digits) = name.split_at(1);
            assert_eq!(Code::find(name), Some(*code));
            assert!(letter.starts_with(|it: char| it.is_ascii_uppercase()) && digits.len() == 3, "{name}");
            assert!(digits.chars().all(|it| it.is_ascii_digit()), "{name}");
            assert!(meaning.starts_with(|it: char| it.is_uppercase()) && meaning.ends_with('.'), "{name}: {meaning}");
            assert!(meaning.split_whitespace().count() >= 4, "{name}: {meaning}");
            let is_warning = code.severity() == Severity::Warning;
            assert_eq!(
                is_warning,
                code.exit() == Exit::Done,
                "{name}: what fails is an error, what does not a warning"
            );
        }
    }

    #[test]
    fn faults_that_disagree_are_of_the_input() {
        use Exit::{Differs, Input, Surroundings};
        for (all, whole) in [
            (&[Surroundings, Surroundings][..], Surroundings),
            (&[Differs], Differs),
            (&[Differs, Surroundings], Input),
            (&[Surroundings, Input], Input),
            (&[], Input),
        ] {
            assert_eq!(Exit::of_all(all.iter().copied()), whole, "{all:?}");
        }
    }
}
