//! `pinImages`: a digest behind each tag, rendered, and told when a tag moves.

use super::image::{Image, manifest, random};
use crate::support::peer::needs;
use crate::support::registry::{Kind, Registry};
use crate::support::workspace::Workspace;

#[test]
fn a_tag_is_pinned_and_its_move_is_told() {
    needs!(DockerRegistry, Namespaces);
    let registry = Registry::start(Kind::Plain);
    let host = &registry.host;
    let (one, two) = (Image::of("amd64", &[random(70, 5_000)]), Image::of("amd64", &[random(71, 5_000)]));
    one.push(host, "a/web", "v1");
    let head = format!("plainHttp: ['{host}']\npinImages: true\n");
    let workspace = Workspace::with(&head, "  - {name: m, manifest: m.yaml}\n");
    workspace.write("m.yaml", manifest(&[format!("{host}/a/web:v1")]));
    workspace.done(&["lock"]);
    let pinned = |image: &Image| format!("{host}/a/web:v1@{}", image.digest());
    assert_eq!(workspace.done(&["images"]), format!("{}\n", pinned(&one)));
    assert!(workspace.lock().contains("imageDigests:"), "{}", workspace.lock());
    // A build asks nobody, and has the digest in what is rendered.
    let run =
        workspace.shell(&["unshare", "-rn"], "\"$ICHOR\" build --no-check -o b.tar.gz && \"$ICHOR\" verify b.tar.gz");
    assert_eq!(run.code(), 0, "{}", run.stderr());
    assert!(workspace.done(&["open", "b.tar.gz", "--for", "kubectl"]).contains(&pinned(&one)));
    // The tag moves: nothing changes until the lock is told to, and then the change is told.
    two.push(host, "a/web", "v1");
    let before = workspace.lock();
    workspace.done(&["lock"]);
    assert_eq!(workspace.lock(), before);
    let shown = workspace.run(&["lock", "--update", "m", "--dry-run"]);
    let said = shown.stdout() + &shown.stderr();
    assert!(said.contains("same tag, other digest"), "{said}");
    workspace.done(&["lock", "--update", "m"]);
    assert_eq!(workspace.done(&["images"]), format!("{}\n", pinned(&two)));
    workspace.done(&["vendor", "--images"]);
    workspace.done(&["vendor", "--check", "--images"]);
    // Without a network a new image is an error with its part, and the lock stays.
    workspace.write("m.yaml", manifest(&[format!("{host}/a/web:v1"), format!("{host}/a/none:v1")]));
    workspace.refused(&["lock"], 2, &["V012", "part `m`", "a/none:v1"]);
    workspace.refused(&["lock", "--offline"], 2, &["V016", "the digest of"]);
    // Whoever no longer wants it has the tags again.
    workspace.write("m.yaml", manifest(&[format!("{host}/a/web:v1")]));
    workspace.edit("ichor.yaml", "pinImages: true", "pinImages: false");
    workspace.refused(&["build", "--no-check", "-o", "b.tar.gz"], 2, &["L006"]);
    workspace.done(&["lock"]);
    assert_eq!(workspace.done(&["images"]), format!("{host}/a/web:v1\n"));
}
