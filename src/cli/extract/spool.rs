//! Inputs that can be read only once, such as pipes, are kept in temporary files, to be read twice.

use std::fs::File;
use std::io::{self, ErrorKind, Read, Write};
use std::os::fd::AsFd;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use tempfile::NamedTempFile;
use wiretell::capture::list::Source;

/// Bytes copied at once.
const PIECE: usize = 256 << 10;

/// The temporary files; they go when this goes.
pub(in crate::cli) struct Spool(
    #[expect(dead_code, reason = "kept for what happens when they go")] Vec<NamedTempFile>,
);

impl Spool {
    /// Copies each source that is no file into one and puts that in its place; `names` gets what it is to be called.
    /// A signal ends the copying: what came before it is the input then.
    ///
    /// # Errors
    /// A sentence about what could not be read or written.
    pub(in crate::cli) fn take(
        sources: &mut [Source],
        names: &mut Vec<(String, String)>,
        stop: &AtomicBool,
    ) -> Result<Self, String> {
        let mut files = Vec::new();
        for source in sources {
            let standard = source.path == Path::new("-");
            let regular = std::fs::metadata(&source.path).is_ok_and(|metadata| metadata.is_file());
            if regular && !standard {
                continue;
            }
            let name = if standard { "standard input".to_owned() } else { source.path.display().to_string() };
            let file = spool(&source.path, standard, stop).map_err(|error| {
                format!(
                    "{name} has to be read twice, and cannot be kept in a temporary file: {error}; set TMPDIR to a \
                     directory with room, or write it to a file and name that"
                )
            })?;
            names.push((file.path().display().to_string(), name));
            file.path().clone_into(&mut source.path);
            files.push(file);
        }
        // What was read until then is to be worked on; the next signal ends everything.
        if !files.is_empty() {
            stop.store(false, Ordering::Relaxed);
        }
        Ok(Self(files))
    }
}

fn spool(path: &Path, standard: bool, stop: &AtomicBool) -> io::Result<NamedTempFile> {
    let mut input =
        if standard { File::from(io::stdin().as_fd().try_clone_to_owned()?) } else { File::open(path)? };
    let mut file = NamedTempFile::with_prefix("wiretell-")?;
    let mut piece = vec![0; PIECE];
    while !stop.load(Ordering::Relaxed) {
        match input.read(&mut piece) {
            Ok(0) => break,
            Ok(read) => file.write_all(piece.get(..read).unwrap_or_default())?,
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(file)
}
