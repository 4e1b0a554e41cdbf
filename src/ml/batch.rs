//! The records of one gradient or one evaluation.

/// Feature rows of equal width with their labels, stored flat.
#[derive(Clone, Debug)]
pub struct Batch {
    width: usize,
    features: Vec<f32>,
    labels: Vec<u8>,
}

impl Batch {
    /// An empty batch for rows of `width` features.
    pub fn new(width: usize) -> Self {
        assert!(width > 0, "a row has at least one feature");
        Self { width, features: Vec::new(), labels: Vec::new() }
    }

    /// Adds a record.
    ///
    /// # Panics
    /// If the row is not as wide as the batch.
    pub fn push(&mut self, features: &[f32], label: u8) {
        assert_eq!(features.len(), self.width, "the width of the batch");
        self.features.extend_from_slice(features);
        self.labels.push(label);
    }

    /// Forgets the records and keeps the memory.
    pub fn clear(&mut self) {
        self.features.clear();
        self.labels.clear();
    }

    /// The number of records.
    pub fn len(&self) -> usize {
        self.labels.len()
    }

    /// Whether there is no record.
    pub fn is_empty(&self) -> bool {
        self.labels.is_empty()
    }

    /// The number of features of a record.
    pub fn width(&self) -> usize {
        self.width
    }

    /// All features, row after row.
    pub fn features(&self) -> &[f32] {
        &self.features
    }

    /// The class of each record.
    pub fn labels(&self) -> &[u8] {
        &self.labels
    }
}
