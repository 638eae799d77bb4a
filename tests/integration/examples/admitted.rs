//! The `kubectl` stream of every example, applied by server-side apply to a real API server of an empty cluster, twice.

use std::collections::BTreeSet;

use super::example::Example;
use crate::support::api_server::ApiServer;
use crate::support::peer::needs;

/// The kinds that a run refused since nobody serves them, each with its group. Anything else refused is a fault.
fn not_served(example: &Example, refused: &[String]) -> BTreeSet<(String, String)> {
    let of_line = |line: &String| {
        let (_, kind) = line.split_once("no matches for kind \"")?;
        let (kind, version) = kind.split_once("\" in version \"")?;
        Some((version.split('/').next()?.to_owned(), kind.split('"').next()?.to_owned()))
    };
    let kinds = refused.iter().map(|it| of_line(it).unwrap_or_else(|| panic!("{}: {it}", example.spec)));
    kinds.collect()
}

fn admit(example: &Example) {
    example.done(&["lock", &example.spec]);
    example.done(&["vendor", &example.spec]);
    example.done(&["build", &example.spec]);
    let said = example.said(&["open", "--for", "kubectl", "-i", "key.txt", "-o", "stream.yaml"]);
    let then = said.lines().find_map(|it| it.strip_prefix("then: ")).unwrap_or_default();
    let stream = example.read("stream.yaml");
    let server = ApiServer::start();

    let first = not_served(example, &server.apply(&stream));
    for (_, kind) in &first {
        let told = then.split([' ', ',', ';']).any(|word| word == kind);
        assert!(told, "{}: the first run refuses {kind}, and `open` says: {then}", example.spec);
    }
    assert_eq!(first.is_empty(), then.is_empty(), "{}: {first:?}, and `open` says: {then}", example.spec);

    // The server serves a new CRD a moment after it took it.
    std::thread::sleep(std::time::Duration::from_secs(2));
    let second = not_served(example, &server.apply(&stream));
    assert!(second.iter().all(|(group, _)| group == "cilium.io"), "{}: {second:?}", example.spec);
    assert_eq!(server.admit_pods(&stream), [""; 0], "{}", example.spec);
}

#[test]
#[ignore = "minutes; `tests/judges kubernetes` runs it"]
fn an_api_server_takes_every_example() {
    needs!(ApiServer, CiliumCharts, DockerRegistry, HelmSdk, Openssl, Python);
    admit(&Example::of_our_own());
    for example in Example::all_of_cilium() {
        admit(&example);
    }
}
