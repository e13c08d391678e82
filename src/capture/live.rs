//! Captures on a network interface, into the same blocks that files are read into.

use super::filter::reason;
use super::walk::narrow;
use super::{Block, CaptureError, Drops, interfaces, linktype, privileges};
use crate::packet::{Frame, Timestamp};
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use pcap::{Active, Capture, Packet, Precision};
use std::os::fd::AsFd;

/// How long frames may wait before they are delivered, in milliseconds.
///
/// The kernel hands frames over in blocks, when one is full or this time has passed: far fewer wake-ups than in
/// immediate mode, in which libpcap also has to do without the ring whose slots are as long as the frames in them.
/// A person who watches does not notice a tenth of a second.
const TIMEOUT_MS: u16 = 100;
/// Bytes after which a block is delivered although more frames may be there.
const BLOCK: usize = 512 << 10;
/// Frames taken at once from libpcap; little enough that a block does not outgrow its size by much.
const BATCH: usize = 64;

/// How to capture.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LiveOptions {
    /// The interface; none means that of the default route. `any` means all of them.
    pub interface: Option<String>,
    /// Most bytes captured of a frame.
    pub snaplen: u32,
    /// Whether to see also frames for others, where the interface can do that.
    pub promiscuous: bool,
    /// The kernel's buffer in MiB: what it holds is not lost while this program is busy.
    pub buffer_mib: u32,
    /// A filter expression (pcap-filter(7)), which the kernel applies.
    pub filter: Option<String>,
}

impl Default for LiveOptions {
    /// Whole frames (tcpdump's 256 KiB), promiscuous, and 32 MiB of buffer: a quarter of a second at 1 Gbit/s.
    fn default() -> Self {
        Self { interface: None, snaplen: 256 << 10, promiscuous: true, buffer_mib: 32, filter: None }
    }
}

/// What waiting for frames came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Polled {
    /// There are frames in the block.
    Frames,
    /// Nothing came in time.
    Quiet,
}

/// What was counted since the capture began.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LiveStats {
    /// Frames that passed the filter, those dropped afterwards included.
    pub received: u64,
    /// Frames that were lost.
    pub drops: Drops,
}

/// A running capture.
pub struct Live {
    name: String,
    capture: Capture<Active>,
    link: u16,
    /// Nanoseconds in one unit of a time stamp's second field.
    unit: i64,
    digits: u8,
    /// Frames delivered.
    frames: u64,
    stats: LiveStats,
    /// What the system's counters said last; they have 32 bits only.
    counted: Option<pcap::Stat>,
}

impl std::fmt::Debug for Live {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { name, link, frames, .. } = self;
        formatter
            .debug_struct("Live")
            .field("name", name)
            .field("link", link)
            .field("frames", frames)
            .finish_non_exhaustive()
    }
}

impl Live {
    /// Begins to capture.
    ///
    /// # Errors
    /// When the interface does not exist or is not up, when the privilege is missing, and when the filter is not
    /// understood.
    pub fn open(options: &LiveOptions) -> Result<Self, CaptureError> {
        let name = match &options.interface {
            Some(name) => name.clone(),
            None => interfaces::default_interface()?,
        };
        // Network interfaces can tell nanoseconds; what else libpcap captures on might not, and would not say so.
        let nanoseconds = name == "any" || interfaces::is_network(&name);
        let signed = |value: u32| i32::try_from(value).unwrap_or(i32::MAX);
        let opened = Capture::from_device(name.as_str()).and_then(|capture| {
            capture
                .snaplen(signed(options.snaplen))
                // There is no such mode for all interfaces at once, and libpcap refuses to be asked for it.
                .promisc(options.promiscuous && name != "any")
                .buffer_size(signed(options.buffer_mib.saturating_mul(1 << 20)))
                .timeout(i32::from(TIMEOUT_MS))
                .precision(if nanoseconds { Precision::Nano } else { Precision::Micro })
                .open()
        });
        let mut capture = opened.and_then(Capture::setnonblock).map_err(|error| refusal(&name, &error))?;
        if let Some(expression) = &options.filter {
            capture.filter(expression, true).map_err(|error| CaptureError::Filter {
                expression: expression.clone(),
                reason: reason(&error),
            })?;
        }
        Ok(Self {
            link: linktype::from_dlt(capture.get_datalink().0),
            name,
            capture,
            unit: if nanoseconds { 1 } else { 1000 },
            digits: if nanoseconds { 9 } else { 6 },
            frames: 0,
            stats: LiveStats::default(),
            counted: None,
        })
    }

