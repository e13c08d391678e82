//! Where a frame is: its number in its file, and, where several files are read, which file, all in one number.
//!
//! A frame's number says nothing without its file, and flows, announcements and findings keep frames in many places:
//! so the file rides in the upper bits of the number, which costs no memory. Whoever shows a frame to somebody takes
//! the two apart.

use std::borrow::Cow;

/// Bits of the number itself: more frames than any file has.
const BITS: u32 = 40;
/// What stands in sentences before a frame's number.
const WORD: &str = "frame ";

/// The frame of this number in the file of this index.
#[must_use]
pub const fn of(file: u32, number: u64) -> u64 {
    // One more, so that zero stands for the only file that is read. Beyond 2^24 files, which no command line names,
    // frames are told without theirs.
    let mark = file as u64 + 1;
    if mark >> (u64::BITS - BITS) == 0 { mark << BITS | self::number(number) } else { self::number(number) }
}

/// The frame's number in its file, from 1, as Wireshark shows it.
#[must_use]
pub const fn number(frame: u64) -> u64 {
    frame & ((1 << BITS) - 1)
}

/// The index of its file, where more than one is read.
#[must_use]
pub fn file(frame: u64) -> Option<usize> {
    usize::try_from((frame >> BITS).checked_sub(1)?).ok()
}

/// The name of its file among `files`, where more than one is read.
#[must_use]
pub fn file_of(frame: u64, files: &[String]) -> Option<&str> {
    files.get(file(frame)?).map(String::as_str)
}

/// A sentence about frames, each with the name of its file where more than one is read: `frame 59 of b.pcap`.
#[must_use]
pub fn told<'a>(sentence: &'a str, files: &[String]) -> Cow<'a, str> {
    let mut told = String::new();
    let mut rest = sentence;
    while let Some((before, after)) = rest.split_once(WORD) {
        told.push_str(before);
        told.push_str(WORD);
        let digits = after.bytes().take_while(u8::is_ascii_digit).count();
        let (shown, behind) = after.split_at_checked(digits).unwrap_or((after, ""));
        match shown.parse().ok().filter(|&frame| file(frame).is_some()) {
            Some(frame) => {
                told.push_str(&number(frame).to_string());
                if let Some(name) = file_of(frame, files) {
                    told.push_str(" of ");
                    told.push_str(name);
                }
            }
            None => told.push_str(shown),
        }
        rest = behind;
    }
    if told.is_empty() {
        return Cow::Borrowed(sentence);
    }
    told.push_str(rest);
    Cow::Owned(told)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_frame_is_told_with_its_file_where_there_are_several() {
        let files = ["a.pcap".to_owned(), "b.pcap".to_owned()];
        let frame = of(1, 59);
        assert_eq!((number(frame), file_of(frame, &files)), (59, Some("b.pcap")));
        let sentence = format!("asked (frame {}), answered (frame {}).", of(0, 7), frame);
        assert_eq!(told(&sentence, &files), "asked (frame 7 of a.pcap), answered (frame 59 of b.pcap).");
        assert_eq!(told(&sentence, &[]), "asked (frame 7), answered (frame 59).");
    }

    #[test]
    fn a_frame_of_the_only_file_is_its_number() {
        assert_eq!((number(59), file(59)), (59, None));
        for sentence in ["asked (frame 59).", "a frame of 9300 bytes", "frame ", ""] {
            assert_eq!(told(sentence, &["a.pcap".to_owned()]), sentence);
        }
    }

    #[test]
    fn whatever_number_a_stranger_writes_is_bounded() {
        assert_eq!(told("frame 99999999999999999999999", &[]), "frame 99999999999999999999999");
        assert_eq!((number(of(u32::MAX, 3)), file(of(u32::MAX, 3))), (3, None));
    }
}
