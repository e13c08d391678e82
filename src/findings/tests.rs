//! Rules that every diagnosis keeps.

use super::*;

#[test]
fn every_id_is_unique_and_in_kebab_case() {
    let mut seen = std::collections::BTreeSet::new();
    for diagnosis in diagnoses() {
        assert!(seen.insert(diagnosis.id), "{} twice", diagnosis.id);
        let kebab = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
        assert!(diagnosis.id.chars().all(kebab) && !diagnosis.id.starts_with('-'), "{}", diagnosis.id);
    }
}

#[test]
fn every_diagnosis_says_what_it_means_and_how_it_is_known() {
    for diagnosis in diagnoses() {
        for text in [diagnosis.title, diagnosis.meaning, diagnosis.evidence] {
            assert!(!text.is_empty() && !text.contains("  "), "{}: {text}", diagnosis.id);
        }
        for sentence in diagnosis.advice.iter().chain(diagnosis.caveats) {
            assert!(!sentence.contains("  "), "{}: {sentence}", diagnosis.id);
        }
        assert!(diagnosis.severity < Severity::Warning || !diagnosis.advice.is_empty(), "{}", diagnosis.id);
        assert!(!diagnosis.title.ends_with('.'), "{}", diagnosis.id);
    }
}

#[test]
fn the_catalogue_is_whole_and_names_findings_that_exist() {
    for (prefix, count) in [("N", 19), ("R", 20), ("F", 3), ("C", 9), ("T", 1), ("M", 15)] {
        for number in 1..=count {
            let code = format!("{prefix}{number}");
            assert_eq!(catalogue::CATALOGUE.iter().filter(|(known, ..)| *known == code).count(), 1, "{code}");
        }
    }
    for (code, _, ids) in catalogue::CATALOGUE {
        assert!(!ids.is_empty() && ids.iter().all(|id| named(id).is_some()), "{code}");
    }
    let told: Vec<&str> = catalogue::CATALOGUE.iter().flat_map(|(.., ids)| *ids).copied().collect();
    for diagnosis in diagnoses() {
        assert!(told.contains(&diagnosis.id), "{} is in no line of the catalogue", diagnosis.id);
    }
}
