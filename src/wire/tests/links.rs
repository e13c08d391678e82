//! Link types and tags.

use super::*;

/// A UDP packet between 10.0.0.1 and 10.0.0.2, and how it is told.
fn probe() -> (Bytes, &'static str) {
    (ipv4("10.0.0.1", "10.0.0.2", 17, &udp(1000, 53, b"query")), "udp 10.0.0.1:1000 > 10.0.0.2:53")
}

/// The same over IPv6.
fn probe_v6() -> (Bytes, &'static str) {
    (
        ipv6("2001:db8::1", "2001:db8::2", 17, &udp(1000, 53, b"query")),
        "udp 2001:db8::1:1000 > 2001:db8::2:53",
    )
}

#[track_caller]
fn assert_found(link: u16, before: &[u8]) {
    let (packet, expected) = probe();
    let (found, _, payload) = decode_on(link, &[before, &packet].concat()).unwrap();
    assert_eq!((told(&found).as_str(), &payload[..]), (expected, &b"query"[..]), "link type {link}");
}

#[test]
fn ip_is_found_behind_each_link_header() {
    for raw in [12, 14, 101, 228] {
        assert_found(raw, &[]);
    }
    assert_found(0, &[2, 0, 0, 0]);
    assert_found(0, &[0, 0, 0, 2]);
    assert_found(108, &[0, 0, 0, 2]);
    assert_found(9, &[0x00, 0x21]);
    assert_found(9, &[0xff, 0x03, 0x21]);
    assert_found(50, &[0xff, 0x03, 0x00, 0x21]);
    assert_found(50, &[0x0f, 0x00, 0x08, 0x00]);
    assert_found(51, &[0x11, 0, 0, 1, 0, 35, 0x00, 0x21]);
    assert_found(104, &[0x0f, 0x00, 0x08, 0x00]);
    assert_found(113, &[0, 0, 0, 1, 0, 6, 2, 0, 0, 0, 0, 1, 0, 0, 0x08, 0x00]);
    assert_found(276, &[0x08, 0x00, 0, 0, 0, 0, 0, 2, 0, 1, 0, 6, 2, 0, 0, 0, 0, 1, 0, 0]);
}

#[test]
fn every_family_number_of_ipv6_is_known() {
    let (packet, expected) = probe_v6();
    for family in [10_u32, 23, 24, 28, 30] {
        for header in [family.to_le_bytes(), family.to_be_bytes()] {
            let (found, ..) = decode_on(0, &[&header[..], &packet].concat()).unwrap();
            assert_eq!(told(&found), expected);
        }
    }
}

#[test]
fn tags_are_listed_from_the_outside_in() {
    let (packet, expected) = probe();
    let tags = [&[0, 7, 0x81, 0][..], &[0x20, 100, 0x08, 0], &packet].concat();
    let (found, layers, _) = decode_on(1, &ethernet(0x88a8, &tags)).unwrap();
    assert_eq!((told(&found).as_str(), layers.vlans()), (expected, &[7, 100][..]));
}

#[test]
fn tags_without_end_are_skipped() {
    let bytes = ethernet(0x8100, &[0, 1, 0x81, 0].repeat(40));
    assert_eq!(decode_on(1, &bytes).unwrap_err(), Skip::TunnelTooDeep);
}

#[test]
fn snap_leads_to_ip() {
    let (packet, expected) = probe();
    let inner = [&[0xaa, 0xaa, 3, 0, 0, 0, 0x08, 0x00][..], &packet].concat();
    let length = u16::try_from(inner.len()).unwrap();
    assert_eq!(told(&decode_on(1, &ethernet(length, &inner)).unwrap().0), expected);
}

#[test]
fn what_is_not_ip_is_skipped_by_reason() {
    assert_eq!(decode_on(1, &ethernet(0x0806, &[0; 28])).unwrap_err(), Skip::Arp);
    assert_eq!(decode_on(1, &ethernet(0x88cc, &[0; 28])).unwrap_err(), Skip::NonIp);
    assert_eq!(decode_on(1, &ethernet(38, &[0x42, 0x42, 3])).unwrap_err(), Skip::NonIp);
    assert_eq!(decode_on(999, &[0; 64]).unwrap_err(), Skip::UnsupportedLinkType);
    assert_eq!(decode_on(1, &[0; 9]).unwrap_err(), Skip::Malformed);
    assert_eq!(decode_on(1, &ethernet(0x0800, &[0x42; 40])).unwrap_err(), Skip::Malformed);
}
