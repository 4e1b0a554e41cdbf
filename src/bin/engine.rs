//! The engine worker of the page.

fn main() {
    kafka_playground::ui::browser::worker::register();
}
