//! The labels that flows can have, but for those of the user's own rules.

use crate::ports::{kept_by, practice, registered};
use crate::protocols::INSPECTORS;

/// Whether flows can have a label: by their bytes, or where only the port speaks.
#[must_use]
pub fn is_known(label: &str) -> bool {
    let is_by_port = || {
        practice::all().any(|used| used.name == label)
            || registered::all().any(|service| {
                service.name == label || kept_by(service.name).is_some_and(|names| names.contains(&label))
            })
    };
    INSPECTORS.iter().any(|inspector| inspector.name == label) || is_by_port()
}

/// A label, and those of the protocols that are special kinds of it: `dtls` and `rdg-udp`.
pub(super) fn with_kinds(label: &str) -> Vec<String> {
    let mut labels = vec![label.to_owned()];
    let mut at = 0;
    while let Some(general) = labels.get(at).cloned() {
        let kinds = INSPECTORS.iter().filter(|inspector| inspector.refines == Some(general.as_str()));
        for kind in kinds {
            if !labels.iter().any(|known| known == kind.name) {
                labels.push(kind.name.to_owned());
            }
        }
        at += 1;
    }
    labels
}
