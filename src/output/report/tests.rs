//! The page as a browser is given it.

use super::*;
use crate::findings::{Finding, diagnoses};
use crate::output::samples::{NOON, full, labelled, unknown};
use crate::verdict::Verdict;
use serde_json::Value;
use std::sync::atomic::AtomicBool;

/// A writer whose bytes somebody else holds too.
#[derive(Clone, Default)]
struct Paper(Arc<Mutex<Vec<u8>>>);

impl std::io::Write for Paper {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

const HOSTILE: &str = "</script><img src=x onerror=alert(1)>\"'&amp;<!--\u{202e}\u{0}\u{2028}";

fn page(flows: &[Summary], examined: &Examined, most: usize) -> String {
    let largest = Largest(Arc::new(Mutex::new(Kept::new(most))));
    // As two workers would have it.
    let mut parts = vec![ReportPart::new(&largest), ReportPart::new(&largest)];
    for (number, flow) in flows.iter().enumerate() {
        parts[number % 2].flow(flow.clone());
    }
    let look = Look {
        width: 80,
        color: false,
        all: false,
        live: false,
        each: false,
        files: Arc::new([HOSTILE.to_owned()]),
        selection: None,
        sections: Arc::from([]),
    };
    let mut outcome = Outcome::default();
    (outcome.intake.first, outcome.intake.last) = (Some(NOON), Some(NOON));
    let paper = Paper::default();
    let destination = Destination::new(Box::new(paper.clone()), Arc::new(AtomicBool::new(false)));
    let troubles = [format!("{HOSTILE}: cut short")];
    let report = Report { outcome: &outcome, examined, look: &look, troubles: &troubles };
    report.write(parts, &largest, &destination);
    String::from_utf8(paper.0.lock().unwrap().clone()).unwrap()
}

fn hostile() -> (Vec<Summary>, Examined) {
    let mut flow = full();
    flow.attributes.set("tls.sni", HOSTILE);
    flow.why[0].detail = HOSTILE.to_owned().into();
    let diagnosis = diagnoses().find(|diagnosis| diagnosis.id == "port-contradicted").unwrap();
    let finding = Finding::new(diagnosis, NOON, 6)
        .titled(HOSTILE)
        .because(HOSTILE)
        .but(HOSTILE)
        .advise(HOSTILE)
        .shown_by(HOSTILE.into())
        .flow(flow.id);
    let flows = vec![flow, unknown("10.0.0.1:7", "10.0.0.2:9")];
    (flows, Examined { findings: vec![finding], ..Examined::default() })
}

/// What stands in the element that begins like this.
fn inside<'a>(page: &'a str, begin: &str, end: &str) -> &'a str {
    let (_, rest) = page.split_once(begin).unwrap();
    rest.split_once(end).unwrap().0
}

#[test]
fn what_came_off_the_wire_is_never_markup() {
    let (flows, examined) = hostile();
    let page = page(&flows, &examined, 10);
    for word in ["<img", "onerror=alert(1)>", "\u{202e}", "\u{0}", "\u{2028}"] {
        assert!(!page.contains(word), "{word:?}");
    }
    // The data of chart and flows, and the script itself.
    assert_eq!((page.matches("<script").count(), page.matches("</script").count()), (3, 3));
    // Title, heading, trouble; the finding's title (twice as an attribute), sentences and filter; the flow's reason.
    assert!(page.matches("&#60;img src=x onerror=alert(1)&#62;").count() >= 9, "{page}");
    assert_eq!(page.matches("<!--").count(), 0);
}

#[test]
fn a_finding_shows_the_evidence_of_its_flows_without_a_script_and_how_many_more_there_are() {
    let (mut flows, mut examined) = hostile();
    flows[0].why[0].detail = "a telling sentence".into();
    let whole = page(&flows, &examined, 10);
    let shown = inside(&whole, "<ul class=\"reasons\">", "</ul>");
    assert!(shown.contains("tcp 10.0.0.1:50000 → 10.0.0.2:8443</span> tls"), "{shown}");
    assert!(shown.contains("<br>a telling sentence") && !shown.contains("more</li>"), "{shown}");
    let finding = examined.findings.remove(0);
    examined.findings = vec![(1..=7).fold(finding, Finding::flow)];
    assert!(
        inside(&page(&flows, &examined, 10), "<ul class=\"reasons\">", "</ul>").contains("and 7 more</li>")
    );
}

