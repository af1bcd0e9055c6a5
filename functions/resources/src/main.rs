//! The Lambda function of the `resources` group.

fn main() -> Result<(), common::runtime::Error> {
    common::runtime::serve(resources::routes())
}
