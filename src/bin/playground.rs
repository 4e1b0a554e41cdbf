//! The page. Everything it does is in [`kafka_playground::ui`].

fn main() {
    kafka_playground::ui::start();
}
