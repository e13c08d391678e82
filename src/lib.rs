//! wiretell says what each network flow really is, how sure it is, and why.

pub mod attributes;
pub mod byteset;
pub mod candidates;
pub mod context;
pub mod cursor;
pub mod follow;
pub mod inspect;
pub mod key;
pub mod packet;
pub mod protocols;
pub mod rhythm;
