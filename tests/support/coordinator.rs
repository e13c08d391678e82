//! What transaction coordinators say on the wire: DCE/RPC (C706 section 12.6), the endpoint mapper, and MS-CMPO's sessions.

/// Where the coordinators listen, as the endpoint mapper says.
pub const PORT: u16 = 0xc003;

const SYNTAX: &[u8] = b"\x04\x5d\x88\x8a\xeb\x1c\xc9\x11\x9f\xe8\x08\0\x2b\x10\x48\x60\x02\0\0\0";
pub const COORDINATOR: &[u8] = b"\xe0\x0c\x6b\x90\x0b\xc7\x67\x10\xb3\x17\0\xdd\x01\x06\x62\xda\x01\0\0\0";
pub const MAPPER: &[u8] = b"\x08\x83\xaf\xe1\x1f\x5d\xc9\x11\x91\xa4\x08\0\x2b\x14\xa0\xfa\x03\0\0\0";

/// Who the caller is.
pub const IDENTITY: &str = "ffeeddcc-bbaa-9988-7766-554433221100";
pub const OTHER: &str = "01234567-89ab-cdef-0123-456789abcdef";

/// A PDU with this type, call and body.
pub fn pdu(kind: u8, call: u32, body: &[u8]) -> Vec<u8> {
    let mut bytes = vec![5, 0, kind, 3, 0x10, 0, 0, 0];
    bytes.extend((16 + body.len() as u16).to_le_bytes());
    bytes.extend([0, 0]);
    bytes.extend(call.to_le_bytes());
    bytes.extend(body);
    bytes
}

pub fn bind(interface: &[u8]) -> Vec<u8> {
    let head = b"\xd0\x16\xd0\x16\0\0\0\0\x01\0\0\0\0\0\x01\0";
    pdu(11, 1, &[head, interface, SYNTAX].concat())
}

pub fn bind_ack() -> Vec<u8> {
    let body = b"\xd0\x16\xd0\x16\x01\0\0\0\x04\x00135\0\0\0\x01\0\0\0\0\0\0\0";
    pdu(12, 1, &[body.as_slice(), SYNTAX].concat())
}

/// Call 2: the first that follows the bind.
pub fn request(operation: u8, arguments: &[u8]) -> Vec<u8> {
    pdu(0, 2, &[&[0, 0, 0, 0, 0, 0, operation, 0], arguments].concat())
}

pub fn response(results: &[u8]) -> Vec<u8> {
    pdu(2, 2, &[&[0; 8], results].concat())
}

/// The endpoint mapper is asked for the coordinator.
pub fn mapping_wanted() -> Vec<u8> {
    let tower = [b"\0\0\0\0\0\0\0\0\x05\0\x13\0\x0d".as_slice(), &COORDINATOR[..16], b"\x01\0\x02\0\0\0"];
    request(3, &tower.concat())
}

/// It names the coordinator's port, or knows nothing.
pub fn mapping(known: bool) -> Vec<u8> {
    if !known {
        // No entries, and EPT_S_NOT_REGISTERED.
        return response(&[[0; 28].as_slice(), &0x16c9_a0d6_u32.to_le_bytes()].concat());
    }
    let mut stub = b"\0\0\0\0\0\0\0\0\x05\0\x13\0\x0d".to_vec();
    stub.extend(&COORDINATOR[..16]);
    stub.extend(b"\x01\0\x02\0\0\0\x13\0\x0d");
    stub.extend(&SYNTAX[..16]);
    stub.extend(b"\x02\0\x02\0\0\0\x01\0\x0b\x02\0\0\0\x01\0\x07\x02\0\xc0\x03\x01\0\x09\x04\0\x0a\0\0\x02");
    response(&stub)
}

/// The arguments of BuildContextW (MS-CMPO section 3.3.4): who is wanted, the caller's host, who the caller is.
pub fn set_up(identity: &str) -> Vec<u8> {
    let mut bytes = [1, 0, 0, 0].repeat(7);
    for text in ["00112233-4455-6677-8899-aabbccddeeff", "NODE7", identity] {
        for number in [text.len() as u32 + 1, 0, text.len() as u32 + 1] {
            bytes.extend(number.to_le_bytes());
        }
        bytes.extend(text.bytes().chain([0]).flat_map(|byte| [byte, 0]));
        bytes.resize(bytes.len().next_multiple_of(4), 0);
    }
    bytes
}
