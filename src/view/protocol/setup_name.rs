//! The built-in setups by name, and how each opens.

use serde::{Deserialize, Serialize};

/// A built-in setup.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum SetupName {
    /// Three brokers, one topic, the teaching network.
    #[default]
    Orders,
    /// The digits training, the datacentre network.
    Digits,
    /// The walk on `ai_data`, the teaching network.
    AiData,
    /// Ten brokers, 24 partitions, five groups, four links of broker 7 cut.
    TenBrokers,
    /// A hundred brokers, 10,000 partitions, nearly no traffic.
    HundredBrokers,
}

impl SetupName {
    /// All setups, in the order of their places.
    pub const ALL: [SetupName; 5] = [
        SetupName::Orders,
        SetupName::Digits,
        SetupName::AiData,
        SetupName::TenBrokers,
        SetupName::HundredBrokers,
    ];

    /// The place of a setup's own values in an array beside [`SetupName::ALL`].
    pub fn place(self) -> usize {
        self as usize
    }

    /// Whether it belongs to the Training tab.
    pub fn is_training(self) -> bool {
        self == SetupName::Digits
    }

    /// Whether it takes so long to open that the engine tells how far it is.
    pub fn opens_slowly(self) -> bool {
        matches!(self, SetupName::TenBrokers | SetupName::HundredBrokers)
    }

    /// The seed it opens with.
    pub fn seed(self) -> u64 {
        if self.is_training() { 7 } else { 1 }
    }

    /// The virtual time at which it opens, in microseconds: there is something to see, and nothing to wait for.
    pub fn opens_at_us(self) -> u64 {
        match self {
            SetupName::Orders => 24_200_000,
            SetupName::Digits => 9_000_000,
            SetupName::AiData => 5_990_000,
            SetupName::TenBrokers => 75_000_000,
            SetupName::HundredBrokers => 12_000_000,
        }
    }

    /// Its address on the page: the fragment that keeps it over a reload.
    pub fn address(self) -> &'static str {
        match self {
            SetupName::Orders => "#cluster",
            SetupName::Digits => "#training",
            SetupName::AiData => "#ai_data",
            SetupName::TenBrokers => "#ten-brokers",
            SetupName::HundredBrokers => "#hundred-brokers",
        }
    }

    /// The setup at an address; the first one if the address is none of ours.
    pub fn at(address: &str) -> SetupName {
        let known = SetupName::ALL.into_iter().find(|setup| setup.address() == address);
        known.unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_setup_has_its_place_and_its_address() {
        for (place, setup) in SetupName::ALL.into_iter().enumerate() {
            assert_eq!(setup.place(), place);
            assert_eq!(SetupName::at(setup.address()), setup);
        }
        assert_eq!(SetupName::at("#s=1"), SetupName::Orders);
    }
}
