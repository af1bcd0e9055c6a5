//! The Lambda function `webhooks`.

fn main() -> Result<(), common::runtime::Error> {
    common::runtime::handle(webhooks::Webhooks::new, &webhooks::Webhooks::on_event)
}
