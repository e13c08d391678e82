//! A relay that makes a plain DTLS client look like a Remote Desktop client before its gateway.
//!
//! Behind every datagram that carries a ClientHello it puts UDP_CORRELATION_INFO ([MS-TSGU] 2.2.11.9), which no
//! length of DTLS counts. Everything else passes as it is.

use crate::dialogue::hexadecimal;
use std::net::UdpSocket;
use std::time::Duration;

/// Longest silence before the relay ends.
const PATIENCE: Duration = Duration::from_secs(20);
/// The content type of DTLS handshake records, the first byte of a datagram.
const HANDSHAKE: u8 = 22;
/// The handshake's kind, behind the record's 13 bytes.
const CLIENT_HELLO: u8 = 1;
const RECORD_HEADER: usize = 13;

/// Relays between the client that speaks first to `listen` and `gateway`, until both are silent.
pub(crate) fn relay(listen: &str, gateway: &str, guid: &str) {
    let inside = UdpSocket::bind(listen).expect("the port is free");
    let outside = UdpSocket::bind("0.0.0.0:0").unwrap();
    outside.connect(gateway).expect("a route to the gateway");
    for socket in [&inside, &outside] {
        socket.set_read_timeout(Some(PATIENCE)).unwrap();
    }
    let trailer = trailer(&hexadecimal(guid));
    let mut datagram = [0; 2_048];
    let (_, client) = inside.peek_from(&mut datagram).expect("a client speaks");
    inside.connect(client).unwrap();
    std::thread::scope(|scope| {
        scope.spawn(|| {
            let mut datagram = [0; 2_048];
            while let Ok(len) = outside.recv(&mut datagram) {
                let _ = inside.send(&datagram[..len]);
            }
        });
        while let Ok(len) = inside.recv(&mut datagram) {
            let mut said = datagram[..len].to_vec();
            if said.first() == Some(&HANDSHAKE) && said.get(RECORD_HEADER) == Some(&CLIENT_HELLO) {
                said.extend(&trailer);
            }
            let _ = outside.send(&said);
        }
    });
}

/// The 26 bytes: reserved, the mark 0x1DAA, the id, the mark 0xAA1D and the length, little-endian.
fn trailer(guid: &[u8]) -> Vec<u8> {
    let mut trailer = vec![0, 0, 0, 0, 0xaa, 0x1d];
    trailer.extend(guid);
    trailer.extend([0x1d, 0xaa, 26, 0]);
    assert_eq!(trailer.len(), 26, "an id has 16 bytes");
    trailer
}
