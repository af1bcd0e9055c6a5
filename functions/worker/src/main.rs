//! The Lambda function `worker`.

fn main() -> Result<(), common::runtime::Error> {
    common::runtime::handle(worker::Worker::new, &worker::Worker::on_event)
}
