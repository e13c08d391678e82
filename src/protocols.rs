//! One file per application protocol.
//!
//! To add one: write `protocols/NAME.rs` with a `pub const INSPECTOR`, and add `NAME` to the list below.
//! Nothing else names a protocol.

use crate::inspect::Inspector;

macro_rules! inspectors {
    ($($name:ident),* $(,)?) => {
        $(pub mod $name;)*

        /// Every inspector. Their order means nothing.
        pub const INSPECTORS: &[Inspector] = &[$($name::INSPECTOR),*];
    };
}

inspectors! {
    ard,
    bgp,
    bittorrent,
    cgp,
    dcerpc,
    dhcp,
    dhcpv6,
    dns,
    dtls,
    ftp,
    ftp_data,
    grpc,
    http,
    http2,
    imap,
    irc,
    edt,
    enpc,
    fatpipe,
    framehawk,
    hicp,
    ica,
    icabrowser,
    llmnr,
    lmtp,
    mdns,
    msdtc,
    netft,
    nntp,
    ntp,
    pop3,
    radius,
    rdg_udp,
    rdp,
    rdp_udp,
    redis,
    smtp,
    snmp,
    socks,
    ssdp,
    srt,
    ssh,
    syslog,
    telnet,
    tftp,
    timelot,
    tip,
    tls,
    websocket,
    udt,
}

#[cfg(test)]
mod tests;
