//! Tests of `markdown`.

use super::*;

#[test]
fn nothing_a_chart_says_acts_in_a_comment() {
    assert_eq!(
        escape("<script> @all #1 *a* https://x"),
        "&lt;script&gt; @<!-- -->all #<!-- -->1 \\*a\\* https:<!-- -->//x"
    );
    assert_eq!(code("a`b``c"), "```a`b``c```");
    assert_eq!(code("`"), "`` ` ``");
    assert_eq!(tag("</code><b>"), "<code>&lt;/code&gt;&lt;b&gt;</code>");
}
