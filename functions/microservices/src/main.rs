//! The Lambda function of the `microservices` group.

fn main() -> Result<(), common::runtime::Error> {
    common::runtime::serve(microservices::routes())
}
