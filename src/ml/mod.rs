//! Models, gradients, metrics and data sets.
