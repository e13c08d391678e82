//! Raw printing, as on JetDirect's port 9100: a job in PJL, PCL or PostScript and nothing around it; HP's "Printer Job Language
//! Technical Reference Manual", chapter 2.
//!
//! ```text
//! ESC %-12345X @PJL JOB␍␊ …        universal exit language, then Printer Job Language
//! ESC E                            a reset in PCL
//! %!PS-Adobe-3.0                   PostScript
//! ```

use crate::byteset::ByteSet;
use crate::cursor::Cursor;
use crate::formats::lines::mentions;
use crate::inspect::{Attributes, Confidence, Evidence, Example, Inspector, Opening, Reject, Verdict};
use crate::key::Transport;

/// Raw printing.
pub const INSPECTOR: Inspector = Inspector {
    name: "jetdirect",
    title: "Raw printing (JetDirect, AppSocket)",
    specification: "Printer Job Language Technical Reference Manual, chapter 2; PCL 5; Adobe DSC 3.0",
    ports: PORTS,
    initiator_first: ByteSet::of(b"\x1b%@\x04\0\r\n"),
    responder_first: ByteSet::ANY,
    inspect,
    describe: Some(describe),
    attributes: &[("jetdirect.language", "pjl, pcl or postscript")],
    confused_with: "a job inside LPD or IPP, which are those protocols",
    examples: EXAMPLES,
    ..Inspector::PLAIN
};

const PORTS: &[u16] = &[9100, 9101, 9102];

/// Universal exit language.
const EXIT: &[u8] = b"\x1b%-12345X";

fn inspect(opening: &Opening<'_>) -> Verdict {
    let mut request = opening.request();
    // A job may begin with an end of transmission, or zeros, to end what came before.
    while matches!(request.rest().first(), Some(0 | 4)) {
        request.u8()?;
    }
    let mut exit = request;
    match exit.tag(EXIT) {
        Ok(()) => {
            let is_pjl = mentions(exit.rest().get(..exit.len().min(512)).unwrap_or_default(), "@PJL");
            let answered = opening.responder.bytes().starts_with(b"@PJL");
            let rule = "universal-exit: printer languages are switched (PJL chapter 2)";
            return Ok(match (is_pjl, answered) {
                (true, true) => Evidence::dialogue(rule),
                (true, false) => Evidence::message(rule),
                _ => Evidence::signature(rule),
            });
        }
        Err(Reject::Incomplete) => return Err(Reject::Incomplete),
        Err(Reject::Mismatch) => {}
    }
    if !opening.is_on(PORTS) {
        return Err(Reject::Mismatch);
    }
    request.one_of(&[b"\x1bE", b"%!PS", b"@PJL", b"\x1b&", b"\x1b*"])?;
    Ok(Evidence::signature("job-on-port: a job's first command on a raw printing port (PCL 5, DSC 3.0)"))
}

fn language(mut cursor: Cursor<'_>) -> Option<&'static str> {
    let _ = cursor.tag(EXIT);
    let start = cursor.rest().get(..cursor.len().min(2048)).unwrap_or_default();
    if mentions(start, "@PJL") {
        Some("pjl")
    } else if mentions(start, "%!PS") {
        Some("postscript")
    } else {
        // An escape sequence: the language that printers fall back to. Another may be named in what is not here.
        [&b"\x1bE"[..], b"\x1b&", b"\x1b*"].iter().any(|first| start.starts_with(first)).then_some("pcl")
    }
}

fn describe(opening: &Opening<'_>, attributes: &mut Attributes) {
    attributes.set_some("jetdirect.language", language(opening.request()));
}

const EXAMPLES: &[Example] = &[
    Example::tcp(Confidence::Dialogue, "a status is asked for", &[b"\x1b%-12345X@PJL INFO STATUS\r\n"], &[b"@PJL INFO STATUS\r\nCODE=10001\r\n"]),
    Example::tcp(Confidence::Message, "a job in PJL", &[b"\x1b%-12345X@PJL JOB NAME=\"a\"\r\n"], &[]),
    Example::tcp(Confidence::Signature, "a job in PostScript", &[b"%!PS-Adobe-3.0\n%%Title: a\n"], &[]).on(9100),
    Example::not(Transport::Tcp, "PostScript elsewhere", &[b"%!PS-Adobe-3.0\n"], &[]),
];
