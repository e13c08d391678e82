//! Values with units, as people write them on the command line.

use std::str::FromStr;
use wiretell::key::Transport;
use wiretell::ports::DecodeAs;
use wiretell::protocols::INSPECTORS;
use wiretell::rules::{label, unfit_label};

/// A span of time: `90`, `90s`, `500ms`, `5m`, `1h`, `2d`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Span {
    /// Its length in nanoseconds.
    pub(crate) nanos: u64,
}

impl FromStr for Span {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let digits = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
        let (number, unit) = text.split_at(digits);
        let number: u64 = number.parse().map_err(|_| explain_span(text))?;
        let unit: u64 = match unit {
            "ms" => 1_000_000,
            "" | "s" => 1_000_000_000,
            "m" | "min" => 60_000_000_000,
            "h" => 3_600_000_000_000,
            "d" => 86_400_000_000_000,
            _ => return Err(explain_span(text)),
        };
        let nanos = number.checked_mul(unit).filter(|&nanos| nanos > 0).ok_or_else(|| explain_span(text))?;
        Ok(Self { nanos })
    }
}

fn explain_span(text: &str) -> String {
    format!(
        "`{text}` is no span of time; write a whole number above 0 and a unit, or of seconds: 500ms, 30s, 5m, 1h, 30"
    )
}

/// Bytes that keep a frame whole, whatever the interface: the most that libpcap takes, and tcpdump's default.
pub(crate) const WHOLE: u32 = 262_144;

/// A number of things that are wanted: none makes no sense, as in tcpdump.
pub(crate) fn at_least_one<T: FromStr + Default + PartialEq>(text: &str) -> Result<T, String> {
    match text.parse::<T>() {
        Ok(number) if number != T::default() => Ok(number),
        _ => Err(format!("`{text}` is no number to work with; write a whole number above 0")),
    }
}

/// How much of a frame is kept; 0 is all of it, as in tcpdump.
pub(crate) fn snaplen(text: &str) -> Result<u32, String> {
    match text.parse() {
        Ok(0) => Ok(WHOLE),
        Ok(bytes) if bytes <= WHOLE => Ok(bytes),
        _ => Err(format!(
            "`{text}` is no number of bytes up to {WHOLE}; 0 stands for {WHOLE}, which is a whole frame"
        )),
    }
}

/// The size of the kernel's buffer, which libpcap counts in bytes of 31 bits.
pub(crate) fn buffer(text: &str) -> Result<u32, String> {
    const MOST: u32 = 2047;
    match at_least_one(text) {
        Ok(mib) if mib <= MOST => Ok(mib),
        _ => Err(format!("`{text}` is no size of a buffer; write a whole number of MiB from 1 to {MOST}")),
    }
}

/// Whether that is the name of a built-in protocol.
pub(crate) fn is_protocol(name: &str) -> bool {
    INSPECTORS.iter().any(|inspector| inspector.name == name)
}

/// A rule as tshark's `-d`: `tcp.port==8443,tls`, `udp.port==5000-5010,rtp`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct DecodeRule(pub(crate) DecodeAs);

impl FromStr for DecodeRule {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let form =
            || format!("`{text}` is no rule; write it like tcp.port==8443,tls or udp.port==5000-5010,rtp");
        let (selector, name) = text.split_once(',').ok_or_else(form)?;
        let (field, ports) = selector.split_once("==").ok_or_else(form)?;
        let transport = match field.trim() {
            "tcp.port" => Transport::Tcp,
            "udp.port" => Transport::Udp,
            "sctp.port" => Transport::Sctp,
            _ => return Err(form()),
        };
        let (first, last) = ports.split_once('-').unwrap_or((ports, ports));
        let port = |text: &str| {
            let number = text.trim().parse::<u64>().map_err(|_| form())?;
            u16::try_from(number)
                .map_err(|_| format!("there is no port {number} as in `{text}`; ports end at 65535"))
        };
        let (first, last) = (port(first)?, port(last)?);
        if first > last {
            return Err(format!("the range {first}-{last} in `{text}` is empty; write the lower port first"));
        }
        let name = name.trim();
        if let Some(what) = unfit_label(name) {
            return Err(format!("`{}` can be no protocol: {what}", name.escape_debug()));
        }
        // Whether it is one is known when the user's own rules are.
        Ok(Self(DecodeAs { transport, first, last, name: label(name) }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_have_units_and_nothing_is_guessed() {
        let nanos = |text: &str| text.parse::<Span>().map(|span| span.nanos).ok();
        assert_eq!(nanos("90"), Some(90_000_000_000));
        assert_eq!(nanos("500ms"), Some(500_000_000));
        assert_eq!(nanos("5m"), Some(300_000_000_000));
        for bad in ["", "m", "5 m", "-1s", "0s", "5x", "99999999999999999h"] {
            assert_eq!(nanos(bad), None, "{bad}");
        }
    }

    #[test]
    fn nothing_is_no_count_and_no_buffer_but_a_whole_frame() {
        assert_eq!((at_least_one::<u64>("7"), snaplen("0"), buffer("64")), (Ok(7), Ok(WHOLE), Ok(64)));
        for bad in ["0", "-1", "", "many", "99999999999999999999"] {
            assert!(at_least_one::<u64>(bad).is_err_and(|said| said.contains("above 0")), "{bad}");
            assert!(buffer(bad).is_err_and(|said| said.contains("from 1 to 2047")), "{bad}");
        }
        for bad in ["262145", "-1", "all"] {
            assert!(snaplen(bad).is_err_and(|said| said.contains("0 stands for 262144")), "{bad}");
        }
    }

    #[test]
    fn a_decode_rule_is_tsharks() {
        let rule: DecodeRule = "tcp.port==2222,ssh".parse().unwrap();
        assert_eq!((rule.0.first, rule.0.last, rule.0.name), (2222, 2222, "ssh"));
        for bad in
            ["tcp.port==2222", "tcp.port=2222,ssh", "tcp.port==9-2,ssh", "ip.proto==1,ssh", "tcp.port==1,"]
        {
            assert!(bad.parse::<DecodeRule>().is_err(), "{bad}");
        }
    }
}
