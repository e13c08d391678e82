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
    dhcp,
    dhcpv6,
    dcerpc,
    dns,
    dtls,
    llmnr,
    mdns,
    msdtc,
    netft,
    ntp,
    radius,
    rdg_udp,
    rdp_udp,
    snmp,
    ssh,
    syslog,
    tftp,
    tip,
    tls,
}

#[cfg(test)]
mod tests;
