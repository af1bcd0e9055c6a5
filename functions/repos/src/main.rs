//! The Lambda function of the `repos` group.

fn main() -> Result<(), common::runtime::Error> {
    common::runtime::serve(repos::routes())
}
