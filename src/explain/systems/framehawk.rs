//! Citrix Framehawk's default range, 3224 to 3324.

use super::{Carriers, System, assumed, documented, observed, plain};

pub(super) const SYSTEM: System = System {
    title: "Citrix Framehawk display channel, by default on UDP 3224 to 3324",
    protocols: &["framehawk"],
    also: &["citrix-framehawk", "lightweight-framebuffer"],
    ports: &[(3224, 3324, Carriers::UDP)],
    uses: &[
        documented(
            "A display channel for lossy links in XenApp and XenDesktop, from 7.6 FP3 to release 7 1811; gone in 1903. The \
             client connects from an ephemeral port to one port of the range on the VDA.",
            "Citrix: Framehawk; CTX205257",
        ),
        documented(
            "The range is a default. The policy \"Framehawk display channel port range\" moves it.",
            "Citrix: Framehawk",
        ),
        documented(
            "Through NetScaler Gateway it is DTLS on UDP 443; the range is then seen between gateway and VDA only.",
            "Citrix: Framehawk",
        ),
    ],
    recognised: &[
        plain(
            "By no bytes: none are public. A listening UDP port of the range makes the weakest of promises, below any single \
             port's.",
        ),
        assumed(
            "Raised to behaviour by all of: an ICA or CGP session between the same hosts, a start within 10 s of it, large \
             packets from the server, small steady ones from the client. Never above.",
            "concluded from Citrix's description",
        ),
    ],
    confused: &[
        documented(
            "IANA has given away nearly every number here. On UDP are really seen: 3283 Apple Remote Desktop (the commonest by \
             far), 3289 Epson discovery, 3250 HICP, 3246 Kademlia. TCP only: 3260 iSCSI, 3268 and 3269 Global Catalog, 3299 \
             SAProuter, 3300 Ceph or SAP, 3306 MySQL, 3310 ClamAV.",
            "IANA; nmap's frequencies",
        ),
        observed(
            "In a large collection of public captures every UDP packet on these ports had the port on the client's side, where \
             it means nothing.",
            "8 288 public captures",
        ),
    ],
    folklore: &[plain(
        "\"3243 is Framehawk.\" It is one of 101 numbers of a range that can be moved, and registered to timelot.",
    )],
    checks: &[
        plain(
            "UDP to the range unanswered beside a live ICA session: filtered. The VDA's firewall opens only if installed with \
             /enable_framehawk_port. The session goes on over TCP (Thinwire).",
        ),
        plain(
            "From release 7 1903 on there is no Framehawk: expect EDT on UDP 1494 or 2598, and look for another user of the port.",
        ),
        plain("One of the users named above is known by its bytes and reported as such, never as Framehawk."),
    ],
};
