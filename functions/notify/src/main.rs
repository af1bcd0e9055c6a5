//! The Lambda function of the `notify` group.

fn main() -> Result<(), common::runtime::Error> {
    common::runtime::serve(notify::routes())
}
