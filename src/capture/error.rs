//! What can go wrong with a capture, in sentences that say what to do about it.

use std::io;

/// Why a capture could not be read, or not to its end.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CaptureError {
    /// The file does not exist.
    #[error("{name}: no such file; check the path")]
    Missing {
        /// The file as it was named.
        name: String,
    },
    /// The file exists, but may not be read.
    #[error(
        "{name}: permission denied; give yourself the right to read it, or have its owner copy it for you"
    )]
    Denied {
        /// The file as it was named.
        name: String,
    },
    /// A directory was given where a file belongs.
    #[error("{name} is a directory, not a capture file; name the files in it")]
    Directory {
        /// The directory as it was named.
        name: String,
    },
    /// A directory without a single capture in it.
    #[error("no capture file was found in {name}, nor in the directories in it; check the path")]
    NoCaptures {
        /// The directory as it was named.
        name: String,
    },
    /// The file has no bytes at all, not even a header.
    #[error("{name} is empty: not even the header of a capture was written; record it again")]
    Empty {
        /// The file as it was named.
        name: String,
    },
    /// The file is something else than a capture.
    #[error("{name} is not a capture file: {looks}")]
    Foreign {
        /// The file as it was named.
        name: String,
        /// What it looks like, and what to do about that.
        looks: String,
    },
    /// A capture, but of a kind that is not read.
    #[error("{name}: {what}; convert it with Wireshark's editcap, if that reads it")]
    Unsupported {
        /// The file as it was named.
        name: String,
        /// Which version or variant it is.
        what: String,
    },
    /// The system could not open or read the file at all.
    #[error("{name} cannot be read: {source}")]
    Unreadable {
        /// The file as it was named.
        name: String,
        /// What the system says.
        source: io::Error,
    },
    /// The capture ends in the middle of a record.
    #[error(
        "{name} is cut short: {}; everything before it was read. If it was still being written or copied, read it \
         again when that is done", cut_at(*offset, *end, *frame, *packed, unit)
    )]
    Cut {
        /// The file as it was named.
        name: String,
        /// Where the unfinished record begins, in bytes of the uncompressed capture; 0 for the file's header.
        offset: u64,
        /// How many bytes of the uncompressed capture there are.
        end: u64,
        /// Number of the first frame that is missing.
        frame: u64,
        /// How the capture is compressed, if it is.
        packed: Option<Packed>,
        /// What the format calls its records: `record` or `block`.
        unit: &'static str,
    },
    /// The capture goes on, but not in a way that can be read.
    #[error(
        "{name} is damaged at byte {offset}{}, where frame {frame} was expected: {what}; everything before it \
         was read. Copy or record it again if you can", unpacked(*packed)
    )]
    Damaged {
        /// The file as it was named.
        name: String,
        /// Where the damaged record begins, in bytes of the uncompressed capture.
        offset: u64,
        /// Number of the first frame that is missing.
        frame: u64,
        /// How the capture is compressed, if it is.
        packed: Option<Packed>,
        /// What is wrong with it.
        what: String,
    },
    /// The capture is whole, and something else stands behind its compressed data.
    #[error(
        "{name}: something that is no {kind} data follows the compressed capture and was ignored; all of the capture was read"
    )]
    Trailing {
        /// The file as it was named.
        name: String,
        /// How the capture is compressed.
        kind: &'static str,
    },
    /// The system failed to deliver the rest of the file.
    #[error(
        "{name}: reading failed at byte {offset}{}, where frame {frame} was expected: {source}; everything \
         before it was read. Check the disk or the connection it comes from", unpacked(*packed)
    )]
    Broken {
        /// The file as it was named.
        name: String,
        /// Where the unfinished record begins, in bytes of the uncompressed capture.
        offset: u64,
        /// Number of the first frame that is missing.
        frame: u64,
        /// How the capture is compressed, if it is.
        packed: Option<Packed>,
        /// What the system says.
        source: io::Error,
    },
    /// A filter expression that cannot be compiled.
    #[error("the filter `{expression}` is not understood: {reason}; see pcap-filter(7) for the syntax")]
    Filter {
        /// The expression.
        expression: String,
        /// What libpcap says about it.
        reason: String,
    },
    /// A filter expression that makes no sense for a link-layer type, whose frames do not pass then.
    #[error("the filter `{expression}` lets no frame of link-layer type {link} pass: {reason}")]
    FilterMisfit {
        /// The expression.
        expression: String,
        /// The link-layer type, a `LINKTYPE_` value.
        link: u16,
        /// What libpcap says about it.
        reason: String,
    },
    /// An interface that does not exist.
    #[error("there is no interface {name}; there are: {available}")]
    NoInterface {
        /// The interface as it was named.
        name: String,
        /// Those that exist.
        available: String,
    },
    /// No interface was named, and none suggests itself.
    #[error("no interface is up that one could capture on; see `wiretell interfaces`")]
    NoDefault,
    /// The privilege to capture is missing.
    #[error(
        "capturing on {name} needs the privilege CAP_NET_RAW (and CAP_NET_ADMIN for the promiscuous mode of some \
         interfaces); grant it with `sudo setcap cap_net_raw,cap_net_admin=eip {binary}`, or run it with sudo"
    )]
    Privilege {
        /// The interface.
        name: String,
        /// Where this program is.
        binary: String,
    },
    /// The system refuses to capture on an interface.
    #[error("cannot capture on {name}: {reason}")]
    Live {
        /// The interface.
        name: String,
        /// What libpcap says.
        reason: String,
    },
    /// An interface went away while capturing.
    #[error("the interface {name} went away while capturing, after frame {frames}: {reason}")]
    Gone {
        /// The interface.
        name: String,
        /// How many frames were captured.
        frames: u64,
        /// What libpcap says.
        reason: String,
    },
    /// Root's privileges could not be given up.
    #[error("root's privileges cannot be given up: {reason}")]
    Privileges {
        /// Which step failed.
        reason: String,
    },
}

