//! wiretell says what each network flow really is, how sure it is, and why.

#![cfg_attr(
    test,
    allow(clippy::cast_possible_truncation, clippy::cast_possible_wrap, clippy::cast_sign_loss)
)]

pub mod analysis;
pub mod attributes;
pub mod byteset;
pub mod candidates;
pub mod capture;
pub mod classify;
pub mod context;
pub mod cursor;
pub mod explain;
pub mod flow;
pub mod follow;
pub mod formats;
pub mod hosts;
pub mod inspect;
pub mod judge;
pub mod key;
pub mod layout;
pub mod monitor;
pub mod opening;
pub mod output;
pub mod packet;
pub mod pipeline;
pub mod ports;
pub mod protocols;
pub mod rhythm;
pub mod samples;
pub mod sequence;
pub mod shard;
pub mod stream;
pub mod summary;
pub mod table;
pub mod tcp;
pub mod totals;
pub mod verdict;
pub mod wheel;
pub mod wire;
