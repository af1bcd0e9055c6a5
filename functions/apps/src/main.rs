//! The Lambda function of the `apps` group.

fn main() -> Result<(), common::runtime::Error> {
    common::runtime::serve(apps::routes())
}
