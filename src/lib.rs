//! wiretell says what each network flow really is, how sure it is, and why.
//!
//! This is the library that the program `wiretell` is made of. Packets go in; out come summaries of flows, each with
//! a label, a verdict, a confidence and the evidence. What decides is pure: bytes in, facts out, no clock and no
//! files; only [`capture`], [`analysis`] and [`monitor`] reach outside.
//!
//! # Labelling the flows of a capture
//!
//! ```
//! use std::sync::atomic::AtomicBool;
//! use wiretell::analysis::{Reading, Run, Watcher};
//! use wiretell::capture::{CaptureError, list};
//! use wiretell::{pipeline::Settings, shard::Sink, summary::Summary};
//!
//! #[derive(Default)]
//! struct Labels(Vec<(Option<&'static str>, &'static str)>);
//!
//! impl Sink for Labels {
//!     fn flow(&mut self, flow: Summary) {
//!         self.0.push((flow.app, flow.verdict.name()));
//!     }
//! }
//!
//! struct Complain;
//!
//! impl Watcher for Complain {
//!     fn failed(&mut self, error: &CaptureError) {
//!         panic!("{error}");
//!     }
//! }
//!
//! # let path = std::env::temp_dir().join(format!("wiretell-doc-{}.pcap", std::process::id()));
//! # let mut file = Vec::new();
//! # for word in [0xa1b2_c3d4_u32, 0x0004_0002, 0, 0, 65_535, 101, 1_795_176_000, 0, 58, 58] {
//! #     file.extend(word.to_le_bytes());
//! # }
//! # file.extend([0x45, 0, 0, 58, 0, 0, 0, 0, 64, 17, 0, 0, 10, 0, 0, 1, 10, 0, 0, 2]);
//! # file.extend([0x9c, 0x40, 0, 53, 0, 38, 0, 0, 0, 7, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0]);
//! # file.extend(b"\x04host\x07example\0\0\x01\0\x01");
//! # std::fs::write(&path, file)?;
//! let sources = list(&[path.clone()]).sources;
//! let stop = AtomicBool::new(false);
//! let (settings, reading) = (Settings::default(), Reading::default());
//! let run = Run { sources: &sources, each: false, settings, reading, stop: &stop };
//! let (outcome, labels) = run.run(Labels::default, &mut Complain)?;
//! # std::fs::remove_file(&path)?;
//!
//! assert_eq!(labels[0].0, [(Some("dns"), "confirmed")]);
//! assert_eq!(outcome.intake.packets, outcome.totals.packets_in_flows);
//! # Ok::<(), std::io::Error>(())
//! ```
//!
//! # Labelling packets from elsewhere
//!
//! A source of packets of one's own feeds a [`pipeline::Pipeline`] with blocks of frames, and what it learns comes while
//! packets do: see [`shard::Sink::relabelled`]. Nothing in that reads a file or a clock: time is what packets say, and
//! what [`pipeline::Pipeline::tick`] is told. Whoever has packets parsed already can give them to a [`shard::Shard`].
//!
//! ```
//! use wiretell::packet::{Frame, Timestamp};
//! use wiretell::{pipeline::{Pipeline, Settings}, shard::Sink, summary::Summary};
//!
//! #[derive(Default)]
//! struct Keep(Vec<Summary>);
//!
//! impl Sink for Keep {
//!     fn flow(&mut self, flow: Summary) {
//!         self.0.push(flow);
//!     }
//! }
//!
//! let mut pipeline = Pipeline::start(&Settings::default(), Keep::default)?;
//! // An IP packet with an NTP request in it, from wherever packets come.
//! let mut packet = vec![0x45, 0, 0, 76, 0, 0, 0, 0, 64, 17, 0, 0, 10, 0, 0, 1, 10, 0, 0, 2];
//! packet.extend([0x9c, 0x40, 0, 123, 0, 56, 0, 0, 0x23]);
//! packet.resize(76, 0);
//! let mut block = pipeline.block();
//! block.frames.push(Frame {
//!     time: Timestamp(1_795_176_000_000_000_000),
//!     number: 1,
//!     start: 0,
//!     captured: 76,
//!     wire: 76,
//!     link: 101, // LINKTYPE_RAW: the frame begins with its IP header
//!     digits: 9,
//! });
//! block.bytes.append(&mut packet);
//! pipeline.feed(block);
//! let (intake, totals, sinks) = pipeline.finish();
//!
//! assert_eq!((intake.packets, totals.packets_in_flows), (1, 1));
//! assert_eq!(sinks[0].0[0].endpoints[1].port, 123);
//! # Ok::<(), std::io::Error>(())
//! ```
//!
//! Both as programs: `examples/classify.rs` and `examples/own_source.rs`.
//!
//! # What is stable
//!
//! Versions follow semantic versioning for what stands in these pages. Enums that are marked as non-exhaustive grow in
//! minor versions, and so do the lists of protocols, findings and attributes; the records' layout has a `schema` number of
//! its own. That a flow's label gets better is no breaking change.
//!
//! # Words
//!
//! | word | meaning |
//! |---|---|
//! | frame | what a capture delivers: bytes, a time, a link-layer type |
//! | packet | the innermost IP packet of a frame, with its transport's header parsed |
//! | payload | the transport's payload, as the lengths in the headers bound it |
//! | flow | the packets between two endpoints over one protocol, both ways, within one scope of tags and tunnels |
//! | initiator, responder | who opened a flow (or was seen first), and the side that was listening |
//! | opening | what each side of a flow said first: all that an inspector looks at |
//! | inspector | one application protocol: how to recognise it, as a value |
//! | claim | an inspector's word that a flow is its own, with the evidence |
//! | confidence | what was seen: port, behaviour, signature, message, dialogue, in this order |
//! | promise | what a listening port is registered for or used for; a hint, never a recognition |
//! | verdict | how the promise and the bytes relate: confirmed, contradicted ... |
//! | follower | what watches a claimed flow to its end |
//! | shard | the flows of some host pairs, which are handled by one thread |
//! | skipped | a frame that gave no packet, counted by reason |
//! | dropped | a frame that was lost before it could be read |
//! | evicted | a flow that was ended early because there were too many |
//! | expired | something whose time was over |

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
pub mod copies;
pub mod cursor;
pub mod explain;
pub mod extract;
pub mod findings;
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
pub mod place;
pub mod ports;
pub mod protocols;
mod pulse;
pub mod report;
pub mod rhythm;
pub mod rules;
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
