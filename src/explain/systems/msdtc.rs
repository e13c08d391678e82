//! MSDTC between machines: OleTx over DCE/RPC.

use super::{System, documented, plain};

pub(super) const SYSTEM: System = System {
    title: "Microsoft Distributed Transaction Coordinator (OleTx over DCE/RPC)",
    protocols: &["msdtc"],
    also: &["dtc", "oletx", "ixnremote", "ms-dtc", "distributed-transaction-coordinator"],
    ports: &[],
    uses: &[
        documented(
            "MSDTC between machines is DCE/RPC on a dynamic port, found through TCP 135, or on the fixed ServerTcpPort. The \
             interface is IXnRemote, 906b0ce0-c70b-1067-b317-00dd010662da.",
            "MS-CMPO 1.9, 2.1",
        ),
        documented(
            "There are two connections, one in each direction: both machines must reach the other's 135 and dynamic port, and \
             resolve its NetBIOS name.",
            "MS-CMPO 1.3.3, 3.3.4",
        ),
        documented("3372 is TIP's port, an optional extra that is off by default.", "MS-TIPP 3.1.3"),
    ],
    recognised: &[
        plain("On any port by a DCE/RPC bind that names IXnRemote."),
        plain(
            "By context: the endpoint mapper's answer on 135 names a port, and the flow to it is labelled from its first packet.",
        ),
        documented(
            "From Windows Server 2008 on what is said is encrypted (packet privacy) unless authentication was turned off; the bind \
             stays readable.",
            "MS-CMPO notes 6, 7, 37",
        ),
    ],
    confused: &[plain("Other DCE/RPC services: only the interface's UUID tells them apart.")],
    folklore: &[documented(
        "\"MSDTC uses TCP 3372.\" Only for TIP; transactions between machines use 135 and a dynamic port.",
        "MS-TIPP 3.1.3; MS-CMPO 2.1",
    )],
    checks: &[
        plain(
            "One direction works and the callback does not: SYNs from the second machine to 135 or to the dynamic port unanswered. \
             Open both ways, or fix the port with ServerTcpPort.",
        ),
        documented(
            "The first call is given up after 12 s, the session's set-up after 6 s: look for calls cancelled at those times.",
            "MS-CMPO notes 8, 14",
        ),
        plain(
            "The endpoint mapper answers \"not registered\" (0x16C9A0D6): Network DTC Access is off, or the service is stopped.",
        ),
        plain(
            "Bind refused, or fault 5 (access denied) after it: the two sides differ in their authentication level.",
        ),
        plain("Unanswered name lookups before the callback: the NetBIOS name does not resolve."),
        plain(
            "Cloned machines share a CID and cannot reach each other: msdtc -uninstall and -install give a new one.",
        ),
    ],
};
