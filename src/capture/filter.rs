//! Filter expressions (pcap-filter(7)) over frames, whatever link layer each of them has.
//!
//! A program is compiled for a link-layer type when its first frame comes. libpcap's programs are told the
//! captured length in place of the length on the wire, so `less` and `greater` look at what was captured.

use super::{CaptureError, linktype};
use pcap::{BpfProgram, Capture, Linktype};

/// Most link-layer types that programs are kept for; captures have one or a handful, and only a capture made to
/// do harm has more.
const MAX_PROGRAMS: usize = 64;

/// Link-layer types that a new expression is tried on: Ethernet, 802.11 with radiotap and without, Linux cooked
/// 1 and 2, raw IP, PPP and NFLOG. One of them must do.
const USUAL: &[u16] = &[1, 127, 105, 113, 276, 101, 9, 239];

/// A filter expression, compiled for each link-layer type that it meets.
pub struct Filter {
    expression: String,
    programs: Vec<(u16, Option<BpfProgram>)>,
    /// Whether somebody was told that there are too many link-layer types.
    overflowed: bool,
}

impl std::fmt::Debug for Filter {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Filter").field("expression", &self.expression).finish_non_exhaustive()
    }
}

impl Filter {
    /// Takes an expression and sees whether it makes sense.
    ///
    /// # Errors
    /// When the expression cannot be compiled for any usual link-layer type; with what libpcap says about it for
    /// Ethernet.
    pub fn new(expression: &str) -> Result<Self, CaptureError> {
        let mut reason = String::new();
        for link in USUAL {
            match compile(expression, *link) {
                Ok(_) => {
                    let expression = expression.to_owned();
                    return Ok(Self { expression, programs: Vec::new(), overflowed: false });
                }
                Err(error) if reason.is_empty() => reason = error,
                Err(_) => {}
            }
        }
        Err(CaptureError::Filter { expression: expression.to_owned(), reason })
    }

    /// Whether a frame of a link-layer type (`LINKTYPE_`) passes.
    ///
    /// # Errors
    /// Once for each link-layer type that the expression makes no sense for: such a frame does not pass, and
    /// neither do those of that type after it, silently.
    pub fn passes(&mut self, link: u16, bytes: &[u8]) -> Result<bool, CaptureError> {
        if let Some((_, program)) = self.programs.iter().find(|(known, _)| *known == link) {
            return Ok(program.as_ref().is_some_and(|program| program.filter(bytes)));
        }
        let misfit =
            |reason| CaptureError::FilterMisfit { expression: self.expression.clone(), link, reason };
        if self.programs.len() >= MAX_PROGRAMS {
            let told = std::mem::replace(&mut self.overflowed, true);
            let reason = format!("the filter is in use for {MAX_PROGRAMS} other link-layer types already");
            return if told { Ok(false) } else { Err(misfit(reason)) };
        }
        match compile(&self.expression, link) {
            Ok(program) => {
                let passes = program.filter(bytes);
                self.programs.push((link, Some(program)));
                Ok(passes)
            }
            Err(reason) => {
                let error = misfit(reason);
                self.programs.push((link, None));
                Err(error)
            }
        }
    }
}

fn compile(expression: &str, link: u16) -> Result<BpfProgram, String> {
    Capture::dead(Linktype(linktype::to_dlt(link)))
        .and_then(|handle| handle.compile(expression, true))
        .map_err(|error| reason(&error))
}

/// What libpcap says, without the crate's words around it.
pub(super) fn reason(error: &pcap::Error) -> String {
    match error {
        pcap::Error::PcapError(reason) => reason.clone(),
        pcap::Error::InvalidInputString | pcap::Error::InvalidString => "a zero byte is in it".to_owned(),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// An IPv4 header of a UDP datagram from port 53, after as many bytes as the link layer has.
    fn udp(link_header: &[u8]) -> Vec<u8> {
        let ip = [0x45, 0, 0, 28, 0, 0, 0, 0, 64, 17, 0, 0, 192, 0, 2, 1, 192, 0, 2, 2];
        [link_header, &ip, &[0, 53, 0x30, 0x39, 0, 8, 0, 0]].concat()
    }

    fn ethernet() -> Vec<u8> {
        udp(&[2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2, 8, 0])
    }

    #[test]
    fn one_expression_serves_several_link_layers() {
        let mut filter = Filter::new("udp port 53").unwrap();
        assert!(filter.passes(1, &ethernet()).unwrap());
        assert!(filter.passes(101, &udp(&[])).unwrap());
        assert!(!filter.passes(101, &ethernet()).unwrap());
        assert!(filter.passes(1, &ethernet()).unwrap());
        assert!(!Filter::new("tcp").unwrap().passes(1, &ethernet()).unwrap());
    }

    #[test]
    fn an_expression_that_makes_no_sense_is_refused_with_the_reason() {
        let error = Filter::new("udp porrt 53").unwrap_err().to_string();
        assert!(error.contains("udp porrt 53") && error.contains("syntax error"), "{error}");
        assert!(Filter::new("udp\0").is_err());
    }

    #[test]
    fn an_expression_for_another_link_layer_is_told_once_and_lets_nothing_pass() {
        let mut filter = Filter::new("ether host 02:00:00:00:00:01").unwrap();
        assert!(filter.passes(1, &ethernet()).unwrap());
        let error = filter.passes(101, &udp(&[])).unwrap_err();
        assert!(matches!(error, CaptureError::FilterMisfit { link: 101, .. }), "{error:?}");
        assert!(!filter.passes(101, &udp(&[])).unwrap());
        assert!(filter.passes(1, &ethernet()).unwrap());
    }

    #[test]
    fn an_expression_for_wireless_frames_only_is_accepted() {
        assert!(Filter::new("type mgt subtype beacon").is_ok());
    }

    #[test]
    fn more_link_layers_than_a_capture_can_have_are_told_once_and_take_no_more_room() {
        let mut filter = Filter::new("len > 0").unwrap();
        let told = (0..=u16::MAX).filter(|link| filter.passes(*link, &[0; 64]).is_err()).count();
        assert!(told <= MAX_PROGRAMS + 1, "{told}");
        assert_eq!(filter.programs.len(), MAX_PROGRAMS);
    }
}
