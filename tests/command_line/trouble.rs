//! What goes wrong around it while it runs: the right message and exit code, and nothing damaged that was written before.

use super::{Files, all_records, ended, records, run, small, wiretell};
use crate::support::mixture;
use std::fs::{self, File, OpenOptions};
use std::io::Write;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};
use wiretell::capture::{Block, FileReader};

#[test]
fn a_full_disk_is_told_and_is_an_error_in_every_format() {
    let Ok(_) = OpenOptions::new().write(true).open("/dev/full") else { return };
    let files = Files::new("full");
    let capture = files.write("mixture.pcap", &mixture(300).pcap());
    for format in ["table", "jsonl", "csv"] {
        let (code, _, err) = run(&["read", "-q", "--format", format, "-o", "/dev/full", &capture]);
        assert_eq!(code, 2, "{format}: {err}");
        assert_eq!(err, "wiretell: writing the output failed: No space left on device (os error 28)\n");
        let full = OpenOptions::new().write(true).open("/dev/full").unwrap();
        let output = wiretell(&["read", "-q", "--format", format, &capture]).stdout(full).output().unwrap();
        assert_eq!(ended(&output).0, 2, "{format}");
    }
}

#[test]
fn on_a_disk_that_fills_up_every_whole_line_is_a_record() {
    let files = Files::new("filling");
    let capture = files.write("mixture.pcap", &mixture(5_000).pcap());
    let (small_disk, kept) = (files.path("disk"), files.path("kept.jsonl"));
    fs::create_dir(&small_disk).unwrap();
    // In a namespace of its own, so that the small disk goes with it, whatever happens.
    let script = format!(
        "mount -t tmpfs -o size=200k none {small_disk} || exit 77\n\
         '{}' read -q --format jsonl -o {small_disk}/out '{capture}'; code=$?\n\
         cp {small_disk}/out {kept}; exit $code",
        env!("CARGO_BIN_EXE_wiretell")
    );
    let Ok(output) = Command::new("unshare").args(["--mount", "sh", "-c", &script]).output() else { return };
    let code = output.status.code().unwrap();
    if code != 2 {
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(code == 77 || code == 1 && said.contains("unshare"), "{code}: {said}");
        let _ = writeln!(std::io::stderr(), "SKIPPED: no small disk can be made here");
        return;
    }
    let text = fs::read_to_string(kept).unwrap();
    assert!(text.len() > 100_000, "{}", text.len());
    let whole = &text[..=text.rfind('\n').unwrap()];
    assert!(all_records(whole).len() > 100);
}

#[test]
fn what_was_written_before_it_was_killed_is_whole_but_for_the_last_line() {
    let files = Files::new("killed");
    let target = files.path("flows.jsonl");
    let mut command = wiretell(&["read", "--format", "jsonl", "-o", &target, "-"]);
    let mut child = command.stdin(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    // Flows that end while the capture goes on, and a capture that does not end.
    let mut stdin = child.stdin.take().unwrap();
    stdin.write_all(&mixture(12_000).pcap()).unwrap();
    stdin.flush().unwrap();
    let begin = Instant::now();
    while fs::metadata(&target).map_or(0, |file| file.len()) == 0 {
        assert!(begin.elapsed() < Duration::from_secs(50), "nothing was written");
        std::thread::sleep(Duration::from_millis(20));
    }
    child.kill().unwrap();
    child.wait().unwrap();
    let text = fs::read_to_string(&target).unwrap();
    let whole = &text[..=text.rfind('\n').unwrap()];
    assert!(all_records(whole).len() > 10);
}

#[test]
fn a_capture_is_not_overwritten_by_what_is_read_from_it() {
    let files = Files::new("itself");
    let bytes = small().pcap();
    let capture = files.write("small.pcap", &bytes);
    std::os::unix::fs::symlink(&capture, files.path("link")).unwrap();
    fs::hard_link(&capture, files.path("other")).unwrap();
    for target in [capture.clone(), files.path("link"), files.path("other")] {
        let (code, _, err) = run(&["read", "-o", &target, &capture]);
        assert_eq!(code, 2, "{err}");
        assert!(err.contains(&target) && err.contains("read from"), "{err}");
        assert_eq!(fs::read(&capture).unwrap(), bytes);
    }
    // What is not a file can be both.
    let (code, _, err) = run(&["read", "-o", "/dev/null", "/dev/null"]);
    assert!(code == 2 && err.contains("is empty"), "{err}");
}

/// Frames up to the end, and what is said there.
fn rest(reader: &mut FileReader) -> (usize, Option<String>) {
    let (mut block, mut frames) = (Block::default(), 0);
    loop {
        match reader.read_block(&mut block) {
            Ok(true) => frames += block.frames.len(),
            Ok(false) => return (frames, None),
            Err(error) => return (frames, Some(error.to_string())),
        }
    }
}

#[test]
fn a_file_that_grows_or_shrinks_while_it_is_read_is_read_as_far_as_it_is_there() {
    let files = Files::new("changing");
    let bytes = mixture(500).pcap();
    let all = rest(&mut FileReader::open(files.write("all.pcap", &bytes).as_ref()).unwrap()).0;

    let path = files.write("growing.pcap", &bytes[..bytes.len() / 2]);
    let mut reader = FileReader::open(path.as_ref()).unwrap().with_block_size(1000);
    let mut block = Block::default();
    assert!(reader.read_block(&mut block).unwrap());
    OpenOptions::new().append(true).open(&path).unwrap().write_all(&bytes[bytes.len() / 2..]).unwrap();
    let (more, error) = rest(&mut reader);
    assert_eq!((block.frames.len() + more, error), (all, None));

    let path = files.write("shrinking.pcap", &bytes);
    let mut reader = FileReader::open(path.as_ref()).unwrap().with_block_size(1000);
    assert!(reader.read_block(&mut block).unwrap());
    let end = bytes.len() / 2;
    File::options().write(true).open(&path).unwrap().set_len(end as u64).unwrap();
    let (more, error) = rest(&mut reader);
    assert!((block.frames.len()..all).contains(&(block.frames.len() + more)));
    let error = error.unwrap();
    assert!(error.contains(&path) && error.contains(&format!("ends at byte {end}")), "{error}");

    // Shorter than what was read already: nothing more is there, and nothing comes twice.
    let path = files.write("emptied.pcap", &bytes);
    let mut reader = FileReader::open(path.as_ref()).unwrap().with_block_size(1000);
    assert!(reader.read_block(&mut block).unwrap());
    File::options().write(true).open(&path).unwrap().set_len(0).unwrap();
    let (more, _) = rest(&mut reader);
    assert!(block.frames.len() + more < 30, "{more}");
    let (code, out, err) = run(&["read", "--format", "jsonl", &path]);
    assert_eq!((code, records(&out).len()), (2, 1), "{err}");
}
