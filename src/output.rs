//! What people and programs see: records, tables. Nothing here knows a protocol.

pub mod community;
pub mod csv;
pub mod destination;
pub mod finding;
pub mod jsonl;
pub mod lists;
pub mod protocol;
pub mod record;
pub mod report;
#[cfg(test)]
mod samples;
pub mod schema;
pub mod select;
pub mod stats;
pub mod steady;
pub mod table;
pub mod text;
pub mod time;
