//! Remote Desktop Gateway's UDP side channel on 3391.

use super::{Carriers, System, assumed, documented, plain, reported};

pub(super) const SYSTEM: System = System {
    title: "Remote Desktop Gateway, UDP side channel",
    protocols: &["rdg-udp"],
    also: &["rdg", "rd-gateway", "rdgateway", "tsgu", "tsg", "remote-desktop-gateway"],
    ports: &[(3391, 3391, Carriers::UDP)],
    uses: &[
        documented(
            "Gateways from Windows Server 2012 on: DTLS from an ephemeral port of the client to UDP 3391, beside the main \
             channel in TLS on TCP 443. Inside: a connect request with a cookie, its answer, then RDP-UDP datagrams.",
            "MS-TSGU 1.3.3, 2.2.11",
        ),
        documented(
            "One DTLS flow a session with current servers. Two, a reliable and a lossy one, show a server of the RDP 8 \
             generation (2012, 2012 R2).",
            "MS-RDPBCGR notes 15 and 43; MS-RDPEUDP2 1.3",
        ),
        documented(
            "The main channel must use the HTTP transport: with RPC over HTTP there is no UDP. The port can be changed, and \
             UDP turned off, on the gateway.",
            "MS-TSGU 1.7.3; Microsoft TechNet wiki",
        ),
    ],
    recognised: &[
        documented(
            "On any port by the 26 bytes behind the ClientHello's DTLS record: 00 00 00 00 AA 1D, a GUID, 1D AA 1A 00. The \
             same GUID stands in the RDG-Correlation-Id header and in RDP's own handshakes, and joins a session's flows.",
            "MS-TSGU 2.2.11.9",
        ),
        plain(
            "On UDP 3391 by the DTLS handshake, which is followed: versions, cookie exchange, alerts, certificate (until \
             DTLS 1.2).",
        ),
        assumed(
            "By sizes after the handshake: two or three client records, the first above 1000 bytes, one small answer (57, \
             77, 93 or 109 bytes by cipher), then traffic both ways; and by TLS between the same two hosts.",
            "arithmetic on MS-TSGU 2.2.11 and 3.8.3",
        ),
        assumed(
            "Whether every Windows client appends the 26 bytes is open.",
            "no public capture of 3391 found",
        ),
    ],
    confused: &[plain(
        "All other DTLS: WebRTC, CoAP, VPN clients. Off 3391 and without the 26 bytes it is reported as dtls. A scanner's \
         hello on 3391 has no such bytes and no TLS beside it.",
    )],
    folklore: &[
        documented(
            "\"3391 is unassigned.\" It is registered, to savant; Microsoft uses somebody else's number.",
            "IANA",
        ),
        documented(
            "\"There are always two channels, R and L.\" The lossy one ended with the RDP 8 generation.",
            "MS-RDPEUDP2 1.3",
        ),
        documented(
            "\"It always runs alongside TCP 443.\" Only beside the HTTP transport, not beside RPC over HTTP.",
            "MS-TSGU 1.7.3",
        ),
        reported(
            "\"CVE-2020-0609 and 0610 hit TCP 3389.\" Both sit in the gateway's reassembly of UDP fragments, on 3391; TCP \
             3389 has no part in it.",
            "public proofs of concept",
        ),
    ],
    checks: &[
        plain(
            "ClientHello repeated, nothing back, TCP 443 goes on: UDP 3391 is filtered, or the load balancer forwards TCP \
             only. Users notice nothing but a slower session.",
        ),
        plain(
            "ICMP port unreachable: the gateway does not listen. Its events 104 and 106 say whether UDP is on.",
        ),
        plain(
            "HelloVerifyRequest comes, the second hello stays unanswered: it is longer than the first, so look at MTU and \
             dropped fragments. The same for a server flight with holes: long certificate chains are fragmented.",
        ),
        plain(
            "Alerts in clear: 42, 45, 46, 48 are about the certificate; 40, 70, 71 about versions and ciphers.",
        ),
        assumed(
            "Handshake done, burst from the client, one small answer, silence: refused, perhaps an expired cookie. No \
             answer at all: the gateway may not reach the target; look for its 1232-byte SYN to UDP 3389.",
            "sizes only; the content is encrypted",
        ),
        plain(
            "No UDP at all beside a gateway session: client policy, RPC transport, a gateway before 2012, or UDP turned off \
             (event 106).",
        ),
    ],
};
