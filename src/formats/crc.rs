//! Cyclic redundancy checks of 16 bits, by which industrial protocols prove a frame whole.
//!
//! Each is named by its generator polynomial (without the highest bit) and the register's first value;
//! bit by bit, since only a flow's first frames are ever checked.

/// Over bytes taken from their highest bit on.
#[must_use]
pub fn crc16(bytes: &[u8], polynomial: u16, initial: u16) -> u16 {
    bytes.iter().fold(initial, |register, &byte| {
        (0..8).fold(register ^ u16::from(byte) << 8, |register, _| {
            let carry = register & 0x8000 != 0;
            register << 1 ^ if carry { polynomial } else { 0 }
        })
    })
}

/// Over bytes taken from their lowest bit on; `polynomial` is given from its lowest bit on, too.
#[must_use]
pub fn crc16_reflected(bytes: &[u8], polynomial: u16, initial: u16) -> u16 {
    bytes.iter().fold(initial, |register, &byte| {
        (0..8).fold(register ^ u16::from(byte), |register, _| {
            let carry = register & 1 != 0;
            register >> 1 ^ if carry { polynomial } else { 0 }
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_published_check_values_come_out() {
        // The check value of a CRC is what it makes of the nine digits.
        assert_eq!(crc16(b"123456789", 0x1021, 0xffff), 0x29b1);
        assert_eq!(crc16(b"123456789", 0x1021, 0), 0x31c3);
        assert_eq!(crc16_reflected(b"123456789", 0xa6bc, 0) ^ 0xffff, 0xea82);
    }
}
