//! FatPipe on 3353.

use super::{Carriers, System, assumed, documented, plain, reported};

pub(super) const SYSTEM: System = System {
    title: "WAN appliances; a registered port, and nothing known of what it carries",
    protocols: &["fatpipe"],
    also: &["warp", "mpvpn", "ipvpn", "mpsec", "fatpipe-warp"],
    ports: &[(3353, 3353, Carriers::TCP_UDP)],
    uses: &[
        assumed(
            "Registered to FatPipe, who make appliances that spread traffic over several lines (WARP, MPVPN, IPVPN, now \
             SD-WAN). No manual, patent, source code or capture says what 3353 carries, or that it is used.",
            "searched for, not found",
        ),
        documented(
            "The patents describe how lines are chosen, per packet or per session, and no header.",
            "US 6,253,247; 6,775,235; 7,406,048 and others",
        ),
    ],
    recognised: &[plain(
        "By the port alone, and never by more: plausible as long as nothing speaks against it, unverifiable when nothing could \
         be read, contradicted as soon as the bytes are something else.",
    )],
    confused: &[plain(
        "Other SD-WANs, which share the habit of long flows of one shape over several pairs of addresses: VeloCloud (2426), \
         Cisco (12346).",
    )],
    folklore: &[assumed(
        "\"WARP means Wide Area Redundancy Protocol.\" It is the name of a product; of a protocol called so there is no trace.",
        "searched for, not found",
    )],
    checks: &[
        plain(
            "Ask the listening host which program holds the port. What decodes as DTLS, IKE, TLS, HTTP or DNS is that.",
        ),
        reported(
            "With appliances at both ends: when a line fails, its pair of addresses goes silent and the volume moves to another \
             pair within seconds. The same SYN on two lines and a reset of the slower one is their \"fastest route\".",
            "a reseller's questions and answers",
        ),
    ],
};
