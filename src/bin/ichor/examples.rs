//! Examples of every verb: below its `--help`, in its manual page and in the reference.

use clap::Command;

/// A command, and what it is for.
pub type Example = (&'static str, &'static str);

/// What is shown of each verb.
const EXAMPLES: &[(&str, &[Example])] = &[
    (
        "init",
        &[
            ("ichor init matrix", "asks for each answer"),
            ("ichor init matrix --yes --new-key key.txt", "takes the newest versions that it knows, and makes a key"),
            ("ichor init own --from flux kubernetes", "takes the parts from the releases that Flux has there"),
        ],
    ),
    (
        "lock",
        &[
            ("ichor lock", "resolves, fetches, and makes what is missing"),
            ("ichor lock --update cilium", "moves one part to the newest version that the spec allows"),
            ("ichor lock --locked", "in CI: fails where the lock would change"),
            (
                "kubectl get secret -A -o yaml | ichor lock --import-secret -i key.txt",
                "keeps the certificates and passwords of a cluster that runs",
            ),
        ],
    ),
    (
        "check",
        &[
            ("ichor check", "what is likely wrong"),
            ("ichor check --machine-config controlplane.yaml", "holds a machine config against the bundle, too"),
            ("ichor check --all --format github", "every spec below, as annotations of a pull request"),
        ],
    ),
    (
        "build",
        &[
            ("ichor build", "builds, and links the bundle as `result`"),
            ("ichor build --for kubectl -o -", "the manifests, with marks where secrets go"),
            ("ichor build --all", "every spec below, on all cores"),
        ],
    ),
    (
        "open",
        &[
            ("ichor open -i key.txt -o ../patches/ --lock lockfiles/matrix.lock", "patches for `talosctl gen config`"),
            ("ichor open -i key.txt --for machine-config cp.yaml -o cp.yaml", "puts the manifests into a config"),
            ("ichor open -i key.txt --for kubectl | kubectl apply --server-side -f -", "straight into a cluster"),
        ],
    ),
    (
        "verify",
        &[
            ("ichor verify", "builds `result` again, and compares every byte"),
            ("ichor verify oci://registry.internal/bundles/matrix:v3", "the same, of a bundle in a registry"),
            (
                "ichor verify matrix.parcel --signers signers --rebuilders 2",
                "asks for the word of two who built it, too",
            ),
        ],
    ),
    (
        "diff",
        &[
            ("ichor diff", "what the work tree changes against HEAD"),
            ("ichor diff main...HEAD --format markdown", "what a branch changes, as a comment"),
            ("ichor diff --format html -o review.html", "as one page, with everything unfolded"),
            ("ichor diff main...HEAD --routine", "exits 0 where a robot may merge"),
        ],
    ),
    (
        "explain",
        &[("ichor explain C001", "why the rule is there, and what to write"), ("ichor explain", "lists all codes")],
    ),
    ("git-setup", &[("ichor git-setup", "once in a clone"), ("ichor git-setup --undo", "takes it back")]),
    ("certs", &[("ichor certs", "who signs what, until when, and where it goes")]),
    (
        "rotate",
        &[
            ("ichor rotate cilium/cilium-ca -i key.txt", "the next of the three steps of a CA"),
            ("ichor rotate grafana/adminPassword", "a password, at once"),
        ],
    ),
    ("reseal", &[("ichor reseal -i key.txt", "after a change of `recipients`")]),
    (
        "outdated",
        &[
            ("ichor outdated", "lists what has newer versions"),
            ("ichor outdated --write", "and puts these into the spec"),
        ],
    ),
    (
        "upgrade",
        &[
            ("ichor upgrade cilium 1.20.0", "shows what it would change"),
            ("ichor upgrade cilium 1.20.0 --write", "takes it into spec and lock"),
            ("ichor upgrade --helm 4.3", "shows what another Helm prints otherwise"),
        ],
    ),
    (
        "drift",
        &[
            ("ichor drift", "compares the lock with the releases that its parts come from"),
            ("ichor drift --git kubernetes", "with those of a repository that have the names of its parts"),
            ("ichor drift --cluster --fix", "with the cluster, and prints what brings both together"),
        ],
    ),
    (
        "adopt",
        &[(
            "ichor adopt cilium --talos 1.13 -r \"$(age-keygen -y key.txt)\" -o bootstrap/",
            "a spec and a lock for what runs",
        )],
    ),
    (
        "handoff",
        &[
            ("ichor handoff flux -o flux/", "files for Flux, with the certificates of the bootstrap"),
            ("ichor handoff argocd --repository https://git.example.com/clusters.git", "Applications for Argo CD"),
        ],
    ),
    (
        "vendor",
        &[
            ("ichor vendor", "fetches all that the lock names; from here on nothing needs a network"),
            ("ichor vendor --images --platform linux/arm64", "the images of the cluster, too"),
            ("ichor vendor --check", "in CI: fails where something lacks"),
        ],
    ),
    (
        "images",
        &[
            ("ichor images", "one a line"),
            ("ichor images check", "asks each registry whether it has them"),
            ("ichor images push --to registry.internal", "puts those of `vendor` into a registry"),
        ],
    ),
    (
        "store",
        &[
            ("ichor store list", "every bundle that was built, with the links that lead to it"),
            ("ichor store verify", "reads each again, and compares it with its digest"),
            ("ichor store gc --dry-run", "says what no link leads to any more"),
        ],
    ),
    (
        "pack",
        &[
            ("ichor pack -o matrix.parcel", "spec, lock, charts, images and bundle in one file"),
            ("ichor pack --since last.parcel -o next.parcel", "without what the site has already"),
        ],
    ),
    ("unpack", &[("ichor unpack matrix.parcel matrix", "writes a folder, and checks every byte of it")]),
    ("sign", &[("ichor sign -k ~/.ssh/id_ed25519 matrix.parcel", "writes matrix.parcel.sig")]),
    ("attest", &[("ichor attest -k ~/.ssh/id_ed25519", "builds `result` again, and writes attestation.json")]),
    ("push", &[("ichor push oci://registry.internal/bundles/matrix:v3", "puts `result` there")]),
    (
        "pull",
        &[(
            "ichor pull oci://registry.internal/bundles/matrix:v3 --lock lockfiles/matrix.lock",
            "takes it only where it is that of the lock",
        )],
    ),
    (
        "template",
        &[
            ("ichor template cilium ./cilium -n kube-system -f values.yaml", "what `helm template` prints"),
            ("ichor template web oci://registry.internal/charts/web --version 1.2.3", "of a chart in a registry"),
            ("ichor template web ./web --helm-version 3.19", "as an older Helm prints it"),
        ],
    ),
    (
        "show",
        &[
            ("ichor show values ./cilium", "its values.yaml, as it stands"),
            ("ichor show chart oci://registry.internal/charts/web --version 1.2.3", "its Chart.yaml"),
        ],
    ),
    (
        "completions",
        &[
            ("ichor completions bash >~/.local/share/bash-completion/completions/ichor", "for bash"),
            ("ichor completions fish >~/.config/fish/completions/ichor.fish", "for fish"),
        ],
    ),
    ("man", &[("ichor man ~/.local/share/man/man1", "then `man ichor-lock`")]),
    ("schema", &[("ichor schema >ichor.schema.json", "as `init` writes it beside a spec")]),
];

