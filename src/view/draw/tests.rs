//! What is drawn, as characters of a terminal that is none.

use super::*;
use crate::view::samples::{board, options};
use ratatui::Terminal;
use ratatui::backend::TestBackend;
use ratatui::crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use std::sync::Arc;

fn terminal(width: u16, height: u16) -> Terminal<TestBackend> {
    Terminal::new(TestBackend::new(width, height)).unwrap()
}

fn model() -> Model {
    let mut model = Model::new(&options(false));
    model.refresh(&board("tour.pcapng"));
    model
}

/// What is on the screen, a line each.
fn screen(model: &Model, width: u16, height: u16) -> Vec<String> {
    let mut terminal = terminal(width, height);
    terminal.draw(|frame| _ = draw(frame, model, &options(false))).unwrap();
    let buffer = terminal.backend().buffer();
    let cells: Vec<&str> = buffer.content().iter().map(ratatui::buffer::Cell::symbol).collect();
    cells.chunks(width.into()).map(|line| line.concat().trim_end().to_owned()).collect()
}

fn press(model: &mut Model, code: KeyCode) {
    model.key(KeyEvent::new(code, KeyModifiers::NONE), 10);
}

#[test]
fn eighty_columns_show_label_verdict_ends_and_amount() {
    let lines = screen(&model(), 80, 24);
    assert!(lines[0].starts_with(" wiretell tour.pcapng"), "{}", lines[0]);
    for title in ["LABEL", "VERDICT", "SOURCE", "DESTINATION", "BYTES▾"] {
        assert!(lines[2].contains(title), "{title}: {}", lines[2]);
    }
    assert!(lines.iter().any(|line| line.starts_with("rdg-udp") && line.contains("confirmed")));
    assert!(lines[23].contains("q quit"));
}

#[test]
fn live_flows_show_their_trend_and_the_keys_whole_on_eighty_columns_and_more() {
    let board = board("tour.pcapng");
    let mut live = Model::new(&Options { stays: false, ..options(false) });
    live.refresh(&board);
    live.counts.complete = false;
    for (width, height) in [(80, 24), (100, 30), (160, 50)] {
        let lines = screen(&live, width, height);
        for title in ["LABEL", "VERDICT", "SOURCE", "DESTINATION", "RATE", "TREND"] {
            assert!(lines[2].contains(title), "{width}: {title}: {}", lines[2]);
        }
        let last = lines.last().unwrap();
        assert!(last.contains("q quit  ? help  / filter") && !last.contains('…'), "{width}: {last}");
        assert!(last.ends_with("Tab page"), "{width}: {last}");
    }
    let last = screen(&live, 60, 20).pop().unwrap();
    assert!(last.contains("q quit  ? help  / filter") && !last.contains('…'), "{last}");
}

#[test]
fn the_end_of_what_is_typed_is_seen_where_all_of_it_has_no_room() {
    let mut model = model();
    for c in "/app_proto == \"netft\" and verdict != \"confirmed\" or dst_port in 3224..3324".chars() {
        press(&mut model, KeyCode::Char(c));
    }
    let last = screen(&model, 60, 20).pop().unwrap();
    assert!(last.starts_with(" filter: ") && last.ends_with("dst_port in 3224..3324"), "{last}");
}

#[test]
fn a_recording_is_told_with_its_name_and_what_it_has() {
    let recorded = crate::view::Recorded { name: "out.pcapng".into(), packets: Arc::new(1_234.into()) };
    let told = Options { recorded: Some(recorded), ..options(false) };
    let mut terminal = terminal(80, 24);
    terminal.draw(|frame| _ = draw(frame, &model(), &told)).unwrap();
    let cells = terminal.backend().buffer().content().iter().take(80);
    let bar: String = cells.map(ratatui::buffer::Cell::symbol).collect();
    assert!(bar.contains("rec out.pcapng 1,234"), "{bar}");
    assert!(!screen(&model(), 80, 24)[0].contains("rec "));
}

