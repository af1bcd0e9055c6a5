//! The Lambda function `sweeper`.

fn main() -> Result<(), common::runtime::Error> {
    common::runtime::handle(sweeper::Sweeper::new, &sweeper::Sweeper::on_event)
}
