//! Formats that several protocols share. Pure: bytes in, facts out.

pub mod ber;
pub mod dns;
pub mod guid;
