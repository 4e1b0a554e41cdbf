//! The recordings of `tests/truth/timelines`, made from a real cluster, are all replayed with the same outcome.
use std::path::{Path, PathBuf};

use kafka_playground::conformance::{self, Args};

fn timelines() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/truth/timelines")
}

#[test]
fn all_timelines_pass() {
    let report = conformance::check(&Args { timelines: Some(timelines()), ..Args::default() });
    assert!(report.has_passed(), "\n{report}");
    let files: Vec<_> =
        report.files().iter().filter_map(|f| f.path.file_stem()?.to_str()).collect();
    for named in
        ["01-leader-crash", "01b-clean-stop", "02-acks1-tail", "03-min-isr", "06-classic-range"]
    {
        assert!(files.contains(&named), "{named} is missing");
    }
}

/// Every offset, epoch and error counts: a recording that is changed in one of them does not pass.
#[test]
fn a_recording_with_another_outcome_fails() {
    let text = std::fs::read_to_string(timelines().join("03-min-isr.jsonl")).expect("it is there");
    let changes = [
        ("\"NotEnoughReplicasException\"", "\"TimeoutException\""),
        ("{\"partition\":0,\"offset\":4}", "{\"partition\":0,\"offset\":5}"),
        ("\"elr\":[2]", "\"elr\":[]"),
        ("\"highWatermark\":6", "\"highWatermark\":5"),
        ("[5,\"k\",\"v5\"]", "[5,\"k\",\"v6\"]"),
    ];
    for (number, (from, to)) in changes.into_iter().enumerate() {
        assert!(text.contains(from), "the recording has {from}");
        let folder =
            Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("changed-timeline-{number}"));
        std::fs::create_dir_all(&folder).expect("the target folder can be written");
        std::fs::write(folder.join("03-min-isr.jsonl"), text.replace(from, to)).expect("as above");
        let report = conformance::check(&Args { timelines: Some(folder), ..Args::default() });
        assert_eq!(report.counts(), (0, 1), "{from} became {to}\n{report}");
    }
}
