//! Traffic of Framehawk's shape: pictures one way in full datagrams, short and steady feedback the other.
//!
//! Framehawk's bytes are not public, so these are noise. What is public is the port range, and that the channel is
//! a display's; the sizes and the pace are a guess at that.

use std::net::{SocketAddr, UdpSocket};
use std::time::{Duration, Instant};

/// Between two bursts of pictures.
const BURST_GAP: Duration = Duration::from_millis(40);
const BURST: u32 = 2;
/// Between two pieces of feedback.
const FEEDBACK_GAP: Duration = Duration::from_millis(100);
const FEEDBACK: usize = 44;
const LARGEST_PICTURE: usize = 1_180;

/// Noise that is the same on every run.
struct Noise(u64);

impl Noise {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        self.0 >> 33
    }

    fn bytes(&mut self, len: usize) -> Vec<u8> {
        (0..len).map(|_| (self.next() & 0xff) as u8).collect()
    }
}

/// Waits for a client and sends it so many pictures.
pub(crate) fn desktop(address: &str, pictures: u32) {
    let socket = UdpSocket::bind(address).expect("the port is free");
    socket.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
    let (_, client) = socket.recv_from(&mut [0; 2_048]).expect("a client opens the channel");
    let mut noise = Noise(1);
    for picture in 0..pictures {
        let len = if picture % 3 == 2 { 400 + (noise.next() % 500) as usize } else { LARGEST_PICTURE };
        socket.send_to(&noise.bytes(len), client).unwrap();
        if picture % BURST == BURST - 1 {
            std::thread::sleep(BURST_GAP);
        }
    }
    // The client goes on for a while; whoever is gone would have its kernel refuse that.
    socket.set_read_timeout(Some(Duration::from_secs(1))).unwrap();
    while socket.recv(&mut [0; 2_048]).is_ok() {}
}

/// Opens the channel and sends feedback for so many seconds.
pub(crate) fn client(address: &str, seconds: f64) {
    let desktop: SocketAddr = address.parse().expect("the desktop's address and port");
    let socket = UdpSocket::bind("0.0.0.0:0").unwrap();
    let mut noise = Noise(2);
    let end = Instant::now() + Duration::from_secs_f64(seconds);
    while Instant::now() < end {
        socket.send_to(&noise.bytes(FEEDBACK), desktop).unwrap();
        std::thread::sleep(FEEDBACK_GAP);
    }
}
