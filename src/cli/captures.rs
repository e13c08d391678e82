//! Where packets go: one capture, or one for every flow.

use super::written::{create, identity, input_identity, is_same};
use std::collections::{HashMap, HashSet};
use std::fs::OpenOptions;
use std::io::{self, IsTerminal, Write};
use std::path::{Path, PathBuf};
use wiretell::capture::write::{Encoder, Format, Interfaces, Unfit, Written};
use wiretell::extract::Chosen;

/// Bytes collected before they are written.
const COLLECTED: usize = 256 << 10;
/// Bytes collected of all flows together, where each has a file of its own: then all are written, one after the other, so
/// that no more than one file is open at a time.
const COLLECTED_PER_FLOW: usize = 64 << 20;

/// Why something was not written.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Trouble {
    /// The format has no place for a frame.
    #[error(transparent)]
    Frame(#[from] Unfit),
    /// The system did not take it.
    #[error("writing failed: {0}")]
    Output(#[from] io::Error),
    /// It would have destroyed what is read.
    #[error("{} is read from; name another directory after --per-flow", .0.display())]
    Input(PathBuf),
}

/// The format that a file's name asks for.
pub(crate) fn format_of(path: &Path, nanoseconds: bool) -> Format {
    if has_ending(path, &[".pcap", ".cap"]) { Format::Pcap { nanoseconds } } else { Format::Pcapng }
}

fn has_ending(path: &Path, endings: &[&str]) -> bool {
    let name = path.file_name().unwrap_or_default().to_string_lossy().to_ascii_lowercase();
    endings.iter().any(|ending| name.ends_with(ending))
}

/// Opens the file, or standard output for `-`, that a capture is to be written to.
///
/// # Errors
/// A sentence about the file that cannot be made, or that is one of the `inputs`.
pub(crate) fn open(path: &Path, inputs: &[&Path]) -> Result<Box<dyn Write + Send>, String> {
    if has_ending(path, &[".gz", ".zst"]) {
        return Err(format!(
            "{}: captures are written as they are; write to standard output, and compress that: -w - | gzip",
            path.display()
        ));
    }
    if path == Path::new("-") {
        if io::stdout().is_terminal() {
            return Err("a capture is nothing for a terminal to show; name a file after -w, or a pipe: \
                        -w - | tshark -r -"
                .to_owned());
        }
        return Ok(Box::new(io::stdout()));
    }
    if let Some(input) = inputs.iter().find(|input| is_same(path, input)) {
        return Err(format!(
            "{}: cannot be written, because it is read from ({}); name another file after -w",
            path.display(),
            input.display()
        ));
    }
    match create(path) {
        Ok(file) => Ok(Box::new(file)),
        Err(error) => Err(format!("{}: cannot be written: {error}", path.display())),
    }
}

/// One capture that is written.
pub(crate) struct One {
    writer: Box<dyn Write + Send>,
    encoder: Encoder,
    collected: Vec<u8>,
}

impl One {
    /// Writes to `writer`.
    pub(crate) fn new(writer: Box<dyn Write + Send>, format: Format) -> Self {
        Self { writer, encoder: Encoder::new(format), collected: Vec::with_capacity(COLLECTED * 2) }
    }

    /// Writes what stands before the first frame; `link` is the link layer of a pcap file.
    pub(crate) fn begin(&mut self, link: u16) {
        self.encoder.begin(link, &mut self.collected);
    }

    /// Writes a frame, by and by.
    pub(crate) fn write(&mut self, written: &Written<'_>, interfaces: &Interfaces) -> Result<(), Trouble> {
        self.encoder.frame(written, interfaces, &mut self.collected)?;
        if self.collected.len() >= COLLECTED {
            self.flush()?;
        }
        Ok(())
    }

    /// Writes all that was collected.
    pub(crate) fn flush(&mut self) -> io::Result<()> {
        let written = self.writer.write_all(&self.collected).and_then(|()| self.writer.flush());
        self.collected.clear();
        written
    }
}

/// A directory with a capture for every flow.
pub(crate) struct PerFlow {
    directory: PathBuf,
    /// Files that must not be written, because they are read.
    inputs: HashSet<(u64, u64)>,
    flows: HashMap<usize, FlowFile>,
    collected: usize,
}

struct FlowFile {
    name: String,
    encoder: Encoder,
    collected: Vec<u8>,
    /// Whether a part of it was written already.
    begun: bool,
}

impl PerFlow {
    /// Writes into `directory`, which is made if it is not there, and else has to be empty: files of another extraction would look like
    /// those of this one.
    ///
    /// # Errors
    /// A sentence about the directory that cannot be made, or is not empty.
    pub(crate) fn new(directory: &Path, inputs: &[&Path]) -> Result<Self, String> {
        std::fs::create_dir_all(directory)
            .map_err(|error| format!("{}: the directory cannot be made: {error}", directory.display()))?;
        let is_used = std::fs::read_dir(directory).is_ok_and(|mut entries| entries.next().is_some());
        if is_used {
            return Err(format!(
                "{}: is not empty; name another directory after --per-flow, or empty this one",
                directory.display()
            ));
        }
        let inputs = inputs.iter().filter_map(|input| input_identity(input)).collect();
        Ok(Self { directory: directory.to_owned(), inputs, flows: HashMap::new(), collected: 0 })
    }

    /// Writes a frame of the flow with a place, by and by.
    pub(crate) fn write(
        &mut self,
        place: usize,
        chosen: &Chosen,
        written: &Written<'_>,
        interfaces: &Interfaces,
    ) -> Result<(), Trouble> {
        let flow = self.flows.entry(place).or_insert_with(|| FlowFile {
            name: name_of(chosen),
            encoder: Encoder::new(Format::Pcapng),
            collected: Vec::new(),
            begun: false,
        });
        let before = flow.collected.len();
        flow.encoder.frame(written, interfaces, &mut flow.collected)?;
        self.collected += flow.collected.len() - before;
        if self.collected < COLLECTED_PER_FLOW { Ok(()) } else { self.flush() }
    }

    /// Writes all that was collected.
    pub(crate) fn flush(&mut self) -> Result<(), Trouble> {
        self.collected = 0;
        for flow in self.flows.values_mut().filter(|flow| !flow.collected.is_empty()) {
            let path = self.directory.join(&flow.name);
            let mut file = if flow.begun {
                OpenOptions::new().append(true).open(&path)
            } else {
                let there = std::fs::metadata(&path).ok().and_then(|metadata| identity(&metadata));
                if there.is_some_and(|there| self.inputs.contains(&there)) {
                    return Err(Trouble::Input(path));
                }
                create(&path)
            }?;
            flow.begun = true;
            // Its room goes with it: most flows have no more to come.
            file.write_all(&std::mem::take(&mut flow.collected))?;
        }
        Ok(())
    }
}

/// A flow's file: its number and its label, of which nothing is left that a shell or a file system could take amiss.
fn name_of(chosen: &Chosen) -> String {
    let safe = |c: char| if c.is_ascii_alphanumeric() || c == '-' { c } else { '_' };
    let label: String = chosen.app.unwrap_or("no-label").chars().map(safe).collect();
    format!("{:016x}-{label}.pcapng", chosen.id)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_tells_the_format_and_compression_is_refused() {
        let format = |name: &str| format_of(Path::new(name), true);
        for name in ["-", "a.pcapng", "a", "pcap", "a.pcap.1", "a.ntar"] {
            assert_eq!(format(name), Format::Pcapng, "{name}");
        }
        for name in ["a.pcap", "b/A.PCAP", "a.cap"] {
            assert_eq!(format(name), Format::Pcap { nanoseconds: true }, "{name}");
        }
        assert!(open(Path::new("a.pcapng.gz"), &[]).is_err_and(|said| said.contains("| gzip")));
    }
}
