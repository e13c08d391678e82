//! RD Gateway's UDP side channel: DTLS whose ClientHello carries a correlation id behind its record, or DTLS
//! towards the gateway's port: [MS-TSGU] sections 1.3.3, 2.1.3 and 2.2.11.9.
//!
//! ```text
//! client  DTLS ClientHello, and behind its record, counted by no length of DTLS:
//!         00000000  AA1D  correlation id 16  1DAA  1A00                   26 bytes, little-endian
//! server  HelloVerifyRequest or ServerHello
//! client  one record of more than 1000 bytes: the first fragment of the connection request
//! server  one small record: the answer
//! ```
//!
//! The trailer has 80 fixed bits and says so on any port; no capture of another protocol was found to have it.
//! Without it, DTLS towards 3391/udp is the gateway's: IANA's "savant" has no known user, and the bytes must
//! be DTLS all the same. Elsewhere DTLS to a host that the same client also speaks TLS with may be the side
//! channel on a port of the administrator's choice, or a VPN's; hence never above `behaviour`.
//!
//! [MS-TSGU]: https://learn.microsoft.com/openspecs/windows_protocols/ms-tsgu

use super::dtls;
use crate::cursor::{Cursor, require};
use crate::follow::Follower;
use crate::formats::guid;
use crate::inspect::{Attributes, Carriers, Confidence, Evidence, Example, Inspector, Opening, Reject, Side, Verdict};
use crate::key::Transport;
use crate::rhythm::{Conduct, SideRhythm};

/// RD Gateway over UDP.
pub const INSPECTOR: Inspector = Inspector {
    name: "rdg-udp",
    title: "Remote Desktop Gateway, UDP side channel",
    specification: "MS-TSGU section 2.2.11.9; RFC 6347",
    carriers: Carriers::UDP,
    ports: PORTS,
    refines: Some("dtls"),
    initiator_first: dtls::FIRST,
    responder_first: dtls::FIRST,
    datagram: crate::inspect::Shape::ANY,
    inspect,
    self_contained: false,
    nobody_listens: false,
    behave: Some(behave),
    neighbours: &["tls"],
    describe: Some(describe),
    follow: Some(follow),
    attributes: &ATTRIBUTES,
    headline: &["dtls.version"],
    confused_with: "DTLS of other makers (WebRTC, CoAP, AnyConnect, FortiClient): they neither append the correlation \
                    id nor listen on 3391/udp",
    examples: EXAMPLES,
};

/// The gateway's default port.
const PORTS: &[u16] = &[3391];
/// The trailer's length in bytes, which it also says itself.
const TRAILER: u16 = 26;

const OWN: [(&str, &str); 3] = [
    ("rdg-udp.correlation_id", "the session's correlation id in the order of the wire, as RDP-UDP and RDP over TCP have it"),
    ("rdg-udp.correlation_id_swapped", "the same id with the first three fields reversed, if the client stored it as Windows does"),
    ("rdg-udp.connect_request_bytes", "size of the client's first datagram of more than 1000 bytes after the handshake"),
];

/// DTLS's attributes and the own ones.
const ATTRIBUTES: [(&str, &str); dtls::ATTRIBUTES.len() + OWN.len()] = {
    let mut all = [("", ""); dtls::ATTRIBUTES.len() + OWN.len()];
    let (mut rest, mut i) = (OWN.as_slice(), 0);
    #[expect(clippy::indexing_slicing, reason = "const code: an index out of bounds does not compile")]
    while i < all.len() {
        if i < dtls::ATTRIBUTES.len() {
            all[i] = dtls::ATTRIBUTES[i];
        } else if let Some((first, others)) = rest.split_first() {
            all[i] = *first;
            rest = others;
        }
        i += 1;
    }
    all
};

