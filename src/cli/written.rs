//! Files that are written: none of them is one that is read, and what root makes for somebody is theirs.

use super::{CommonArgs, Format};
use std::fs::{File, Metadata};
use std::io::{ErrorKind, IsTerminal, Write};
use std::os::fd::AsFd;
use std::os::unix::fs::{MetadataExt, fchown};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use wiretell::capture::privileges;
use wiretell::output::destination::Destination;

/// Opens what records are written to; none of the `inputs` is destroyed.
///
/// # Errors
/// A sentence about the file that cannot be made.
pub(crate) fn destination(
    args: &CommonArgs,
    inputs: &[&Path],
    stop: &Arc<AtomicBool>,
) -> Result<Arc<Destination>, String> {
    let to_stdout = args.output.as_deref().is_none_or(|path| path == Path::new("-"));
    if args.format == Format::Html && to_stdout && std::io::stdout().is_terminal() {
        return Err(
            "--format html writes a page for a browser, not for a terminal; name a file: -o report.html"
                .into(),
        );
    }
    let writer: Box<dyn Write + Send> = match args.output.as_deref() {
        None => Box::new(std::io::stdout()),
        Some(path) if path == Path::new("-") => Box::new(std::io::stdout()),
        Some(path) => {
            if let Some(input) = inputs.iter().find(|input| is_same(path, input)) {
                return Err(format!(
                    "{}: cannot be written, because it is read from ({}); name another file after -o",
                    path.display(),
                    input.display()
                ));
            }
            let file = create(path);
            Box::new(file.map_err(|error| format!("{}: cannot be written: {error}", path.display()))?)
        }
    };
    Ok(Destination::new(writer, Arc::clone(stop)))
}

/// Makes a file, or empties it. A new one belongs to the user who called sudo, if one did.
pub(crate) fn create(path: &Path) -> std::io::Result<File> {
    match File::create_new(path) {
        Ok(file) => {
            if let Some((user, group)) = privileges::sudo_user() {
                fchown(&file, Some(user), Some(group))?;
            }
            Ok(file)
        }
        Err(error) if error.kind() == ErrorKind::AlreadyExists => File::create(path),
        Err(error) => Err(error),
    }
}

/// Whether an output and an input are one file under whatever names, so that writing would destroy what is read.
pub(crate) fn is_same(output: &Path, input: &Path) -> bool {
    let output = std::fs::metadata(output).ok().and_then(|metadata| identity(&metadata));
    output.is_some() && output == input_identity(input)
}

/// What tells a file from all others, under whatever names.
pub(crate) fn identity(metadata: &Metadata) -> Option<(u64, u64)> {
    metadata.is_file().then(|| (metadata.dev(), metadata.ino()))
}

/// The same for an input; `-` is standard input.
pub(crate) fn input_identity(input: &Path) -> Option<(u64, u64)> {
    let input = if input == Path::new("-") {
        let stdin = std::io::stdin().as_fd().try_clone_to_owned();
        stdin.and_then(|stdin| File::from(stdin).metadata())
    } else {
        std::fs::metadata(input)
    };
    identity(&input.ok()?)
}
