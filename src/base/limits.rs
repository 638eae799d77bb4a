//! Every bound on what comes from outside of the program, and all bounds of the engine, as one table and as a page.

use std::fmt::Write as _;

use helm_engine::limits::{self as engine, Limit, Unit};

helm_engine::limits! {
    INPUT "input" "A file, an archive, a chart or a bundle that is read; what a chart unpacks to" 128 << 20, Bytes ""
    FOLDERS "folders" "Folders of a chart within each other" 100, Levels ""
    LINKS "links" "Symbolic links that lead to each other" 40, Count "that of Linux"
    IDENTITY "identity" "A file of identities" 16 << 20, Bytes ""
    WORK_FACTOR "work-factor" "The work that a passphrase costs, as a power of 2" 22, Count "that of age"
    BUNDLE "bundle" "A bundle, unpacked" 256 << 20, Bytes ""
    MANIFEST "manifest" "A list of tags, an image manifest or a token that a registry answers" 8 << 20, Bytes ""
    IMAGE_DOCUMENT "image-document" "An image manifest or configuration of an image that is carried" 16 << 20, Bytes ""
    IMAGE_INDEXES "image-indexes" "Indexes of images within each other" 4, Levels ""
    TAG_PAGES "tag-pages" "Pages of a list of tags" 200, Count ""
    REPOSITORY_INDEX "repository-index" "The `index.yaml` of a repository" 128 << 20, Bytes ""
    REDIRECTS "redirects" "Redirects that one request follows" 10, Count ""
    ATTEMPTS "attempts" "Attempts at one request" 5, Count ""
    RETRY_PAUSE "retry-pause" "What a server may ask to wait before the next attempt" 60, Seconds "what is asked beyond it is an error"
    ERRAND "errand" "All requests for one source" 900, Seconds "`--timeout`: three times that where it is more"
    PACE "pace" "The bytes a second that a body must come at, counted over `--timeout`" 1 << 10, Bytes "the least; `--timeout`"
    HELPER "helper" "What a helper for credentials answers" 1 << 20, Bytes ""
    UPLOAD_ANSWER "upload-answer" "What a registry answers to an upload" 64 << 10, Bytes ""
    GITOPS_FILE "gitops-file" "A file of GitOps" 4 << 20, Bytes ""
    KUSTOMIZATIONS "kustomizations" "Flux Kustomizations that apply each other" 8, Levels ""
    VARIABLES "variables" "Defaults of variables within defaults" 64, Levels ""
    RELEASE "release" "A release that Helm keeps in the cluster, unpacked" 64 << 20, Bytes ""
}

/// All bounds.
pub fn all() -> impl Iterator<Item = &'static Limit> {
    engine::ALL.iter().chain(ALL).copied()
}

/// What a person reads of a bound.
pub fn shown(limit: &Limit) -> String {
    let unit = match limit.unit {
        Unit::Bytes => return bytes(limit.most),
        Unit::Levels => " levels",
        Unit::Count => "",
        Unit::Seconds => " s",
        Unit::Characters => " characters",
    };
    format!("{}{unit}", limit.most)
}

fn bytes(count: u64) -> String {
    match count {
        _ if count >= 1 << 20 && count.is_multiple_of(1 << 20) => format!("{} MiB", count >> 20),
        _ if count >= 1 << 10 && count.is_multiple_of(1 << 10) => format!("{} KiB", count >> 10),
        _ => format!("{count} bytes"),
    }
}

/// The page of the documentation.
pub fn page() -> String {
    let mut text = HEAD.to_owned();
    for (title, rows) in [("Charts, values and templates", engine::ALL), ("Files, servers and bundles", ALL)] {
        let _ = write!(
            text,
            "\n## {title}\n\n| name | what is bounded | the most | whose, or how to raise it |\n|---|---|---|---|\n"
        );
        for row in rows {
            let _ = writeln!(text, "| `{}` | {} | {} | {} |", row.name, row.of, shown(row), row.note);
        }
    }
    text
}

const HEAD: &str = "# Limits

Written by `ichor reference --limits`. Whatever comes from others has a bound: past it stands an error that says which, never a
process that grows or waits without an end.

Bounds of Go, Helm and their libraries are kept, so that what they refuse is refused alike. The others lie far above what charts
need: Cilium with all it has asks for less than a hundredth of the memory. Where a chart of yours means to ask for more, the last
column names the option that raises the bound.
";