#[test]
fn the_order_is_told_where_its_column_has_no_room() {
    let mut model = model();
    let last = |model: &Model, width: u16| screen(model, width, 24).pop().unwrap();
    assert!(!last(&model, 80).contains("sorted by"));
    while model.sort != crate::view::model::sort::Column::Start {
        press(&mut model, KeyCode::Right);
    }
    assert!(last(&model, 80).starts_with(" sorted by START▾  q quit"), "{}", last(&model, 80));
    press(&mut model, KeyCode::Char('r'));
    assert!(last(&model, 80).starts_with(" sorted by START▴"));
    assert!(!last(&model, 200).contains("sorted by"));
}

#[test]
fn help_says_what_is_true_of_what_is_shown() {
    let help = |options: &Options| -> String {
        help::lines(options).iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
    };
    let read = help(&options(false));
    assert!(!read.contains("summary") && !read.contains("capturing") && !read.contains("root"), "{read}");
    let live = help(&Options { stays: false, given_up: Some(65534), ..options(false) });
    assert!(live.contains("a summary follows") && live.contains("capturing and counting go on"), "{live}");
    assert!(live.contains("user 65534") && live.contains("--keep-root"), "{live}");
}

#[test]
fn every_size_can_be_drawn() {
    let mut model = model();
    for page in ['1', '2', '3', '?'] {
        press(&mut model, KeyCode::Char(page));
        for width in (1..200).step_by(7) {
            for height in [1, 2, 3, 7, 8, 9, 24, 60] {
                let lines = screen(&model, width, height);
                assert_eq!(lines.len(), usize::from(height));
            }
        }
    }
}

#[test]
fn a_flow_tells_all_its_evidence_and_attributes() {
    let mut model = model();
    for c in "/app_proto == rdg-udp".chars() {
        press(&mut model, KeyCode::Char(c));
    }
    press(&mut model, KeyCode::Enter);
    press(&mut model, KeyCode::Enter);
    let shown = model.flows[0].summary.clone();
    let text = screen(&model, 160, 100).join("\n");
    for reason in &shown.why {
        let begin: String = reason.detail.chars().take(60).collect();
        assert!(text.contains(&begin), "{begin}");
    }
    for (key, _) in shown.attributes.iter() {
        assert!(text.contains(key), "{key}");
    }
}

#[test]
fn without_colours_nothing_has_one() {
    for color in [true, false] {
        let mut terminal = terminal(120, 30);
        terminal.draw(|frame| _ = draw(frame, &model(), &options(color))).unwrap();
        let is_colored = |cell: &ratatui::buffer::Cell| cell.fg != Color::Reset || cell.bg != Color::Reset;
        assert_eq!(terminal.backend().buffer().content().iter().any(is_colored), color);
    }
}

#[test]
fn what_the_wire_says_is_not_obeyed_by_the_terminal() {
    let mut hostile = crate::view::samples::flows("tls.pcap").remove(0);
    hostile.attributes.set("tls.sni", "\u{1b}[2J\u{202e}evil\r\n");
    let board = crate::view::board::Board::new(10);
    let worker = board.join();
    board.end(worker, [hostile].into_iter());
    let mut model = Model::new(&options(false));
    model.refresh(&board);
    press(&mut model, KeyCode::Enter);
    let text = screen(&model, 160, 60).concat();
    assert!(text.contains("\\u{1b}[2J\\u{202e}evil\\r\\n"), "{text}");
    assert!(!text.contains(|c: char| c.is_control() || c == '\u{202e}'));
}

#[test]
fn the_cover_scrolls_no_further_than_its_end() {
    let mut model = model();
    press(&mut model, KeyCode::Char('?'));
    for _ in 0..500 {
        press(&mut model, KeyCode::Down);
    }
    let mut terminal = terminal(80, 12);
    let mut drawn = Drawn::default();
    terminal.draw(|frame| drawn = draw(frame, &model, &options(false))).unwrap();
    assert!(drawn.scrolled > 0 && drawn.scrolled < 40, "{}", drawn.scrolled);
}
