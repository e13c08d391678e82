//! What keys do to the model.

use super::*;
use crate::view::samples::{board, options};

fn model(filter: Option<&str>) -> Model {
    let mut model = Model::new(&Options { filter: filter.map(str::to_owned), ..options(false) });
    model.refresh(&board("tour.pcapng"));
    model
}

fn press(model: &mut Model, keys: &[KeyCode]) -> Wish {
    let key = |code: &KeyCode| KeyEvent::new(*code, KeyModifiers::NONE);
    keys.iter().map(key).map(|key| model.key(key, 10)).last().unwrap_or(Wish::Nothing)
}

fn type_in(model: &mut Model, text: &str) {
    for c in text.chars() {
        press(model, &[KeyCode::Char(c)]);
    }
}

fn labels(model: &Model) -> Vec<Option<&'static str>> {
    model.flows.iter().map(|shown| shown.summary.app).collect()
}

#[test]
fn the_filter_takes_effect_as_it_is_typed_and_goes_with_escape() {
    let mut model = model(None);
    let all = model.flows.len();
    type_in(&mut model, "/app_proto == netft");
    assert!(model.flows.len() < all && !model.flows.is_empty());
    assert!(labels(&model).iter().all(|label| *label == Some("netft")));
    press(&mut model, &[KeyCode::Enter]);
    assert_eq!(model.filter, "app_proto == netft");
    press(&mut model, &[KeyCode::Esc]);
    assert_eq!(model.flows.len(), all);
}

#[test]
fn a_wrong_filter_changes_nothing_says_where_and_cannot_be_entered() {
    let mut model = model(None);
    let all = model.flows.len();
    type_in(&mut model, "/verdict == maybe");
    assert!(model.mistake.as_deref().is_some_and(|mistake| mistake.starts_with("column 12")));
    assert_eq!(model.flows.len(), all);
    press(&mut model, &[KeyCode::Enter]);
    assert!(model.input.is_some());
    press(&mut model, &[KeyCode::Esc]);
    assert_eq!((model.input.is_none(), model.mistake.as_deref(), &*model.filter), (true, None, ""));
}

#[test]
fn a_label_that_nothing_gives_is_a_mistake_as_it_is_typed() {
    let mut model = model(None);
    type_in(&mut model, "/proto == udp and app_proto == nettf");
    let mistake = model.mistake.clone().unwrap();
    assert!(
        mistake.starts_with("column 31: `nettf` is no protocol that wiretell knows (is `netft` meant?)"),
        "{mistake}"
    );
    assert!(model.flows.len() > labels(&model).iter().filter(|label| **label == Some("netft")).count());
    press(&mut model, &[KeyCode::Backspace, KeyCode::Backspace]);
    type_in(&mut model, "ft");
    assert_eq!(model.mistake, None);
    assert!(labels(&model).iter().all(|label| *label == Some("netft")));
}

#[test]
fn every_column_orders_the_flows_and_the_other_way_round() {
    let mut model = model(None);
    for _ in Column::ALL {
        press(&mut model, &[KeyCode::Right]);
        let ids = |model: &Model| model.flows.iter().map(|shown| shown.summary.id).collect::<Vec<_>>();
        let pairs = model.flows.windows(2).all(|pair| {
            let [a, b] = pair else { return false };
            model.sort.compare(a, b, false).is_le()
        });
        assert!(pairs, "{:?}", model.sort);
        let straight = ids(&model);
        press(&mut model, &[KeyCode::Char('r')]);
        // Nothing has a rate any more.
        assert!(model.sort == Column::Rate || ids(&model) != straight, "{:?}", model.sort);
        press(&mut model, &[KeyCode::Char('r')]);
        assert_eq!(ids(&model), straight);
    }
}

#[test]
fn the_cursor_stays_on_its_flow_when_the_order_changes() {
    let mut model = model(None);
    press(&mut model, &[KeyCode::Down, KeyCode::Down]);
    let chosen = model.flows.get(model.cursor()).unwrap().summary.id;
    press(&mut model, &[KeyCode::Char('r')]);
    assert_eq!(model.flows.get(model.cursor()).unwrap().summary.id, chosen);
    press(&mut model, &[KeyCode::Enter]);
    assert!(matches!(&model.cover, Some(Cover::Flow(shown)) if shown.summary.id == chosen));
}

#[test]
fn a_protocol_opens_as_the_list_of_its_flows() {
    let mut model = model(None);
    press(&mut model, &[KeyCode::Char('2'), KeyCode::Down, KeyCode::Enter]);
    assert_eq!(model.page, Page::Flows);
    let label = labels(&model).first().copied();
    assert!(label.is_some() && labels(&model).iter().all(|other| Some(*other) == label));
    assert_eq!(model.mistake, None);
}

#[test]
fn a_paused_view_shows_what_came_meanwhile_when_it_goes_on() {
    let all = board("tour.pcapng");
    let mut model = Model::new(&Options { stays: false, ..options(false) });
    press(&mut model, &[KeyCode::Char(' ')]);
    model.refresh(&all);
    assert!(model.flows.is_empty() && model.counts.packets > 0);
    press(&mut model, &[KeyCode::Char(' ')]);
    model.refresh(&all);
    assert!(!model.flows.is_empty());
}

#[test]
fn keys_leave_and_name_a_file_to_write() {
    let mut model = model(None);
    press(&mut model, &[KeyCode::Char('w')]);
    model.key(KeyEvent::new(KeyCode::Char('u'), KeyModifiers::CONTROL), 10);
    type_in(&mut model, "q.jsonl");
    assert_eq!(press(&mut model, &[KeyCode::Enter]), Wish::Write("q.jsonl".into()));
    press(&mut model, &[KeyCode::Char('?')]);
    assert_eq!(press(&mut model, &[KeyCode::Char('q')]), Wish::Nothing);
    assert_eq!(press(&mut model, &[KeyCode::Char('q')]), Wish::Leave);
    let control = KeyEvent::new(KeyCode::Char('c'), KeyModifiers::CONTROL);
    assert_eq!(model.key(control, 10), Wish::Leave);
}

#[test]
fn the_cursor_never_leaves_the_list() {
    let mut model = model(None);
    for (keys, row) in
        [(KeyCode::Up, 0), (KeyCode::End, model.flows.len() - 1), (KeyCode::PageUp, model.flows.len() - 10)]
    {
        press(&mut model, &[keys]);
        assert_eq!(model.cursor(), row);
    }
    type_in(&mut model, "/app_proto == no");
    press(&mut model, &[KeyCode::Esc, KeyCode::Home, KeyCode::Up]);
    assert_eq!(model.cursor(), 0);
}
