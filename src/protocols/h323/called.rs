//! Where H.245 will be spoken: the `h245Address` in a call's messages, ITU-T H.225.0 annex H.
//!
//! ```text
//! Q.931      08, call reference, message type, elements; 7E length u16: user-user
//! user-user  05, H323-UserInformation: 4 bits, body CHOICE of 7, extended
//!   setup           8 bits, protocolIdentifier, h245Address OPTIONAL ...
//!   connect         2 bits, protocolIdentifier, h245Address OPTIONAL ...
//!   callProceeding, alerting, progress
//!                   2 bits, protocolIdentifier, destinationInfo, h245Address OPTIONAL ...
//!   facility        4 bits, protocolIdentifier, ... reason; h245Address is its seventh addition
//! ```

use crate::formats::per::Per;

/// Q.931's user-user element (H.225.0 section 7.2.2.31), and the protocol in it: ASN.1.
const USER_USER: u8 = 0x7e;
const ASN1: u8 = 5;
/// The place of `h245Address` among a Facility's additions.
const H245_IN_FACILITY: u32 = 6;

/// The contents of the user-user element among the elements of a Q.931 message.
fn user_user(mut elements: &[u8]) -> Option<&[u8]> {
    loop {
        let (&kind, rest) = elements.split_first()?;
        elements = match kind {
            // An element of one octet (Q.931 section 4.5.1).
            0x80.. => rest,
            USER_USER => {
                let (len, rest) = rest.split_first_chunk::<2>()?;
                let contents = rest.get(..usize::from(u16::from_be_bytes(*len)).min(rest.len()))?;
                return contents.strip_prefix(&[ASN1]);
            }
            _ => {
                let (&len, rest) = rest.split_first()?;
                rest.get(usize::from(len)..)?
            }
        };
    }
}

/// The message, as a clause for people, and the port at which its sender, or who it speaks for, awaits H.245.
///
/// `elements` are those of a Q.931 message.
pub(super) fn control_port(elements: &[u8]) -> Option<(&'static str, u16)> {
    let mut per = Per::new(user_user(elements)?);
    // H323-UserInformation: extended, user-data. H323-UU-PDU: extended, nonStandardData.
    per.bits(4)?;
    if per.bit()? {
        return match per.small()? {
            0 => Some(("an H.225.0 progress message's h245Address", after_destination(&mut Per::new(per.counted()?))?)),
            _ => None,
        };
    }
    Some(match per.bits(3)? {
        0 => ("an H.225.0 setup's h245Address", after_identifier(&mut per, 6)?),
        1 => ("an H.225.0 call proceeding's h245Address", after_destination(&mut per)?),
        2 => ("an H.225.0 connect's h245Address", after_identifier(&mut per, 0)?),
        3 => ("an H.225.0 alerting's h245Address", after_destination(&mut per)?),
        6 => ("an H.225.0 facility's h245Address", in_facility(&mut per)?),
        _ => return None,
    })
}

/// Setup and connect: `h245Address` comes right behind the identifier, and of `others` optional components there are bits.
fn after_identifier(per: &mut Per<'_>, others: u8) -> Option<u16> {
    per.bit()?;
    let present = per.bit()?;
    per.bits(others)?;
    per.counted()?;
    if present { transport_address(per) } else { None }
}

/// Call proceeding, alerting and progress: what the called end is comes between.
fn after_destination(per: &mut Per<'_>) -> Option<u16> {
    per.bit()?;
    if !per.bit()? {
        return None;
    }
    per.counted()?;
    endpoint_type(per)?;
    transport_address(per)
}

fn in_facility(per: &mut Per<'_>) -> Option<u16> {
    if !per.bit()? {
        return None;
    }
    let [address, aliases, conference] = [per.bit()?, per.bit()?, per.bit()?];
    per.counted()?;
    if address {
        transport_address(per)?;
    }
    if aliases {
        return None;
    }
    if conference {
        per.octets(16)?;
    }
    // The reason: one of four, or one that was added, with nothing in it.
    if per.bit()? {
        per.small()?;
        per.counted()?;
    } else {
        per.bits(2)?;
    }
    transport_address(&mut per.additions(H245_IN_FACILITY)??)
}

/// The port of a TransportAddress; `None` where it is not one of IP.
fn transport_address(per: &mut Per<'_>) -> Option<u16> {
    if per.bit()? {
        return None;
    }
    let port = match per.bits(3)? {
        // ipAddress: four octets and a port.
        0 => {
            per.octets(4)?;
            per.u16()?
        }
        // ip6Address: extended, sixteen octets and a port.
        3 => {
            let extended = per.bit()?;
            per.octets(16)?;
            let port = per.u16()?;
            per.skip_additions(extended)?;
            port
        }
        _ => return None,
    };
    Some(port)
}

