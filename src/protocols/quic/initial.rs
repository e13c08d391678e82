//! What Initial packets hold: they are encrypted with keys that follow from the client's first connection id,
//! so that everyone on the path can read them: RFC 9001 sections 5.2 to 5.4.
//!
//! ```text
//! initial secret = HKDF-Extract(salt of the version, DCID of the client's first Initial)
//! side's secret  = HKDF-Expand-Label(initial secret, "client in" or "server in")
//! key, iv, hp    = HKDF-Expand-Label(side's secret, "quic key", "quic iv", "quic hp")
//! ```

use super::packet::{Packet, family, varint};
use crate::cursor::{Cursor, require};
use crate::inspect::{Reject, Side};
use aes::Aes128;
use aes::cipher::{BlockCipherEncrypt, KeyInit};
use aes_gcm::Aes128Gcm;
use aes_gcm::aead::{Aead, Payload};
use hkdf::Hkdf;
use sha2::Sha256;

/// Longest handshake message that is put together from CRYPTO frames, in bytes.
const MAX_HANDSHAKE: usize = 16 * 1024;

/// The keys of one side's Initial packets.
struct Keys {
    key: [u8; 16],
    iv: [u8; 12],
    header: [u8; 16],
}

impl Keys {
    fn new(version: u32, client_cid: &[u8], side: Side) -> Option<Self> {
        let family = family(version)?;
        let initial = Hkdf::<Sha256>::new(Some(&family.salt), client_cid);
        let label = if side == Side::Initiator { "client in" } else { "server in" };
        let secret: [u8; 32] = expand(&initial, label)?;
        let secret = Hkdf::<Sha256>::from_prk(&secret).ok()?;
        let [key, iv, header] = if family.second {
            ["quicv2 key", "quicv2 iv", "quicv2 hp"]
        } else {
            ["quic key", "quic iv", "quic hp"]
        };
        Some(Self { key: expand(&secret, key)?, iv: expand(&secret, iv)?, header: expand(&secret, header)? })
    }
}

/// HKDF-Expand-Label with an empty context (RFC 8446 section 7.1).
fn expand<const N: usize>(secret: &Hkdf<Sha256>, label: &str) -> Option<[u8; N]> {
    let len = u16::try_from(N).ok()?.to_be_bytes();
    let label_len = u8::try_from("tls13 ".len() + label.len()).ok()?;
    let info = [&len[..], &[label_len], b"tls13 ", label.as_bytes(), &[0]].concat();
    let mut out = [0; N];
    secret.expand(&info, &mut out).ok()?;
    Some(out)
}

/// Decrypts an Initial packet that `side` sent, if it is whole and the keys that follow from `client_cid` fit.
pub(super) fn decrypt(packet: &Packet<'_>, client_cid: &[u8], side: Side) -> Option<Vec<u8>> {
    if packet.protected.is_open() {
        return None;
    }
    let keys = Keys::new(packet.version, client_cid, side)?;
    let protected = packet.protected.rest();
    // Header protection (section 5.4.2): the sample begins where a packet number of four bytes would end.
    let sample: [u8; 16] = protected.get(4..20)?.try_into().ok()?;
    let mut mask = sample.into();
    Aes128::new(&keys.header.into()).encrypt_block(&mut mask);
    let mask: [u8; 16] = mask.into();
    let [first_mask, number_mask @ ..] = mask;

    let mut header = packet.header.to_vec();
    let first = header.first_mut()?;
    *first ^= first_mask & 0x0f;
    let number_len = usize::from(*first & 3) + 1;
    let (number, payload) = protected.split_at_checked(number_len)?;
    let number: Vec<u8> = number.iter().zip(number_mask).map(|(byte, mask)| byte ^ mask).collect();
    header.extend_from_slice(&number);

    // The nonce is the packet number, right-aligned, over the IV (section 5.3).
    let mut nonce = keys.iv;
    for (place, byte) in nonce.iter_mut().rev().zip(number.iter().rev()) {
        *place ^= byte;
    }
    let cipher = Aes128Gcm::new(&keys.key.into());
    cipher.decrypt(&nonce.into(), Payload { msg: payload, aad: &header }).ok()
}

