//! The Transaction Internet Protocol on 3372.

use super::{Carriers, System, assumed, documented, observed, plain};

pub(super) const SYSTEM: System = System {
    title: "Transaction Internet Protocol (TIP)",
    protocols: &["tip"],
    also: &["transaction-internet-protocol"],
    ports: &[(3372, 3372, Carriers::TCP)],
    uses: &[
        documented(
            "Two transaction managers agree on a commit, in lines of text: IDENTIFY, then PUSH or PULL, PREPARE, COMMIT or ABORT; \
             after a failure QUERY and RECONNECT. Version 3.0, TCP 3372.",
            "RFC 2371",
        ),
        documented(
            "Windows' MSDTC can speak it, and does not by default. It ends lines with LF, names transactions OleTx-UUID, never \
             multiplexes, never starts TLS, and comes from source port 3372.",
            "MS-TIPP 2.2, 3",
        ),
    ],
    recognised: &[
        plain(
            "On any port by its grammar: IDENTIFY with two versions and two addresses, answered by IDENTIFIED; the states are \
             followed, multiplexing (TMP2.0) and the change to TLS included.",
        ),
        plain("In the middle of a connection only by several commands and answers in legal order."),
    ],
    confused: &[plain(
        "NSQ and IRC services say IDENTIFY too, without versions and addresses. BEGIN, ABORT, COMMIT or TLS alone decide nothing: \
         many text protocols have such lines.",
    )],
    folklore: &[
        documented(
            "\"3372 has no assignment.\" It is tip2, for TCP and UDP, and RFC 2371 names TCP 3372.",
            "IANA; RFC 2371 section 7",
        ),
        documented(
            "\"MSDTC talks TIP between machines.\" It talks OleTx over DCE/RPC on a dynamic port; see: wiretell explain msdtc",
            "MS-CMPO; MS-TIPP 3.1.3",
        ),
        assumed(
            "\"tip2 was an earlier draft's name.\" Nothing found supports it.",
            "searched for, not found",
        ),
        observed(
            "\"Traffic on 3372 is TIP.\" In public captures every hit was a client's ephemeral port or a scan.",
            "8 288 public captures",
        ),
    ],
    checks: &[
        documented(
            "Connection closed at once, or after IDENTIFY without an answer: Windows drops peers whose source port is not 3372, \
             and all its Allow settings for TIP are off by default.",
            "MS-TIPP 3.1.1.1, note 2",
        ),
        plain("ERROR after IDENTIFY: the offered versions leave out 3."),
        plain(
            "NEEDTLS: the peer insists on TLS, which Windows cannot do. CANTTLS, CANTMULTIPLEX: the peer is probably Windows.",
        ),
        plain(
            "PREPARED, then the connection is lost before COMMIT or ABORT: the transaction is in doubt. Windows asks again with \
             QUERY after up to 2000 s.",
        ),
        plain(
            "Everything is in clear, transaction ids included, unless TLS was started. Keep it off untrusted networks.",
        ),
    ],
};