/// Leaves an EndpointType.
fn endpoint_type(per: &mut Per<'_>) -> Option<()> {
    let extended = per.bit()?;
    let mut present = [false; 6];
    for flag in &mut present {
        *flag = per.bit()?;
    }
    let [non_standard_data, vendor, gatekeeper, gateway, mcu, terminal] = present;
    if non_standard_data {
        non_standard(per)?;
    }
    if vendor {
        // VendorIdentifier: who, product and version, of 1 to 256 octets each.
        let extended = per.bit()?;
        let texts = [per.bit()?, per.bit()?];
        h221(per)?;
        for _ in texts.iter().filter(|present| **present) {
            let len = usize::from(*per.octets(1)?.first()?) + 1;
            per.octets(len)?;
        }
        per.skip_additions(extended)?;
    }
    if gatekeeper {
        plain(per)?;
    }
    if gateway {
        // With a list of the protocols behind it there is more than is worth reading.
        let extended = per.bit()?;
        if per.bit()? {
            return None;
        }
        if per.bit()? {
            non_standard(per)?;
        }
        per.skip_additions(extended)?;
    }
    for _ in [mcu, terminal].iter().filter(|present| **present) {
        plain(per)?;
    }
    // mc, undefinedNode.
    per.bits(2)?;
    per.skip_additions(extended)
}

/// Leaves a SEQUENCE of nothing but `nonStandardData OPTIONAL` and additions.
fn plain(per: &mut Per<'_>) -> Option<()> {
    let extended = per.bit()?;
    if per.bit()? {
        non_standard(per)?;
    }
    per.skip_additions(extended)
}

/// Leaves a NonStandardParameter: whose it is, and the data.
pub(super) fn non_standard(per: &mut Per<'_>) -> Option<()> {
    if per.bit()? {
        return None;
    }
    if per.bit()? {
        h221(per)?;
    } else {
        per.counted()?;
    }
    per.counted().map(drop)
}

/// Leaves an H221NonStandard: country, extension and manufacturer.
fn h221(per: &mut Per<'_>) -> Option<()> {
    let extended = per.bit()?;
    per.octets(4)?;
    per.skip_additions(extended)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Puts `body` into a user-user element behind a bearer capability and a display.
    fn message(body: &[u8]) -> Option<(&'static str, u16)> {
        let mut elements = b"\x04\x03\x88\x93\xa5\xa1\x28\x02ab\x7e".to_vec();
        elements.extend((body.len() as u16 + 1).to_be_bytes());
        elements.push(5);
        elements.extend(body);
        control_port(&elements)
    }

    #[test]
    fn a_setup_and_a_connect_name_the_port_behind_the_protocols_identifier() {
        let setup = b"\x20\xc0\x06\0\x08\x91\x4a\0\x04\0\x0a\x01\x06\x12\x04\xd0\x22\xc0\0\0\0\0\0";
        assert_eq!(message(setup), Some(("an H.225.0 setup's h245Address", 1232)));
        let connect = b"\x22\xc0\x06\0\x08\x91\x4a\0\x03\0\x0a\x01\x06\x12\x04\xd0\x22\xc0\0\0\0\0\0";
        assert_eq!(message(connect), Some(("an H.225.0 connect's h245Address", 1232)));
        let without = b"\x22\x80\x06\0\x08\x91\x4a\0\x03\x22\xc0\0\0\0\0\0";
        assert_eq!(message(without), None);
    }

    #[test]
    fn an_address_of_version_six_is_read_as_well() {
        let connect = b"\x22\xc0\x06\0\x08\x91\x4a\0\x05\x30\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\x01\x2a\xf8\x22";
        assert_eq!(message(connect).map(|(_, port)| port), Some(11_000));
    }

    #[test]
    fn what_the_called_end_is_comes_before_the_address() {
        // Vendor with product `310i` and version `R`, a terminal.
        let proceeding = b"\x21\xc0\x06\0\x08\x91\x4a\0\x03\x22\xc0\0\0\0\0\x03310i\0R\0\x0a\x01\x06\x12\x04\xd0\x11\0";
        assert_eq!(message(proceeding), Some(("an H.225.0 call proceeding's h245Address", 1232)));
        // A gateway that lists protocols is not read.
        let gateway = b"\x23\xc0\x06\0\x08\x91\x4a\0\x03\x08\x80\0\x0a\x01\x06\x12\x04\xd0";
        assert_eq!(message(gateway), None);
    }

    #[test]
    fn a_facility_has_it_among_its_additions() {
        // Reason startH245; callIdentifier and h245Address of seven additions.
        let mut facility = b"\x26\x80\x06\0\x08\x91\x4a\0\x04\x81\x01\0\x0d\x04".to_vec();
        facility.extend(b"\x11\0abcdefghijklmnop\x07\0\x0a\x01\x06\x12\x04\xd0");
        assert_eq!(message(&facility), Some(("an H.225.0 facility's h245Address", 1232)));
    }

    #[test]
    fn a_message_that_is_cut_anywhere_names_nothing() {
        let connect = b"\x22\xc0\x06\0\x08\x91\x4a\0\x03\0\x0a\x01\x06\x12\x04\xd0";
        for len in 0..connect.len() {
            assert_eq!(message(&connect[..len]), None, "{len}");
        }
    }
}
