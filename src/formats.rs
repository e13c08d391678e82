//! Formats that several protocols share. Pure: bytes in, facts out.

pub mod alert;
pub mod bencode;
pub mod ber;
pub mod certificate;
pub mod cipher_suites;
pub mod crc;
pub mod dns;
pub mod dtls_records;
pub mod frames;
pub mod guid;
pub mod headers;
pub mod hello;
pub mod hello_attributes;
pub mod ip_packet;
pub mod ja;
pub mod lines;
pub mod netbios;
pub mod noise;
pub mod ntlm;
pub mod per;
pub mod sctp;
pub mod sdp;
pub mod tls_numbers;
pub mod tls_records;
