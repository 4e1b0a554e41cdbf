//! What came out: cases, files and totals.
use std::fmt;
use std::path::PathBuf;

/// How many reasons of failures are printed of each file.
const REASONS_MAX: usize = 5;

/// One case and, if it failed, why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CaseOutcome {
    /// What the case is called in its file.
    pub name: String,
    /// The reason of a failure.
    pub result: Result<(), String>,
}

/// The cases of one file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileReport {
    /// The file.
    pub path: PathBuf,
    /// Its cases in order.
    pub cases: Vec<CaseOutcome>,
}

/// All files.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report {
    files: Vec<FileReport>,
}

impl CaseOutcome {
    /// A case that failed.
    pub fn failed(name: impl Into<String>, reason: impl Into<String>) -> CaseOutcome {
        CaseOutcome { name: name.into(), result: Err(reason.into()) }
    }
}

impl FileReport {
    /// Returns how many cases passed and how many failed.
    pub fn counts(&self) -> (usize, usize) {
        let passed = self.cases.iter().filter(|case| case.result.is_ok()).count();
        (passed, self.cases.len() - passed)
    }

    /// Returns each reason of a failure with the first case it befell and the number of others.
    fn reasons(&self) -> Vec<(&str, &str, usize)> {
        let mut reasons: Vec<(&str, &str, usize)> = Vec::new();
        for case in &self.cases {
            let Err(reason) = &case.result else { continue };
            match reasons.iter_mut().find(|(_, known, _)| known == reason) {
                Some((_, _, others)) => *others += 1,
                None => reasons.push((&case.name, reason, 0)),
            }
        }
        reasons
    }
}

impl Report {
    /// Adds files.
    pub fn extend(&mut self, files: Vec<FileReport>) {
        self.files.extend(files);
    }

    /// Returns the files in order.
    pub fn files(&self) -> &[FileReport] {
        &self.files
    }

    /// Returns how many cases passed and how many failed.
    pub fn counts(&self) -> (usize, usize) {
        let counts = self.files.iter().map(FileReport::counts);
        counts.fold((0, 0), |sum, file| (sum.0 + file.0, sum.1 + file.1))
    }

    /// Tells whether there were cases and all of them passed.
    pub fn has_passed(&self) -> bool {
        let (passed, failed) = self.counts();
        passed > 0 && failed == 0
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for file in &self.files {
            write!(f, "{file}")?;
        }
        let (passed, failed) = self.counts();
        writeln!(f, "{passed} passed, {failed} failed")
    }
}

impl fmt::Display for FileReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (passed, failed) = self.counts();
        let name = self.path.file_name().unwrap_or(self.path.as_os_str()).to_string_lossy();
        writeln!(f, "{name:<32} {passed:>5} passed {failed:>5} failed")?;
        let reasons = self.reasons();
        for (name, reason, others) in reasons.iter().take(REASONS_MAX) {
            let others = if *others > 0 { format!(" and {others} more") } else { String::new() };
            writeln!(f, "    {name}{others}: {reason}")?;
        }
        if reasons.len() > REASONS_MAX {
            writeln!(f, "    and {} other reasons", reasons.len() - REASONS_MAX)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn report(results: &[Result<(), &str>]) -> Report {
        let case = |result: &Result<(), &str>| CaseOutcome {
            name: "case".to_string(),
            result: result.map_err(str::to_string),
        };
        let cases = results.iter().map(case).collect();
        Report { files: vec![FileReport { path: "x/placer.jsonl".into(), cases }] }
    }

    #[test]
    fn the_last_line_counts_cases() {
        let text = report(&[Ok(()), Err("wrong"), Ok(())]).to_string();
        assert!(text.contains("case: wrong"));
        assert!(text.ends_with("2 passed, 1 failed\n"));
    }

    #[test]
    fn nothing_checked_is_not_passed() {
        assert!(!report(&[]).has_passed());
        assert!(!report(&[Ok(()), Err("wrong")]).has_passed());
        assert!(report(&[Ok(())]).has_passed());
    }
}
