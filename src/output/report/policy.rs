//! What the page may do: nothing but run its own script and wear its own style, each named by its hash.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest, Sha256};

/// The page's style.
pub(super) const STYLE: &str = include_str!("report.css");

/// The page's script, one subject per file; they share one scope.
pub(super) const SCRIPT: &str = concat!(
    include_str!("script/data.js"),
    include_str!("script/text.js"),
    include_str!("script/copy.js"),
    include_str!("script/order.js"),
    include_str!("script/details.js"),
    include_str!("script/flows.js"),
    include_str!("script/filters.js"),
    include_str!("script/chart.js"),
    include_str!("script/print.js"),
);

/// The Content-Security-Policy: nothing is loaded from anywhere, and no markup is made of text.
pub(super) fn policy() -> String {
    let hash = |text: &str| format!("'sha256-{}'", STANDARD.encode(Sha256::digest(text)));
    format!(
        "default-src 'none'; script-src {}; style-src {}; base-uri 'none'; form-action 'none'; \
         require-trusted-types-for 'script'; trusted-types 'none'",
        hash(SCRIPT),
        hash(STYLE)
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_allowed_by_place_or_by_manner() {
        let policy = policy();
        assert!(policy.starts_with("default-src 'none'; script-src 'sha256-"), "{policy}");
        for word in ["unsafe", "http", "data:", "blob:", "*", "'self'"] {
            assert!(!policy.contains(word), "{policy}");
        }
    }

    #[test]
    fn neither_style_nor_script_ends_its_own_element_or_makes_markup() {
        for text in [STYLE, SCRIPT] {
            for word in ["</", "<!--", "innerHTML", "insertAdjacentHTML", "document.write", "eval(", "http"] {
                assert!(!text.contains(word), "{word}");
            }
        }
    }
}
