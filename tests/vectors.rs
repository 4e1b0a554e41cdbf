//! The vectors of `tests/truth/vectors`, which Kafka's own classes wrote, all pass.
use std::path::{Path, PathBuf};

use kafka_playground::conformance::{self, Args};

fn vectors() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/truth/vectors")
}

#[test]
fn all_vectors_pass() {
    let report = conformance::check(&Args { vectors: Some(vectors()), ..Args::default() });
    assert!(report.has_passed(), "\n{report}");
}

#[test]
fn each_claimed_file_has_its_cases() {
    let report = conformance::check(&Args { vectors: Some(vectors()), ..Args::default() });
    for file in report.files() {
        let text = std::fs::read_to_string(&file.path).expect("the file was just checked");
        assert_eq!(file.cases.len(), text.lines().count() - 1, "{}", file.path.display());
    }
}

#[test]
fn an_empty_folder_fails() {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("no-vectors");
    std::fs::create_dir_all(&folder).expect("the target folder can be written");
    let report = conformance::check(&Args { vectors: Some(folder), ..Args::default() });
    assert!(!report.has_passed(), "\n{report}");
}
