//! A producer that sends at a rate or in bursts.

use std::io::Write;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::apps::topics::TopicWait;
use crate::sim::client::program::{Call, ClientCalls, ClientEvent, ProducerRecord, Program};
use crate::sim::config::ProducerConfig;
use crate::sim::protocol::data::Acks;
use crate::sim::time::{Micros, NodeNow};

/// The shortest time between two sends: a faster producer sends several records at once, as a busy one does.
const TICK: Micros = Micros(10_000);

/// How often records are sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Pace {
    /// Records a second, evenly; 0 = none.
    Rate(u32),
    /// Several records at once, again and again.
    Burst { records: u32, every: Micros },
}

/// What a producer load sends, and how.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct ProducerSpec {
    pub topic: Arc<str>,
    pub pace: Pace,
    /// Number of different keys, used in turn; 0 = records without a key.
    pub keys: u32,
    /// Bytes of a value.
    pub value_bytes: u32,
    /// Whether the program hears of every record; without, its counts of acknowledged and failed records stay 0.
    pub confirm: bool,
    pub config: ProducerConfig,
}

impl ProducerSpec {
    /// Ten records a second without keys, 100 bytes each.
    pub fn new(topic: &str) -> ProducerSpec {
        ProducerSpec {
            topic: Arc::from(topic),
            pace: Pace::Rate(10),
            keys: 0,
            value_bytes: 100,
            confirm: true,
            config: ProducerConfig::default(),
        }
    }
}

/// What a producer load can be told.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum ProducerCommand {
    SetPace(Pace),
    SetKeys(u32),
    SetValueBytes(u32),
    /// Changes a config by Kafka's name; the producer is closed and created anew, as its configs cannot change while it lives.
    SetConfig {
        name: String,
        value: String,
    },
    /// Sends records now, beside what the pace sends.
    SendNow(u32),
}

/// A program that sends records to one topic.
#[derive(Clone, Debug, Hash)]
pub struct ProducerLoad {
    spec: ProducerSpec,
    wait: TopicWait,
    /// Number of the producer in use; counts up with every change of its configs.
    producer: u16,
    /// Token of the timer in force; the timers of earlier paces are stale.
    tick: u64,
    /// Millionths of a record that the rate still owes.
    owed: u64,
    sent: u64,
    acknowledged: u64,
    failed: u64,
}

impl ProducerLoad {
    /// A load that begins once its topic exists.
    pub fn new(spec: ProducerSpec) -> ProducerLoad {
        let wait = TopicWait::new([spec.topic.clone()]);
        let (sent, acknowledged, failed) = (0, 0, 0);
        ProducerLoad { spec, wait, producer: 0, tick: 0, owed: 0, sent, acknowledged, failed }
    }

    /// What it sends, and how.
    pub fn spec(&self) -> &ProducerSpec {
        &self.spec
    }

    /// Records sent, acknowledged and given up.
    pub fn counts(&self) -> (u64, u64, u64) {
        (self.sent, self.acknowledged, self.failed)
    }

    fn open(&mut self, calls: &mut ClientCalls) {
        let config = Box::new(self.spec.config.clone());
        calls.call(Call::CreateProducer { producer: self.producer, config });
    }

    /// Starts the pace anew; a timer of the old one is stale from here on.
    fn start(&mut self, calls: &mut ClientCalls) {
        self.tick += 1;
        self.owed = 0;
        if let Some(interval) = self.interval() {
            calls.timer(interval, self.tick);
        }
    }

    fn interval(&self) -> Option<Micros> {
        match self.spec.pace {
            Pace::Rate(0) | Pace::Burst { records: 0, .. } => None,
            Pace::Rate(rate) => Some(Micros((1_000_000 / u64::from(rate)).max(TICK.0))),
            Pace::Burst { every, .. } => Some(Micros(every.0.max(1))),
        }
    }

    fn on_tick(&mut self, calls: &mut ClientCalls) {
        let Some(interval) = self.interval() else { return };
        let due = match self.spec.pace {
            Pace::Burst { records, .. } => records,
            Pace::Rate(rate) => {
                self.owed += u64::from(rate) * interval.0;
                let due = self.owed / 1_000_000;
                self.owed %= 1_000_000;
                due as u32
            }
        };
        self.send(due, calls);
        calls.timer(interval, self.tick);
    }

    fn send(&mut self, records: u32, calls: &mut ClientCalls) {
        let (mut key, mut value) = (Vec::new(), Vec::new());
        for _ in 0..records {
            key.clear();
            value.clear();
            if self.spec.keys > 0 {
                let number = self.sent % u64::from(self.spec.keys);
                write!(key, "key-{number}").expect("a vector takes every byte");
            }
            write!(value, "record {} ", self.sent).expect("a vector takes every byte");
            value.resize(self.spec.value_bytes as usize, b'.');
            let key = (self.spec.keys > 0).then_some(key.as_slice());
            let record = ProducerRecord { key, value: Some(&value), ..ProducerRecord::default() };
            calls.send(self.producer, &self.spec.topic, record, u64::from(self.spec.confirm));
            self.sent += 1;
        }
    }

