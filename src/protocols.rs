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
    bgp,
    bittorrent,
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
    rdp_udp,
    redis,
    smtp,
    snmp,
    socks,
    ssdp,
    ssh,
    syslog,
    telnet,
    tftp,
    tip,
    tls,
    websocket,
}

#[cfg(test)]
mod tests;
