//! Cutting a side's stream into frames that tell their length at their beginning, for followers.

/// How a protocol's frames are told apart.
#[derive(Clone, Copy, Debug)]
pub struct Framing {
    /// Bytes of the header, by which the length is known.
    pub header: usize,
    /// Most bytes kept of one frame, the header included: what is read of it stands near its beginning.
    pub kept: usize,
    /// Whether a packet's bytes begin with a frame: after a hole frames are found again there.
    pub begins: fn(&[u8]) -> bool,
    /// A frame's whole length by its header; `None` if it is no frame's.
    pub length: fn(&[u8]) -> Option<usize>,
}

/// A side's stream on its way into frames.
#[derive(Debug, Default)]
pub struct Frames {
    kept: Vec<u8>,
    /// The current frame's bytes that are still to come, once its length is known.
    missing: usize,
    lost: bool,
}

impl Frames {
    /// Takes the stream's next bytes, before which some may be missing (`gap`); gives each frame that they end, from its
    /// header on, as far as it was kept.
    pub fn push(&mut self, framing: &Framing, mut bytes: &[u8], gap: bool, mut each: impl FnMut(&[u8])) {
        if gap {
            self.kept.clear();
            self.missing = 0;
            self.lost = true;
        }
        if self.lost {
            if !(framing.begins)(bytes) {
                return;
            }
            self.lost = false;
        }
        while !bytes.is_empty() {
            if self.missing == 0 {
                let wanted = framing.header - self.kept.len().min(framing.header);
                let (head, tail) = bytes.split_at(wanted.min(bytes.len()));
                self.kept.extend_from_slice(head);
                bytes = tail;
                if self.kept.len() < framing.header {
                    return;
                }
                let missing = (framing.length)(&self.kept).and_then(|len| len.checked_sub(framing.header));
                let Some(missing) = missing else {
                    self.kept.clear();
                    self.lost = true;
                    return;
                };
                self.missing = missing;
            }
            let (head, tail) = bytes.split_at(self.missing.min(bytes.len()));
            let room = framing.kept.saturating_sub(self.kept.len()).min(head.len());
            self.kept.extend_from_slice(head.get(..room).unwrap_or_default());
            self.missing -= head.len();
            bytes = tail;
            if self.missing == 0 {
                each(&self.kept);
                self.kept.clear();
            }
        }
    }
}