    /// The interface that is captured on.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The link-layer type of all frames: a `LINKTYPE_` value.
    #[must_use]
    pub const fn link(&self) -> u16 {
        self.link
    }

    /// How many digits of a second its clock has: 6 or 9.
    #[must_use]
    pub const fn digits(&self) -> u8 {
        self.digits
    }

    /// Fills a block with the frames that are there, or that come within 100 ms.
    ///
    /// # Errors
    /// When the interface went away.
    pub fn read_block(&mut self, block: &mut Block) -> Result<Polled, CaptureError> {
        block.clear();
        if self.take(block)? {
            return Ok(Polled::Frames);
        }
        let mut descriptors = [PollFd::new(self.capture.as_fd(), PollFlags::POLLIN)];
        // A signal ends the wait early, and an error comes again when frames are taken.
        let _ = poll(&mut descriptors, PollTimeout::from(TIMEOUT_MS));
        Ok(if self.take(block)? { Polled::Frames } else { Polled::Quiet })
    }

    /// Takes frames without waiting; false when there were none.
    fn take(&mut self, block: &mut Block) -> Result<bool, CaptureError> {
        while block.bytes.len() < BLOCK {
            let Self { capture, frames, link, unit, digits, .. } = self;
            let taken = capture.dispatch(Some(BATCH), |packet| {
                *frames += 1;
                push(block, &packet, *frames, *link, *unit, *digits);
            });
            match taken {
                Ok(taken) if taken < BATCH => break,
                Ok(_) => {}
                // What was captured is delivered first: the error comes again.
                Err(_) if !block.frames.is_empty() => break,
                Err(error) => {
                    let (name, frames, reason) = (self.name.clone(), self.frames, reason(&error));
                    return Err(CaptureError::Gone { name, frames, reason });
                }
            }
        }
        Ok(!block.frames.is_empty())
    }

    /// What was received and lost since the capture began.
    ///
    /// # Errors
    /// When the interface went away.
    pub fn stats(&mut self) -> Result<LiveStats, CaptureError> {
        let now = self.capture.stats().map_err(|error| {
            let (name, frames, reason) = (self.name.clone(), self.frames, reason(&error));
            CaptureError::Gone { name, frames, reason }
        })?;
        let last = self.counted.replace(now);
        self.stats = counted(self.stats, last, now);
        Ok(self.stats)
    }
}

/// Adds what 32-bit counters have counted since they were read last; they may have begun again from 0.
fn counted(stats: LiveStats, last: Option<pcap::Stat>, now: pcap::Stat) -> LiveStats {
    let last = last.unwrap_or(pcap::Stat { received: 0, dropped: 0, if_dropped: 0 });
    let more = |now: u32, last: u32| u64::from(now.wrapping_sub(last));
    LiveStats {
        received: stats.received + more(now.received, last.received),
        drops: Drops {
            interface: stats.drops.interface + more(now.if_dropped, last.if_dropped),
            kernel: stats.drops.kernel + more(now.dropped, last.dropped),
        },
    }
}

fn push(block: &mut Block, packet: &Packet<'_>, number: u64, link: u16, unit: i64, digits: u8) {
    let time = packet.header.ts;
    let nanos = time.tv_sec.saturating_mul(1_000_000_000).saturating_add(time.tv_usec.saturating_mul(unit));
    block.frames.push(Frame {
        time: Timestamp(nanos),
        number,
        start: narrow(block.bytes.len()),
        captured: narrow(packet.data.len()),
        wire: packet.header.len.max(narrow(packet.data.len())),
        link,
        digits,
    });
    block.bytes.extend_from_slice(packet.data);
}

/// Why an interface could not be opened.
fn refusal(name: &str, error: &pcap::Error) -> CaptureError {
    let name = name.to_owned();
    if !interfaces::exists(&name) {
        return CaptureError::NoInterface { name, available: interfaces::names() };
    }
    if !privileges::can_capture() {
        let binary =
            std::env::current_exe().map_or_else(|_| "wiretell".to_owned(), |path| path.display().to_string());
        return CaptureError::Privilege { name, binary };
    }
    CaptureError::Live { name, reason: reason(error) }
}

#[cfg(test)]
#[expect(clippy::print_stderr, reason = "a test that is skipped says so")]
mod tests {
    use super::*;
    use std::net::UdpSocket;
    use std::time::{Duration, Instant};

