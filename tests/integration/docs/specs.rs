//! A block that is a whole spec can be read as one.

use ichor::base::code::Code;
use ichor::gitops::NoTrees;
use ichor::stage::spec::Spec;

use super::pages;

#[test]
fn every_spec_on_a_page_is_one() {
    let mut count = 0;
    for page in pages() {
        for block in page.blocks.iter().filter(|it| it.kind == "yaml") {
            let lines = page.text_of(block);
            let has = |key: &str| lines.iter().any(|it| it.starts_with(key));
            if has("bundle:") && has("parts:") {
                count += 1;
                let text = lines.join("\n") + "\n";
                let faults = Spec::parse("ichor.yaml", &text, &NoTrees).err().unwrap_or_default();
                // The releases that a page's spec names are on the page.
                let faults: Vec<_> = faults.iter().filter(|it| it.code != Code::F001).collect();
                assert!(faults.is_empty(), "{}:{}: {faults:?}", page.path, block.start + 1);
            }
        }
    }
    assert!(count > 0, "no page shows a spec");
}
