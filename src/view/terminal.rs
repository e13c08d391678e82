//! The terminal: taken, drawn on, and given back whatever happens.

use super::Options;
use super::board::Board;
use super::draw::{Drawn, draw};
use super::model::{Model, Wish};
use nix::errno::Errno;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::signal::{Signal, raise};
use ratatui::backend::CrosstermBackend;
use ratatui::crossterm::event::{self, Event, KeyEventKind};
use ratatui::crossterm::execute;
use ratatui::crossterm::terminal::{
    EnterAlternateScreen, LeaveAlternateScreen, disable_raw_mode, enable_raw_mode,
};
use ratatui::{DefaultTerminal, Terminal};
use std::mem::ManuallyDrop;
use std::os::fd::AsFd;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use wiretell::output::destination::Destination;
use wiretell::output::jsonl::JsonLines;
use wiretell::output::text::counted;
use wiretell::shard::Sink;

/// How long keys are waited for before the board is looked at again.
const FRAME_MILLISECONDS: u16 = 200;

/// A terminal that is ours until this is dropped, also by a panic.
pub(super) struct Screen {
    /// Never dropped: its own way to show the cursor again panics where there is no terminal to complain on.
    terminal: ManuallyDrop<DefaultTerminal>,
}

impl Drop for Screen {
    fn drop(&mut self) {
        // A terminal that has gone away needs nothing back.
        let _ = self.terminal.show_cursor();
        let _ = ratatui::try_restore();
    }
}

impl Screen {
    /// Takes the terminal. A panic gives it back before it says what happened.
    pub(super) fn enter() -> std::io::Result<Self> {
        ratatui::try_init().map(|terminal| Self { terminal: ManuallyDrop::new(terminal) })
    }

    /// Shows the board until the user leaves, `stop` is set, or what is shown is `over` and the view does not stay.
    pub(super) fn run(
        mut self,
        board: &Board,
        options: &Options,
        stop: &AtomicBool,
        over: &AtomicBool,
    ) -> std::io::Result<()> {
        let mut model = Model::new(options);
        let mut drawn = Drawn::default();
        loop {
            if stop.load(Ordering::Relaxed) || (over.load(Ordering::Relaxed) && !options.stays) {
                return Ok(());
            }
            model.refresh(board);
            self.terminal.draw(|frame| drawn = draw(frame, &model, options))?;
            model.scrolled = drawn.scrolled;
            if is_gone()? {
                return Ok(());
            }
            // All that has come at once, before it is drawn again.
            while event::poll(Duration::ZERO)? {
                let Event::Key(key) = event::read()? else { continue };
                if key.kind == KeyEventKind::Release {
                    continue;
                }
                match model.key(key, drawn.rows) {
                    Wish::Nothing => {}
                    Wish::Leave => return Ok(()),
                    Wish::Suspend => self.suspend()?,
                    Wish::Write(path) => model.message = Some(write(&model, &path, options)),
                }
            }
        }
    }

    /// Gives the terminal back and stops, as any program does at Ctrl-Z; goes on where the shell says so.
    fn suspend(&mut self) -> std::io::Result<()> {
        self.terminal.show_cursor()?;
        execute!(std::io::stdout(), LeaveAlternateScreen)?;
        disable_raw_mode()?;
        // To this thread, which then does nothing more before all have stopped; without a shell that looks after jobs nobody does.
        raise(Signal::SIGTSTP)?;
        enable_raw_mode()?;
        execute!(std::io::stdout(), EnterAlternateScreen)?;
        // A new one knows nothing of what was drawn, and draws all of it.
        self.terminal = ManuallyDrop::new(Terminal::new(CrosstermBackend::new(std::io::stdout()))?);
        Ok(())
    }
}

/// Waits for a key, for a short time; whether the terminal has gone away meanwhile. crossterm, asked of one that is
/// gone, never returns.
fn is_gone() -> std::io::Result<bool> {
    let stdin = std::io::stdin();
    let mut polled = [PollFd::new(stdin.as_fd(), PollFlags::POLLIN)];
    match poll(&mut polled, PollTimeout::from(FRAME_MILLISECONDS)) {
        // A signal: that of a terminal that has changed its size, for one.
        Err(Errno::EINTR) => return Ok(false),
        polled => polled?,
    };
    let gone = PollFlags::POLLHUP | PollFlags::POLLERR | PollFlags::POLLNVAL;
    Ok(polled.iter().filter_map(PollFd::revents).any(|events| events.intersects(gone)))
}

