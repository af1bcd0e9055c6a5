//! The Lambda function of the `procs` group.

fn main() -> Result<(), common::runtime::Error> {
    common::runtime::serve(procs::routes())
}
