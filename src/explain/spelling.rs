//! Names as people write them (H.323, MPEG-TS, OPC UA), and as they are known here.

use super::cross_references::squeezed;
use super::systems::SYSTEMS;
use crate::ports::{practice, registered};
use crate::protocols::INSPECTORS;

/// The known name that differs from `query` in dots, slashes, hyphens, spaces and case only, or the label that is called so in
/// full (`EtherNet/IP` is `enip`); labels before mere services.
pub(super) fn of(query: &str) -> Option<&'static str> {
    let query = squeezed(query);
    if query.is_empty() || query.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let systems = SYSTEMS.iter().flat_map(|system| system.protocols.iter().chain(system.also).copied());
    let labels = INSPECTORS.iter().map(|by| by.name);
    let services = practice::all().map(|used| used.name).chain(registered::all().map(|service| service.name));
    let titled = || INSPECTORS.iter().find(|by| squeezed(principal(by.title)) == query).map(|by| by.name);
    let spelt = |name: &&str| squeezed(name) == query;
    systems.chain(labels).find(spelt).or_else(titled).or_else(|| services.into_iter().find(spelt))
}

/// A title without what stands in brackets or after a comma.
fn principal(title: &str) -> &str {
    title.split([',', '(']).next().unwrap_or(title)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dots_slashes_hyphens_and_spaces_do_not_matter() {
        for (written, known) in [
            ("H.323", "h323"),
            ("MPEG-TS", "mpegts"),
            ("OPC UA", "opcua"),
            ("EtherNet/IP", "enip"),
            ("Modbus/TCP", "modbus"),
            ("OPC Unified Architecture", "opcua"),
            ("iscsi target", "iscsi-target"),
        ] {
            assert_eq!(of(written), Some(known), "{written}");
        }
    }

    #[test]
    fn what_nobody_is_called_is_nobodys_name() {
        for nothing in ["", "-", "12-", "70000", "tcp/udp", "3391/icmp"] {
            assert_eq!(of(nothing), None, "{nothing}");
        }
    }
}
