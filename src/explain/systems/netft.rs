//! Windows failover clustering on 3343.

use super::{Carriers, System, assumed, documented, plain, reported};

pub(super) const SYSTEM: System = System {
    title: "Windows failover clustering: heartbeats, cluster network and join (NetFT)",
    protocols: &["netft"],
    also: &["msrcp", "wsfc", "clusnet", "failover-cluster", "failover-clustering", "heartbeat"],
    ports: &[(3343, 3343, Carriers::TCP_UDP)],
    uses: &[
        documented(
            "UDP carries the heartbeats of the cluster network driver, from port 3343 to port 3343, on every network \
             that is enabled for cluster use. Each node asks each peer, once a second unless configured otherwise; the \
             answer repeats the request's sequence number.",
            "Microsoft: event 1135; Tech Community 388121",
        ),
        documented(
            "The same port carries the traffic of the hidden NetFT adapter: whole Ethernet frames, mostly TCP between \
             fe80:: addresses.",
            "Microsoft: Tech Community 1472460; Wireshark, msrcp",
        ),
        documented(
            "TCP carries the cluster service's conversation. A node that joins comes from an ephemeral port.",
            "Microsoft: event 1135",
        ),
        documented(
            "A peer is given up after 5 missed heartbeats in a row until Windows Server 2012 R2 (10 and 20 with \
             Hyper-V); from 2016 on after 10 within a subnet and 20 across; by setting up to 120. The interval may be \
             250 to 2000 ms, 4000 across subnets.",
            "Microsoft: Tuning Failover Cluster Network Thresholds",
        ),
    ],
    recognised: &[
        plain(
            "On any port by its bytes: 55 55 55 55, a type, a chain of headers and lengths that agree, requests and \
             responses paired by sequence number. Certain when the address pair inside is the packet's own.",
        ),
        plain(
            "Frames of the adapter by two locally administered MAC addresses, link-local IPv6 and agreeing lengths; \
             the flow inside is recorded as tunnel content.",
        ),
        plain(
            "By behaviour where the bytes are cut off: small packets of one size both ways, evenly spaced, 3343 on both \
             ends.",
        ),
        assumed(
            "Nobody has published the heartbeat's signature part, the value of its version byte, or what TCP 3343 says; \
             so fields are compared with each other, and no fixed length is expected.",
            "no document or capture found",
        ),
    ],
    confused: &[
        plain(
            "0x55 is a common fill byte: serial lines over UDP, memory tests, radio frames. Their type and length do not fit.",
        ),
        reported("Some IP cameras and a drone use UDP 3343 too.", "public source code"),
    ],
    folklore: &[
        documented("\"3343 was never assigned.\" It is: ms-cluster-net, for TCP and UDP.", "IANA"),
        documented(
            "\"Only UDP 3343 is needed.\" Nodes cannot join without TCP 3343.",
            "Microsoft: event 1135",
        ),
        documented(
            "\"It uses the heartbeat network.\" There is no such network: every one enabled for cluster use carries \
             heartbeats.",
            "Microsoft: Tech Community 388121",
        ),
    ],
    checks: &[
        plain(
            "Events 1135 (node removed), 1177 (quorum lost): all routes of one node silent at the same moment, that node \
             stopped; one route silent, that network; two groups silent towards each other, the link between the sites.",
        ),
        plain(
            "Requests one way and no answer: a firewall on the way back. But first see whether the capture holds \
             anything from that side; it may show one direction only.",
        ),
        plain(
            "Event 1572 (join failed): TCP 3343 connects, yet heartbeats stay unanswered. Allow UDP 3343 both ways; the \
             source port is 3343 as well.",
        ),
        plain(
            "Answers slower than the interval, or gaps at 40 % of the threshold and more: congestion, often a backup or \
             a live migration on the same link. Lengthen the threshold only after that.",
        ),
        plain(
            "Addresses inside that differ from the packet's own, or a source port other than 3343: address translation \
             between the nodes, which clustering does not support.",
        ),
        documented(
            "Clusters also need TCP 135 and 445, UDP 137, 464, dynamic RPC and ICMP. cluster.log is in UTC, like the \
             times here.",
            "Microsoft: event 1135",
        ),
    ],
};