/// How a capture is compressed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Packed {
    /// `gzip` or `zstd`.
    pub kind: &'static str,
    /// Where the compressed data itself ends too early, in bytes of the file.
    pub cut: Option<u64>,
}

/// Where a capture is cut: `end` bytes of it are there, and what begins at `offset` is not whole.
fn cut_at(offset: u64, end: u64, frame: u64, packed: Option<Packed>, unit: &str) -> String {
    let ends = match packed {
        Some(Packed { kind, cut: Some(at) }) if end == 0 => {
            return format!(
                "its {kind} data ends at byte {at} of the file, before any of it could be decompressed, and frame {frame} was \
                 expected in it"
            );
        }
        None => format!("it ends at byte {end}"),
        Some(Packed { kind, cut: None }) => format!("the capture in the {kind} data ends at its byte {end}"),
        Some(Packed { kind, cut: Some(at) }) => {
            format!(
                "its {kind} data ends at byte {at} of the file, which is byte {end} of the uncompressed capture"
            )
        }
    };
    if offset == 0 {
        return format!("{ends}, inside the file's header, and frame {frame} was expected behind that");
    }
    let of = unpacked(packed.filter(|packed| packed.cut.is_none()));
    format!("{ends}, inside the {unit} that begins at byte {offset}{of}, where frame {frame} was expected")
}

/// Says of a place that it is not one in the file itself.
const fn unpacked(packed: Option<Packed>) -> &'static str {
    if packed.is_some() { " of the uncompressed capture" } else { "" }
}

impl CaptureError {
    /// Whether the capture was read up to a point, so that what came of it stands (exit code 3);
    /// otherwise nothing was read of it (exit code 2).
    #[must_use]
    pub const fn is_partial(&self) -> bool {
        matches!(
            self,
            Self::Cut { .. }
                | Self::Damaged { .. }
                | Self::Trailing { .. }
                | Self::Broken { .. }
                | Self::Gone { .. }
        )
    }

    /// The error for a file that the system refuses to open or to begin reading.
    pub(super) fn opening(name: &str, source: io::Error) -> Self {
        let name = name.to_owned();
        match source.kind() {
            io::ErrorKind::NotFound => Self::Missing { name },
            io::ErrorKind::PermissionDenied => Self::Denied { name },
            io::ErrorKind::IsADirectory => Self::Directory { name },
            _ => Self::Unreadable { name, source },
        }
    }

    /// The error for a source that failed after something of it had been read.
    pub(super) fn reading(name: String, at: Place, source: io::Error) -> Self {
        let Place { offset, end, frame, packed, unit } = at;
        match source.kind() {
            // Only decompression says so: the files themselves just end.
            io::ErrorKind::UnexpectedEof => Self::Cut { name, offset, end, frame, packed, unit },
            io::ErrorKind::InvalidData => {
                Self::Damaged { name, offset, frame, packed, what: source.to_string() }
            }
            _ => Self::Broken { name, offset, frame, packed, source },
        }
    }
}

/// Where reading a capture came to its end.
#[derive(Clone, Copy, Debug)]
pub(super) struct Place {
    /// Where the next record begins, in bytes of the uncompressed capture.
    pub(super) offset: u64,
    /// How many bytes of it were read.
    pub(super) end: u64,
    /// The next frame's number.
    pub(super) frame: u64,
    pub(super) packed: Option<Packed>,
    /// What the format calls its records.
    pub(super) unit: &'static str,
}
