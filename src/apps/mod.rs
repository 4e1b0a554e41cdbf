//! Programs that run on Kafka, written against the client interface ([`Program`]) only.
//!
//! - [`load`]: producers and consumers that keep a cluster busy.
//! - [`tool`]: the admin tool, with sending and reading by hand.
//! - [`training`]: a pipeline that trains a classifier in parallel from the partitions of a topic.
//! - [`topics`]: waiting for topics to exist, which every program begins with.
//!
//! A world runs one kind of program, so [`AnyProgram`] is all of them in one enum, and [`AnyCommand`] all that a person can
//! tell one of them while it runs.
pub mod load;
#[cfg(test)]
mod testing;
pub mod tool;
pub mod topics;
pub mod training;

use serde::{Deserialize, Serialize};

use crate::sim::client::program::{ClientCalls, ClientEvent, Program};
use crate::sim::time::NodeNow;
use load::{ConsumerCommand, ConsumerLoad, ProducerCommand, ProducerLoad};
use tool::{Tool, ToolCommand};
use training::{Aggregator, Evaluator, Feeder, Preprocessor, Scorer, Trainer};

macro_rules! programs {
    ($($(#[$doc:meta])* $program:ident,)*) => {
        /// Any program of this folder.
        #[derive(Clone, Debug, Hash)]
        pub enum AnyProgram {
            $(
                $(#[$doc])*
                $program(Box<$program>),
            )*
        }

        $(
            impl From<$program> for AnyProgram {
                fn from(program: $program) -> AnyProgram {
                    AnyProgram::$program(Box::new(program))
                }
            }
        )*

        impl Program for AnyProgram {
            type Command = AnyCommand;

            fn on(&mut self, now: NodeNow, event: ClientEvent<AnyCommand>, calls: &mut ClientCalls) {
                match self {
                    $(AnyProgram::$program(program) => {
                        if let Some(event) = narrow(event) {
                            program.on(now, event, calls);
                        }
                    })*
                }
            }
        }
    };
}

programs! {
    /// Sends records.
    ProducerLoad,
    /// Reads records as a member of a group.
    ConsumerLoad,
    /// Does what a person asks.
    Tool,
    /// Fills the raw topics of a training.
    Feeder,
    /// Makes features of raw records.
    Preprocessor,
    /// Computes gradients.
    Trainer,
    /// Merges gradients into parameters.
    Aggregator,
    /// Tests parameters.
    Evaluator,
    /// Merges the evaluators' results.
    Scorer,
}

/// What a person can tell a program while it runs. A program ignores what is meant for another kind.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum AnyCommand {
    Producer(ProducerCommand),
    Consumer(ConsumerCommand),
    Tool(ToolCommand),
}

/// The command type of programs that cannot be told anything.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum NoCommand {}

/// Takes the commands of one kind out of all.
trait Narrow: Sized {
    fn narrow(command: AnyCommand) -> Option<Self>;
}

macro_rules! narrow {
    ($($variant:ident($command:ty),)*) => {$(
        impl From<$command> for AnyCommand {
            fn from(command: $command) -> AnyCommand {
                AnyCommand::$variant(command)
            }
        }

        impl Narrow for $command {
            fn narrow(command: AnyCommand) -> Option<Self> {
                if let AnyCommand::$variant(command) = command { Some(command) } else { None }
            }
        }
    )*};
}
narrow!(Producer(ProducerCommand), Consumer(ConsumerCommand), Tool(ToolCommand),);

impl Narrow for NoCommand {
    fn narrow(_command: AnyCommand) -> Option<Self> {
        None
    }
}

/// The event for a program of one kind; None if it is another kind's command.
fn narrow<C: Narrow>(event: ClientEvent<AnyCommand>) -> Option<ClientEvent<C>> {
    Some(match event {
        ClientEvent::Command(command) => ClientEvent::Command(C::narrow(command)?),
        ClientEvent::Started => ClientEvent::Started,
        ClientEvent::Woken { token } => ClientEvent::Woken { token },
        ClientEvent::Sent { producer, token, partition, result } => {
            ClientEvent::Sent { producer, token, partition, result }
        }
        ClientEvent::Flushed { producer } => ClientEvent::Flushed { producer },
        ClientEvent::Records { consumer, records } => ClientEvent::Records { consumer, records },
        ClientEvent::Assigned { consumer, generation, partitions } => {
            ClientEvent::Assigned { consumer, generation, partitions }
        }
        ClientEvent::Revoked { consumer, partitions, lost } => {
            ClientEvent::Revoked { consumer, partitions, lost }
        }
        ClientEvent::Committed { consumer, token, error } => {
            ClientEvent::Committed { consumer, token, error }
        }
        ClientEvent::ConsumerError { consumer, error } => {
            ClientEvent::ConsumerError { consumer, error }
        }
        ClientEvent::Admin { token, result } => ClientEvent::Admin { token, result },
        ClientEvent::Closing => ClientEvent::Closing,
    })
}
