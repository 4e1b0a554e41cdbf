//! Sums what the tools report about themselves: libtest, our own closing lines, Playwright.
use std::fmt;
use std::ops::AddAssign;

/// How many checks passed, failed and were skipped.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Checks that held.
    pub passed: u64,
    /// Checks that did not hold.
    pub failed: u64,
    /// Checks that a tool was told to leave out.
    pub skipped: u64,
}

/// How a tool reports its counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Report {
    /// It counts nothing: the step is one check.
    Status,
    /// One `test result:` line a test binary, summed.
    Libtest,
    /// One closing line `N passed, N failed`.
    Closing,
    /// `N passed`, `N failed` on lines of their own.
    Playwright,
}

impl Tally {
    /// Reads a tool's output. A tool that failed, or should have counted and did not, is one failed check at least.
    pub fn read(report: Report, output: &str, success: bool) -> Tally {
        let mut tally = match report {
            Report::Status => Tally { passed: u64::from(success), ..Tally::default() },
            Report::Libtest => libtest(output),
            Report::Closing => closing(output),
            Report::Playwright => playwright(output),
        };
        let silent = tally.passed + tally.failed == 0;
        if (!success || silent) && tally.failed == 0 {
            tally.failed = 1;
        }
        tally
    }
}

impl AddAssign for Tally {
    fn add_assign(&mut self, other: Tally) {
        self.passed += other.passed;
        self.failed += other.failed;
        self.skipped += other.skipped;
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} passed, {} failed, {} skipped", self.passed, self.failed, self.skipped)
    }
}

fn libtest(output: &str) -> Tally {
    let mut sum = Tally::default();
    for line in output.lines().filter(|line| line.trim_start().starts_with("test result:")) {
        sum += counts(line);
    }
    sum
}

fn closing(output: &str) -> Tally {
    let closes = |line: &&str| line.contains(" passed, ") && line.contains(" failed");
    output.lines().rev().find(closes).map(counts).unwrap_or_default()
}

fn playwright(output: &str) -> Tally {
    let mut sum = Tally::default();
    for line in output.lines().map(str::trim) {
        let mut words = line.split(' ');
        let number = words.next().is_some_and(|word| word.parse::<u64>().is_ok());
        if number && words.next().is_some_and(|word| word_field(word).is_some()) {
            sum += counts(line);
        }
    }
    sum
}

/// Adds up every `N passed`, `N failed`, `N skipped` of a line.
fn counts(line: &str) -> Tally {
    let words: Vec<&str> =
        line.split([' ', ',', ';', '.']).filter(|word| !word.is_empty()).collect();
    let mut tally = Tally::default();
    for pair in words.windows(2) {
        if let (Ok(count), Some(field)) = (pair[0].parse::<u64>(), word_field(pair[1])) {
            *field(&mut tally) += count;
        }
    }
    tally
}

/// Which count a tool's word stands for.
fn word_field(word: &str) -> Option<fn(&mut Tally) -> &mut u64> {
    match word {
        "passed" => Some(|tally| &mut tally.passed),
        // A test that passes only when tried again has failed.
        "failed" | "flaky" | "interrupted" => Some(|tally| &mut tally.failed),
        "skipped" | "ignored" | "did" => Some(|tally| &mut tally.skipped),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tally(passed: u64, failed: u64, skipped: u64) -> Tally {
        Tally { passed, failed, skipped }
    }

    #[test]
    fn libtest_lines_are_summed() {
        let output = "running 3 tests\ntest result: ok. 3 passed; 0 failed; 0 ignored; 0 measured; 0 filtered out\n\
                      test result: FAILED. 2 passed; 1 failed; 4 ignored; 0 measured\n";
        assert_eq!(Tally::read(Report::Libtest, output, false), tally(5, 1, 4));
    }

    #[test]
    fn the_last_closing_line_counts() {
        let output = "murmur2 12 passed, 0 failed\n30 passed, 2 failed\n";
        assert_eq!(Tally::read(Report::Closing, output, false), tally(30, 2, 0));
    }

    #[test]
    fn playwright_counts_stand_on_their_own_lines() {
        let output = "Running 8 tests using 1 worker\n  1 failed\n    specs/a.spec.js\n  1 skipped\n  6 passed (6.0s)\n  2 did not run\n";
        assert_eq!(Tally::read(Report::Playwright, output, false), tally(6, 1, 3));
    }

    #[test]
    fn a_tool_that_dies_without_counting_has_failed() {
        assert_eq!(
            Tally::read(Report::Libtest, "test result: ok. 3 passed; 0 failed", false),
            tally(3, 1, 0)
        );
        assert_eq!(Tally::read(Report::Status, "", false), tally(0, 1, 0));
    }

    #[test]
    fn a_tool_that_should_count_and_does_not_has_failed() {
        assert_eq!(Tally::read(Report::Closing, "all fine", true), tally(0, 1, 0));
        assert_eq!(Tally::read(Report::Status, "", true), tally(1, 0, 0));
    }
}
