//! The Lambda function of the `revisions` group.

fn main() -> Result<(), common::runtime::Error> {
    common::runtime::serve(revisions::routes())
}
