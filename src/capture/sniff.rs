//! What a file is, by its first bytes; its name says nothing.

use super::{pcapng, savefile};

/// How many bytes of a file it takes to tell.
pub(super) const PEEK: usize = 24;

/// What a file turns out to be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// A capture in the pcap format.
    Savefile,
    /// A capture in the pcapng format.
    Pcapng,
    /// Compressed by gzip (RFC 1952 section 2.3.1).
    Gzip,
    /// Compressed by zstd (RFC 8878 section 3.1.1), possibly with a frame to be skipped at the begin.
    Zstd,
    /// The first bytes of a capture's header, and no more.
    Begun,
    /// Something else; what it looks like, and what to do about it.
    Foreign(&'static str),
}

/// Tells what a file is that begins with these bytes.
pub(super) fn kind(bytes: &[u8]) -> Kind {
    if bytes.first_chunk().is_some_and(|magic| savefile::order(*magic).is_some()) {
        return Kind::Savefile;
    }
    if pcapng::begins(bytes) {
        return Kind::Pcapng;
    }
    match bytes {
        [0x1f, 0x8b, ..] => Kind::Gzip,
        [0x28, 0xb5, 0x2f, 0xfd, ..] | [0x50..=0x5f, 0x2a, 0x4d, 0x18, ..] => Kind::Zstd,
        _ if is_begun(bytes) => Kind::Begun,
        _ => Kind::Foreign(looks(bytes)),
    }
}

/// Whether all there is are the first bytes of a magic number; fewer than three may be anything.
fn is_begun(bytes: &[u8]) -> bool {
    /// pcapng's magic number is behind the block's type and length.
    const PCAPNG: usize = 12;
    match *bytes {
        [a, b, c] => {
            let savefile = (0..=u8::MAX).any(|d| savefile::order([a, b, c, d]).is_some());
            savefile || pcapng::TYPE.starts_with(bytes)
        }
        _ => bytes.len() < PCAPNG && bytes.starts_with(&pcapng::TYPE),
    }
}

/// Files that people take for captures, by their first bytes.
const KNOWN: &[(&[u8], &str)] = &[
    (b"snoop\0\0\0", "it is a snoop capture; convert it with Wireshark's editcap"),
    (b"GMBU", "it is a Microsoft Network Monitor capture; convert it with Wireshark's editcap"),
    (b"RTSS", "it is a Microsoft Network Monitor 1 capture; convert it with Wireshark's editcap"),
    (b"TRSNIFF data    \x1a", "it is a DOS Sniffer capture; convert it with Wireshark's editcap"),
    (b"XCP\0", "it is a NetXRay or Windows Sniffer capture; convert it with Wireshark's editcap"),
    (
        b"\xa1\xb2\x34\xcd",
        "it is a variant of pcap that nobody documents; convert it with Wireshark's editcap",
    ),
    (
        b"\xcd\x34\xb2\xa1",
        "it is a variant of pcap that nobody documents; convert it with Wireshark's editcap",
    ),
    (b"\xa1\x2b\x3c\x4d", "it is Navtel's variant of pcap; convert it with Wireshark's editcap"),
    (b"\x4d\x3c\x2b\xa1", "it is Navtel's variant of pcap; convert it with Wireshark's editcap"),
    (b"BZh", "it is compressed by bzip2; decompress it with bunzip2"),
    (b"\xfd7zXZ\0", "it is compressed by xz; decompress it with unxz"),
    (b"\x04\x22\x4d\x18", "it is compressed by lz4; decompress it with unlz4"),
    (b"PK\x03\x04", "it is a ZIP archive; unpack it and name the capture in it"),
    (b"7z\xbc\xaf\x27\x1c", "it is a 7-Zip archive; unpack it and name the capture in it"),
    (b"Rar!", "it is a RAR archive; unpack it and name the capture in it"),
    (b"\x7fELF", "it is a program"),
    (b"MZ", "it is a Windows program"),
    (b"%PDF", "it is a PDF document"),
    (b"\x89PNG", "it is a picture"),
    (
        b"\xff\xfe",
        "it is text in UTF-16; a shell that recodes what programs write makes such files of captures",
    ),
    (b"version https://git", "it is a Git LFS pointer; fetch the capture itself with git lfs pull"),
    (b"<", "it is HTML or XML text; a download page was perhaps saved instead of the capture"),
];

/// Bytes of a tar archive's first header.
pub(super) const TAR: usize = 512;

/// What a tar archive looks like: its magic is inside the first header (POSIX.1-2017, pax, "ustar Interchange Format").
pub(super) fn tar(bytes: &[u8]) -> Option<&'static str> {
    let magic = bytes.get(257..262)?;
    (magic == b"ustar").then_some("it is a tar archive; unpack it and name the captures in it")
}

fn looks(bytes: &[u8]) -> &'static str {
    if let Some((_, looks)) = KNOWN.iter().find(|(magic, _)| bytes.starts_with(magic)) {
        return looks;
    }
    if is_text(bytes) {
        return "it is text; give the capture itself (tcpdump -w FILE), not what was printed of it";
    }
    if bytes.iter().all(|byte| *byte == 0) {
        return "it begins with zeros; its disk space was perhaps reserved, but never written";
    }
    "it begins with none of the magic numbers of pcap, pcapng, gzip and zstd"
}

/// Whether the bytes are text in UTF-8; the last character may be cut off.
fn is_text(bytes: &[u8]) -> bool {
    let text = match std::str::from_utf8(bytes) {
        Ok(text) => text,
        Err(error) if error.error_len().is_some() => return false,
        Err(error) => match bytes.get(..error.valid_up_to()).map(std::str::from_utf8) {
            Some(Ok(text)) => text,
            _ => return false,
        },
    };
    !text.is_empty() && text.chars().all(|char| !char.is_control() || char.is_ascii_whitespace())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_called_text_even_when_its_last_character_is_cut() {
        let Kind::Foreign(looks) = kind(b"10:00:00 IP a > b: \xc3") else { panic!() };
        assert!(looks.contains("it is text"), "{looks}");
    }

    #[test]
    fn a_tar_archive_is_known_by_its_magic() {
        let mut header = [b'a'; TAR];
        assert_eq!(tar(&header), None);
        header[257..262].copy_from_slice(b"ustar");
        assert!(tar(&header).is_some_and(|looks| looks.contains("unpack it")));
    }

    #[test]
    fn binary_rubbish_is_not_called_text() {
        let Kind::Foreign(looks) = kind(&[1, 2, 3, 4]) else { panic!() };
        assert!(looks.contains("none of the magic numbers"), "{looks}");
    }

    #[test]
    fn a_pcapng_block_type_without_the_byte_order_magic_is_no_pcapng() {
        assert!(matches!(kind(b"\n\r\r\nhello, hello"), Kind::Foreign(_)));
    }

    #[test]
    fn the_first_bytes_of_a_header_and_no_more_are_known_for_what_they_are() {
        assert_eq!(kind(&[0xd4, 0xc3, 0xb2]), Kind::Begun);
        assert_eq!(kind(b"\n\r\r\n\x1c\0\0\0"), Kind::Begun);
        assert!(matches!(kind(b"\n\r"), Kind::Foreign(_)));
    }

    #[test]
    fn a_skippable_frame_at_the_begin_is_zstd() {
        assert_eq!(kind(&[0x5a, 0x2a, 0x4d, 0x18, 4, 0, 0, 0]), Kind::Zstd);
    }
}
