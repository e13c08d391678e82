//! wiretell says what each network flow really is, how sure it is, and why.

#![cfg_attr(
    test,
    allow(clippy::cast_possible_truncation, clippy::cast_possible_wrap, clippy::cast_sign_loss)
)]

pub mod attributes;
pub mod byteset;
pub mod candidates;
pub mod capture;
pub mod context;
pub mod cursor;
pub mod explain;
pub mod follow;
pub mod formats;
pub mod inspect;
pub mod key;
pub mod layout;
pub mod packet;
pub mod ports;
pub mod protocols;
pub mod rhythm;
pub mod samples;
pub mod sequence;
pub mod wire;
