//! The Lambda function `sweeper`.

fn main() -> Result<(), common::runtime::Error> {
    common::runtime::handle(|context, _settings| sweeper::Sweeper::new(context), &sweeper::Sweeper::on_event)
}