    fn on_command(&mut self, command: ProducerCommand, calls: &mut ClientCalls) {
        match command {
            ProducerCommand::SetPace(pace) => {
                self.spec.pace = pace;
                if self.wait.is_ready() {
                    self.start(calls);
                }
            }
            ProducerCommand::SetKeys(keys) => self.spec.keys = keys,
            ProducerCommand::SetValueBytes(bytes) => self.spec.value_bytes = bytes,
            ProducerCommand::SetConfig { name, value } => {
                let config = &mut self.spec.config;
                let changed = config.set(&name, &value).is_ok();
                if name == "acks" {
                    // An idempotent producer needs acks=all; Kafka drops idempotence that was not asked for by name.
                    config.enable_idempotence = config.acks == Acks::All;
                }
                if changed && self.wait.is_ready() {
                    calls.call(Call::CloseProducer { producer: self.producer });
                    self.producer += 1;
                    self.open(calls);
                }
            }
            ProducerCommand::SendNow(records) => {
                if self.wait.is_ready() {
                    self.send(records, calls);
                }
            }
        }
    }
}

impl Program for ProducerLoad {
    type Command = ProducerCommand;

    fn on(&mut self, _now: NodeNow, event: ClientEvent<ProducerCommand>, calls: &mut ClientCalls) {
        if self.wait.on(&event, calls) {
            self.open(calls);
            self.start(calls);
        }
        match event {
            ClientEvent::Woken { token } if token == self.tick => self.on_tick(calls),
            ClientEvent::Command(command) => self.on_command(command, calls),
            ClientEvent::Sent { result: Ok(_), .. } => self.acknowledged += 1,
            ClientEvent::Sent { result: Err(_), .. } => self.failed += 1,
            ClientEvent::Closing => {
                self.tick += 1;
                if self.wait.is_ready() {
                    calls.call(Call::CloseProducer { producer: self.producer });
                }
                calls.call(Call::Exit);
            }
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::apps::testing::{described, on, sends};

    #[test]
    fn nothing_is_sent_before_the_topic_exists() {
        let mut load = ProducerLoad::new(ProducerSpec::new("orders"));
        assert_eq!(on(&mut load, ClientEvent::Started).made().len(), 1);
        assert!(matches!(on(&mut load, described(&[])).made(), [Call::Timer { .. }]));
        let calls = on(&mut load, described(&["orders"]));
        assert!(matches!(calls.made(), [Call::CreateProducer { .. }, Call::Timer { .. }]));
    }

    #[test]
    fn a_rate_is_kept_over_time() {
        let mut load = running(Pace::Rate(3_300));
        let sent: usize = (0..100).map(|_| sends(&ticked(&mut load)).len()).sum();
        assert_eq!(sent, 3_300);
    }

    #[test]
    fn keys_are_used_in_turn_and_values_have_their_size() {
        let mut load = running(Pace::Burst { records: 3, every: Micros(1_000) });
        on(&mut load, ClientEvent::Command(ProducerCommand::SetKeys(2)));
        on(&mut load, ClientEvent::Command(ProducerCommand::SetValueBytes(12)));
        let calls = ticked(&mut load);
        let records = calls.made().iter().filter_map(|call| match call {
            Call::Send(send) => {
                let record = calls.record(send);
                Some((record.key, record.value))
            }
            _ => None,
        });
        let records: Vec<_> = records.collect();
        assert_eq!(records[0], (Some(&b"key-0"[..]), Some(&b"record 0 ..."[..])));
        assert_eq!(records[1].0, Some(&b"key-1"[..]));
        assert_eq!(records[2], (Some(&b"key-0"[..]), Some(&b"record 2 ..."[..])));
    }

    #[test]
    fn a_new_pace_makes_the_old_timer_stale() {
        let mut load = running(Pace::Rate(10));
        let stale = tick(&load);
        on(&mut load, ClientEvent::Command(ProducerCommand::SetPace(Pace::Rate(20))));
        assert_eq!(sends(&on(&mut load, stale)).len(), 0);
        assert_eq!(sends(&ticked(&mut load)).len(), 1);
    }

    #[test]
    fn a_config_is_changed_with_a_new_producer() {
        let mut load = running(Pace::Rate(10));
        let set = |value: &str| ProducerCommand::SetConfig {
            name: "acks".to_owned(),
            value: value.to_owned(),
        };
        assert_eq!(on(&mut load, ClientEvent::Command(set("7"))).made().len(), 0);
        let calls = on(&mut load, ClientEvent::Command(set("0")));
        assert!(matches!(
            calls.made(),
            [Call::CloseProducer { producer: 0 }, Call::CreateProducer { producer: 1, .. }]
        ));
    }

    fn running(pace: Pace) -> ProducerLoad {
        let mut load = ProducerLoad::new(ProducerSpec { pace, ..ProducerSpec::new("orders") });
        on(&mut load, ClientEvent::Started);
        on(&mut load, described(&["orders"]));
        load
    }

    fn tick(load: &ProducerLoad) -> ClientEvent<ProducerCommand> {
        ClientEvent::Woken { token: load.tick }
    }

    fn ticked(load: &mut ProducerLoad) -> ClientCalls {
        let event = tick(load);
        on(load, event)
    }
}
