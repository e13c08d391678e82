//! Citrix sessions on 1494 and 2598: ICA, CGP, EDT.

use super::{Carriers, System, assumed, documented, observed, plain};

pub(super) const SYSTEM: System = System {
    title: "Citrix sessions: ICA, session reliability (CGP), adaptive transport (EDT)",
    protocols: &["ica", "cgp", "edt"],
    also: &["citrix", "hdx", "session-reliability", "adaptive-transport", "enlightened-data-transport"],
    ports: &[(1494, 1494, Carriers::TCP_UDP), (2598, 2598, Carriers::TCP_UDP)],
    uses: &[
        observed(
            "TCP 1494 is plain ICA. The server speaks first, and the client repeats the greeting.",
            "real captures",
        ),
        documented(
            "TCP 2598 is ICA within CGP, which outlives a broken connection.",
            "Citrix: session reliability",
        ),
        documented(
            "UDP 1494 or 2598 is EDT, preferred since release 7.16; through a gateway it is DTLS on UDP 443. Most clients try \
             UDP and TCP together, close the loser, and try UDP again every five minutes.",
            "Citrix: adaptive transport; CTX220732",
        ),
        documented(
            "Beside them: UDP 16500 to 16509 audio; UDP 1604 the browser service of old farms.",
            "Citrix: ports",
        ),
    ],
    recognised: &[
        observed(
            "ICA by 7F 7F 49 43 41 00 from either side, on any port; both sides make it certain.",
            "real captures",
        ),
        documented("CGP by 1A and \"CGP/01\", on any port.", "several parsers agree"),
        assumed(
            "EDT by a handshake shaped like UDT's (64 bytes, version 4) or CGP's marker in the first datagrams, on its two \
             ports only.",
            "EDT's format is not public",
        ),
    ],
    confused: &[
        plain(
            "SRT and file transfers over UDT use the same 64 bytes; off Citrix's ports they are not called edt.",
        ),
        plain("UDP 443 is HTTP/3 as well: DTLS and QUIC headers differ."),
    ],
    folklore: &[assumed("\"EDT is UDT.\" Widely supposed; no document says so.", "searched for, not found")],
    checks: &[
        plain(
            "UDP from the client, three packets or more over two seconds, none back, while TCP carries the session: EDT is \
             blocked. The same every 300 s: the client keeps trying. ctxsession on the VDA names the transport in use.",
        ),
        plain(
            "DTLS to the gateway's UDP 443 unanswered while its TCP 443 works: open UDP 443, to the gateway and behind it.",
        ),
        documented(
            "A gateway that answers without HelloVerifyRequest has firmware older than January 2021 and can be abused as an \
             amplifier.",
            "Citrix: CTX289674",
        ),
        plain(
            "Large EDT packets vanish, small ones pass: MTU. Current releases search for it, and lose probes on purpose.",
        ),
        plain("ICA without CGP has no session reliability; ICA or CGP in clear between subnets has no TLS."),
    ],
};