/// Why a file cannot be made, and the way out; the message has one line.
fn refused(path: &str, error: &std::io::Error, given_up: Option<u32>) -> String {
    match given_up {
        Some(user) if error.kind() == std::io::ErrorKind::PermissionDenied => {
            format!("{path}: root was given up, user {user} may not: try /tmp/, or --keep-root")
        }
        _ => format!("{path} cannot be written: {error}"),
    }
}

/// A word as a shell takes it.
fn quoted(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./,:+=@%".contains(c);
    if !word.is_empty() && word.chars().all(plain) {
        word.to_owned()
    } else {
        format!("'{}'", word.replace('\'', "'\\''"))
    }
}

/// That packets are written elsewhere, and by what, where a name asks for a capture.
fn packets(path: &Path, filter: &str, options: &Options) -> Option<String> {
    let name = path.file_name()?.to_string_lossy().to_ascii_lowercase();
    if ![".pcap", ".pcapng", ".cap"].iter().any(|ending| name.ends_with(ending)) {
        return None;
    }
    let path = quoted(&path.display().to_string());
    let filter = filter.trim();
    let chosen = if filter.is_empty() { String::new() } else { format!("--where {} ", quoted(filter)) };
    Some(if options.stays {
        let files: Vec<String> = options.files.iter().map(|file| quoted(file)).collect();
        format!("w writes records; for packets: wiretell extract {chosen}-w {path} {}", files.join(" "))
    } else {
        format!(
            "w writes records; for packets start with: wiretell {} {chosen}-w {path}",
            options.title.replacen(' ', " -i ", 1)
        )
    })
}

/// Writes the records of the flows that are shown to a new file; says what came of it.
fn write(model: &Model, path: &Path, options: &Options) -> String {
    if let Some(told) = packets(path, &model.filter, options) {
        return told;
    }
    let shown = path.display();
    let file = match std::fs::File::create_new(path) {
        Ok(file) => file,
        Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {
            return format!("{shown} is there already: choose another name");
        }
        Err(error) => return refused(&shown.to_string(), &error, options.given_up),
    };
    let destination = Destination::new(Box::new(file), Arc::default());
    let mut lines = JsonLines::new(Arc::clone(&options.files), Arc::clone(&destination), false);
    for flow in &model.flows {
        lines.flow(flow.summary.clone());
    }
    drop(lines);
    match destination.outcome() {
        Ok(()) => format!("the records of {} are in {shown}", counted(model.flows.len() as u64, "flow")),
        Err(error) => format!("{shown}: writing failed: {error}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::{Error, ErrorKind};

    #[test]
    fn who_asks_for_a_capture_is_told_what_writes_one() {
        let options = |title: &str, stays| Options {
            title: title.to_owned(),
            color: false,
            stays,
            filter: None,
            given_up: None,
            recorded: None,
            rules: Arc::default(),
            files: Arc::from(["my trace.pcap".to_owned()]),
        };
        let of = |name: &str, filter: &str, options: &Options| packets(Path::new(name), filter, options);
        let view = options("my trace.pcap", true);
        let told = of("x.PCAPNG", " app_proto == 'tls' ", &view).unwrap();
        assert!(
            told.ends_with(
                r"wiretell extract --where 'app_proto == '\''tls'\''' -w x.PCAPNG 'my trace.pcap'"
            ),
            "{told}"
        );
        assert!(of("x.pcap", "", &view).unwrap().ends_with("wiretell extract -w x.pcap 'my trace.pcap'"));
        assert_eq!(of("x.jsonl", "tls", &view).or(of("pcap", "tls", &view)), None);
        let told = of("x.cap", "tls", &options("live eth0", false)).unwrap();
        assert!(told.ends_with("wiretell live -i eth0 --where tls -w x.cap"), "{told}");
    }

    #[test]
    fn who_gave_root_up_is_told_why_a_file_is_refused_and_the_way_out_on_eighty_columns() {
        let denied = Error::from(ErrorKind::PermissionDenied);
        let told = refused("wiretell.jsonl", &denied, Some(65534));
        assert!(told.contains("root was given up") && told.contains("user 65534"), "{told}");
        assert!(told.contains("/tmp/") && told.contains("--keep-root") && told.len() <= 80, "{told}");
        for (error, given_up) in [(denied, None), (Error::from(ErrorKind::NotFound), Some(65534))] {
            assert!(!refused("x", &error, given_up).contains("root"), "{error}");
        }
    }
}