/// The examples of a verb.
pub fn of(verb: &str) -> &'static [Example] {
    EXAMPLES.iter().find(|(name, _)| *name == verb).map_or(&[], |(_, examples)| examples)
}

/// A command whose verbs show their examples below what `--help` says.
pub fn shown(command: Command) -> Command {
    EXAMPLES.iter().fold(command, |command, (verb, examples)| {
        let lines = examples.iter().map(|(line, what)| format!("  {line}\n      {what}\n"));
        let text = format!("Examples:\n{}", lines.collect::<String>());
        command.mut_subcommand(verb, |it| it.after_long_help(text))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What a shell gives `ichor` of a line: no other program, no redirection, no quotes.
    fn arguments(line: &str) -> Vec<String> {
        let own = line.split(" | ").find(|it| it.starts_with("ichor ")).expect("it runs ichor");
        let own = own
            .replace("\"$(age-keygen -y key.txt)\"", "age1qyqszqgpqyqszqgpqyqszqgpqyqszqgpqyqszqgpqyqszqgpqyqs3290gq");
        own.split(' ').filter(|it| !it.starts_with('>')).map(str::to_owned).collect()
    }

    #[test]
    fn every_verb_has_examples_that_it_takes() {
        let command = crate::command();
        for verb in command.get_subcommands().filter(|it| !it.is_hide_set()) {
            assert!(!of(verb.get_name()).is_empty(), "{} has no example", verb.get_name());
        }
        for (verb, examples) in EXAMPLES {
            for (line, _) in *examples {
                let given = arguments(line);
                assert_eq!(given[1], *verb, "{line}");
                if let Err(fault) = command.clone().try_get_matches_from(given) {
                    panic!("{line}: {fault}");
                }
            }
        }
    }
}
