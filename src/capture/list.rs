//! Which capture files are meant by the paths that somebody names, and in which order they make one timeline.

use super::{Block, CaptureError, FileReader};
use crate::packet::Timestamp;
use std::collections::HashSet;
use std::fs;
use std::path::{Path, PathBuf};

/// How deep directories are searched; deeper ones are made by mistake or by malice.
const MAX_DEPTH: usize = 64;
/// Bytes read at once to see a capture's first frame: most have it right after the header.
const GLANCE: usize = 16 << 10;

/// A capture file that is to be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Source {
    /// Where it is; `-` is the standard input.
    pub path: PathBuf,
    /// When its first frame was captured; `None` when it has none, or when looking would take it away, as from
    /// a pipe.
    pub first: Option<Timestamp>,
}

/// Finds the captures that `paths` name, sorted by the time of their first frames, then by path; those whose time
/// is not known come last.
///
/// Directories are searched, directories in them included, for files that begin as captures do; symbolic links to
/// directories are followed only where they are named. What is named is expected to be a capture; what is found
/// and is none, is passed over, unless its name says that it is one. A file that is found twice is read once.
pub fn list(paths: &[PathBuf]) -> Listed {
    let mut search = Search::default();
    for path in paths {
        if path != Path::new("-") && path.is_dir() {
            search.met = false;
            search.directory(path, 0);
            if !search.met {
                search.errors.push(CaptureError::NoCaptures { name: path.display().to_string() });
            }
        } else {
            search.named(path);
        }
    }
    search.sources.sort_by(|a, b| {
        let order = |source: &Source| (source.first.is_none(), source.first);
        order(a).cmp(&order(b)).then_with(|| a.path.cmp(&b.path))
    });
    let Search { sources, errors, repeated, .. } = search;
    Listed { sources, errors, repeated }
}

/// The captures that were found.
#[derive(Debug, Default)]
pub struct Listed {
    /// Those to read, in order.
    pub sources: Vec<Source>,
    /// What is wrong with the others that were named.
    pub errors: Vec<CaptureError>,
    /// Those found again under the same or another name; they are among the sources once.
    pub repeated: Vec<PathBuf>,
}

#[derive(Debug, Default)]
struct Search {
    sources: Vec<Source>,
    errors: Vec<CaptureError>,
    repeated: Vec<PathBuf>,
    seen: HashSet<PathBuf>,
    /// Whether the directory that is searched had a capture, or something that hindered the search.
    met: bool,
}

impl Search {
    /// Takes a file that was named: what is wrong with it is told.
    fn named(&mut self, path: &Path) {
        // Looking into a pipe would take its first bytes away.
        let regular = fs::metadata(path).is_ok_and(|metadata| metadata.is_file());
        if path == Path::new("-") || (path.exists() && !regular) {
            self.sources.push(Source { path: path.to_owned(), first: None });
            return;
        }
        match first_time(path) {
            Ok(first) => self.add(path, first),
            Err(error) => self.errors.push(error),
        }
    }

    /// Takes a file that was found in a directory, when it is a capture.
    fn found(&mut self, path: &Path) {
        match first_time(path) {
            Ok(first) => {
                self.met = true;
                self.add(path, first);
            }
            Err(CaptureError::Foreign { .. } | CaptureError::Empty { .. }) if !is_named_as_capture(path) => {}
            Err(error) => self.hindered(error),
        }
    }

    fn hindered(&mut self, error: CaptureError) {
        self.met = true;
        self.errors.push(error);
    }

    fn add(&mut self, path: &Path, first: Option<Timestamp>) {
        let whereabouts = path.canonicalize().unwrap_or_else(|_| path.to_owned());
        if self.seen.insert(whereabouts) {
            self.sources.push(Source { path: path.to_owned(), first });
        } else {
            self.repeated.push(path.to_owned());
        }
    }

    fn directory(&mut self, path: &Path, depth: usize) {
        let entries = match fs::read_dir(path) {
            Ok(entries) => entries,
            Err(error) => {
                return self.hindered(CaptureError::opening(&path.display().to_string(), error));
            }
        };
        for entry in entries.flatten() {
            let path = entry.path();
            let is_directory = entry.file_type().is_ok_and(|kind| kind.is_dir());
            if is_directory && depth < MAX_DEPTH {
                self.directory(&path, depth + 1);
            } else if path.is_file() {
                self.found(&path);
            }
        }
    }
}

/// Whether a file's name promises a capture, so that somebody misses it if it is none.
fn is_named_as_capture(path: &Path) -> bool {
    let name = path.file_name().unwrap_or_default().to_string_lossy().to_ascii_lowercase();
    let name = name.strip_suffix(".gz").or(name.strip_suffix(".zst")).unwrap_or(&name);
    [".pcap", ".pcapng", ".cap"].iter().any(|ending| name.ends_with(ending))
}

