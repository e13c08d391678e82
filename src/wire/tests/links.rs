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

/// An 802.11 data frame's header, up to LLC.
fn wlan(control: [u8; 2], rest: usize) -> Bytes {
    [&control[..], &[0; 2], &[2; 18], &[0x50, 0], &vec![0; rest]].concat()
}

const SNAP: [u8; 8] = [0xaa, 0xaa, 3, 0, 0, 0, 0x08, 0x00];

#[test]
fn wireless_data_frames_lead_to_ip() {
    let with = |before: &[u8], header: Bytes| [before, &header, &SNAP].concat();
    assert_found(105, &with(&[], wlan([0x08, 1], 0)));
    // Four addresses; quality of service; both, and the field for high throughput.
    assert_found(105, &with(&[], wlan([0x08, 3], 6)));
    assert_found(105, &with(&[], wlan([0x88, 1], 2)));
    assert_found(105, &with(&[], wlan([0x88, 0x83], 12)));
    // Marked as protected, but handed over in the clear, with or without the initialisation vector.
    assert_found(105, &with(&[], wlan([0x08, 0x41], 0)));
    assert_found(105, &with(&[], wlan([0x08, 0x41], 8)));
    // Radiotap without fields, and with time stamp and flags that tell of padding.
    assert_found(127, &with(&[0, 0, 8, 0, 0, 0, 0, 0], wlan([0x08, 1], 0)));
    let flags = [0, 0, 17, 0, 3, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x20];
    assert_found(127, &with(&flags, wlan([0x88, 1], 4)));
    assert_found(163, &with(&[0x80, 0x21, 0x10, 1, 0, 0, 0, 8], wlan([0x08, 1], 0)));
    assert_found(119, &with(&[0, 0, 0, 0x44, 12, 0, 0, 0, 0, 0, 0, 0], wlan([0x08, 1], 0)));
    assert_found(192, &with(&[0, 0, 8, 0, 105, 0, 0, 0], wlan([0x08, 1], 0)));
}

#[test]
fn the_first_of_aggregated_packets_is_taken() {
    let mut header = wlan([0x88, 1], 2);
    header[24] = 0x80;
    assert_found(105, &[&header[..], &[2; 12], &[0, 41], &SNAP].concat());
}

#[test]
fn wireless_frames_without_readable_data_are_skipped_by_reason() {
    assert_eq!(decode_on(105, &wlan([0x80, 0], 40)).unwrap_err(), Skip::LinkControl);
    assert_eq!(decode_on(105, &wlan([0x48, 1], 40)).unwrap_err(), Skip::LinkControl);
    assert_eq!(decode_on(105, &wlan([0x08, 0x41], 40)).unwrap_err(), Skip::Encrypted);
}

#[test]
fn the_rarer_headers_lead_to_ip() {
    assert_found(239, &[2, 0, 0, 0, 8, 0, 1, 0, 8, 0, 0, 0, 37, 0, 9, 0]);
    assert_found(239, &[2, 0, 0, 0, 0, 8, 0, 1, 8, 0, 0, 0, 0, 37, 0, 9]);
    assert_found(107, &[0x18, 0x41, 0x03, 0xcc]);
    assert_found(107, &[0x18, 0x41, 0x03, 0x00, 0x80, 0, 0, 0, 0x08, 0x00]);
    assert_found(107, &[0x18, 0x41, 0x08, 0x00]);
    assert_found(6, &[&[0x10, 0x40][..], &[2; 12], &SNAP].concat());
    assert_found(6, &[&[0x10, 0x40][..], &[2; 6], &[0x82; 6], &[0x82, 0], &SNAP].concat());
    assert_found(7, &[1, 2, 240]);
    assert_found(129, &[1, 2, 0, 0, 212, 0, 0, 0]);
    assert_found(10, &[&[0x50][..], &[2; 12], &SNAP].concat());
    assert_found(100, &SNAP);
    assert_found(106, &[]);
    assert_found(123, &[&[2, 0, 0, 5][..], &SNAP].concat());
    assert_found(226, &[0; 24]);
    assert_found(8, &[0; 16]);
    assert_found(204, &[0, 0xff, 0x03, 0x00, 0x21]);
    assert_found(205, &[0, 0x0f, 0, 0x08, 0x00]);
    assert_found(206, &[0, 0x18, 0x41, 0x03, 0xcc]);
    assert_found(258, &[12, 0, 0, 0, 1, 0, 0, 0, 101, 0, 0, 0]);
    let mac = [2; 12];
    assert_found(274, &[&[0x55; 8][..], &mac, &[0x08, 0x00]].concat());
    assert_found(281, &[&mac[..], &[0; 4], &[0x08, 0x00]].concat());
    assert_found(282, &[&[0; 4][..], &mac, &[0x08, 0x00]].concat());
    assert_found(284, &[&mac[..], &[0; 4], &[0x08, 0x00]].concat());
    assert_found(285, &[&mac[..], &[0; 8], &[0x08, 0x00]].concat());
    assert_found(197, &[&[0; 8][..], &[2, 0, 0, 0, 0, 0, 0, 0], &[0; 2], &mac, &[0x08, 0x00]].concat());
    assert_found(178, &[&b"MGC"[..], &[0x80, 0, 2, 1, 2], &mac, &[0x08, 0x00]].concat());
    assert_found(178, &[&b"MGC"[..], &[0x02, 2, 0, 0, 0]].concat());
    assert_found(179, &[&b"MGC"[..], &[0x00, 0x00, 0x21]].concat());
}
