//! Configurations under Kafka's names, with Kafka's defaults.
//!
//! One table per kind: [`BrokerConfig`] (brokers and controllers), [`TopicConfig`], [`ProducerConfig`], [`ConsumerConfig`].
//! What a broker changes while it runs is in [`dynamic`].
//! A value is set by name and text, as in a properties file; an unknown name or a bad value is an error that says what to do.
mod broker;
mod consumer;
pub mod dynamic;
mod producer;
mod rule;
mod topic;
mod value;

pub use broker::BrokerConfig;
pub use consumer::{AutoOffsetReset, ConsumerConfig};
pub use producer::ProducerConfig;
pub use topic::TopicConfig;
pub use value::{ConfigError, ConfigValue};

/// Declares a struct of configs: field, type, default, Kafka's name.
macro_rules! configs {
    ($(#[$doc:meta])* $type:ident { $($field:ident: $value:ty = $default:expr, $name:literal;)* }) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
        pub struct $type {
            $(
                #[doc = concat!("`", $name, "`")]
                pub $field: $value,
            )*
        }

        impl Default for $type {
            fn default() -> Self {
                $type { $($field: $default,)* }
            }
        }

        impl $type {
            /// Every name that can be set.
            pub const NAMES: &[&'static str] = &[$($name),*];

            /// Sets a config from its text.
            ///
            /// # Errors
            /// If the name is unknown or the text is not a value of its type.
            pub fn set(&mut self, name: &str, text: &str) -> Result<(), $crate::sim::config::ConfigError> {
                use $crate::sim::config::{ConfigError, ConfigValue, rule};
                let why_not = |why: &str| ConfigError::invalid(name, text, why);
                match name {
                    $($name => {
                        let value = <$value>::parse(text).ok_or_else(|| why_not(rule::why_no_value(name, <$value>::WHY_NOT)))?;
                        if let Some(why) = rule::why_invalid(name, text) {
                            return Err(why_not(&why));
                        }
                        self.$field = value;
                        Ok(())
                    })*
                    _ => Err(ConfigError::unknown(name)),
                }
            }

            /// The value of a config as text.
            pub fn get(&self, name: &str) -> Option<String> {
                match name {
                    $($name => Some($crate::sim::config::ConfigValue::text(&self.$field)),)*
                    _ => None,
                }
            }
        }
    };
}
use configs;
