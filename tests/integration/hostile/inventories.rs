//! Locks whose images and resources are not those that are rendered, while the digest of the output is: no verb believes
//! them.

use ichor::base::digest::Digest;
use ichor::edge::store::Store;
use ichor::stage::lock::{Lock, LockedPart};

use crate::support::workspace::Workspace;

type Forgery = (&'static str, fn(&mut LockedPart));

const FORGERIES: [Forgery; 16] = [
    ("an image removed", |part| {
        part.images.remove(0);
    }),
    ("all images removed", |part| part.images.clear()),
    ("an image added", |part| {
        part.images.push("zz.example.com/evil:1".into());
    }),
    ("an image with another tag", |part| {
        let tag = part.images[0].rfind([':', '@']).expect("a tag");
        part.images[0].truncate(tag);
        part.images[0].push_str(":0.0.1");
        part.images.sort();
    }),
    ("an image with another digest", |part| {
        part.images[0].push_str(&format!("@{}", Digest::of(b"evil")));
        part.images.sort();
    }),
    ("an image of another registry", |part| {
        part.images[0] = format!("evil.example.com/{}", part.images[0]);
        part.images.sort();
    }),
    ("an image twice", |part| part.images.insert(0, part.images[0].clone())),
    ("the images in another order", |part| part.images.reverse()),
    ("an image with a space behind", |part| part.images[0].push(' ')),
    ("the digest of a resource", |part| {
        *part.resources.values_mut().next().expect("a resource") = Digest::of(b"evil");
    }),
    ("the digests of two resources exchanged", |part| {
        let names: Vec<String> = part.resources.keys().cloned().collect();
        let (one, other) = (part.resources[&names[0]], part.resources[&names[1]]);
        part.resources.insert(names[0].clone(), other);
        part.resources.insert(names[1].clone(), one);
    }),
    ("a resource removed", |part| {
        part.resources.pop_first();
    }),
    ("all resources removed", |part| part.resources.clear()),
    ("a resource added", |part| {
        part.resources.insert("v1 Secret kube-system/evil".into(), Digest::of(b"evil"));
    }),
    ("a resource renamed", |part| {
        let (name, digest) = part.resources.pop_first().expect("a resource");
        part.resources.insert(format!("{name}-2"), digest);
    }),
    ("a resource of another API version", |part| {
        let (name, digest) = part.resources.pop_first().expect("a resource");
        part.resources.insert(format!("evil.example.com/{name}"), digest);
    }),
];

/// A part of two images and several resources.
fn workspace() -> (Workspace, Lock) {
    let workspace = Workspace::new();
    let pod = |name: &str, image: &str| {
        let metadata = format!("metadata: {{name: {name}, namespace: kube-system}}");
        format!("apiVersion: v1\nkind: Pod\n{metadata}\nspec: {{containers: [{{name: a, image: {image}}}]}}\n")
    };
    let manifest = format!("{}---\n{}", pod("one", "quay.io/a/b:1.2.3"), pod("two", "quay.io/c/d:4.5.6"));
    workspace.write("m.yaml", manifest);
    workspace.write("other.yaml", pod("three", "quay.io/e/f:7"));
    let parts = "parts:\n  - {name: m, manifest: m.yaml}\n  - {name: other, manifest: other.yaml}\n";
    workspace.write("ichor.yaml", format!("bundle: b\ntalos: \"1.12\"\n{parts}"));
    workspace.done(&["lock"]);
    workspace.done(&["build", "-o", "good.tar.gz"]);
    let lock = Lock::decode(&workspace.read("lockfiles/b.lock")).expect("a lock");
    workspace.write("good.lock", lock.encode());
    (workspace, lock)
}

#[test]
fn no_verb_believes_them() {
    let (workspace, good) = workspace();
    assert_eq!(workspace.done(&["images"]).lines().count(), 3);
    for (what, forge) in FORGERIES {
        let mut lock = good.clone();
        forge(lock.parts.get_mut("m").expect("the part"));
        assert_ne!(lock, good, "{what}");
        let text = lock.encode();
        assert_eq!(Lock::decode(&text).as_ref(), Ok(&lock), "{what}: the text is canonical");
        workspace.write("lockfiles/b.lock", &text);
        for (args, code) in [
            (&["build", "-o", "b.tar.gz"][..], 2),
            (&["build", "--rebuild", "-o", "b.tar.gz"], 2),
            (&["build", "--for", "files", "-o", "out/"], 2),
            (&["verify", "good.tar.gz"], 2),
            (&["images"], 2),
            (&["images", "--format", "json"], 2),
            (&["check"], 1),
            (&["lock", "--locked"], 1),
        ] {
            let run = workspace.run(args);
            let said = run.stdout() + &run.stderr();
            assert_eq!(run.code(), code, "{what}: {args:?}: {said}");
            if args[0] == "lock" {
                assert!(said.contains("would change"), "{what}: {said}");
            } else {
                assert!(said.contains("L008") && said.contains("part `m`"), "{what}: {args:?}: {said}");
                assert!(!said.contains("part `other`"), "{what}: {args:?}: {said}");
            }
            assert!(args[0] == "check" || args[0] == "lock" || run.stdout().is_empty(), "{what}: {args:?}");
            assert!(!workspace.exists("b.tar.gz") && !workspace.exists("out"), "{what}: {args:?}");
            assert_eq!(workspace.read("lockfiles/b.lock"), text, "{what}: {args:?}");
        }
        // `lock` writes them as they are.
        workspace.done(&["lock"]);
        assert_eq!(workspace.read("lockfiles/b.lock"), good.encode(), "{what}");
    }
}

/// Who may write the store, too, puts a bundle there that fits the forged lock.
#[test]
fn nor_does_the_store_help() {
    let (workspace, good) = workspace();
    let bundle = std::fs::read(workspace.path().join("good.tar.gz")).expect("a bundle");
    let store = Store::at(&workspace.path().join("store"));
    for (what, forge) in FORGERIES {
        let mut lock = good.clone();
        forge(lock.parts.get_mut("m").expect("the part"));
        let text = lock.encode();
        workspace.write("lockfiles/b.lock", &text);
        let spec = workspace.read("ichor.yaml");
        let inputs = [env!("CARGO_PKG_VERSION"), &spec, &text].map(|it| Digest::of(it.as_bytes()).to_string());
        store.put(&Digest::of(inputs.join("\n").as_bytes()), "b", &bundle).expect("kept");
        let run = workspace.run(&["build", "-o", "b.tar.gz"]);
        assert_eq!(run.code(), 2, "{what}: {}", run.stderr());
        assert!(run.stderr().contains("L008") && !workspace.exists("b.tar.gz"), "{what}: {}", run.stderr());
    }
    // What was built from this very lock is taken.
    workspace.write("lockfiles/b.lock", good.encode());
    assert!(!workspace.said(&["build", "-o", "b.tar.gz"]).contains("anew"));
}

/// A comparison takes what is rendered, and says that the lock has it otherwise.
#[test]
fn a_comparison_takes_what_is_rendered() {
    let (workspace, good) = workspace();
    let old = workspace.read("m.yaml");
    workspace.write("m.yaml", old.replace("a/b:1.2.3", "evil/b:6.6.6"));
    workspace.done(&["lock"]);
    let mut lock = Lock::decode(&workspace.read("lockfiles/b.lock")).expect("a lock");
    let part = lock.parts.get_mut("m").expect("the part");
    part.images = good.parts["m"].images.clone();
    part.resources = good.parts["m"].resources.clone();
    workspace.write("lockfiles/b.lock", lock.encode());
    let told = workspace.done(&["diff", "good.tar.gz", "ichor.yaml"]);
    assert!(told.contains("evil/b") && told.contains("which `build` refuses"), "{told}");
}
