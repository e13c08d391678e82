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
    bfd,
    bgp,
    bittorrent,
    can,
    capwap,
    cgp,
    collectd,
    dcerpc,
    dhcp,
    dhcpv6,
    dlep,
    dns,
    dtls,
    edt,
    enpc,
    fatpipe,
    framehawk,
    ftp,
    ftp_data,
    grpc,
    gtp,
    hicp,
    hsrp,
    http,
    http2,
    ica,
    icabrowser,
    imap,
    ipmi,
    ipsec,
    irc,
    lisp,
    llmnr,
    lmtp,
    mdns,
    msdtc,
    nat_pmp,
    netflow,
    netft,
    nntp,
    ntp,
    openflow,
    openvpn,
    pcp,
    pfcp,
    pop3,
    ptp,
    quic,
    radius,
    rdg_udp,
    rdp,
    rdp_udp,
    redis,
    rtcp,
    rtp,
    rx,
    sflow,
    slp,
    smtp,
    snmp,
    socks,
    srt,
    ssdp,
    ssh,
    stun,
    syslog,
    telnet,
    tftp,
    timelot,
    tip,
    tls,
    tplink_smarthome,
    udt,
    uftp,
    vxlan,
    websocket,
    wireguard,
}

#[cfg(test)]
mod tests;
