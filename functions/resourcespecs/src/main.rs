//! The Lambda function of the `resourcespecs` group.

fn main() -> Result<(), common::runtime::Error> {
    common::runtime::serve(resourcespecs::routes())
}
