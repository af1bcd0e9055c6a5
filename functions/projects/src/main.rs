//! The Lambda function of the `projects` group.

fn main() -> Result<(), common::runtime::Error> {
    common::runtime::serve(projects::routes())
}
