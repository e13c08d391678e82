//! Builds captures byte by byte, for tests.

/// Writes records and blocks in one order of bytes.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Sample {
    big: bool,
}

impl Sample {
    pub(crate) const fn little() -> Self {
        Self { big: false }
    }

    pub(crate) const fn big() -> Self {
        Self { big: true }
    }

    fn u16(self, value: u16) -> [u8; 2] {
        if self.big { value.to_be_bytes() } else { value.to_le_bytes() }
    }

    fn u32(self, value: u32) -> [u8; 4] {
        if self.big { value.to_be_bytes() } else { value.to_le_bytes() }
    }

    fn u64(self, value: u64) -> [u8; 8] {
        if self.big { value.to_be_bytes() } else { value.to_le_bytes() }
    }

    /// The header of a pcap file.
    pub(crate) fn header(self, magic: u32, version: (u16, u16), snaplen: u32, link: u32) -> Vec<u8> {
        [
            &self.u32(magic)[..],
            &self.u16(version.0),
            &self.u16(version.1),
            &[0; 8],
            &self.u32(snaplen),
            &self.u32(link),
        ]
        .concat()
    }

    /// A record of a pcap file.
    pub(crate) fn record(
        self,
        seconds: u32,
        fraction: u32,
        first: u32,
        second: u32,
        bytes: &[u8],
    ) -> Vec<u8> {
        [&self.u32(seconds)[..], &self.u32(fraction), &self.u32(first), &self.u32(second), bytes].concat()
    }

    /// Any block of a pcapng file.
    pub(crate) fn block(self, kind: u32, body: &[u8]) -> Vec<u8> {
        let padding = vec![0; body.len().next_multiple_of(4) - body.len()];
        let length = self.u32(u32::try_from(body.len() + padding.len() + 12).unwrap());
        [&self.u32(kind)[..], &length, body, &padding, &length].concat()
    }

    pub(crate) fn section(self, version: (u16, u16)) -> Vec<u8> {
        let magic = self.u32(0x1a2b3c4d);
        self.block(0x0a0d0d0a, &[&magic[..], &self.u16(version.0), &self.u16(version.1), &[0xff; 8]].concat())
    }

    fn options(self, options: &[(u16, &[u8])]) -> Vec<u8> {
        let mut bytes = Vec::new();
        for (code, value) in options {
            bytes.extend(self.u16(*code));
            bytes.extend(self.u16(u16::try_from(value.len()).unwrap()));
            bytes.extend(*value);
            bytes.resize(bytes.len().next_multiple_of(4), 0);
        }
        bytes.extend([0; 4]);
        bytes
    }

    pub(crate) fn interface(self, link: u16, snaplen: u32, options: &[(u16, &[u8])]) -> Vec<u8> {
        let options = self.options(options);
        self.block(1, &[&self.u16(link)[..], &[0; 2], &self.u32(snaplen), &options].concat())
    }

    fn time(self, time: u64) -> Vec<u8> {
        let (high, low) = (u32::try_from(time >> 32).unwrap(), u32::try_from(time & 0xffff_ffff).unwrap());
        [self.u32(high), self.u32(low)].concat()
    }

    fn padded(bytes: &[u8]) -> Vec<u8> {
        let mut padded = bytes.to_vec();
        padded.resize(bytes.len().next_multiple_of(4), 0);
        padded
    }

    pub(crate) fn enhanced(
        self,
        interface: u32,
        time: u64,
        captured: u32,
        wire: u32,
        bytes: &[u8],
    ) -> Vec<u8> {
        let fields =
            [&self.u32(interface)[..], &self.time(time), &self.u32(captured), &self.u32(wire)].concat();
        self.block(6, &[fields, Self::padded(bytes)].concat())
    }

    pub(crate) fn packet(
        self,
        interface: u16,
        drops: u16,
        time: u64,
        captured: u32,
        wire: u32,
        bytes: &[u8],
    ) -> Vec<u8> {
        let numbers = [self.u16(interface), self.u16(drops)].concat();
        let fields = [&self.time(time)[..], &self.u32(captured), &self.u32(wire)].concat();
        self.block(2, &[numbers, fields, Self::padded(bytes)].concat())
    }

    pub(crate) fn simple(self, wire: u32, bytes: &[u8]) -> Vec<u8> {
        self.block(3, &[&self.u32(wire)[..], bytes].concat())
    }

    pub(crate) fn statistics(self, interface: u32, interface_drops: u64, kernel_drops: u64) -> Vec<u8> {
        let options = self.options(&[
            (5, &self.u64(interface_drops)),
            (4, &self.u64(77)),
            (7, &self.u64(kernel_drops)),
        ]);
        self.block(5, &[&self.u32(interface)[..], &[0; 8], &options].concat())
    }
}

/// A pcap file of so many frames, of different lengths and not too compressible.
pub(crate) fn capture(frames: u32) -> Vec<u8> {
    let sample = Sample::little();
    let mut file = sample.header(0xa1b2c3d4, (2, 4), 65535, 1);
    let mut state = 1_u32;
    for number in 0..frames {
        let bytes: Vec<u8> = (0..20 + number % 90)
            .map(|_| {
                state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                state.to_be_bytes()[0] & 0x1f
            })
            .collect();
        let length = u32::try_from(bytes.len()).unwrap();
        file.extend(sample.record(number, 7, length, length + number % 3, &bytes));
    }
    file
}

/// A pcapng file with two sections and all kinds of blocks.
pub(crate) fn sections(first: Sample, second: Sample) -> Vec<u8> {
    let bytes: Vec<u8> = (0..77).collect();
    let mut file = Vec::new();
    for sample in [first, second] {
        file.extend(sample.section((1, 0)));
        file.extend(sample.interface(1, 65535, &[(9, &[9]), (2, b"eth0")]));
        file.extend(sample.interface(101, 60, &[]));
        file.extend(sample.enhanced(0, 1 << 60, 77, 77, &bytes));
        file.extend(sample.block(0x0bad, &bytes));
        file.extend(sample.packet(1, 2, 1 << 50, 60, 77, &bytes[..60]));
        file.extend(sample.simple(20, &bytes[..20]));
        file.extend(sample.statistics(0, 1, 2));
    }
    file
}