fn inspect(opening: &Opening<'_>) -> Verdict {
    let evidence = dtls::inspect(opening)?;
    if correlation_id(opening).is_some() {
        let rule = "correlation-trailer: RD Gateway's correlation id behind the ClientHello's record (MS-TSGU section 2.2.11.9)";
        return Ok(Evidence { rule, side: Side::Initiator, ..evidence });
    }
    // A gateway's flow has nothing but DTLS in it; WebRTC's would have STUN and media.
    let has_roles = dtls::shows_roles(opening);
    let listens = opening.is_on(PORTS) || has_roles && PORTS.contains(&opening.port());
    if listens && dtls::is_pure(opening) {
        let rule = "dtls-to-gateway-port: DTLS towards the gateway's port (MS-TSGU section 1.9.3)";
        // Without a hello nothing but the port says which end listens.
        let most = if has_roles { Confidence::Dialogue } else { Confidence::Signature };
        return Ok(Evidence { confidence: evidence.confidence.min(most), rule, ..evidence });
    }
    // The second hello may bring the trailer that the first one lacked.
    Err(Reject::Incomplete)
}

/// The correlation id behind a ClientHello.
fn correlation_id(opening: &Opening<'_>) -> Option<[u8; 16]> {
    trailer(dtls::behind_client_hello(opening.initiator)?).ok()
}

fn trailer(bytes: &[u8]) -> Result<[u8; 16], Reject> {
    let mut trailer = Cursor::closed(bytes);
    trailer.tag(&[0; 4])?;
    require(trailer.u16_le()? == 0x1daa)?;
    let id = trailer.array()?;
    require(trailer.u16_le()? == 0xaa1d && trailer.u16_le()? == TRAILER)?;
    trailer.end()?;
    Ok(id)
}

/// Sizes of the client's first record after the handshake and of the server's answer to it, in bytes: the first fragment of
/// the connection request, filled up to the MTU minus 100, and a reply of 20 bytes (MS-TSGU section 3.8.3), under the suites
/// of 1.2: AES-GCM, AES-CBC with SHA-1, SHA-256 and SHA-384, and AES-CBC with SHA-1 and encrypt-then-MAC.
const CONNECT_SIZES: [(u32, u32); 5] = [(1169, 57), (1197, 77), (1197, 93), (1213, 109), (1185, 81)];
/// How long before the side channel the main channel may have begun, in nanoseconds: the client opens the
/// side channel when the session is set up.
const MAIN_CHANNEL_LEAD: u64 = 30_000_000_000;

/// DTLS beside TLS from the same client to the same server, sized as a gateway's connection request is.
fn behave(conduct: &Conduct<'_>) -> Verdict {
    let responder = conduct.responder();
    let main = conduct.context.served("tls", responder);
    let main = main.filter(|tls| {
        // VPNs that fall back to TLS use one number for both.
        tls.responder.port != responder.port && conduct.since.since(tls.since) <= MAIN_CHANNEL_LEAD
    });
    let [client, server] = conduct.rhythm.map(SideRhythm::early_sizes);
    let sized = CONNECT_SIZES.iter().any(|(asked, answered)| client.contains(asked) && server.contains(answered));
    if conduct.claimed == Some("dtls") && main.is_some() && sized {
        let rule = "beside-main-channel: DTLS beside TLS between the same hosts, with the sizes of a gateway's connection request (MS-TSGU section 3.8.3)";
        return Ok(Evidence::new(Confidence::Behaviour, rule));
    }
    Err(Reject::Incomplete)
}

fn describe(opening: &Opening<'_>, attributes: &mut Attributes) {
    dtls::describe(opening, attributes);
    if let Some(id) = correlation_id(opening) {
        attributes.set("rdg-udp.correlation_id", guid::in_order(id));
        attributes.set("rdg-udp.correlation_id_swapped", guid::little_endian(id));
    }
}

fn follow(_: &Opening<'_>) -> Box<dyn Follower> {
    dtls::watch_for(Some("rdg-udp.connect_request_bytes"))
}

/// DTLS's example hello, and RD Gateway's trailer behind it.
const HELLO: &[u8] = b"\x16\xfe\xff\x00\x00\x00\x00\x00\x00\x00\x00\x00\x36\
    \x01\x00\x00\x2a\x00\x00\x00\x00\x00\x00\x00\x2a\xfe\xfdabcdefghijklmnopqrstuvwxyz012345\
    \x00\x00\x00\x02\xc0\x2f\x01\x00\
    \x00\x00\x00\x00\xaa\x1d\x33\x22\x11\x00\x55\x44\x77\x46\x88\x99\xaa\xbb\xcc\xdd\x00\x00\x1d\xaa\x1a\x00";

