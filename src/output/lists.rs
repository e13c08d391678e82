//! Small lists that are not about flows.

use crate::capture::interfaces::NetworkInterface;
use crate::output::table::grid::{Cell, Column, Grid};
use crate::output::text::printable;
use anstyle::{AnsiColor, Style};
use serde::Serialize;

/// Fewest columns of the terminal that are worth having for addresses.
const ADDRESSES: usize = 20;

/// What can be captured on, one a line, the default first mentioned as such.
#[must_use]
pub fn interfaces(interfaces: &[NetworkInterface], width: usize, color: bool) -> String {
    let columns = vec![
        Column::left("INTERFACE"),
        Column::left("STATE"),
        Column::left("KIND"),
        Column::left("ADDRESSES"),
    ];
    let mut grid = Grid::with_rest(columns, ADDRESSES);
    for interface in interfaces {
        let addresses: Vec<String> = interface.addresses.iter().map(ToString::to_string).collect();
        let about = match &interface.description {
            Some(description) if addresses.is_empty() => printable(description).into_owned(),
            _ => addresses.join(", "),
        };
        let (state, style) = match (interface.up, interface.running) {
            (true, true) => ("up", AnsiColor::Green.on_default()),
            (true, false) => ("no carrier", AnsiColor::Yellow.on_default()),
            (false, _) => ("down", Style::new().dimmed()),
        };
        let kinds = [
            (interface.default, "default"),
            (interface.wireless, "wireless"),
            (interface.loopback, "loopback"),
        ];
        let kinds: Vec<&str> = kinds.iter().filter(|(is, _)| *is).map(|(_, kind)| *kind).collect();
        let cells = vec![
            Cell::styled(printable(&interface.name), Style::new().bold()),
            Cell::styled(state, style),
            Cell::plain(kinds.join(", ")),
            Cell::plain(about),
        ];
        grid.row(cells, true);
    }
    grid.lay_out(width, color)
}

/// Anything as indented JSON that ends with a line feed.
#[must_use]
pub fn json(what: &impl Serialize) -> String {
    // What is listed has no map keys that JSON could not hold.
    let mut text = serde_json::to_string_pretty(what).unwrap_or_default();
    text.push('\n');
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn interface(name: &str) -> NetworkInterface {
        NetworkInterface {
            name: name.to_owned(),
            description: None,
            addresses: Vec::new(),
            up: true,
            running: true,
            loopback: false,
            wireless: false,
            default: false,
        }
    }

    #[test]
    fn an_interface_has_a_line_with_its_state_and_its_addresses_or_what_it_is() {
        let eth0 = NetworkInterface {
            default: true,
            addresses: vec!["10.0.0.1".parse().unwrap(), "fe80::1".parse().unwrap()],
            ..interface("eth0")
        };
        let usb = NetworkInterface {
            running: false,
            description: Some("a \x07 bus".into()),
            ..interface("usbmon0")
        };
        let text = interfaces(&[eth0, usb], 80, false);
        let expected = "\
INTERFACE  STATE       KIND     ADDRESSES
eth0       up          default  10.0.0.1, fe80::1
usbmon0    no carrier           a \\u{7} bus
";
        assert_eq!(text, expected);
    }
}
