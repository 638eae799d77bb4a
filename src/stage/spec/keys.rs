//! The keys of a spec, once: the reader takes no others, and the schema and the reference say what each is for.

/// A mapping of the spec, and what may stand in it.
#[derive(Debug)]
pub struct Table {
    /// The path of the mapping, as the reference names it.
    pub title: &'static str,
    /// In the order in which people write them.
    pub keys: &'static [Key],
}

/// A key.
#[derive(Debug)]
pub struct Key {
    /// As it is written.
    pub name: &'static str,
    /// What stands behind it.
    pub holds: Holds,
    /// Whether it has to be there.
    pub required: bool,
    /// What it is for, in a sentence or two; Markdown.
    pub about: &'static str,
    /// An example of what stands behind it, as YAML of one line.
    pub example: &'static str,
}

/// What stands behind a key.
#[derive(Debug)]
pub enum Holds {
    /// One word.
    Word,
    /// One word of the form that a regular expression gives.
    Form(&'static str),
    /// A version, which may be written as a number.
    Version,
    /// One of these words.
    OneOf(&'static [&'static str]),
    /// A whole number from 0 on.
    Count,
    /// `true` or `false`.
    Choice,
    /// A list of words.
    Words,
    /// A list of words, or the path of a file.
    WordsOrFile,
    /// A list of paths and of mappings of any kind.
    Layers,
    /// For each name a word or a list of words.
    WordsByName,
    /// A mapping with keys of its own.
    Mapping(&'static Table),
    /// A list of such mappings.
    Mappings(&'static Table),
    /// The parts.
    Parts,
}

/// What a part is made of: the key that names its source, and the keys that stand beside it.
#[derive(Debug)]
pub struct PartKind {
    /// The key of the source.
    pub source: &'static str,
    /// How messages call such a part.
    pub what: &'static str,
    /// The keys that others do not take.
    own: &'static [&'static str],
    /// Whether it is rendered with values.
    is_rendered: bool,
}

impl Table {
    /// The names of the keys.
    pub fn names(&self) -> Vec<&'static str> {
        self.keys.iter().map(|it| it.name).collect()
    }
}

impl PartKind {
    /// The keys that it takes beside its source, `name` first.
    pub fn beside(&self) -> impl Iterator<Item = &'static str> {
        std::iter::once("name").chain(self.others())
    }

    /// All keys that it takes.
    pub fn names(&self) -> Vec<&'static str> {
        ["name", self.source].into_iter().chain(self.others()).collect()
    }

    fn others(&self) -> impl Iterator<Item = &'static str> {
        let rendered = if self.is_rendered { RENDERED } else { &[] };
        self.own.iter().chain(rendered).copied().chain(["images"])
    }
}

/// What a DNS-1123 label looks like, of the length that the name of a release may have.
const LABEL: Holds = Holds::Form("^[a-z0-9]([-a-z0-9]{0,51}[a-z0-9])?$");

const fn key(name: &'static str, holds: Holds, about: &'static str, example: &'static str) -> Key {
    Key { name, holds, required: false, about, example }
}

const fn required(name: &'static str, holds: Holds, about: &'static str, example: &'static str) -> Key {
    Key { name, holds, required: true, about, example }
}

