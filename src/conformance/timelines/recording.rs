//! A recorded timeline: its setup, its steps, and what was seen after each.

use std::path::Path;

use serde::Deserialize;
use serde_json::Value;

/// The first line.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Meta {
    pub kafka: String,
    pub layout: String,
    pub brokers: i32,
    pub speed: String,
    #[serde(default)]
    pub extra_server_properties: String,
    #[serde(default)]
    pub extra_format_arguments: String,
}

/// Something that was done, with what the doer was told.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Step {
    pub n: u32,
    pub op: String,
    pub args: Value,
    pub result: Value,
    #[serde(default)]
    pub took_ms: i64,
}

/// Something that was seen.
#[derive(Clone, Debug)]
pub struct Observation {
    pub what: String,
    pub value: Value,
}

/// What the recorder did or saw, in order.
#[derive(Clone, Debug)]
pub enum Line {
    Step(Step),
    Observation(Observation),
}

/// A whole timeline.
#[derive(Clone, Debug)]
pub struct Recording {
    pub meta: Meta,
    pub lines: Vec<Line>,
}

impl Recording {
    /// Reads a file.
    ///
    /// # Errors
    /// If it cannot be read, or a line is not of the format; the text says which.
    pub fn read(path: &Path) -> Result<Recording, String> {
        let text = std::fs::read_to_string(path).map_err(|error| error.to_string())?;
        Recording::parse(&text)
    }

    fn parse(text: &str) -> Result<Recording, String> {
        let mut numbered = text.lines().zip(1..).filter(|(line, _)| !line.trim().is_empty());
        let (first, _) = numbered.next().ok_or("the file is empty")?;
        let meta = value(first, 1).and_then(|meta| of_kind(&meta, "meta", 1))?;
        let mut lines = Vec::new();
        for (line, number) in numbered {
            lines.extend(parse_line(&value(line, number)?, number)?);
        }
        if !lines.iter().any(|line| matches!(line, Line::Step(_))) {
            return Err("there is no step in it".to_owned());
        }
        Ok(Recording { meta, lines })
    }
}

fn value(line: &str, number: u32) -> Result<Value, String> {
    serde_json::from_str(line).map_err(|error| format!("line {number}: {error}"))
}

fn of_kind<T: for<'de> Deserialize<'de>>(
    value: &Value,
    kind: &str,
    number: u32,
) -> Result<T, String> {
    if value["kind"] != *kind {
        return Err(format!("line {number} is not of kind {kind}"));
    }
    T::deserialize(value).map_err(|error| format!("line {number}: {error}"))
}

fn parse_line(value: &Value, number: u32) -> Result<Option<Line>, String> {
    match value["kind"].as_str() {
        Some("step") => of_kind(value, "step", number).map(|step| Some(Line::Step(step))),
        Some("obs") => {
            let what = value["what"].as_str().ok_or(format!("line {number} sees nothing"))?;
            let observation = Observation { what: what.to_owned(), value: value.clone() };
            Ok(Some(Line::Observation(observation)))
        }
        Some("note" | "end") => Ok(None),
        _ => Err(format!("line {number} is of an unknown kind")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const META: &str = r#"{"kind":"meta","scenario":"s","title":"t","kafka":"4.3.1","layout":"split","brokers":3,"speed":"fast","extraServerProperties":"","extraFormatArguments":""}"#;

    #[test]
    fn steps_and_observations_keep_their_order() {
        let text = format!(
            "{META}\n{}\n{}\n{}\n",
            r#"{"kind":"step","n":1,"atMs":0,"tookMs":7,"op":"sleep","args":{"ms":1},"result":"done"}"#,
            r#"{"kind":"obs","n":1,"atMs":1,"what":"topic","topic":"t","partitions":[]}"#,
            r#"{"kind":"end","steps":1,"tookMs":1}"#,
        );
        let recording = Recording::parse(&text).expect("it is well formed");
        assert_eq!((recording.meta.brokers, recording.lines.len()), (3, 2));
        assert!(matches!(&recording.lines[0], Line::Step(step) if step.took_ms == 7));
    }

    #[test]
    fn what_is_not_of_the_format_is_refused() {
        assert!(Recording::parse("").is_err());
        assert!(Recording::parse(META).is_err(), "without a step");
        assert!(Recording::parse(&format!("{META}\n{{\"kind\":\"dream\"}}")).is_err());
        assert!(Recording::parse("{\"kind\":\"step\"}").is_err());
    }
}