/// The time of a file's first frame. Damage is not told here but when the file is read, with what came before it.
fn first_time(path: &Path) -> Result<Option<Timestamp>, CaptureError> {
    let mut reader = match FileReader::open(path) {
        Ok(reader) => reader.with_block_size(GLANCE),
        Err(error) if error.is_partial() => return Ok(None),
        Err(error) => return Err(error),
    };
    let mut block = Block::default();
    Ok(match reader.read_block(&mut block) {
        Ok(true) => block.frames.first().map(|frame| frame.time),
        Ok(false) | Err(_) => None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::capture::samples::Sample;

    /// A directory of its own for a test, removed afterwards.
    struct Directory(PathBuf);

    impl Directory {
        fn new(name: &str) -> Self {
            let path = std::env::temp_dir().join(format!("wiretell-list-{name}-{}", std::process::id()));
            fs::create_dir_all(path.join("inner/most")).unwrap();
            Self(path)
        }

        fn write(&self, name: &str, seconds: u32) -> PathBuf {
            let sample = Sample::little();
            let path = self.0.join(name);
            let file =
                [sample.header(0xa1b2c3d4, (2, 4), 0, 1), sample.record(seconds, 0, 1, 1, &[1])].concat();
            fs::write(&path, file).unwrap();
            path
        }
    }

    impl Drop for Directory {
        fn drop(&mut self) {
            let _ = fs::remove_dir_all(&self.0);
        }
    }

    fn paths(sources: &[Source]) -> Vec<&Path> {
        sources.iter().map(|source| source.path.as_path()).collect()
    }

    #[test]
    fn captures_are_sorted_by_their_first_frames_wherever_they_lie() {
        let directory = Directory::new("sorted");
        let last = directory.write("a", 30);
        let first = directory.write("inner/most/z.txt", 10);
        let second = directory.write("inner/b", 20);
        let same = directory.write("inner/c", 20);
        fs::write(directory.0.join("notes.txt"), "not a capture at all").unwrap();
        fs::write(directory.0.join("empty"), "").unwrap();
        let Listed { sources, errors, .. } = list(std::slice::from_ref(&directory.0));
        assert!(errors.is_empty(), "{errors:?}");
        assert_eq!(paths(&sources), [&first, &second, &same, &last]);
        assert_eq!(sources[0].first, Some(Timestamp(10_000_000_000)));
    }

    #[test]
    fn what_is_named_must_be_a_capture_and_the_rest_is_still_read() {
        let directory = Directory::new("named");
        let good = directory.write("good", 1);
        let text = directory.0.join("text");
        fs::write(&text, "not a capture at all").unwrap();
        let Listed { sources, errors, .. } = list(&[text, directory.0.join("missing"), good.clone()]);
        assert_eq!(paths(&sources), [&good]);
        assert!(matches!(errors[0], CaptureError::Foreign { .. }), "{errors:?}");
        assert!(matches!(errors[1], CaptureError::Missing { .. }), "{errors:?}");
    }

    #[test]
    fn a_directory_without_captures_is_an_error() {
        let directory = Directory::new("without");
        fs::write(directory.0.join("notes.txt"), "not a capture at all").unwrap();
        let Listed { sources, errors, .. } = list(std::slice::from_ref(&directory.0));
        assert!(sources.is_empty());
        assert!(matches!(errors.as_slice(), [CaptureError::NoCaptures { .. }]), "{errors:?}");
    }

    #[test]
    fn what_is_found_under_a_captures_name_and_is_none_is_told() {
        let directory = Directory::new("promised");
        let good = directory.write("good", 1);
        fs::write(directory.0.join("zeros.PCAPNG"), [0; 4096]).unwrap();
        fs::write(directory.0.join("empty.cap.gz"), "").unwrap();
        fs::write(directory.0.join("notes.txt"), "").unwrap();
        let Listed { sources, mut errors, .. } = list(std::slice::from_ref(&directory.0));
        assert_eq!(paths(&sources), [&good]);
        errors.sort_by_key(ToString::to_string);
        assert!(
            matches!(errors.as_slice(), [CaptureError::Empty { .. }, CaptureError::Foreign { .. }]),
            "{errors:?}"
        );
    }

    #[test]
    fn a_file_that_is_named_twice_is_read_once() {
        let directory = Directory::new("twice");
        let file = directory.write("file", 1);
        let listed = list(&[file.clone(), directory.0.clone(), file.clone()]);
        assert_eq!(listed.sources.len(), 1);
        assert_eq!(listed.repeated, [file.clone(), file]);
    }

    #[test]
    fn a_cut_capture_is_left_to_its_reader_and_comes_last() {
        let directory = Directory::new("cut");
        let good = directory.write("good", 1);
        let cut = directory.0.join("cut");
        fs::write(&cut, &fs::read(&good).unwrap()[..20]).unwrap();
        let Listed { sources, errors, .. } = list(&[cut.clone(), good.clone(), PathBuf::from("-")]);
        assert!(errors.is_empty(), "{errors:?}");
        assert_eq!(paths(&sources), [good.as_path(), cut.as_path(), Path::new("-")]);
    }
}