/// The spec itself.
pub static SPEC: Table = Table {
    title: "The spec",
    keys: &[
        required("bundle", LABEL, "The name of the bundle, and of its lock: `lockfiles/NAME.lock`.", "matrix"),
        required("talos", Holds::Version, "The version of Talos that takes the bundle.", "\"1.12\""),
        key(
            "helm",
            Holds::Version,
            "The release of Helm whose bytes charts are rendered to. Without it a first `lock` takes the newest that is \
             known, and the lock keeps which.",
            "\"4.3\"",
        ),
        key(
            "kubernetes",
            Holds::Version,
            "The version of Kubernetes that charts are told (`.Capabilities.KubeVersion`). Without it they are told the \
             default of that Helm.",
            "\"1.34.1\"",
        ),
        key(
            "apiVersions",
            Holds::Words,
            "What charts are told the cluster has, beyond Helm's own list (`.Capabilities.APIVersions`).",
            "[monitoring.coreos.com/v1]",
        ),
        key(
            "recipients",
            Holds::WordsOrFile,
            "Whom secrets are sealed to: keys of age (`age1...`, `age1pq1...`, those of plugins) and SSH, with a name behind \
             each if you like. Or the path of a `.sops.yaml`, whose first rule for the lock names them.",
            "[age1qyqszqgpqyqszqgpqyqszqgpqyqszqgpqyqszqgpqyqszqgpqyqs3290gq alice]",
        ),
        key("certificates", Holds::Mapping(&CERTIFICATES), "How certificates are made.", "{algorithm: ecdsa-p256}"),
        key(
            "allow",
            Holds::Mappings(&ALLOW),
            "What `ichor check` finds and is right here.",
            "[{code: C005, reason: the nodes forward no DNS}]",
        ),
        key(
            "pinImages",
            Holds::Choice,
            "Whether `lock` looks up the digest behind the tag of each image. The lock keeps it, and what is rendered bears it.",
            "true",
        ),
        key(
            "verifyImages",
            Holds::Mappings(&VERIFY_IMAGES),
            "Whose signatures images must bear. The first entry that an image matches counts. Checked at `lock`, and again \
             wherever images are carried.",
            "[{images: quay.io/cilium/*, key: cosign.pub}]",
        ),
        required("parts", Holds::Parts, "What the bundle is made of, in the order in which Talos applies it.", "[]"),
        key(
            "mirrors",
            Holds::WordsByName,
            "Where else the content of a host lies, `HOST[/PATH]`, tried first and in order. The lock names the origin.",
            "{quay.io: registry.internal/quay}",
        ),
        key(
            "plainHttp",
            Holds::Words,
            "The hosts that are spoken to without TLS. No other host is.",
            "[\"localhost:5000\"]",
        ),
        key(
            "authorities",
            Holds::Words,
            "Files of certificates (PEM) that are trusted beside the system's, by their paths from the spec.",
            "[internal-ca.pem]",
        ),
    ],
};

/// The keys of [`SPEC`] that say how sources are reached: all that a user's own file may have.
pub static NETWORK: [&str; 3] = ["mirrors", "plainHttp", "authorities"];

/// The spec's own `certificates`.
pub static CERTIFICATES: Table = Table {
    title: "`certificates`",
    keys: &[
        key(
            "algorithm",
            Holds::OneOf(&["rsa-2048", "ecdsa-p256", "ed25519"]),
            "The kind of new keys; `rsa-2048` is what Helm makes. Keys that the lock holds stay.",
            "ecdsa-p256",
        ),
        key(
            "warnDays",
            Holds::Count,
            "How many days before its end a certificate is warned about; 30 without it.",
            "30",
        ),
    ],
};

/// `certificates` of a part.
pub static PART_CERTIFICATES: Table = Table {
    title: "`certificates` of a part",
    keys: &[key(
        "algorithm",
        Holds::OneOf(&["rsa-2048", "ecdsa-p256", "ed25519"]),
        "The kind of new keys of this part, where it is another than the spec's.",
        "ed25519",
    )],
};

/// An entry of `allow`.
pub static ALLOW: Table = Table {
    title: "An entry of `allow`",
    keys: &[
        required(
            "code",
            Holds::Form("^[A-Za-z][0-9]{3}$"),
            "The code of the rule; `ichor explain` lists all.",
            "\"C005\"",
        ),
        required("reason", Holds::Word, "Why it is right here, for who reads the spec.", "the nodes forward no DNS"),
    ],
};

/// The public key of a signer.
const KEY: Key = key("key", Holds::Word, "A public key that cosign takes, as a file of PEM.", "cosign.pub");
/// Who vouches for a signer.
const ISSUER: Key = key(
    "issuer",
    Holds::Word,
    "Who vouched for the signer while they signed without a key, beside `subject`.",
    "https://token.actions.githubusercontent.com",
);
/// Who a signer is.
const SUBJECT: Key = key(
    "subject",
    Holds::Word,
    "Who the signer is; `*` stands for any text.",
    "https://github.com/cilium/cilium/.github/workflows/*@refs/tags/v*",
);
/// The roots of an identity.
const ROOT: Key = key(
    "root",
    Holds::Word,
    "A `trusted_root.json`: the authorities and logs that are believed. Without it those of the public Sigstore that this \
     program brings. A log that it names must have the signature.",
    "trusted_root.json",
);

/// `verify` of a part.
pub static VERIFY: Table = Table {
    title: "`verify` of a part",
    keys: &[
        KEY,
        ISSUER,
        SUBJECT,
        ROOT,
        key(
            "keyring",
            Holds::Word,
            "Public keys of OpenPGP, as `gpg --export` writes them: one of them has signed the chart's `.prov`.",
            "keyring.gpg",
        ),
    ],
};