    fn loopback(filter: &str) -> Option<Live> {
        let options = LiveOptions {
            interface: Some("lo".to_owned()),
            filter: Some(filter.to_owned()),
            ..LiveOptions::default()
        };
        match Live::open(&options) {
            Ok(live) => Some(live),
            Err(error @ (CaptureError::Privilege { .. } | CaptureError::NoInterface { .. })) => {
                eprintln!("SKIPPED: {error}");
                None
            }
            Err(error) => panic!("{error}"),
        }
    }

    #[test]
    fn datagrams_on_the_loopback_interface_are_captured() {
        let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
        let address = socket.local_addr().unwrap();
        let Some(mut live) = loopback(&format!("udp dst port {}", address.port())) else { return };
        for _ in 0..100 {
            socket.send_to(b"wiretell's own datagram", address).unwrap();
        }
        let (mut block, mut frames, begin) = (Block::default(), 0, Instant::now());
        while frames < 100 && begin.elapsed() < Duration::from_secs(10) {
            if live.read_block(&mut block).unwrap() == Polled::Frames {
                for frame in &block.frames {
                    frames += 1;
                    assert_eq!((frame.number, frame.link, frame.digits), (frames, 1, 9));
                    assert!(block.bytes_of(frame).ends_with(b"wiretell's own datagram"));
                    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap();
                    let age = now.as_nanos() as i64 - frame.time.0;
                    assert!((0..60_000_000_000).contains(&age), "{age} ns old");
                }
            }
        }
        assert_eq!(frames, 100);
        let stats = live.stats().unwrap();
        assert!(stats.received >= 100 && stats.drops.kernel == 0, "{stats:?}");
        assert_eq!(live.stats().unwrap().received, stats.received, "counters count from the capture's begin");
    }

    #[test]
    fn an_interface_that_goes_away_ends_the_capture_with_its_name() {
        std::thread::spawn(lose_an_interface).join().unwrap();
    }

    /// In a network namespace of its own, which is that of the calling thread only.
    fn lose_an_interface() {
        if nix::sched::unshare(nix::sched::CloneFlags::CLONE_NEWNET).is_err() {
            eprintln!("SKIPPED: no privilege to make a network namespace");
            return;
        }
        let ip = |arguments: &str| {
            let status = std::process::Command::new("ip").args(arguments.split(' ')).status();
            status.is_ok_and(|status| status.success())
        };
        if !(ip("link add wiretell0 type veth peer name wiretell1") && ip("link set wiretell0 up")) {
            eprintln!("SKIPPED: no virtual interface can be made");
            return;
        }
        let options = LiveOptions { interface: Some("wiretell0".to_owned()), ..LiveOptions::default() };
        let mut live = Live::open(&options).unwrap();
        let mut block = Block::default();
        live.read_block(&mut block).unwrap();
        assert!(ip("link delete wiretell0"));
        let error = (0..50).find_map(|_| live.read_block(&mut block).err()).unwrap();
        assert!(matches!(error, CaptureError::Gone { .. }), "{error:?}");
        assert!(error.to_string().contains("wiretell0"), "{error}");
    }

    #[test]
    fn silence_does_not_block() {
        let Some(mut live) = loopback("ether host 02:99:99:99:99:99") else { return };
        let begin = Instant::now();
        assert_eq!(live.read_block(&mut Block::default()).unwrap(), Polled::Quiet);
        assert!(begin.elapsed() < Duration::from_secs(2), "{:?}", begin.elapsed());
    }

    #[test]
    fn an_unknown_interface_is_answered_with_those_that_exist() {
        let options = LiveOptions { interface: Some("nosuch0".to_owned()), ..LiveOptions::default() };
        let error = Live::open(&options).unwrap_err();
        assert!(matches!(error, CaptureError::NoInterface { .. }), "{error:?}");
    }

    #[test]
    fn a_filter_that_is_not_understood_is_refused() {
        let options = LiveOptions {
            interface: Some("lo".to_owned()),
            filter: Some("udp porrt 53".to_owned()),
            ..LiveOptions::default()
        };
        match Live::open(&options) {
            Err(CaptureError::Privilege { .. }) => eprintln!("SKIPPED: no privilege to capture"),
            other => assert!(matches!(other, Err(CaptureError::Filter { .. })), "{other:?}"),
        }
    }

    #[test]
    fn counters_go_on_when_the_systems_begin_again() {
        let stat = |received| pcap::Stat { received, dropped: 1, if_dropped: 0 };
        let first = counted(LiveStats::default(), None, stat(u32::MAX));
        let second = counted(first, Some(stat(u32::MAX)), stat(4));
        assert_eq!(second.received, u64::from(u32::MAX) + 5);
        assert_eq!(second.drops.kernel, 1);
    }
}