const DATA: &[u8] = b"\x17\xfe\xfd\x00\x01\x00\x00\x00\x00\x00\x05\x00\x08eightbyt";

const EXAMPLES: &[Example] = &[
    Example::udp(Confidence::Dialogue, "the correlation id, and the server's demand for a cookie", &[HELLO], &[dtls::VERIFY]),
    Example::udp(Confidence::Message, "the correlation id on a port of the administrator's choice", &[HELLO], &[]),
    Example::udp(Confidence::Message, "DTLS towards the gateway's port", &[dtls::CLIENT], &[]).on(3391),
    Example::udp(Confidence::Signature, "data towards the gateway's port, in the middle of a session", &[DATA], &[DATA]).on(3391),
    Example::not(Transport::Udp, "DTLS elsewhere", &[dtls::CLIENT], &[dtls::VERIFY]),
    Example::not(Transport::Udp, "no DTLS towards the gateway's port", &[b"\x00\x01\x00\x00\x21\x12\xa4\x42abcdefghijkl"], &[]).on(3391),
    Example::not(
        Transport::Udp,
        "other bytes behind the hello",
        &[b"\x16\xfe\xff\x00\x00\x00\x00\x00\x00\x00\x00\x00\x36\
            \x01\x00\x00\x2a\x00\x00\x00\x00\x00\x00\x00\x2a\xfe\xfdabcdefghijklmnopqrstuvwxyz012345\
            \x00\x00\x00\x02\xc0\x2f\x01\x00\
            \x00\x00\x00\x00\xaa\x1d\x33\x22\x11\x00\x55\x44\x77\x46\x88\x99\xaa\xbb\xcc\xdd\x00\x00\x1d\xaa\x1b\x00"],
        &[],
    ),
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::context::{Context, Neighbour};
    use crate::key::Endpoint;
    use crate::packet::Timestamp;
    use crate::rhythm::Rhythm;

    /// Judges DTLS to port 40000 of a host that the client speaks TLS with, with these sizes.
    fn judge(sizes: &[(bool, u32)], claimed: Option<&'static str>, tls_port: u16) -> Verdict {
        let end = |last: u8, port| Endpoint { address: [192, 0, 2, last].into(), port };
        let mut rhythm = Rhythm::default();
        for (beat, &(client, size)) in sizes.iter().enumerate() {
            rhythm.observe(client, Timestamp(beat as i64 * 1_000_000), size);
        }
        let main = Neighbour {
            name: "tls",
            transport: Transport::Tcp,
            responder: end(2, tls_port),
            since: Timestamp(0),
            frame: 1,
        };
        behave(&Conduct {
            transport: Transport::Udp,
            endpoints: [end(1, 50_000), end(2, 40_000)],
            rhythm: [rhythm.of(true), rhythm.of(false)],
            context: Context { neighbours: &[main] },
            claimed,
            since: Timestamp(2_000_000_000),
        })
    }

    const CONNECTS: &[(bool, u32)] = &[(true, 200), (false, 900), (true, 120), (false, 91), (true, 1169), (true, 700), (false, 57)];

    #[test]
    fn a_side_channel_on_another_port_is_known_by_its_sizes_beside_the_main_channel() {
        assert_eq!(judge(CONNECTS, Some("dtls"), 443).map(|evidence| evidence.confidence), Ok(Confidence::Behaviour));
    }

    #[test]
    fn a_vpn_on_the_number_of_its_tls_and_other_sizes_are_no_side_channel() {
        assert!(judge(CONNECTS, Some("dtls"), 40_000).is_err());
        assert!(judge(CONNECTS, None, 443).is_err());
        assert!(judge(&[(true, 1169), (false, 58)], Some("dtls"), 443).is_err());
    }
}
