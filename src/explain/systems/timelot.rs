//! Timelot on 3243: a name without a protocol.

use super::{Carriers, System, assumed, plain};

pub(super) const SYSTEM: System = System {
    title: "a registered name, and no known protocol",
    protocols: &["timelot"],
    also: &[],
    ports: &[(3243, 3243, Carriers::TCP_UDP)],
    uses: &[assumed(
        "Registered in 2002 as \"Timelot Port\". No product, document, source code or capture of it was found.",
        "searched for, not found",
    )],
    recognised: &[plain(
        "By the registered name alone: plausible or unverifiable, and contradicted as soon as the bytes are something else. On \
         UDP, with a Citrix session between the same hosts, Framehawk's range is shown beside it.",
    )],
    confused: &[plain(
        "Citrix Framehawk, whose default range covers UDP 3243; and ephemeral ports of old systems (1024 to 5000): see which side \
         was listening.",
    )],
    folklore: &[],
    checks: &[
        plain(
            "Ask the listening host which program holds the port (netstat -abn on Windows, ss -lntup on Linux).",
        ),
        plain("On a Citrix VDA until release 7 1811, read on with: wiretell explain framehawk"),
    ],
};