/// An entry of `verifyImages`.
pub static VERIFY_IMAGES: Table = Table {
    title: "An entry of `verifyImages`",
    keys: &[
        required(
            "images",
            Holds::Word,
            "The images it is for, by their full names without tags; `*` stands for any text.",
            "quay.io/cilium/*",
        ),
        KEY,
        ISSUER,
        SUBJECT,
        ROOT,
        key("skip", Holds::Choice, "Whether these images need no signature.", "true"),
    ],
};

/// A part, of whichever kind.
pub static PART: Table = Table {
    title: "A part",
    keys: &[
        required("name", LABEL, "The name of the part, and of the release where it is a chart.", "cilium"),
        key(
            "chart",
            Holds::Word,
            "A chart: `oci://HOST/NAME` with `:TAG` or `@sha256:...` if you like, `https://REPOSITORY/NAME`, \
             `https://HOST/NAME-1.2.3.tgz`, or a folder or archive by its path from the spec.",
            "oci://quay.io/cilium/charts/cilium",
        ),
        key(
            "manifest",
            Holds::Word,
            "Plain manifests: a file or a folder by its path from the spec, or a file at an `https://` address.",
            "pools.yaml",
        ),
        key(
            "flux",
            Holds::Word,
            "A HelmRelease of Flux, or the folder it is applied from; `PATH#NAME` where there are several.",
            "../kubernetes/apps/kube-system/cilium/app",
        ),
        key(
            "argocd",
            Holds::Word,
            "An Application of Argo CD, or `PATH#ELEMENT` of an ApplicationSet.",
            "../argocd/cilium.yaml",
        ),
        key("helmfile", Holds::Word, "A release of a helmfile: `PATH#RELEASE`.", "../helmfile.yaml#cilium"),
        key(
            "kustomization",
            Holds::Word,
            "Which Kustomization of Flux applies the folder, where several do.",
            "cilium-berlin",
        ),
        key(
            "version",
            Holds::Version,
            "The version of the chart, or a constraint that `lock` resolves. What is locked stays until `lock --update`.",
            "~1.19",
        ),
        key("namespace", LABEL, "The namespace of the release; `default` without it.", "kube-system"),
        key(
            "values",
            Holds::Layers,
            "Layers of values, each over those before it: a file by its path from the spec, or a mapping.",
            "[values.yaml, {hubble: {relay: {enabled: true}}}]",
        ),
        key(
            "secretValues",
            Holds::Words,
            "Files of values under age or SOPS. They are read at `lock` alone, and stand over `values`.",
            "[secret.yaml.age]",
        ),
        key("lookup", Holds::Word, "A file of the objects that the template function `lookup` finds.", "objects.yaml"),
        key("certificates", Holds::Mapping(&PART_CERTIFICATES), "How the part's certificates are made.", "{}"),
        key(
            "skipSchemaValidation",
            Holds::Choice,
            "Whether values are taken as they are, whatever the chart's `values.schema.json` says.",
            "true",
        ),
        key(
            "sha256",
            Holds::Form("^(sha256:)?[0-9a-f]{64}$"),
            "What the bytes at the manifest's address must hash to.",
            "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
        ),
        key(
            "verify",
            Holds::Mapping(&VERIFY),
            "Whose signature the chart must bear. Checked at `lock`; `vendor` keeps it, and it is checked again offline.",
            "{key: cosign.pub}",
        ),
        key(
            "images",
            Holds::Words,
            "Images that it has pulled beside those that its objects name: what an operator starts, for one.",
            "[\"quay.io/cilium/cilium:v1.19.6\"]",
        ),
    ],
};

/// What every part takes that is rendered.
const RENDERED: &[&str] = &["namespace", "values", "secretValues", "lookup", "certificates", "skipSchemaValidation"];

/// The kinds of part. Each has just one of their sources.
pub static PART_KINDS: [PartKind; 5] = [
    PartKind { source: "chart", what: "a chart part", own: &["version", "verify"], is_rendered: true },
    PartKind { source: "manifest", what: "a manifest part", own: &["sha256"], is_rendered: false },
    PartKind { source: "flux", what: "a part from GitOps", own: &["kustomization"], is_rendered: true },
    PartKind { source: "argocd", what: "a part from GitOps", own: &[], is_rendered: true },
    PartKind { source: "helmfile", what: "a part from GitOps", own: &[], is_rendered: true },
];