/// Puts the handshake together from the CRYPTO frames of Initial packets, in whichever order they came.
#[derive(Debug, Default)]
pub(super) struct Handshake {
    parts: Vec<(usize, Vec<u8>)>,
    google: bool,
}

impl Handshake {
    /// Adds a decrypted payload's frames (RFC 9000 section 19).
    pub(super) fn add(&mut self, payload: &[u8], google: bool) -> Result<(), Reject> {
        self.google = google;
        let mut frames = Cursor::closed(payload);
        while !frames.is_empty() {
            match frames.u8()? {
                // PADDING, PING.
                0 | 1 => {}
                kind @ (2 | 3) => {
                    skip_ack(&mut frames, kind == 3)?;
                }
                // CRYPTO; Google's versions number it 8.
                kind @ (6 | 8) if kind == 6 || google => {
                    let offset = usize::try_from(varint(&mut frames)?).map_err(|_| Reject::Mismatch)?;
                    let len = usize::try_from(varint(&mut frames)?).map_err(|_| Reject::Mismatch)?;
                    let data = frames.take(len)?;
                    require(offset.saturating_add(len) <= MAX_HANDSHAKE)?;
                    self.parts.push((offset, data.to_vec()));
                }
                // CONNECTION_CLOSE ends what is of interest.
                _ => break,
            }
        }
        Ok(())
    }

    /// The bytes from the first on, up to the first hole.
    pub(super) fn bytes(mut self) -> Vec<u8> {
        self.parts.sort_by_key(|&(offset, _)| offset);
        let mut bytes = Vec::new();
        for (offset, part) in &self.parts {
            let new = bytes.len().checked_sub(*offset).and_then(|known| part.get(known..));
            bytes.extend_from_slice(new.unwrap_or_default());
        }
        bytes
    }
}

/// An ACK frame's fields (RFC 9000 section 19.3).
fn skip_ack(frames: &mut Cursor<'_>, counts: bool) -> Result<(), Reject> {
    varint(frames)?;
    varint(frames)?;
    let ranges = varint(frames)?;
    varint(frames)?;
    for _ in 0..ranges {
        varint(frames)?;
        varint(frames)?;
    }
    if counts {
        for _ in 0..3 {
            varint(frames)?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_those_of_the_published_vectors() {
        // RFC 9001 appendix A.1.
        let cid = [0x83, 0x94, 0xc8, 0xf0, 0x3e, 0x51, 0x57, 0x08];
        let keys = Keys::new(1, &cid, Side::Initiator).unwrap();
        assert_eq!(u128::from_be_bytes(keys.key), 0x1f369613dd76d5467730efcbe3b1a22d);
        assert_eq!(keys.iv, [0xfa, 0x04, 0x4b, 0x2f, 0x42, 0xa3, 0xfd, 0x3b, 0x46, 0xfb, 0x25, 0x5c]);
        assert_eq!(u128::from_be_bytes(keys.header), 0x9f50449e04a0e810283a1e9933adedd2);
        let keys = Keys::new(1, &cid, Side::Responder).unwrap();
        assert_eq!(u128::from_be_bytes(keys.key), 0xcf3a5331653c364c88f0f379b6067e37);
    }

    #[test]
    fn crypto_frames_are_put_together_in_whichever_order_they_come() {
        let mut handshake = Handshake::default();
        handshake.add(&[0, 1, 6, 3, 3, b'd', b'e', b'f'], false).unwrap();
        handshake.add(&[6, 0, 4, b'a', b'b', b'c', b'd', 0, 0], false).unwrap();
        assert_eq!(handshake.bytes(), b"abcdef");
    }

    #[test]
    fn an_ack_before_the_crypto_frame_is_passed_over() {
        let mut handshake = Handshake::default();
        handshake.add(&[2, 5, 0, 1, 0, 1, 1, 6, 0, 1, b'x'], false).unwrap();
        assert_eq!(handshake.bytes(), b"x");
    }
}
