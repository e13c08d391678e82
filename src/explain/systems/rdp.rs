//! Remote Desktop on 3389, over TCP and over UDP.

use super::{Carriers, System, documented, observed, plain};

pub(super) const SYSTEM: System = System {
    title: "Remote Desktop, over TCP and over UDP",
    protocols: &["rdp", "rdp-udp"],
    also: &["rdpudp", "rdpeudp", "rdp-udp2", "mstsc", "remote-desktop", "terminal-services"],
    ports: &[(3389, 3389, Carriers::TCP_UDP)],
    uses: &[
        documented(
            "TCP: TPKT and X.224 with a negotiation of security, then TLS and mostly CredSSP. It stays open for the whole \
             session.",
            "MS-RDPBCGR 1.3.1, 2.2.1",
        ),
        documented(
            "UDP: one flow (two with the RDP 8 generation) that the client opens to the same address and port some seconds \
             after the TCP connection, which then grows quiet. TLS inside when reliable, DTLS when lossy.",
            "MS-RDPEUDP; MS-RDPEMT",
        ),
        documented(
            "Version 1 came with Windows 8 and Server 2012, 2 with 8.1 and 2012 R2, 3 (RDP-UDP2, reliable only) with Windows \
             10 1809 and Server 2019.",
            "MS-RDPEUDP; MS-RDPEUDP2 1.3",
        ),
    ],
    recognised: &[
        observed(
            "UDP on any port by the client's SYN: a payload of exactly 1232 bytes, FF FF FF FF, legal flags, two MTUs of \
             1132 to 1232, zeros to the end; answered by one that repeats its number. Reliable or lossy is read from that SYN: \
             servers do not echo it.",
            "MS-RDPEUDP 2.2.2; real captures",
        ),
        plain(
            "After a version 3 handshake by RDP-UDP2's own header; without the handshake only by many packets of it.",
        ),
        documented(
            "TCP on any port by TPKT and X.224 lengths that agree and a cookie or a negotiation block. A correlation id joins \
             the TCP and UDP flows, across a gateway too.",
            "MS-RDPBCGR 2.2.1.1",
        ),
    ],
    confused: &[
        plain("X.224 on TCP 102 and 1720 (S7comm, MMS, H.323) begins alike but negotiates other parameters."),
        plain("Queries to game servers begin FF FF FF FF as well; text follows, and no 1232 bytes."),
    ],
    folklore: &[],
    checks: &[
        observed(
            "The SYN goes out two or three times, 0.8 to 3.5 s apart, unanswered, while TCP works: UDP 3389 is filtered. The \
             session stays on TCP.",
            "MS-RDPEUDP; real captures",
        ),
        plain(
            "SYN and answer make packets of 1260 bytes over IPv4, 1280 over IPv6. A tunnel with a smaller MTU loses them while \
             small UDP passes: VPN clients, WireGuard over IPv6, tunnels that cap a datagram at 1200.",
        ),
        plain("Both SYN and answer repeated: the answer is lost on its way to the client."),
        documented(
            "Negotiation fails with a code: 1 TLS required, 2 TLS not allowed, 3 no certificate, 5 CredSSP (NLA) required, 6 \
             user authentication required.",
            "MS-RDPBCGR 2.2.1.2.2",
        ),
        documented(
            "UDP goes silent in the middle and TCP grows: the path broke. The peer is given up after 65 s (versions 1, 2) or \
             16 s (RDP-UDP2).",
            "MS-RDPEUDP; MS-RDPEUDP2",
        ),
        plain("Version 1 or 2 with a server of 2019 or later: an old client, or a policy."),
    ],
};