#[test]
fn the_policy_names_exactly_the_style_and_the_script_that_are_there() {
    let page = page(&[], &Examined::default(), 10);
    let policy =
        inside(&page, "http-equiv=\"Content-Security-Policy\" content=\"", "\">").replace("&#39;", "'");
    assert_eq!(policy, policy::policy());
    assert_eq!(inside(&page, "<style>", "</style>"), policy::STYLE);
    assert_eq!(inside(&page, "<script>", "</script>"), policy::SCRIPT);
    assert!(!page.contains(" style=") && !page.contains(" onclick=") && !page.contains(" src=\""), "inline");
}

#[test]
fn the_rows_hold_what_the_records_hold() {
    let (flows, examined) = hostile();
    let page = page(&flows, &examined, 10);
    let data: Value = serde_json::from_str(inside(&page, "id=\"flow-data\">", "</script>")).unwrap();
    let place = |name: &str| data["columns"].as_array().unwrap().iter().position(|c| c == name).unwrap();
    let text = |place: &Value| data["texts"][usize::try_from(place.as_u64().unwrap()).unwrap()].clone();
    let row = data["rows"].as_array().unwrap().iter().find(|row| row[place("dst_port")] == 8443).unwrap();
    assert_eq!(text(&row[place("app_proto")]), "tls");
    assert_eq!((&row[place("bytes_fwd")], &row[place("lasted")]), (&300.into(), &1_250_000_000_u64.into()));
    assert_eq!(text(&row[place("attributes")][0]), "tls.sni");
    let shown = crate::output::text::printable(HOSTILE).into_owned();
    assert_eq!(text(&row[place("attributes")][1]), shown.as_str());
    assert_eq!((text(&row[place("why")][0]), text(&row[place("why")][2])), ("payload".into(), shown.into()));
    assert_eq!(row[place("rest")]["vlan"], serde_json::json!([10, 20]));
    assert_eq!(data["begin"], NOON.0.to_string());
}

#[test]
fn the_order_in_which_flows_end_changes_no_byte() {
    let many: Vec<Summary> = (1..=60)
        .map(|port| {
            labelled(&format!("10.0.{}.1:{port}", port % 7), "10.0.0.2:53", "dns", Verdict::Confirmed)
        })
        .collect();
    let mut turned = many.clone();
    turned.reverse();
    let examined = Examined::default();
    assert_eq!(page(&many, &examined, 100), page(&turned, &examined, 100));
    assert_eq!(page(&many, &examined, 10), page(&turned, &examined, 10));
}

#[test]
fn beyond_the_bound_it_says_how_many_flows_are_left_out_and_the_sums_count_all() {
    let many: Vec<Summary> = (1..=60)
        .map(|port| labelled(&format!("10.0.0.1:{port}"), "10.0.0.2:53", "dns", Verdict::Confirmed))
        .collect();
    let examined = Examined { named: vec![many[59].clone()], ..Examined::default() };
    let page = page(&many, &examined, 10);
    assert!(page.contains("<strong>49 flows are not listed</strong>: the 11 with the most bytes"), "{page}");
    assert!(page.contains("<dt>Flows</dt><dd>60</dd>"), "{page}");
}

#[test]
fn it_is_whole_where_nothing_was_read() {
    let page = page(&[], &Examined::default(), 10);
    for section in ["quality", "findings", "protocols", "verdicts", "conversations", "flows"] {
        assert!(page.contains(&format!("<section id=\"{section}\"")), "{section}");
    }
    assert!(
        page.contains("No findings.") && page.contains("No flow.") && page.ends_with("</html>"),
        "{page}"
    );
}
