//! Any bytes as a capture file, of whatever format they seem to be.

#![no_main]

use libfuzzer_sys::fuzz_target;
use wiretell_fuzz::read_as_capture;

fuzz_target!(|data: &[u8]| read_as_capture(data));
