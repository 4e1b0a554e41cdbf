//! A run as a file: JSON with an action a line, to be read, compared and mended by hand.

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value, json};

use super::complaint::{Complaint, Wrong};
use super::{Moment, Shared, check};
use crate::apps::AnyCommand;
use crate::limits::SHARED_BYTES_MAX;
use crate::playground::action::Stamped;
use crate::view::protocol::{Script, Stamped as Packed};

/// What a saved run is called by its first field.
const KIND: (&str, &str) = ("kafka_playground", "run");
/// The format that is written, and the latest that is read.
const FORMAT: u64 = 1;
/// The fields of a saved run, in their order.
const FIELDS: [&str; 7] = [KIND.0, "format", "engine", "run", "moment", "world_hash", "actions"];

/// The file of a run.
pub fn encode(shared: &Shared) -> String {
    let Head { engine, run, moment, hash, actions } = head(shared);
    let lines: Vec<String> = actions.iter().map(|action| format!("\n    {action}")).collect();
    let end = if lines.is_empty() { "]" } else { "\n  ]" };
    let actions = format!("[{}{end}", lines.join(","));
    let [kind, format, engine_, run_, moment_, hash_, actions_] = FIELDS;
    format!(
        "{{\n  \"{kind}\": \"{}\",\n  \"{format}\": {FORMAT},\n  \"{engine_}\": {engine},\n  \"{run_}\": {run},\n  \
         \"{moment_}\": {moment},\n  \"{hash_}\": {hash},\n  \"{actions_}\": {actions}\n}}\n",
        KIND.1
    )
}

/// A shared run in the words of its file.
pub(super) struct Head {
    pub engine: Value,
    pub run: Value,
    pub moment: Value,
    pub hash: Value,
    pub actions: Vec<Value>,
}

pub(super) fn head(shared: &Shared) -> Head {
    let acts = check::actions(shared).unwrap_or_default();
    let mut run = value(&Script { acts: Vec::new(), ..shared.script.clone() });
    if let Value::Object(run) = &mut run {
        run.remove("acts");
    }
    Head {
        engine: json!(shared.engine),
        run,
        moment: value(&shared.moment),
        hash: json!(format!("{:016x}", shared.hash)),
        actions: acts.iter().map(value).collect(),
    }
}

fn value(of: &impl Serialize) -> Value {
    serde_json::to_value(of).expect("plain data can always be told in JSON")
}

/// The run of a file, with every action looked at.
///
/// # Errors
/// What is wrong with it.
pub fn decode(bytes: &[u8]) -> Result<Shared, Complaint> {
    if bytes.len() > SHARED_BYTES_MAX {
        let (size, limit) = (bytes.len() as u64, SHARED_BYTES_MAX as u64);
        return Err(Complaint::TooLarge { size, limit });
    }
    let file = serde_json::from_slice(bytes).map_err(|error| Complaint::Syntax {
        line: error.line() as u32,
        column: error.column() as u32,
    })?;
    let Value::Object(mut file) = file else { return Err(Complaint::Foreign) };
    if file.get(KIND.0).and_then(Value::as_str) != Some(KIND.1) {
        return Err(Complaint::Foreign);
    }
    let format: u64 = take(&mut file, "format")?;
    if format > FORMAT {
        return Err(Complaint::Newer { format });
    }
    if let Some(name) = file.keys().find(|name| !FIELDS.contains(&name.as_str())) {
        return Err(field(name, "it is not known"));
    }
    let engine = take(&mut file, "engine")?;
    let mut script = script(&mut file)?;
    let moment: Moment = take(&mut file, "moment")?;
    let hash: String = take(&mut file, "world_hash")?;
    let hash = u64::from_str_radix(&hash, 16).map_err(|error| field("world_hash", &error))?;
    let actions: Vec<Value> = take(&mut file, "actions")?;
    let count = actions.len();
    let acts = actions.into_iter().enumerate().map(|(place, action)| {
        pack(action).map_err(|why| Complaint::about(place, count, Wrong::Unreadable(why)))
    });
    script.acts = acts.collect::<Result<_, _>>()?;
    let shared = Shared { engine, script, moment, hash, look: None };
    check::check(&shared)?;
    Ok(shared.clamped())
}

/// The setup and what belongs to it. In the file the actions stand by themselves.
fn script(file: &mut Map<String, Value>) -> Result<Script, Complaint> {
    let mut run = file.remove("run").ok_or_else(|| field("run", "it is missing"))?;
    if let Value::Object(run) = &mut run {
        if run.contains_key("acts") {
            return Err(field("run.acts", "it is not known"));
        }
        run.insert("acts".to_owned(), json!([]));
    }
    exact(run).map_err(|why| field("run", &why))
}

fn take<T: DeserializeOwned + Serialize>(
    file: &mut Map<String, Value>,
    name: &str,
) -> Result<T, Complaint> {
    let value = file.remove(name).ok_or_else(|| field(name, "it is missing"))?;
    exact(value).map_err(|why| field(name, &why))
}

fn pack(action: Value) -> Result<Packed, String> {
    let Stamped { time, after_events, action }: Stamped<AnyCommand> = exact(action)?;
    let action = postcard::to_allocvec(&action).expect("plain data can always be encoded");
    Ok(Packed { time_us: time.0, after_events, action })
}

/// Reads a value of which nothing may be left over: told again, it has to say the same.
fn exact<T: DeserializeOwned + Serialize>(from: Value) -> Result<T, String> {
    let read: T = serde_json::from_value(from.clone()).map_err(|error| error.to_string())?;
    match left_over(&from, &value(&read)) {
        Some(name) => Err(format!("{name} is not known")),
        None => Ok(read),
    }
}

/// The first field that a second telling has lost.
fn left_over(from: &Value, again: &Value) -> Option<String> {
    match (from, again) {
        (Value::Object(from), Value::Object(again)) => {
            from.iter().find_map(|(name, value)| match again.get(name) {
                None => Some(name.clone()),
                Some(same) => left_over(value, same),
            })
        }
        (Value::Array(from), Value::Array(again)) => {
            from.iter().zip(again).find_map(|(from, again)| left_over(from, again))
        }
        _ => None,
    }
}

fn field(name: &str, why: &(impl ToString + ?Sized)) -> Complaint {
    Complaint::Field { name: name.to_owned(), why: why.to_string() }
}
